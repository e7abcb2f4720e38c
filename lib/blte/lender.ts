/**
 * Content in slices whose memory is used again once the consumer is done with it: a chunk is never handed
 * out itself, so that its memory is free as soon as its last slice is made. Slices are full, however the content
 * was cut, but for the last. All lenders have them from one pool: what a fast consumer needed for a moment is
 * there for the others.
 */

import { slicePool } from './pool.js';

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
  #given = 0;
  /** The slice that is being filled. */
  #slice: Buffer | undefined;
  #filled = 0;

  /** @param taken how many octets of all that was given the consumer is done with */
  constructor(taken: () => number) {
    this.#taken = taken;
  }

  /** Whether the slice has to be lent before anything is added. */
  get isFull(): boolean {
    return this.#filled === SLICE;
  }

  /** Copies octets from `from` on into the slice. @returns how many there was room for */
  add(bytes: Uint8Array, from: number): number {
    const slice = this.#slice ?? this.#begin();
    const count = Math.min(bytes.length - from, SLICE - this.#filled);
    slice.set(count === bytes.length ? bytes : bytes.subarray(from, from + count), this.#filled);
    this.#filled += count;
    return count;
  }

  /** What has been added since the last; `undefined`: nothing. */
  lend(): Buffer | undefined {
    const [slice, filled] = [this.#slice, this.#filled];
    if (slice === undefined || filled === 0) return undefined;
    this.#slice = undefined;
    this.#filled = 0;
    this.#given += filled;
    this.#lent.push({ memory: slice, end: this.#given });
    return filled === slice.length ? slice : slice.subarray(0, filled);
  }

  /** Notes octets that are given without a slice. @returns how many have been given with them */
  pass(octets: number): number {
    this.#given += octets;
    return this.#given;
  }

  /** Nothing is lent any more. What the consumer may still use then is left to the garbage collector. */
  close(): void {
    if (this.#slice !== undefined) slicePool.give(this.#slice);
    this.#slice = undefined;
    this.#takeBack();
    // What was given in this turn is often written at its end.
    if (this.#lent.length > 0) setImmediate(() => this.#abandon());
  }

  #begin(): Buffer {
    this.#takeBack();
    this.#slice = slicePool.take(SLICE);
    return this.#slice;
  }

  #takeBack(): void {
    const taken = this.#taken();
    while (this.#lent.length > 0 && (this.#lent[0] as Lent).end <= taken) {
      slicePool.give((this.#lent.shift() as Lent).memory);
    }
  }

  #abandon(): void {
    this.#takeBack();
    for (const { memory } of this.#lent.splice(0)) slicePool.lose(memory);
  }
}
