/**
 * Resident memory and descriptors of a server over time, from outside: by a process of its own, for a
 * load generator that is busy would sample late, and just when it matters.
 */
import { Child } from './child.js';

/** Milliseconds since the start, and a value. */
export type Point = readonly [milliseconds: number, value: number];

/** What to look at. */
export interface SamplingOptions {
  /** The server; what it started is looked at too. */
  readonly pid: number;
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** Whether descriptors are counted as well: with many of them that takes a millisecond. */
  readonly descriptors?: boolean;
}

/** What was seen. */
export interface Samples {
  /** Octets. */
  readonly resident: readonly Point[];
  readonly descriptors: readonly Point[];
  /** The greatest resident set; by the kernel's own count where that can be had. */
  readonly peak: number;
}

/** 50 ms: what happens between two looks shows in the peak alone. */
export const SAMPLE_INTERVAL = 50;

/** Samples one process tree at a time. */
export class Sampler {
  readonly #child: Child = new Child('support/sampling.js', 1);

  /** What `action` gives, with what was seen of the server meanwhile. */
  async during<Result>(
    options: SamplingOptions,
    action: () => Promise<Result>,
  ): Promise<{ result: Result; samples: Samples }> {
    await this.#child.call('start', options);
    try {
      const result = await action();
      return { result, samples: await this.#child.call<Samples>('stop') };
    } catch (error) {
      await this.#child.call('stop');
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
