/**
 * Open files as Resources: read whole into memory, or streamed. Knows neither which files may be
 * seen nor what they are asked for.
 */
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { REUSABLE_CHUNK, type ReadOptions } from '../http/response.js';
import { closeDescriptor, contentTag, versionTag, wasOverwritten } from './file.js';
import { type BufferPool, ReadAhead, type ReadCallback } from './read-ahead.js';
import { type Extent, type Resource, SourceError } from './source.js';

/** A file that was read whole; it holds no descriptor. */
export class WholeFile implements Resource {
  readonly kind = 'resource';
  readonly bytes: Buffer;
  readonly stats: fs.Stats;
  readonly settled: boolean;
  readonly type: string;
  readonly etag: string;
  /** The path without links at the time it was read. */
  readonly real: string;

  constructor(bytes: Buffer, stats: fs.Stats, settled: boolean, type: string, real: string) {
    this.bytes = bytes;
    this.stats = stats;
    this.settled = settled;
    this.type = type;
    this.real = real;
    this.etag = contentTag(bytes);
  }

  get size(): number {
    return this.bytes.length;
  }

  get modified(): number {
    return this.stats.mtimeMs;
  }

  read(extent: Extent = { first: 0, last: this.bytes.length - 1 }): Readable {
    const bytes = this.bytes.subarray(extent.first, extent.last + 1);
    return Readable.from(bytes.length === 0 ? [] : [bytes]);
  }

  close(): void {}
}

/** An open file that is streamed. */
export class StreamedFile implements Resource {
  readonly kind = 'resource';
  readonly bytes = undefined;
  readonly size: number;
  readonly modified: number;
  readonly etag: string;
  readonly type: string;
  readonly #descriptor: number;
  readonly #stats: fs.Stats;
  readonly #chunkSize: number;
  readonly #pool: BufferPool;
  #readsUnderWay = 0;
  #closed = false;

  constructor(
    descriptor: number,
    stats: fs.Stats,
    now: number,
    type: string,
    chunkSize: number,
    pool: BufferPool,
  ) {
    this.#descriptor = descriptor;
    this.#stats = stats;
    this.#chunkSize = chunkSize;
    this.#pool = pool;
    this.size = stats.size;
    this.modified = stats.mtimeMs;
    this.etag = versionTag(stats, now);
    this.type = type;
  }

  read(
    extent: Extent = { first: 0, last: this.size - 1 },
    { reuse = false }: ReadOptions = {},
  ): Readable {
    const ahead =
      reuse && this.#chunkSize >= REUSABLE_CHUNK
        ? new ReadAhead(this.#pool, extent.last)
        : undefined;
    return fs.createReadStream('', {
      fd: this.#descriptor,
      start: extent.first,
      end: extent.last,
      highWaterMark: this.#chunkSize,
      // The descriptor belongs to this resource, which may be read from again after a pause.
      fs: {
        read: (fd: number, buffer: Buffer, ...rest: [number, number, number, ReadCallback]) => {
          const [offset, length, position, callback] = rest;
          // The number may be another file's by now.
          if (this.#closed) {
            const error = new SourceError('unavailable', 'read after the resource was closed');
            process.nextTick(callback, error, 0, buffer);
            return;
          }
          this.#readsUnderWay++;
          const done: ReadCallback = (error, count, filled) => {
            this.#readsUnderWay--;
            const isLast = position + count > extent.last;
            callback(error ?? (isLast ? this.#mixed() : null), count, filled);
            this.#closeWhenIdle();
          };
          if (ahead !== undefined) ahead.read(fd, buffer, offset, length, position, done);
          else fs.read(fd, buffer, offset, length, position, done);
        },
        close: (_fd: number, callback?: (error: null) => void) => {
          ahead?.end();
          callback?.(null);
        },
      } as unknown as typeof fs,
    });
  }

  close(): void {
    this.#closed = true;
    this.#closeWhenIdle();
  }

  /** The last octets are held back from a body that is part one version, part another. */
  #mixed(): SourceError | null {
    return wasOverwritten(this.#stats, fs.fstatSync(this.#descriptor))
      ? new SourceError('unavailable', 'the file was written over while it was sent')
      : null;
  }

  /** Never closes under a read: the number could be another file's by the time the read runs. */
  #closeWhenIdle(): void {
    if (!this.#closed || this.#readsUnderWay > 0) return;
    this.#readsUnderWay = Number.POSITIVE_INFINITY;
    closeDescriptor(this.#descriptor);
  }
}
