/**
 * How much may be sent now at a rate: what was not used is kept for a quarter of a second, so that
 * neither a late timer nor a short pause costs anything. Keeps no timer; knows nothing of what is sent.
 */

/** Time for which unused octets are kept, in seconds. */
const KEPT = 0.25;

/** It is not worth a write to send less than what comes in this time, in seconds. */
const STEP = 0.05;

/** Gives out octets. */
export class TokenBucket {
  readonly #rate: number;
  readonly #most: number;
  readonly #now: () => number;
  #octets: number;
  #filled: number;

  /** @param rate octets per second @param now milliseconds */
  constructor(rate: number, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#most = Math.max(1, rate * KEPT);
    this.#now = now;
    this.#octets = this.#most;
    this.#filled = now();
  }

  /** Takes up to `most` octets. */
  take(most: number): number {
    this.#fill();
    const taken = Math.min(most, Math.floor(this.#octets));
    this.#octets -= taken;
    return taken;
  }

  /** Takes that many octets, or none of them. */
  takeAll(octets: number): boolean {
    this.#fill();
    if (octets > this.#octets) return false;
    this.#octets -= octets;
    return true;
  }

  /** Milliseconds until a part of `wanted` octets is worth a write. */
  wait(wanted: number): number {
    this.#fill();
    const worth = Math.max(1, Math.min(wanted, this.#most, this.#rate * STEP));
    return Math.max(1, ((worth - this.#octets) / this.#rate) * 1000);
  }

  #fill(): void {
    const now = this.#now();
    this.#octets = Math.min(this.#most, this.#octets + ((now - this.#filled) / 1000) * this.#rate);
    this.#filled = now;
  }
}
