/**
 * A directory tree as a Source. Decides what of the tree may be seen (containment, hidden names,
 * kinds of files), opens it once, and reads on that one descriptor: small files whole, larger ones
 * by `fs.createReadStream`. Knows no requests and keeps no cache.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { checkNumber } from '../http/check.js';
import { REUSABLE_CHUNK, type ReadOptions } from '../http/response.js';
import { contentType } from './content-type.js';
import {
  closeDescriptor,
  contentTag,
  isAbsence,
  isSettled,
  openDescriptor,
  readWhole,
  sameVersion,
  sourceError,
  statDescriptor,
  versionTag,
} from './file.js';
import { BufferPool, DEFAULT_READ_AHEAD, ReadAhead, type ReadCallback } from './read-ahead.js';
import {
  type Collection,
  type Extent,
  type Opened,
  type Resource,
  type ResourcePath,
  type Source,
  SourceError,
} from './source.js';

/** What can be said about a directory; sizes are octets. */
export interface DirectoryOptions {
  /** Files up to this size, inclusive, are read whole; larger ones are streamed. 1 MiB. */
  readonly streamThreshold?: number;
  /** The `highWaterMark` of the streams. 32 KiB. */
  readonly chunkSize?: number;
  /** The budget for reading ahead, over all streams; 0 turns it off. 8 MiB. */
  readonly readAhead?: number;
  /** Whether names that start with a dot are served; `.well-known` at the root always is. */
  readonly dotfiles?: boolean;
  /** Whether symbolic links may lead out of the root. */
  readonly symlinks?: boolean;
}

export const DEFAULT_STREAM_THRESHOLD = 1_048_576;
export const DEFAULT_CHUNK_SIZE = 32_768;

/** A file that is written while it is read is tried again this many times before it is given up. */
const READ_ATTEMPTS = 5;

// O_NONBLOCK: a FIFO that took the file's place since it was looked at must not hang the open.
const OPEN_FLAGS =
  fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOFOLLOW ?? 0);

const COLLECTION: Collection = { kind: 'collection' };
const QUIET = { throwIfNoEntry: false } as const;

/**
 * Serves a directory tree.
 * @param root the directory; links in this path itself are followed.
 * @throws Error with a message for people when `root` is no directory that can be read
 * @throws RangeError for an option out of range
 */
export function directory(
  root: string,
  options: DirectoryOptions = {},
): Source & Required<Pick<Source, 'isCurrent'>> {
  return new Directory(root, options);
}

class Directory implements Source {
  /** The root as it was named, absolute and with a separator at its end; may lead through links. */
  readonly #root: string;
  readonly #threshold: number;
  readonly #chunkSize: number;
  readonly #dotfiles: boolean;
  readonly #symlinks: boolean;
  readonly #pool: BufferPool;

  constructor(root: string, options: DirectoryOptions) {
    checkRoot(root);
    this.#root = withSeparator(path.resolve(root));
    const { streamThreshold = DEFAULT_STREAM_THRESHOLD, chunkSize = DEFAULT_CHUNK_SIZE } = options;
    const { readAhead = DEFAULT_READ_AHEAD } = options;
    this.#threshold = checkNumber('streamThreshold', streamThreshold);
    this.#chunkSize = checkNumber('chunkSize', chunkSize, 1);
    this.#dotfiles = options.dotfiles ?? false;
    this.#symlinks = options.symlinks ?? false;
    this.#pool = new BufferPool(checkNumber('readAhead', readAhead), this.#chunkSize);
  }

