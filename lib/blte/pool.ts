/**
 * Memory for chunks that is used again: what decoding takes and gives back in turn would be garbage at the
 * rate of the content. Shared by all readers, so that one that waits holds no more than its chunk.
 */

/** Octets that are kept at hand, for whoever comes next. */
const MOST_SPARE = 4_194_304;
/** Buffers that are looked through. */
const MOST_BUFFERS = 64;
/** What is smaller comes from Node's own pool. */
const PAGE = 4096;

export class ChunkPool {
  /** Longest unused first. */
  readonly #free: Buffer[] = [];
  #spare = 0;

  /** Octets at hand. */
  get spare(): number {
    return this.#spare;
  }

  /** Memory of at least so many octets. */
  take(octets: number): Buffer {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const { length } = this.#free[i] as Buffer;
      // A small chunk shall not hold a large one's memory.
      if (length < octets || length > 2 * octets + PAGE) continue;
      this.#spare -= length;
      return this.#free.splice(i, 1)[0] as Buffer;
    }
    return Buffer.allocUnsafeSlow(rounded(octets));
  }

  /** Takes memory back that nobody uses any more. */
  give(buffer: Buffer): void {
    if (buffer.length > MOST_SPARE) return;
    this.#free.push(buffer);
    this.#spare += buffer.length;
    while (this.#spare > MOST_SPARE || this.#free.length > MOST_BUFFERS) {
      this.#spare -= (this.#free.shift() as Buffer).length;
    }
  }
}

/** Chunks of nearly the same size take the same memory: an eighth more at most, or a page. */
function rounded(octets: number): number {
  const step = Math.max(PAGE, 2 ** (Math.floor(Math.log2(Math.max(1, octets))) - 3));
  return Math.max(1, Math.ceil(octets / step)) * step;
}

export const chunkPool: ChunkPool = new ChunkPool();
