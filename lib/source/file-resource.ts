/**
 * Files as Resources: read whole into memory, or streamed. Knows neither which files may be seen nor
 * what they are asked for.
 */
import fs from 'node:fs';
import { Readable } from 'node:stream';
import type { MessageBuffer } from '../http/message-buffer.js';
import type { BlockPool } from './block-pool.js';
import type { BlockReader, BytesCallback } from './block-reader.js';
import { Blocks } from './blocks.js';
import { contentTag, fill, sourceError } from './file.js';
import type { OpenFile } from './open-file.js';
import type { PromptReads } from './prompt.js';
import type { Scratch } from './scratch.js';
import { type Extent, type Resource, SourceError, type SourceReadOptions } from './source.js';

/** A file that was read whole; it holds no descriptor. */
export class WholeFile implements Resource {
  readonly kind = 'resource';
  readonly message: MessageBuffer;
  readonly stats: fs.Stats;
  readonly settled: boolean;
  readonly type: string;
  readonly etag: string;
  /** The path without links at the time it was read. */
  readonly real: string;

  constructor(
    message: MessageBuffer,
    stats: fs.Stats,
    settled: boolean,
    type: string,
    real: string,
  ) {
    this.message = message;
    this.stats = stats;
    this.settled = settled;
    this.type = type;
    this.real = real;
    this.etag = contentTag(message.content);
  }

  get bytes(): Buffer {
    return this.message.content;
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

/** Ranges from this many chunks on are shared: below, whole blocks would be read for parts of them. */
const SHARED_CHUNKS = 8;

/** Smaller chunks cost more in bookkeeping than reading them ahead saves. */
const LEAST_BLOCK = 32_768;

type ReadCallback = (error: Error | null, bytesRead: number, buffer: Buffer) => void;

/** What all files of a directory are read with. */
export interface FileMeans {
  readonly pool: BlockPool;
  readonly prompt: PromptReads;
  readonly scratch: Scratch;
}

/** An open file that is streamed. */
export class StreamedFile implements Resource {
  readonly kind = 'resource';
  readonly bytes = undefined;
  readonly size: number;
  readonly modified: number;
  readonly etag: string;
  readonly type: string;
  readonly #file: OpenFile;
  readonly #pool: BlockPool;
  readonly #prompt: PromptReads;
  readonly #scratch: Scratch;
  #closed = false;

  constructor(file: OpenFile, now: number, type: string, { pool, prompt, scratch }: FileMeans) {
    this.#file = file;
    this.#pool = pool;
    this.#prompt = prompt;
    this.#scratch = scratch;
    this.size = file.stats.size;
    this.modified = file.stats.mtimeMs;
    this.etag = file.tag(now);
    this.type = type;
  }

  read(
    extent: Extent = { first: 0, last: this.size - 1 },
    { taken, strict }: SourceReadOptions = {},
  ): Readable {
    const chunkSize = this.#pool.size;
    // Of a closed one the descriptor may be another file's.
    if (strict && !this.#closed) this.#file.watch();
    const reader =
      taken && chunkSize >= LEAST_BLOCK
        ? this.#blocks(extent).reader(extent.last, taken)
        : undefined;
    // Strict readers pass on what they are given: one piece kept ahead of them would be garbage that has grown old.
    const ahead = reader !== undefined && strict ? 0 : chunkSize;
    const stream = fs.createReadStream('', {
      fd: this.#file.descriptor,
      start: extent.first,
      end: extent.last,
      highWaterMark: ahead,
      // The descriptor belongs to the open file, which may be read from again after a pause.
      fs: {
        read: (fd: number, buffer: Buffer, ...rest: [number, number, number, ReadCallback]) => {
          const [offset, length, position, callback] = rest;
          // The number may be another file's by now.
          if (this.#closed) {
            process.nextTick(callback, readAfterClose(), 0, buffer);
            return;
          }
          this.#file.beginRead();
          fs.read(fd, buffer, offset, length, position, (error, count, filled) => {
            if (strict) this.#file.look();
            callback(error ?? this.#checkEnd(position + count, extent, strict), count, filled);
            this.#file.endRead();
          });
        },
        close: (_fd: number, callback?: (error: null) => void) => {
          reader?.end();
          callback?.(null);
        },
      } as unknown as typeof fs,
    });
    if (reader !== undefined) this.#readBlocks(stream, reader, extent, strict);
    if (ahead === 0) {
      // Node forgets who called `read` before it had constructed a stream that keeps nothing ahead, some ticks from now.
      setImmediate(() => {
        if (stream.listenerCount('readable') > 0) stream.read(0);
      });
    }
    return stream;
  }

  readBytes({ first, last }: Extent): MessageBuffer | Promise<MessageBuffer> {
    if (this.#closed) throw readAfterClose();
    const file = this.#file;
    try {
      const message = this.#scratch.take(last - first + 1);
      const { content } = message;
      if (this.#prompt.takes(content.length)) {
        const count = this.#prompt.read(file.descriptor, content, first);
        return this.#checked(message, count);
      }
      file.beginRead();
      return fill(file.descriptor, content, first)
        .then((count) => this.#checked(message, count))
        .catch((error) => {
          throw sourceError(error);
        })
        .finally(() => file.endRead());
    } catch (error) {
      throw sourceError(error);
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.release();
  }

  #checked(message: MessageBuffer, count: number): MessageBuffer {
    if (count < message.content.length || this.#file.isOverwritten()) {
      message.written();
      throw new SourceError('busy', 'the file was written to while it was read');
    }
    return message;
  }

  #blocks({ first, last }: Extent): Blocks {
    const { blocks, load } = this.#file;
    if (blocks !== undefined && last - first >= SHARED_CHUNKS * this.#pool.size) return blocks;
    return new Blocks(this.#pool, first, last + 1, load);
  }

  /**
   * Has a stream give blocks. By `_read`, as a stream's author would, rather than by the `fs` option's
   * `read`: for that one node allocates a chunk each time, which nobody would use.
   */
  #readBlocks(
    stream: fs.ReadStream,
    reader: BlockReader,
    extent: Extent,
    strict: boolean | undefined,
  ): void {
    let position = extent.first;
    const given: BytesCallback = (error, bytes) => {
      if (stream.destroyed) return;
      position += bytes.length;
      stream.bytesRead += bytes.length;
      const failure = error ?? this.#checkEnd(position, extent, strict);
      if (failure !== null) stream.destroy(failure);
      else stream.push(bytes.length === 0 ? null : bytes);
    };
    stream._read = () => {
      if (position > extent.last) stream.push(null);
      else if (this.#closed) stream.destroy(readAfterClose());
      else reader.read(position, given);
    };
  }

  /** The last octets are held back from a body that is part one version, part another; if strict, all of the other. */
  #checkEnd(position: number, { last }: Extent, strict = false): SourceError | null {
    if (this.#closed) return null;
    const isOver = position > last && this.#file.isOverwritten(strict);
    if (!isOver && !(strict && this.#file.wasWritten)) return null;
    return new SourceError('unavailable', 'the file was written over while it was sent');
  }
}

function readAfterClose(): SourceError {
  return new SourceError('unavailable', 'read after the resource was closed');
}
