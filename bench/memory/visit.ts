/**
 * One server process, freshly started and warmed up, under one or more loads: what it held before,
 * meanwhile and after, looked at from outside.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { probe } from '../clients/probe.js';
import type { LoadResult, RequestLoad } from '../clients/raw.js';
import type { Contestant, MemoryUse, ScriptContestant } from '../servers/contestant.js';
import type { Child } from '../support/child.js';
import { maybeUsage, residentNow } from '../support/process-tree.js';
import type { Figures } from '../support/results.js';
import { SAMPLE_INTERVAL, type Sampler, type Samples } from '../support/sampler.js';

/** How long a process is left alone before it counts as idle, in milliseconds. */
const SETTLE = 1500;

/** What must be after a load as it was before. */
export interface Holdings {
  readonly descriptors: number;
  /** What the event loop waits for, by kind; `undefined` for servers that can't be asked. */
  readonly resources: Readonly<Record<string, number>> | undefined;
}

/** What a load came to. */
export interface Seen {
  readonly figures: Figures;
  readonly samples: Samples;
  readonly before: Holdings;
  readonly after: Holdings;
}

/** What a visit works with. */
export interface Tools {
  readonly client: Child;
  readonly sampler: Sampler;
  /** How the server is warmed up: a small file, and one to download, by their paths. */
  readonly warmUp: readonly [small: string, download: string];
  /** Milliseconds; the default suits everything but tests. */
  readonly settle?: number;
}

/** A server that is looked at. */
export class Visit {
  readonly server: Contestant;
  readonly #tools: Tools;
  readonly #settle: number;
  /** The resident set before the first request, and idle after the warm-up. */
  atStart = 0;
  idle = 0;

  /** Use {@link startVisit}. */
  constructor(server: Contestant, tools: Tools) {
    this.server = server;
    this.#tools = tools;
    this.#settle = tools.settle ?? SETTLE;
  }

  /** Compiled code, pools and what V8 keeps uncollected are no growth. */
  async warmUp(): Promise<void> {
    const [small, download] = this.#tools.warmUp;
    await sleep(this.#settle);
    this.atStart = this.resident;
    await this.requests({ path: small, status: 200, connections: 10, requests: 2000 });
    await this.requests({ path: download, status: 200, connections: 2, requests: 4 });
    await sleep(this.#settle);
    this.idle = this.resident;
  }

  get resident(): number {
    return residentNow(this.server.pid);
  }

  requests(load: Omit<RequestLoad, 'port'>): Promise<LoadResult> {
    return this.call('requests', load);
  }

  /** The same at once, of several files. */
  several(loads: readonly Omit<RequestLoad, 'port'>[]): Promise<LoadResult> {
    const { port } = this.server;
    return this.#tools.client.call(
      'several',
      loads.map((load) => ({ port, ...load })),
    );
  }

  /** Runs a command of the raw client against this server. */
  call<Result>(command: string, load: object = {}): Promise<Result> {
    return this.#tools.client.call(command, { port: this.server.port, ...load });
  }

  async etag(path: string): Promise<string> {
    return (await probe(this.server.port, path)).etag;
  }

  /**
   * Puts a load on the server and looks at it meanwhile.
   * @param load its own figures; what the server holds at its end is asked before it lets go
   */
  async observe(load: () => Promise<Figures>, interval: number = SAMPLE_INTERVAL): Promise<Seen> {
    const { pid } = this.server;
    const before = await this.#holdings();
    const options = { pid, interval, descriptors: interval > SAMPLE_INTERVAL };
    const { result, samples } = await this.#tools.sampler.during(options, load);
    const use = await this.memory();
    await sleep(this.#settle);
    const after = await this.#holdings();
    const figures: Figures = {
      rssPeak: samples.peak,
      rssGrowth: samples.peak - this.idle,
      ...use,
      ...result,
      descriptors: after.descriptors,
    };
    return { figures, samples, before, after };
  }

  /** Heap and external octets, of servers that can be asked. */
  memory(): Promise<MemoryUse | undefined> {
    return this.#ask('memory');
  }

  async #holdings(): Promise<Holdings> {
    const resources = await this.#ask<Record<string, number>>('resources');
    return { descriptors: maybeUsage(this.server.pid)?.descriptors ?? 0, resources };
  }

  async #ask<Result>(command: string): Promise<Result | undefined> {
    const { child } = this.server as Partial<ScriptContestant>;
    return (await child?.call<Result | null | undefined>(command)) ?? undefined;
  }
}

/** Warms a server up, and is ready to look at it. */
export async function startVisit(server: Contestant, tools: Tools): Promise<Visit> {
  const visit = new Visit(server, tools);
  await visit.warmUp();
  return visit;
}
