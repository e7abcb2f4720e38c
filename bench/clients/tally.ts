/** What many answers come to: counts, latencies, faults. */
import type { Answer } from './line.js';

/** What a run of any client came to. */
export interface LoadFigures {
  /** Answers as they must be. */
  readonly responses: number;
  readonly seconds: number;
  /** Octets of content; of a generator that doesn't tell them apart, of the heads as well. */
  readonly octets: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Requests that failed or were answered wrongly. */
  readonly errors: number;
  /** Some of them in words. */
  readonly faults: readonly string[];
}

const FAULTS_TOLD = 3;

/** Adds answers up. */
export class Tally {
  readonly #begun: number = performance.now();
  readonly #latencies: number[] = [];
  readonly #faults = new Set<string>();
  #responses = 0;
  #octets = 0;
  #received = 0;
  #errors = 0;

  add(answer: Answer, path: string): void {
    this.#octets += answer.octets;
    this.#received += answer.received;
    if (answer.fault === undefined) {
      this.#responses++;
      this.#latencies.push(answer.milliseconds);
      return;
    }
    this.#errors++;
    if (this.#faults.size < FAULTS_TOLD) this.#faults.add(`${path}: ${answer.fault}`);
  }

  /** Octets that came, heads included. */
  get received(): number {
    return this.#received;
  }

  /** @param latencies those of something else than single answers, such as of pages */
  figures(latencies: readonly number[] = this.#latencies): LoadFigures {
    const sorted = [...latencies].sort((a, b) => a - b);
    return {
      responses: this.#responses,
      seconds: (performance.now() - this.#begun) / 1000,
      octets: this.#octets,
      p50: percentile(sorted, 50),
      p99: percentile(sorted, 99),
      errors: this.#errors,
      faults: [...this.#faults],
    };
  }
}

/** The value that so many of a hundred are at most; of values in ascending order. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
