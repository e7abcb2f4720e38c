/** Worker processes from outside: whether they live, and clients that notice what they drop. */
import http from 'node:http';
import type { Test } from 'tap';
import { RawClient, requestBytes, until } from './client.js';
import { MIB, pattern } from './files.js';
import { type Command, type Serving, type StartOptions, start } from './process.js';

/** Octets of the large file. */
export const LARGE: number = 24 * MIB;

/** A small file and a large one. */
export function site(t: Test): string {
  return t.testdir({ 'index.html': 'index', 'large.bin': pattern(LARGE) });
}

/** The command with workers; all processes that it ever names must have ended with the test. */
export async function startWorkers(
  t: Test,
  root: string,
  args: readonly string[] = [],
  options?: StartOptions,
): Promise<Serving & { workers(): number[] }> {
  const serving = await start(t, root, ['--workers', '2', ...args], options);
  const workers = () => pidsIn(serving.command);
  t.teardown(async () => {
    if (serving.command.running) serving.command.signal('SIGKILL');
    await untilGone(workers());
  });
  return { ...serving, workers };
}

/** Every worker's process that the events name. */
function pidsIn(command: Command): number[] {
  const named = command.events.flatMap(({ event, what, pid, pids }) => [
    ...((pids as number[] | undefined) ?? []),
    ...(event === 'worker' && what !== 'listening' && pid !== undefined ? [pid as number] : []),
  ]);
  return [...new Set(named)];
}

/** What was told of workers so far. */
export function happened(command: Command, what: string): Record<string, unknown>[] {
  return command.events.filter((event) => event.event === 'worker' && event.what === what);
}

/** A client in the middle of a download. */
export async function download(port: number): Promise<RawClient> {
  const client = new RawClient(port);
  client.send(requestBytes('/large.bin', ['Connection: close']));
  await client.has(1);
  client.socket.pause();
  return client;
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until none of the processes is there. */
export function untilGone(pids: readonly number[], milliseconds = 20_000): Promise<void> {
  return until(() => !pids.some(isAlive), milliseconds, `processes ${pids.join(', ')} end`);
}

/** What became of a client's requests. */
export interface Tally {
  answered: number;
  /**
   * Sent again because a kept connection was closed under the request, before any octet of an answer:
   * what RFC 9112 §9.3.1 has clients do.
   */
  retried: number;
  readonly failures: string[];
}

/** Requests one after the other until `isOver`; with an agent that keeps connections or one that doesn't. */
export async function hammer(
  port: number,
  keepAlive: boolean,
  isOver: () => boolean,
  pause: () => Promise<void>,
): Promise<Tally> {
  const agent = new http.Agent({ keepAlive, maxSockets: 1 });
  const tally: Tally = { answered: 0, retried: 0, failures: [] };
  while (!isOver()) {
    try {
      const outcome = await get(port, agent);
      if (outcome === 'retry') tally.retried++;
      else if (outcome === 'index') tally.answered++;
      else tally.failures.push(`answered ${outcome}`);
    } catch (error) {
      tally.failures.push(String(error));
    }
    await pause();
  }
  agent.destroy();
  return tally;
}

function get(port: number, agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/', agent });
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      let text = response.statusCode === 200 ? '' : `${response.statusCode} `;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    request.on('error', (error) => {
      if (request.reusedSocket && !answered) resolve('retry');
      else reject(error);
    });
  });
}
