/** Worker processes from outside: whether they live, and clients that notice what they drop. */
import http from 'node:http';
import { until } from './client.js';

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
