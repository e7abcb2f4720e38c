/** wrk: a script that says what to ask, and its answer as figures. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { atExit } from '../support/at-exit.js';
import { pin } from '../support/machine.js';
import { requestText } from './plan.js';
import type { Generator, RateLoad } from './rate.js';
import type { LoadFigures } from './tally.js';

const execute = promisify(execFile);

/** The same requests in the same order, every time. */
const SEED = 20_250_101;

/** After which an answer counts as failed: those of 100 MiB take seconds. */
const TIMEOUT = '30s';

/** Said at the end instead of wrk's text, which rounds. Times are microseconds. */
const DONE = `
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('figures %d %d %d %d %d %d %d %d %.0f %.0f\\n',
    summary.requests, summary.duration, summary.bytes,
    e.connect, e.read, e.write, e.timeout, e.status,
    latency:percentile(50), latency:percentile(99)))
end
`;

/** The generator. */
export class Wrk implements Generator {
  readonly name = 'wrk';
  readonly #folder: string = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-wrk-'));
  readonly #remove = () => fs.rmSync(this.#folder, { recursive: true, force: true });
  readonly #forget: () => void = atExit(this.#remove);

  async run(load: RateLoad): Promise<LoadFigures> {
    const script = path.join(this.#folder, 'load.lua');
    fs.writeFileSync(script, wrkScript(load));
    const { connections, port, seconds } = load;
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', TIMEOUT, '-s', script];
    const { stdout } = await execute(...pin(1, 'wrk', [...args, `http://127.0.0.1:${port}/`]));
    return wrkFigures(stdout, load.requests[0]?.status ?? 200);
  }

  async stop(): Promise<void> {
    this.#remove();
    this.#forget();
  }
}

/** What wrk runs. A function is called for each request only where requests differ: it costs. */
export function wrkScript({ requests, pipelining }: RateLoad): string {
  const texts = requests.map((request) => lua(requestText(request).repeat(pipelining)));
  if (texts.length === 1 && pipelining === 1) {
    const [{ path: target = '/', fields = {} } = {}] = requests;
    const set = Object.entries(fields).map(
      ([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}\n`,
    );
    return `wrk.path = ${lua(target)}\nwrk.headers['Host'] = 'localhost'\n${set.join('')}${DONE}`;
  }
  return `local all = {
${texts.join(',\n')}
}
math.randomseed(${SEED})
request = function() return all[math.random(#all)] end
${DONE}`;
}

/** A text of ASCII as Lua writes it: the escapes are those of JSON. */
function lua(text: string): string {
  return JSON.stringify(text);
}

/** Reads what {@link DONE} wrote. @throws Error where it isn't there */
export function wrkFigures(text: string, status: number): LoadFigures {
  const line = /^figures ([0-9. ]+)$/m.exec(text)?.[1];
  const all = line?.split(' ').map(Number) ?? [];
  if (all.length !== 10) throw new Error(`wrk said something unexpected:\n${text}`);
  const [requests = 0, duration = 0, octets = 0, connect, read, write, timeout, refused = 0] = all;
  const causes = { connect, read, write, timeout, status: refused };
  // It counts statuses from 400 on, and knows nothing of the one that is wanted.
  if (status >= 400) causes.status = requests - refused;
  const told = Object.entries(causes).filter(([, count = 0]) => count > 0);
  const errors = told.reduce((sum, [, count = 0]) => sum + count, 0);
  return {
    responses: requests - causes.status,
    seconds: duration / 1e6,
    octets,
    // wrk says 0 where it has too few samples to tell.
    p50: (all[8] || Number.NaN) / 1000,
    p99: (all[9] || Number.NaN) / 1000,
    errors,
    faults: told.map(([cause, count]) => `wrk: ${cause} ${count}`),
  };
}
