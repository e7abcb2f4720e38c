/**
 * Memory for chunks that is used again: what decoding takes and gives back in turn would be garbage at the
 * rate of the content. Shared by all readers, so that one that waits holds no more than its chunk.
 */

/** Octets of chunks that are always kept at hand: what some readers need. */
const CHUNKS_KEPT = 4_194_304;
/** The same of slices: what 16 slow clients are given. */
const SLICES_KEPT = 2_097_152;
/**
 * Milliseconds until memory that nobody has needed meanwhile is let go. It becomes garbage that is collected late:
 * what was let go sooner would often be there still when the next reader had others made.
 */
const LINGER = 30_000;
/** Buffers that are looked through: more are small ones. */
const MOST_BUFFERS = 256;
/** What is smaller comes from Node's own pool. */
const PAGE = 4096;

export class ChunkPool {
  readonly #kept: number;
  readonly #linger: number;
  /** Longest unused first. */
  readonly #free: Buffer[] = [];
  #spare = 0;
  #used = 0;
  /** The fewest octets that were at hand since the timer began: they were not needed. */
  #least = 0;
  /** Runs while there is more than what is always kept. */
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param kept octets that are never let go
   * @param linger milliseconds until more than these is let go where nobody has needed it
   */
  constructor(kept: number = CHUNKS_KEPT, linger: number = LINGER) {
    this.#kept = kept;
    this.#linger = linger;
  }

  /** Octets at hand. */
  get spare(): number {
    return this.#spare;
  }

  /** Octets that were taken. */
  get used(): number {
    return this.#used;
  }

  /** Memory of at least so many octets. */
  take(octets: number): Buffer {
    const buffer = this.#find(octets) ?? Buffer.allocUnsafeSlow(rounded(octets));
    this.#used += buffer.length;
    return buffer;
  }

  /** Takes memory back that nobody uses any more. */
  give(buffer: Buffer): void {
    this.lose(buffer);
    this.#free.push(buffer);
    this.#spare += buffer.length;
    if (this.#free.length > MOST_BUFFERS) this.#keep(Number.POSITIVE_INFINITY);
    if (this.#spare > this.#kept) this.#timer ??= this.#wait();
  }

  /** Notes that memory stays with whoever has it. */
  lose(buffer: Buffer): void {
    this.#used -= buffer.length;
  }

  #wait(): NodeJS.Timeout {
    this.#least = this.#spare;
    const letGo = (): void => {
      this.#keep(Math.max(this.#kept, this.#spare - this.#least));
      this.#timer = this.#spare > this.#kept ? this.#wait() : undefined;
    };
    return setTimeout(letGo, this.#linger).unref();
  }

  /** Lets go of what is more than some octets. */
  #keep(octets: number): void {
    while (this.#spare > octets || this.#free.length > MOST_BUFFERS) {
      this.#spare -= (this.#free.shift() as Buffer).length;
    }
    this.#least = Math.min(this.#least, this.#spare);
  }

  #find(octets: number): Buffer | undefined {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const { length } = this.#free[i] as Buffer;
      // A small chunk shall not hold a large one's memory.
      if (length < octets || length > 2 * octets + PAGE) continue;
      this.#spare -= length;
      this.#least = Math.min(this.#least, this.#spare);
      return i === this.#free.length - 1 ? this.#free.pop() : this.#free.splice(i, 1)[0];
    }
    return undefined;
  }
}

/** Chunks of nearly the same size take the same memory: a 32nd more at most, or a page. */
function rounded(octets: number): number {
  const step = Math.max(PAGE, 2 ** (Math.floor(Math.log2(Math.max(1, octets))) - 5));
  return Math.max(1, Math.ceil(octets / step)) * step;
}

export const chunkPool: ChunkPool = new ChunkPool();
/** For slices alone: all of one size. */
export const slicePool: ChunkPool = new ChunkPool(SLICES_KEPT);
