/**
 * Generators of many small requests: wrk where it is installed, else autocannon. wrk is the sharper
 * one: autocannon takes more processor time a request than sluice does.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../support/child.js';
import { isInstalled, pin } from '../support/machine.js';

/** Requests for one path, as many as go into a time. */
export interface RateLoad {
  readonly port: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly connections: number;
  /** Requests under way on each connection. */
  readonly pipelining: number;
  readonly seconds: number;
  /** The status that every answer must have. */
  readonly status: number;
}

/** What a run came to. `p99` in milliseconds; `wrong`: failed, or answered with another status. */
export interface RateResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p99: number;
  readonly wrong: number;
}

/** A load generator. */
export interface Generator {
  readonly name: 'wrk' | 'autocannon';
  run(load: RateLoad): Promise<RateResult>;
  stop(): Promise<void>;
}

/** The generator asked for, or the best there is. */
export function startGenerator(name?: string): Generator {
  const wrk = isInstalled('wrk', '-v');
  if (name === 'wrk' && !wrk) throw new Error('wrk is not installed; try --generator autocannon');
  return name === 'wrk' || (name === undefined && wrk) ? new Wrk() : new Autocannon();
}

class Autocannon implements Generator {
  readonly name = 'autocannon';
  readonly #child = new Child('clients/autocannon.js', 1);

  run(load: RateLoad): Promise<RateResult> {
    return this.#child.call('run', load);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

const run = promisify(execFile);

class Wrk implements Generator {
  readonly name = 'wrk';
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-wrk-'));

  constructor() {
    process.on('exit', () => fs.rmSync(this.#folder, { recursive: true, force: true }));
  }

  async run(load: RateLoad): Promise<RateResult> {
    const url = `http://127.0.0.1:${load.port}${load.path}`;
    const args = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--latency', url];
    for (const [name, value] of Object.entries(load.headers)) args.push('-H', `${name}: ${value}`);
    if (load.pipelining > 1) args.push('-s', this.#pipelining(load.pipelining));
    const { stdout } = await run(...pin(1, 'wrk', args));
    return wrkResult(stdout, load.status);
  }

  async stop(): Promise<void> {}

  #pipelining(depth: number): string {
    const script = path.join(this.#folder, `pipeline-${depth}.lua`);
    const lua = `local all
init = function()
  local one = {}
  for i = 1, ${depth} do one[i] = wrk.format() end
  all = table.concat(one)
end
request = function() return all end
`;
    fs.writeFileSync(script, lua);
    return script;
  }
}

const MILLISECONDS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function wrkResult(text: string, status: number): RateResult {
  const total = /([0-9]+) requests in ([0-9.]+)(us|ms|s|m)/.exec(text);
  const p99 = /99%\s+([0-9.]+)(us|ms|s|m)/.exec(text);
  const errors = /Socket errors: connect ([0-9]+), read ([0-9]+), write ([0-9]+), timeout ([0-9]+)/;
  if (total === null || p99 === null) throw new Error(`wrk said something unexpected:\n${text}`);
  const requests = Number(total[1]);
  const refused = Number(/Non-2xx or 3xx responses: ([0-9]+)/.exec(text)?.[1] ?? 0);
  const failed = (errors.exec(text) ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0);
  return {
    requests,
    seconds: (Number(total[2]) * (MILLISECONDS[total[3] ?? ''] ?? 0)) / 1000,
    p99: Number(p99[1]) * (MILLISECONDS[p99[2] ?? ''] ?? 0),
    wrong: failed + (status >= 400 ? requests - refused : refused),
  };
}
