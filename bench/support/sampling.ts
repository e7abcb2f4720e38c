/** The sampler's process: looks at another process tree at an interval, undisturbed by any load. */
import { answerCalls } from './child.js';
import { maybeUsage, peakResident, resetPeaks, residentNow } from './process-tree.js';
import type { Point, Samples, SamplingOptions } from './sampler.js';

class Sampling {
  readonly #pid: number;
  readonly #isExact: boolean;
  readonly #started = performance.now();
  readonly #resident: Point[] = [];
  readonly #descriptors: Point[] = [];
  readonly #countsDescriptors: boolean;
  readonly #timer: NodeJS.Timeout;

  constructor({ pid, interval, descriptors = false }: SamplingOptions) {
    this.#pid = pid;
    this.#isExact = resetPeaks(pid);
    this.#countsDescriptors = descriptors;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), interval);
  }

  stop(): Samples {
    clearInterval(this.#timer);
    this.#sample();
    const sampled = Math.max(...this.#resident.map(([, octets]) => octets));
    const peak = this.#isExact ? Math.max(sampled, peakResident(this.#pid)) : sampled;
    return { resident: this.#resident, descriptors: this.#descriptors, peak };
  }

  #sample(): void {
    const now = Math.round(performance.now() - this.#started);
    if (this.#countsDescriptors) {
      const usage = maybeUsage(this.#pid);
      this.#resident.push([now, usage?.resident ?? 0]);
      this.#descriptors.push([now, usage?.descriptors ?? 0]);
    } else {
      this.#resident.push([now, residentNow(this.#pid)]);
    }
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
