/**
 * An eye on a server while others load it: what it holds, and whether single answers are still right
 * and still come. Looks on from the outside, a few times a second, so as not to be load itself.
 */
import { Line } from '../clients/line.js';
import type { PlannedRequest } from '../clients/plan.js';
import { maybeUsage, peakResident, resetPeaks, type Usage } from '../support/process-tree.js';

const SAMPLE_INTERVAL = 50;
/** Between two requests of the watch. */
const ASK_INTERVAL = 100;

/** What was seen. */
export interface Sighting {
  /** Seconds of processor time used meanwhile. */
  readonly cpu: number | undefined;
  /** Octets resident, at most; and over what they were at the beginning. */
  readonly peak: number | undefined;
  readonly growth: number | undefined;
  /** What was wrong with answers. */
  readonly faults: readonly string[];
}

/** Runs `action` and watches. Without requests it asks none of its own. */
export async function watched<Result>(
  server: { readonly pid: number; readonly port: number },
  requests: readonly PlannedRequest[],
  timeout: number,
  action: () => Promise<Result>,
): Promise<{ result: Result; seen: Sighting }> {
  const exact = resetPeaks(server.pid);
  const before = maybeUsage(server.pid);
  let most = before?.resident ?? 0;
  const timer = setInterval(() => {
    if (!exact) most = Math.max(most, maybeUsage(server.pid)?.resident ?? 0);
  }, SAMPLE_INTERVAL);
  const asking = new Asking(server.port, requests, timeout);
  try {
    const result = await action();
    const after = maybeUsage(server.pid);
    if (after !== undefined)
      most = exact ? peakResident(server.pid) : Math.max(most, after.resident);
    const faults = await asking.end();
    return { result, seen: { ...difference(before, after, most), faults } };
  } finally {
    clearInterval(timer);
    await asking.end();
  }
}

function difference(before: Usage | undefined, after: Usage | undefined, most: number) {
  if (before === undefined || after === undefined) {
    return { cpu: undefined, peak: undefined, growth: undefined };
  }
  return { cpu: after.cpu - before.cpu, peak: most, growth: most - before.resident };
}

/** One request after the other, with pauses. */
class Asking {
  readonly #line: Line;
  readonly #faults: string[] = [];
  readonly #loop: Promise<void>;
  #wake: () => void = () => {};
  #ended = false;

  constructor(port: number, requests: readonly PlannedRequest[], timeout: number) {
    this.#line = new Line(port, timeout);
    this.#loop = this.#ask(requests);
  }

  async #ask(requests: readonly PlannedRequest[]): Promise<void> {
    for (let i = 0; requests.length > 0 && !this.#ended; i++) {
      const plan = requests[i % requests.length] as PlannedRequest;
      const { fault } = await this.#line.ask(plan);
      if (fault !== undefined) this.#faults.push(`${plan.path}, under load: ${fault}`);
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ASK_INTERVAL);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Waits for the request under way. */
  async end(): Promise<readonly string[]> {
    this.#ended = true;
    this.#wake();
    await this.#loop;
    this.#line.close();
    return this.#faults;
  }
}
