/**
 * Memory for chunks that is used again: what decoding takes and gives back in turn would be garbage at the
 * rate of the content. Shared by all readers, so that one that waits holds no more than its chunk.
 */

/** Octets of chunks that are always kept at hand: what some readers need. */
const CHUNKS_KEPT = 4_194_304;
/** The same of slices: what 16 slow clients are given. */
const SLICES_KEPT = 2_097_152;
/**
 * Milliseconds of a period: as much as was needed at a time in this one or the last is kept. What is let go becomes
 * garbage that is collected late: let go sooner it would often be there still when the next reader had others made.
 */
const PERIOD = 30_000;
/**
 * There is so many times what was needed at a time: who holds a chunk encoded now and decoded then needs both
 * sizes, and the larger does for the smaller down to half of it.
 */
const ROOM = 1.5;
/** Buffers that are looked through at most. */
const MOST_BUFFERS = 256;
/** What is smaller comes from Node's own pool. */
const PAGE = 4096;

export class ChunkPool {
  readonly #kept: number;
  readonly #period: number;
  /** Longest unused first. */
  readonly #free: Buffer[] = [];
  #spare = 0;
  #used = 0;
  /** The most octets that were used at a time, in this period and in the last. */
  #most = 0;
  #mostBefore = 0;
  /** Ends the period. It runs from when there is something new until nothing was needed for a while. */
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param kept octets that are never let go
   * @param period milliseconds
   */
  constructor(kept: number = CHUNKS_KEPT, period: number = PERIOD) {
    this.#kept = kept;
    this.#period = period;
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
    const found = this.#find(octets);
    const buffer = found ?? Buffer.allocUnsafeSlow(rounded(octets));
    this.#used += buffer.length;
    this.#most = Math.max(this.#most, this.#used);
    if (found === undefined) {
      this.#letGo();
      this.#timer ??= this.#begin();
    }
    return buffer;
  }

  /** Takes memory back that nobody uses any more. */
  give(buffer: Buffer): void {
    this.lose(buffer);
    this.#free.push(buffer);
    this.#spare += buffer.length;
    this.#letGo();
  }

  /** Notes that memory stays with whoever has it. */
  lose(buffer: Buffer): void {
    this.#used -= buffer.length;
  }

  #begin(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#mostBefore = this.#most;
      this.#most = this.#used;
      this.#letGo();
      this.#timer = this.#mostBefore > 0 ? this.#begin() : undefined;
    }, this.#period).unref();
  }

  /** Lets go of what is more than was needed: of other sizes than what is needed now, or of other times. */
  #letGo(): void {
    const needed = ROOM * Math.max(this.#most, this.#mostBefore);
    const most = Math.max(needed, this.#used + this.#kept);
    while (this.#used + this.#spare > most || this.#free.length > MOST_BUFFERS) {
      this.#spare -= (this.#free.shift() as Buffer).length;
    }
  }

  #find(octets: number): Buffer | undefined {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const { length } = this.#free[i] as Buffer;
      // A small chunk shall not hold a large one's memory.
      if (length < octets || length > 2 * octets + PAGE) continue;
      this.#spare -= length;
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