  open(resourcePath: ResourcePath): null | Promise<Opened> {
    if (!this.#dotfiles && isHidden(resourcePath)) return null;
    return this.#open(resourcePath);
  }

  isCurrent(resourcePath: ResourcePath, resource: Resource): boolean {
    if (!(resource instanceof WholeFile) || !resource.settled) return false;
    try {
      // By the path that was asked for: a link that was turned elsewhere shows as another file.
      const location = this.#location(resourcePath);
      const stats = fs.statSync(location, QUIET);
      if (stats === undefined || !sameVersion(stats, resource.stats)) return false;
      // A folder on the way can be moved out and linked to without a trace at the file.
      const isNested = resourcePath.lastIndexOf('/') > 0;
      return this.#symlinks || !isNested || fs.realpathSync.native(location) === resource.real;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {}

  #location(resourcePath: ResourcePath): string {
    return this.#root + resourcePath.slice(1);
  }

  async #open(resourcePath: ResourcePath): Promise<Opened> {
    try {
      const real = await fs.promises.realpath(this.#location(resourcePath));
      if (!this.#symlinks) {
        // Asked for each time: the root may be a link that is turned to the next release.
        const root = await fs.promises.realpath(this.#root);
        if (real !== root && !real.startsWith(withSeparator(root))) return null;
      }
      const stats = await fs.promises.stat(real);
      if (stats.isDirectory()) return COLLECTION;
      // Devices, FIFOs and sockets are never opened: opening alone may block or have effects.
      if (!stats.isFile()) return null;
      return await this.#openFile(real, resourcePath);
    } catch (error) {
      if (isAbsence(error)) return null;
      throw sourceError(error);
    }
  }

  async #openFile(real: string, resourcePath: ResourcePath): Promise<Opened> {
    for (let attempt = 1; ; attempt++) {
      const now = Date.now();
      const descriptor = await openDescriptor(real, OPEN_FLAGS);
      let keep = false;
      try {
        const stats = await statDescriptor(descriptor);
        if (!stats.isFile()) return null;
        const type = contentType(resourcePath);
        if (stats.size > this.#threshold) {
          keep = true;
          return new StreamedFile(descriptor, stats, now, type, this.#chunkSize, this.#pool);
        }
        const bytes = await readWhole(descriptor, stats.size);
        // Written to meanwhile: what was read may be a mixture of two versions.
        if (bytes.length === stats.size && sameVersion(stats, await statDescriptor(descriptor))) {
          return new WholeFile(bytes, stats, isSettled(stats, now), type, real);
        }
      } finally {
        if (!keep) closeDescriptor(descriptor);
      }
      if (attempt === READ_ATTEMPTS) {
        throw new SourceError('unavailable', 'the file keeps changing while it is read');
      }
    }
  }
}

/** A file that was read whole; it holds no descriptor. */
class WholeFile implements Resource {
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
class StreamedFile implements Resource {
  readonly kind = 'resource';
  readonly bytes = undefined;
  readonly size: number;
  readonly modified: number;
  readonly etag: string;
  readonly type: string;
  readonly #descriptor: number;
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
            callback(error, count, filled);
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

  /** Never closes under a read: the number could be another file's by the time the read runs. */
  #closeWhenIdle(): void {
    if (!this.#closed || this.#readsUnderWay > 0) return;
    this.#readsUnderWay = Number.POSITIVE_INFINITY;
    closeDescriptor(this.#descriptor);
  }
}

/** RFC 8615 puts well-known resources under one dotted name at the root; every other is hidden. */
function isHidden(resourcePath: ResourcePath): boolean {
  const dot = resourcePath.indexOf('/.');
  if (dot === -1) return false;
  if (dot === 0 && /^\/\.well-known(?:\/|$)/.test(resourcePath)) {
    return resourcePath.indexOf('/.', 1) !== -1;
  }
  return true;
}

function checkRoot(root: string): void {
  try {
    fs.accessSync(root, fs.constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `can't be read (${code})`;
    throw new Error(`the folder ${root} ${reason}; name one that does, such as serve ./public`, {
      cause: error,
    });
  }
  if (!fs.statSync(root).isDirectory()) {
    throw new Error(`${root} is a file, not a folder; name the folder it is in`);
  }
}

function withSeparator(folder: string): string {
  return folder.endsWith(path.sep) ? folder : folder + path.sep;
}
