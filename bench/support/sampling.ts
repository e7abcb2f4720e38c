/** The sampler's process: looks at another process tree at an interval, undisturbed by any load. */
import { answerCalls } from './child.js';
import {
  processTree,
  resetTreePeak,
  treeDescriptors,
  treePeak,
  treeResident,
} from './process-tree.js';
import type { Point, Samples, SamplingOptions } from './sampler.js';

class Sampling {
  readonly #pids: readonly number[];
  readonly #isExact: boolean;
  readonly #started = performance.now();
  readonly #resident: Point[] = [];
  readonly #descriptors: Point[] = [];
  readonly #countsDescriptors: boolean;
  readonly #timer: NodeJS.Timeout;

  constructor({ pid, interval, descriptors = false }: SamplingOptions) {
    this.#pids = processTree(pid);
    this.#isExact = resetTreePeak(this.#pids);
    this.#countsDescriptors = descriptors;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), interval);
  }

  stop(): Samples {
    clearInterval(this.#timer);
    this.#sample();
    const sampled = Math.max(...this.#resident.map(([, octets]) => octets));
    const peak = this.#isExact ? Math.max(sampled, treePeak(this.#pids)) : sampled;
    return { resident: this.#resident, descriptors: this.#descriptors, peak };
  }

  #sample(): void {
    const now = Math.round(performance.now() - this.#started);
    this.#resident.push([now, treeResident(this.#pids)]);
    if (this.#countsDescriptors) this.#descriptors.push([now, treeDescriptors(this.#pids)]);
  }
}

let sampling: Sampling | undefined;

answerCalls({
  start: (options: SamplingOptions): void => {
    sampling?.stop();
    sampling = new Sampling(options);
  },
  stop: (): Samples | undefined => {
    const samples = sampling?.stop();
    sampling = undefined;
    return samples;
  },
});
