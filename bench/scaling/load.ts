/**
 * The load of a scaling law: wrk where it is installed and has ports enough, else raw sockets from
 * as many local addresses as it takes. Both keep their connections and check every status.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../support/child.js';
import { isInstalled, pin } from '../support/machine.js';
import { PER_FOLDER, TREE } from './tree.js';

/** Requests on kept connections, for as long as it is said. */
export interface SteadyLoad {
  readonly port: number;
  /** One path, or any of a number of files of the tree. */
  readonly target: string | { readonly files: number };
  readonly connections: number;
  /** Whole ones. */
  readonly seconds: number;
  /** Local addresses that the connections are spread over. */
  readonly addresses: number;
}

/** What a load came to. */
export interface SteadyFigures {
  readonly responses: number;
  /** Octets that came; of wrk with the heads. */
  readonly octets: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p99: number;
  /** Requests that failed, or were not answered with 200. */
  readonly errors: number;
}

/** Whoever makes the load. */
export interface LoadMaker {
  readonly name: string;
  run(load: SteadyLoad): Promise<SteadyFigures>;
  stop(): Promise<void>;
}

/** Those that make loads: wrk, and raw sockets for what it can't do or where there is none. */
export interface LoadMakers {
  of(load: SteadyLoad): LoadMaker;
  stop(): Promise<void>;
}

/** Gets them ready; processes are started when they are needed. */
export function startLoadMakers(): LoadMakers {
  const raw = new RawSockets();
  const wrk = isInstalled('wrk', '-v') ? new Wrk() : undefined;
  return {
    of: ({ addresses }) => (wrk !== undefined && addresses === 1 ? wrk : raw),
    async stop() {
      await raw.stop();
      await wrk?.stop();
    },
  };
}

class RawSockets implements LoadMaker {
  readonly name = 'raw sockets';
  #child: Child | undefined;

  run(load: SteadyLoad): Promise<SteadyFigures> {
    this.#child ??= new Child('clients/steady.js', 1);
    return this.#child.call('run', load);
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
    this.#child = undefined;
  }
}

const execute = promisify(execFile);

class Wrk implements LoadMaker {
  readonly name = 'wrk';
  readonly #folder: string = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-wrk-'));

  constructor() {
    process.on('exit', this.#remove);
  }

  async run(load: SteadyLoad): Promise<SteadyFigures> {
    const script = path.join(this.#folder, 'load.lua');
    fs.writeFileSync(script, wrkScript(load.target));
    const { connections, seconds, port } = load;
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script];
    const { stdout } = await execute(...pin(1, 'wrk', [...args, `http://127.0.0.1:${port}/`]));
    return wrkFigures(stdout);
  }

  async stop(): Promise<void> {
    process.off('exit', this.#remove);
    this.#remove();
  }

  readonly #remove = (): void => fs.rmSync(this.#folder, { recursive: true, force: true });
}

/** What wrk runs: the request, and at the end figures that are not rounded. */
export function wrkScript(target: SteadyLoad['target']): string {
  const request =
    typeof target === 'string'
      ? `wrk.path = ${JSON.stringify(target)}`
      : `math.randomseed(1)
request = function()
  local i = math.random(0, ${target.files - 1})
  return string.format('GET /${TREE}/%d/%d.bin HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n',
    math.floor(i / ${PER_FOLDER}), i % ${PER_FOLDER})
end`;
  return `wrk.headers['Host'] = 'localhost'
${request}
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('figures %d %d %d %.0f %d\\n', summary.requests, summary.duration,
    summary.bytes, latency:percentile(99), e.connect + e.read + e.write + e.timeout + e.status))
end
`;
}

/** Reads what the script wrote. @throws Error where it isn't there */
export function wrkFigures(text: string): SteadyFigures {
  const line = /^figures ([0-9]+) ([0-9]+) ([0-9]+) ([0-9]+) ([0-9]+)$/m.exec(text);
  if (line === null) throw new Error(`wrk said something unexpected:\n${text}`);
  const [responses = 0, duration = 0, octets = 0, p99 = 0, errors = 0] = line.slice(1).map(Number);
  return { responses, octets, seconds: duration / 1e6, p99: p99 / 1000, errors };
}
