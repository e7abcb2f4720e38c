/**
 * Reading ahead for streams: a bounded pool of slabs, each filled by one call to the thread pool and
 * handed out in chunks. Most of what a 32 KiB stream costs is the way to the thread pool and back,
 * once a chunk; a slab makes that one in four. A stream that finds the pool empty reads without.
 */
import fs from 'node:fs';

/** The callback of `fs.read`. */
export type ReadCallback = (
  error: NodeJS.ErrnoException | null,
  bytesRead: number,
  buffer: Buffer,
) => void;

/** The octets of one slab: four chunks of the default size. */
export const SLAB_SIZE = 131_072;
/** The pool's size by default: 64 slabs, for 64 downloads at full speed. */
export const DEFAULT_READ_AHEAD: number = 64 * SLAB_SIZE;

/** A bounded pool of equal buffers. */
export class SlabPool {
  readonly #free: Buffer[] = [];
  #left: number;

  /** @param budget in octets; less than one slab turns reading ahead off. */
  constructor(budget: number = DEFAULT_READ_AHEAD) {
    this.#left = Math.floor(budget / SLAB_SIZE);
  }

  /** A slab, or `undefined` when all are in use. */
  take(): Buffer | undefined {
    const slab = this.#free.pop();
    if (slab !== undefined || this.#left === 0) return slab;
    this.#left--;
    return Buffer.allocUnsafeSlow(SLAB_SIZE);
  }

  /** Gives back a slab that was taken. */
  give(slab: Buffer): void {
    this.#free.push(slab);
  }
}

/** The reading side of one stream: `read` has the shape that createReadStream's `fs` option wants. */
export class ReadAhead {
  readonly #pool: SlabPool;
  readonly #end: number;
  #slab: Buffer | undefined;
  /** What the slab holds: octets `#from` to `#to` of the file, `#to` not included. */
  #from = 0;
  #to = 0;
  #reading = false;
  #ended = false;

  /** @param last the last octet that the stream will want. */
  constructor(pool: SlabPool, last: number) {
    this.#pool = pool;
    this.#end = last + 1;
  }

  /** Fills `buffer` from the slab, which is filled first where it doesn't hold `position`. */
  read(
    descriptor: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: ReadCallback,
  ): void {
    if (position >= this.#from && position < this.#to) {
      this.#deliver(buffer, offset, length, position, callback);
      return;
    }
    const slab = this.#end - position > length ? this.#take() : undefined;
    this.#reading = true;
    const done = (error: NodeJS.ErrnoException | null, bytesRead: number) => {
      this.#reading = false;
      if (slab === undefined || error) callback(error, bytesRead, buffer);
      else {
        this.#from = position;
        this.#to = position + bytesRead;
        this.#deliver(buffer, offset, length, position, callback);
      }
      if (this.#ended) this.end();
    };
    if (slab === undefined) fs.read(descriptor, buffer, offset, length, position, done);
    else fs.read(descriptor, slab, 0, Math.min(SLAB_SIZE, this.#end - position), position, done);
  }

  /** Gives the slab back; waits for a read under way, which writes into it. Idempotent. */
  end(): void {
    this.#ended = true;
    if (this.#reading || this.#slab === undefined) return;
    this.#pool.give(this.#slab);
    this.#slab = undefined;
    this.#to = this.#from;
  }

  #take(): Buffer | undefined {
    this.#slab ??= this.#pool.take();
    return this.#slab;
  }

  #deliver(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: ReadCallback,
  ): void {
    const start = position - this.#from;
    const stop = Math.min(start + length, this.#to - this.#from);
    const copied = this.#slab?.copy(buffer, offset, start, stop) ?? 0;
    callback(null, copied, buffer);
  }
}
