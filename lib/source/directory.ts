/**
 * A directory tree as a Source. Decides what of the tree may be seen (containment, hidden names,
 * kinds of files), opens it once, and reads on that one descriptor: small files whole, larger ones
 * by `fs.createReadStream`. Knows no requests and keeps no cache.
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkNumber, checkWhole } from '../http/check.js';
import { contentType } from './content-type.js';
import {
  closeDescriptor,
  isAbsence,
  isSettled,
  openedPath,
  readWhole,
  sameVersion,
  sourceError,
} from './file.js';
import { StreamedFile, WholeFile } from './file-resource.js';
import { BufferPool, DEFAULT_READ_AHEAD } from './read-ahead.js';
import {
  type Collection,
  type Opened,
  type OpenOptions,
  type Resource,
  type ResourcePath,
  type Source,
  SourceError,
} from './source.js';
import { Turnstile } from './turnstile.js';

/** What can be said about a directory; sizes are octets. */
export interface DirectoryOptions {
  /** Files up to this size, inclusive, are read whole; larger ones are streamed. 1 MiB. */
  readonly streamThreshold?: number;
  /** The `highWaterMark` of the streams. 32 KiB. */
  readonly chunkSize?: number;
  /** The budget for reading ahead, over all streams; 0 turns it off. 6 MiB. */
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

/** Files opened and read whole at a time, four for each thread of the pool: the next ones wait. */
const MOST_READERS = 16;

// O_NONBLOCK: a FIFO that took the file's place since it was looked at must not hang the open.
const OPEN_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

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
  readonly #readers = new Turnstile(MOST_READERS);
  readonly #absent = new Set<ResourcePath>();
  #absentMoment: object | undefined;
  #rootFound: string | undefined;
  #rootMoment: object | undefined;

  constructor(root: string, options: DirectoryOptions) {
    checkRoot(root);
    this.#root = withSeparator(path.resolve(root));
    const { streamThreshold = DEFAULT_STREAM_THRESHOLD, chunkSize = DEFAULT_CHUNK_SIZE } = options;
    const { readAhead = DEFAULT_READ_AHEAD } = options;
    this.#threshold = checkNumber('streamThreshold', streamThreshold);
    this.#chunkSize = checkWhole('chunkSize', chunkSize, 1);
    this.#dotfiles = options.dotfiles ?? false;
    this.#symlinks = options.symlinks ?? false;
    this.#pool = new BufferPool(checkNumber('readAhead', readAhead), this.#chunkSize);
  }

