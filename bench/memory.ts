/**
 * `npm run bench:memory`: what sluice's process holds, seen from outside, while clients download,
 * stall, break off and revalidate. Exits with 1 where a target is missed. See README.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { probe } from './clients/probe.js';
import type { AbortLoad, LoadResult, RequestLoad, StallLoad } from './clients/raw.js';
import { type ScriptContestant, startScript } from './servers/contestant.js';
import { Child } from './support/child.js';
import { Corpus } from './support/corpus.js';
import {
  describeMachine,
  hasProc,
  openDescriptors,
  resetPeak,
  residentMemory,
} from './support/machine.js';
import { figure, octets, print, printTable, progress } from './support/report.js';

/** 50 downloads at full speed may add this much to the resident set, in octets. */
const DOWNLOADS_TARGET = 16e6;
/** A stalled download may add this much, in octets. */
const STALLED_TARGET = 80e3;

const MIB = 1_048_576;
const SAMPLE_INTERVAL = 50;
/** How long a process is left alone before it counts as idle. */
const SETTLE = 1500;

/** One line of the report. */
interface Line {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  /** `undefined`: for information. */
  readonly met?: boolean;
}

/** The server and its clients, with what is watched from outside. */
class Stage {
  readonly corpus: Corpus = new Corpus();
  readonly client: Child = new Child('clients/raw.js', 1);
  #server: ScriptContestant | undefined;
  /** The resident set before the first request. */
  atStart = 0;

  get server(): ScriptContestant {
    return this.#server as ScriptContestant;
  }

  /** A new server process, warmed up: compiled code and pools are no growth. */
  async restart(): Promise<void> {
    await this.#server?.stop();
    this.#server = await startScript('sluice', 'servers/sluice.js', this.corpus.root);
    await sleep(SETTLE);
    this.atStart = this.resident;
    await this.requests({ path: '/1k.bin', status: 200, connections: 10, requests: 2000 });
    await this.requests({ path: '/100m.bin', status: 200, connections: 2, requests: 4 });
    await sleep(SETTLE);
  }

  requests(load: Omit<RequestLoad, 'port'>): Promise<LoadResult> {
    const { port } = this.server;
    return this.client.call<LoadResult>('requests', { port, ...load });
  }

  get resident(): number {
    return residentMemory(this.server.pid).now;
  }

  /** The greatest resident set during `action`, sampled, and by the kernel's count where it has one. */
  async peakDuring(action: () => Promise<unknown>): Promise<number> {
    const { pid } = this.server;
    const exact = resetPeak(pid);
    let most = 0;
    const sample = () => {
      const { now, peak } = residentMemory(pid);
      most = Math.max(most, exact ? peak : now);
    };
    const timer = setInterval(sample, SAMPLE_INTERVAL);
    try {
      await action();
      sample();
    } finally {
      clearInterval(timer);
    }
    return most;
  }

  async stop(): Promise<void> {
    await this.client.stop();
    await this.#server?.stop();
  }
}

async function downloads(stage: Stage): Promise<Line[]> {
  await stage.restart();
  const lines: Line[] = [];
  const idle = stage.resident;
  // Twice: what the second run adds to the first would be a leak.
  for (const turn of ['first', 'second']) {
    const load = {
      path: '/100m.bin',
      status: 200,
      length: 100 * MIB,
      connections: 50,
      requests: 50,
    };
    let result: LoadResult | undefined;
    const peak = await stage.peakDuring(async () => {
      result = await stage.requests(load);
    });
    const rate =
      (result as unknown as LoadResult).octets / (result as unknown as LoadResult).seconds;
    lines.push({
      what: `50 downloads of 100 MiB at once, ${turn} time, ${octets(rate)}/s: growth over idle`,
      figure: octets(peak - idle),
      target: `< ${octets(DOWNLOADS_TARGET)}`,
      met: peak - idle < DOWNLOADS_TARGET,
    });
  }
  await sleep(SETTLE);
  lines.push({ what: '… and once idle again', figure: octets(stage.resident - idle), target: '' });
  lines.push({ what: 'idle after warm-up: RSS', figure: octets(idle), target: '' });
  lines.push({ what: 'before the first request: RSS', figure: octets(stage.atStart), target: '' });
  return lines;
}

async function stalled(stage: Stage, clients: number): Promise<Line[]> {
  await stage.restart();
  const idle = stage.resident;
  const descriptors = openDescriptors(stage.server.pid);
  const load: StallLoad = { port: stage.server.port, path: '/100m.bin', clients };
  let held = 0;
  let open = 0;
  const peak = await stage.peakDuring(async () => {
    await stage.client.call('stall', load);
    await sleep(3000);
    held = stage.resident;
    open = openDescriptors(stage.server.pid) - descriptors;
  });
  await stage.client.call('release');
  await sleep(SETTLE);
  const after = openDescriptors(stage.server.pid);
  const each = (held - idle) / clients;
  return [
    {
      what: `${figureOf(clients)} stalled downloads of 100 MiB: RSS each`,
      figure: octets(each),
      target: `≤ ${octets(STALLED_TARGET)}`,
      met: each <= STALLED_TARGET,
    },
    { what: '… at the peak', figure: octets((peak - idle) / clients), target: '' },
    { what: '… descriptors each', figure: figure(open / clients), target: '' },
    {
      what: '… descriptors once they are gone',
      figure: `${after}`,
      target: `${descriptors}`,
      met: after === descriptors,
    },
    {
      what: '… growth over idle once they are gone',
      figure: octets(stage.resident - idle),
      target: '',
    },
  ];
}

