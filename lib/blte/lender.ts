/**
 * Content in slices whose memory is used again once the consumer is done with it: a chunk is never handed
 * out itself, so that its memory is free as soon as its last slice is made.
 */

/** Octets of a slice: what a socket is always let have. */
export const SLICE = 32_768;

/** A slice that was given away. */
interface Lent {
  readonly memory: Buffer;
  /** The octets that had been given with it, in all. */
  readonly end: number;
}

/** Lends slices to one consumer. */
export class Lender {
  readonly #taken: () => number;
  /** Perhaps still used by the consumer, oldest first. */
  readonly #lent: Lent[] = [];
  readonly #free: Buffer[] = [];
  #given = 0;

  /** @param taken how many octets of all that was given the consumer is done with */
  constructor(taken: () => number) {
    this.#taken = taken;
  }

  /** A copy of at most {@link SLICE} octets. */
  lend(bytes: Uint8Array): Buffer {
    this.#takeBack();
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(SLICE);
    memory.set(bytes);
    this.#given += bytes.length;
    this.#lent.push({ memory, end: this.#given });
    return bytes.length === SLICE ? memory : memory.subarray(0, bytes.length);
  }

  #takeBack(): void {
    const taken = this.#taken();
    while (this.#lent.length > 0 && (this.#lent[0] as Lent).end <= taken) {
      this.#free.push((this.#lent.shift() as Lent).memory);
    }
  }
}
