/**
 * Which chunks of one version of a file were found right before. For whoever can tell versions apart, and
 * trusts that octets of the same version are the same.
 */
export class VerifiedChunks {
  readonly #bits: Uint8Array;
  #left: number;

  /** @param count of chunks */
  constructor(count: number) {
    this.#left = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
  }

  /** Octets in memory. */
  get memory(): number {
    return this.#bits.length;
  }

  /** Whether all are. */
  get isComplete(): boolean {
    return this.#left === 0;
  }

  /** Whether the chunk with that index is; it must be one of the file. */
  has(index: number): boolean {
    return ((this.#bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** Notes that a chunk was found right. @param index from 0, of a chunk of the file */
  add(index: number): void {
    if (this.has(index)) return;
    this.#left--;
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
}