function figureOf(count: number): string {
  return count.toLocaleString('en');
}

async function sizes(stage: Stage): Promise<Line[]> {
  await stage.restart();
  const idle = stage.resident;
  const lines: Line[] = [];
  for (const [name, size] of [
    ['1 MB', 1e6],
    ['10 MB', 1e7],
    ['100 MB', 1e8],
    ['1 GB', 1e9],
    ['10 GB', 1e10],
  ] as const) {
    progress(`  one download of ${name} …`);
    const path = stage.corpus.sparseFile(`${size}.bin`, size);
    const load = { path, status: 200, length: size, connections: 1, requests: 1 };
    const peak = await stage.peakDuring(() => stage.requests(load));
    lines.push({
      what: `one download of ${name}: growth over idle`,
      figure: octets(peak - idle),
      target: `< ${octets(DOWNLOADS_TARGET)}`,
      met: peak - idle < DOWNLOADS_TARGET,
    });
  }
  return lines;
}

/** What must be after a storm as it was before. */
interface Holdings {
  readonly descriptors: number;
  readonly resources: Record<string, number>;
  readonly resident: number;
}

async function holdings({ server }: Stage): Promise<Holdings> {
  const resources = await server.child.call<Record<string, number>>('resources');
  const resident = residentMemory(server.pid).now;
  return { descriptors: openDescriptors(server.pid), resources, resident };
}

async function storms(stage: Stage, count: number): Promise<Line[]> {
  await stage.restart();
  const lines: Line[] = [];
  const { port } = stage.server;
  const { etag } = await probe(port, '/1k.bin');
  await sleep(SETTLE);
  const many =
    (status: number, fields: string[], method: 'GET' | 'HEAD' = 'GET') =>
    () =>
      stage.requests({ path: '/1k.bin', method, status, fields, connections: 50, requests: count });
  const aborts = (): Promise<number> => {
    const load: AbortLoad = { port, path: '/100m.bin', downloads: count, connections: 50 };
    return stage.client.call('aborts', load);
  };
  for (const [what, storm] of [
    ['aborted downloads', aborts],
    ['304s', many(304, [`If-None-Match: ${etag}`])],
    ['416s', many(416, ['Range: bytes=5000-'])],
    ['HEADs', many(200, [], 'HEAD')],
  ] as const) {
    progress(`  ${figureOf(count)} ${what} …`);
    const before = await holdings(stage);
    await storm();
    await sleep(SETTLE);
    const after = await holdings(stage);
    const same = JSON.stringify(after.resources) === JSON.stringify(before.resources);
    lines.push({
      what: `${figureOf(count)} ${what}: descriptors`,
      figure: `${after.descriptors}`,
      target: `${before.descriptors}`,
      met: after.descriptors === before.descriptors,
    });
    lines.push({
      what: '… timers and other things the event loop waits for',
      figure: summary(after.resources),
      target: summary(before.resources),
      met: same,
    });
    const growth = octets(after.resident - before.resident);
    lines.push({ what: '… RSS growth', figure: growth, target: '' });
  }
  return lines;
}

function summary(resources: Record<string, number>): string {
  const { Timeout = 0, ...others } = resources;
  const rest = Object.values(others).reduce((sum, count) => sum + count, 0);
  return `${Timeout} + ${rest}`;
}

const PARTS = ['downloads', 'stalled', 'sizes', 'storms'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      part: { type: 'string', multiple: true, default: PARTS },
      stalled: { type: 'string', default: '1000' },
      count: { type: 'string', default: '10000' },
    },
  });
  if (!hasProc) throw new Error('needs /proc, that is Linux: memory is looked at from outside');
  const parts = values.part.flatMap((names) => names.split(','));
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${PARTS.join(', ')}`);
  const stage = new Stage();
  try {
    stage.corpus.file('1k.bin', 1024);
    stage.corpus.file('100m.bin', 100 * MIB);
    const lines: Line[] = [];
    for (const part of parts) {
      progress(`${part} …`);
      if (part === 'downloads') lines.push(...(await downloads(stage)));
      else if (part === 'stalled') lines.push(...(await stalled(stage, Number(values.stalled))));
      else if (part === 'sizes') lines.push(...(await sizes(stage)));
      else lines.push(...(await storms(stage, Number(values.count))));
    }
    report(lines);
  } finally {
    await stage.stop();
  }
}

function report(lines: readonly Line[]): void {
  print(describeMachine());
  printTable(
    ['', 'figure', 'target', ''],
    lines.map(({ what, figure: value, target, met }) => [
      what,
      value,
      target,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ]),
  );
  const missed = lines.filter(({ met }) => met === false).length;
  if (missed === 0) return;
  print(`${missed} target${missed === 1 ? '' : 's'} missed`);
  process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`bench:memory: ${error.message}\n`);
  process.exitCode = 2;
});