  /**
   * What the disk knows of a path is asked for at once: on the way through the thread pool it would cost
   * ten times as much. Only octets are read there.
   */
  open(resourcePath: ResourcePath, options?: OpenOptions): Opened | Promise<Opened> {
    if (!this.#dotfiles && isHidden(resourcePath)) return null;
    const moment = options?.moment;
    if (moment !== undefined && this.#absentAt(moment).has(resourcePath)) return null;
    try {
      const root = this.#realRoot(moment);
      // Below the root as it was found: it may be turned by now.
      const location = (root ?? this.#root) + resourcePath.slice(1);
      const stats = look(location);
      if (stats === undefined) {
        if (moment !== undefined) this.#absentAt(moment).add(resourcePath);
        return null;
      }
      if (stats.isDirectory()) {
        return isInside(fs.realpathSync.native(location), root) ? COLLECTION : null;
      }
      // Devices, FIFOs and sockets are never opened: opening alone may block or have effects.
      if (!stats.isFile()) return null;
      if (stats.size <= this.#threshold) return this.#readInTurn(location, root, resourcePath);
      const file = openInside(location, root);
      return file && this.#stream(file, resourcePath);
    } catch (error) {
      return absent(error);
    }
  }

  isCurrent(resourcePath: ResourcePath, resource: Resource): boolean {
    if (!(resource instanceof WholeFile) || !resource.settled) return false;
    // By the path that was asked for: a link that was turned elsewhere shows as another file.
    const location = this.#location(resourcePath);
    const isDirect = resource.real === location && resourcePath.lastIndexOf('/') === 0;
    try {
      // Right in the root under its own name nothing is on the way; a link put there is itself seen.
      const stats = isDirect ? fs.lstatSync(location, QUIET) : fs.statSync(location, QUIET);
      if (stats === undefined || !sameVersion(stats, resource.stats)) return false;
      return isDirect || this.#symlinks || this.#isStillInside(location, resource.real);
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {}

  /** A folder on the way, or the root, can be moved or linked to without a trace at the file. */
  #isStillInside(location: string, real: string): boolean {
    if (fs.realpathSync.native(location) !== real) return false;
    return (
      isInside(real, this.#root) ||
      isInside(real, withSeparator(fs.realpathSync.native(this.#root)))
    );
  }

  #location(resourcePath: ResourcePath): string {
    return this.#root + resourcePath.slice(1);
  }

  /** The paths that were found to lead to nothing in this moment. */
  #absentAt(moment: object): Set<ResourcePath> {
    if (moment !== this.#absentMoment) {
      this.#absentMoment = moment;
      if (this.#absent.size > 0) this.#absent.clear();
    }
    return this.#absent;
  }

  /** With a separator at its end. Asked for each moment: the root may be a link that is turned to the next release. */
  #realRoot(moment: object | undefined): string | undefined {
    if (this.#symlinks) return undefined;
    if (moment === undefined || moment !== this.#rootMoment) {
      this.#rootFound = withSeparator(fs.realpathSync.native(this.#root));
      this.#rootMoment = moment;
    }
    return this.#rootFound;
  }

  async #readInTurn(
    location: string,
    root: string | undefined,
    resourcePath: ResourcePath,
  ): Promise<Opened> {
    await this.#readers.enter();
    try {
      return await this.#read(location, root, resourcePath);
    } catch (error) {
      return absent(error);
    } finally {
      this.#readers.leave();
    }
  }

  async #read(
    location: string,
    root: string | undefined,
    resourcePath: ResourcePath,
  ): Promise<Opened> {
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
      const now = Date.now();
      const file = openInside(location, root);
      if (file === null) return null;
      const { descriptor, stats, path: real } = file;
      if (stats.size > this.#threshold) return this.#stream(file, resourcePath);
      try {
        const bytes = await readWhole(descriptor, stats.size);
        // Written to meanwhile: what was read may be a mixture of two versions.
        if (bytes.length === stats.size && sameVersion(stats, fs.fstatSync(descriptor))) {
          return new WholeFile(
            bytes,
            stats,
            isSettled(stats, now),
            contentType(resourcePath),
            real,
          );
        }
      } finally {
        closeDescriptor(descriptor);
      }
    }
    throw new SourceError('busy', 'the file keeps changing while it is read');
  }

  #stream({ descriptor, stats }: OpenFile, resourcePath: ResourcePath): Resource {
    const type = contentType(resourcePath);
    return new StreamedFile(descriptor, stats, Date.now(), type, this.#chunkSize, this.#pool);
  }
}

/** A file that may be seen. */
interface OpenFile {
  readonly descriptor: number;
  readonly stats: fs.Stats;
  /** Its path without links. */
  readonly path: string;
}

/**
 * Opens the file at `location`, or returns `null` where it is none or lies outside of `root`. What
 * counts is what was opened: it is where links led, and a folder may have been swapped for a link since
 * anybody looked.
 */
function openInside(location: string, root: string | undefined): OpenFile | null {
  let descriptor: number;
  try {
    descriptor = fs.openSync(location, OPEN_FLAGS);
  } catch (error) {
    // That a file outside may not be read would tell that it is there.
    if (!isInside(fs.realpathSync.native(location), root)) return null;
    throw error;
  }
  let keep = false;
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFile()) return null;
    const path = openedPath(descriptor, location);
    keep = isInside(path, root);
    return keep ? { descriptor, stats, path } : null;
  } finally {
    if (!keep) closeDescriptor(descriptor);
  }
}

/** What is at a path. What may not be looked into could be outside: that it is there is nobody's business. */
function look(location: string): fs.Stats | undefined {
  try {
    return fs.statSync(location, QUIET);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}

/** An error that says that nothing is there becomes `null`; another one is thrown as a SourceError. */
function absent(error: unknown): null {
  if (isAbsence(error)) return null;
  throw sourceError(error);
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
    throw new Error(`the folder ${root} ${reason}; name another, such as serve ./public`, {
      cause: error,
    });
  }
  if (!fs.statSync(root).isDirectory()) {
    throw new Error(`${root} is a file, not a folder; name the folder it is in`);
  }
}

/** Whether a real path is that of the root or below it; without a root, everything is inside. */
function isInside(real: string, root: string | undefined): boolean {
  return root === undefined || withSeparator(real).startsWith(root);
}

function withSeparator(folder: string): string {
  return folder.endsWith(path.sep) ? folder : folder + path.sep;
}
