/**
 * Which chunks of one version of a file were found right before. For whoever can tell versions apart, and
 * trusts that octets of the same version are the same. Nothing is ever taken back: readers go by what they found when
 * they began, so who wants chunks to be checked anew makes another one.
 */
export class VerifiedChunks {
  /** Two bits a chunk: whether it is right, and whether it is plain. */
  readonly #bits: Uint8Array;
  #left: number;

  /** @param count of chunks */
  constructor(count: number) {
    this.#left = count;
    this.#bits = new Uint8Array(Math.ceil(count / 4));
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
    return (this.#of(index) & RIGHT) !== 0;
  }

  /** Whether the chunk with that index is, and was found to be plain: an octet for that, and its content. */
  isPlain(index: number): boolean {
    return (this.#of(index) & PLAIN) !== 0;
  }

  /** Notes that a chunk was found right. @param index from 0, of a chunk of the file */
  add(index: number, isPlain = false): void {
    if (this.has(index)) return;
    this.#left--;
    const found = (isPlain ? RIGHT | PLAIN : RIGHT) << shift(index);
    this.#bits[index >> 2] = (this.#bits[index >> 2] ?? 0) | found;
  }

  #of(index: number): number {
    return (this.#bits[index >> 2] ?? 0) >> shift(index);
  }
}

const RIGHT = 1;
const PLAIN = 2;

function shift(index: number): number {
  return (index & 3) * 2;
}
