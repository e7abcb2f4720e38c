/**
 * Reading ahead for streams: one call to the thread pool fills several chunks, out of a bounded pool
 * of buffers that are used again. Most of what a 32 KiB stream costs is the way to the thread pool
 * and back and the garbage of its buffers, both once a chunk. A stream that finds the pool empty reads
 * without.
 */
import fs from 'node:fs';

/** The callback of `fs.read`; a stream takes the buffer that it is called with. */
export type ReadCallback = (
  error: NodeJS.ErrnoException | null,
  bytesRead: number,
  buffer: Buffer,
) => void;

/** How many chunks one call fills at most. */
const CHUNKS_PER_CALL = 4;

/** The pool's size by default: 6 MiB, 192 buffers of 32 KiB. */
export const DEFAULT_READ_AHEAD = 6_291_456;

/** A bounded pool of buffers of one size. */
export class BufferPool {
  /** The octets of each buffer. */
  readonly size: number;
  readonly #free: Buffer[] = [];
  #left: number;

  /** @param budget of all buffers together, in octets; less than one buffer: an empty pool */
  constructor(budget: number, size: number) {
    this.size = size;
    this.#left = Math.floor(budget / size);
  }

  /**
   * Up to `most` buffers; fewer where few are left, so that many streams get one each rather than few
   * streams four: one without a buffer makes garbage.
   */
  take(most: number): Buffer[] {
    const share = Math.max(1, (this.#free.length + this.#left) >> 3);
    const count = Math.min(most, share);
    const taken = this.#free.splice(-count, count);
    while (taken.length < count && this.#left > 0) {
      this.#left--;
      taken.push(Buffer.allocUnsafeSlow(this.size));
    }
    return taken;
  }

  /** Takes back a buffer that nobody uses any more. */
  give(buffer: Buffer): void {
    this.#free.push(buffer);
  }

  /** A buffer that was taken will not come back: another may be made in its place. */
  forget(): void {
    this.#left++;
  }
}

/**
 * The reading side of one stream whose consumer is done with a chunk before it takes the next:
 * `read` has the shape that createReadStream's `fs` option wants.
 */
export class ReadAhead {
  readonly #pool: BufferPool;
  readonly #end: number;
  /** Filled and not yet handed out, in order. */
  #ready: Buffer[] = [];
  /** Handed out, oldest first. */
  readonly #lent: Buffer[] = [];
  /** Buffers of this stream alone, for when the pool is empty: all of them, and those free. */
  readonly #own = new Set<Buffer>();
  readonly #spare: Buffer[] = [];
  #reusing = true;
  #reading = false;
  #ended = false;

  /** @param last the last octet that the stream will want. */
  constructor(pool: BufferPool, last: number) {
    this.#pool = pool;
    this.#end = last + 1;
  }

  /**
   * Calls back with the next chunk; positions are taken as they come from a stream: in order. The
   * buffer that the stream brings stays untouched, and so costs no memory.
   */
  read(
    descriptor: number,
    untouched: Buffer,
    _offset: number,
    _length: number,
    position: number,
    callback: ReadCallback,
  ): void {
    // The chunk before this one may be on its way to the socket or wait in the stream; those before
    // it are done with.
    while (this.#lent.length > 1) this.#takeBack(this.#lent.shift() as Buffer);
    const next = this.#ready.shift();
    if (next !== undefined) {
      this.#lend(next, callback);
      return;
    }
    const wanted = Math.ceil((this.#end - position) / this.#pool.size);
    const buffers = wanted > 1 ? this.#pool.take(Math.min(wanted, CHUNKS_PER_CALL)) : [];
    if (buffers.length === 0) buffers.push(this.#spare.pop() ?? this.#makeOwn());
    this.#reading = true;
    fs.readv(descriptor, buffers, position, (error, bytesRead) => {
      this.#fill(buffers, error ? 0 : Math.min(bytesRead, this.#end - position));
      const first = this.#ready.shift();
      if (first === undefined) callback(error, 0, untouched);
      else this.#lend(first, callback);
      this.#reading = false;
      if (this.#ended) this.end();
    });
  }

  /**
   * Gives the buffers back; waits for a read under way, which writes into them. The last two handed
   * out may still be used by the socket: these are left to the garbage collector. Idempotent.
   */
  end(): void {
    this.#ended = true;
    if (this.#reading) return;
    for (const buffer of this.#ready) this.#takeBack(buffer);
    this.#ready = [];
    this.#reusing = false;
    for (const buffer of this.#lent.splice(0)) this.#takeBack(buffer);
  }

  #makeOwn(): Buffer {
    const buffer = Buffer.allocUnsafeSlow(this.#pool.size);
    this.#own.add(buffer);
    return buffer;
  }

  #fill(buffers: Buffer[], octets: number): void {
    const { size } = this.#pool;
    for (const [index, buffer] of buffers.entries()) {
      const length = Math.min(size, octets - index * size);
      if (length === size) this.#ready.push(buffer);
      else if (length <= 0) this.#takeBack(buffer);
      else {
        this.#forget(buffer);
        this.#ready.push(buffer.subarray(0, length));
      }
    }
  }

  #lend(buffer: Buffer, callback: ReadCallback): void {
    // A socket takes a short chunk without asking to wait, so it may hold more than one from here on.
    if (buffer.length < this.#pool.size) this.#reusing = false;
    this.#lent.push(buffer);
    callback(null, buffer.length, buffer);
  }

  #takeBack(buffer: Buffer): void {
    if (buffer.length < this.#pool.size) return;
    if (!this.#reusing) this.#forget(buffer);
    else if (this.#own.has(buffer)) this.#spare.push(buffer);
    else this.#pool.give(buffer);
  }

  /** Leaves a buffer to the garbage collector. */
  #forget(buffer: Buffer): void {
    if (!this.#own.delete(buffer)) this.#pool.forget();
  }
}
