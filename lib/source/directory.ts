/**
 * A directory tree as a Source. Decides what of the tree may be seen (containment, hidden names,
 * kinds of files), opens it once, and reads on that one descriptor: small files whole, larger ones
 * by `fs.createReadStream`. Knows no requests and keeps no cache.
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkNumber, checkWhole } from '../http/check.js';
import { BlockPool, DEFAULT_READ_AHEAD } from './block-pool.js';
import { contentType } from './content-type.js';
import {
  closeDescriptor,
  isAbsence,
  isSettled,
  openDescriptor,
  openedPath,
  readWhole,
  sameVersion,
  sourceError,
  statDescriptor,
} from './file.js';
import { StreamedFile, WholeFile } from './file-resource.js';
import { OpenFiles } from './open-file.js';
import {
  type Collection,
  type Opened,
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
  /** Whether downloads of one file that are close together read it once. True. */
  readonly sharedReads?: boolean;
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
  readonly #dotfiles: boolean;
  readonly #symlinks: boolean;
  readonly #pool: BlockPool;
  readonly #openFiles: OpenFiles;
  readonly #readers = new Turnstile(MOST_READERS);

  constructor(root: string, options: DirectoryOptions) {
    checkRoot(root);
    this.#root = withSeparator(path.resolve(root));
    const { streamThreshold = DEFAULT_STREAM_THRESHOLD, chunkSize = DEFAULT_CHUNK_SIZE } = options;
    const { readAhead = DEFAULT_READ_AHEAD } = options;
    this.#threshold = checkNumber('streamThreshold', streamThreshold);
    this.#dotfiles = options.dotfiles ?? false;
    this.#symlinks = options.symlinks ?? false;
    checkWhole('chunkSize', chunkSize, 1);
    this.#pool = new BlockPool(checkNumber('readAhead', readAhead), chunkSize);
    this.#openFiles = new OpenFiles(options.sharedReads === false ? undefined : this.#pool);
  }

  open(resourcePath: ResourcePath): null | Promise<Opened> {
    if (!this.#dotfiles && isHidden(resourcePath)) return null;
    return this.#open(resourcePath);
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
    return real.startsWith(this.#root) || isInside(real, fs.realpathSync.native(this.#root));
  }

  #location(resourcePath: ResourcePath): string {
    return this.#root + resourcePath.slice(1);
  }

  async #open(resourcePath: ResourcePath): Promise<Opened> {
    try {
      // Asked for each time: the root may be a link that is turned to the next release.
      const root = this.#symlinks ? undefined : await fs.promises.realpath(this.#root);
      // Below the root as it was found: it may be turned again by now.
      const location = root === undefined ? this.#root : withSeparator(root);
      const relative = resourcePath.slice(1);
      const real = await fs.promises.realpath(location + relative).catch(noOracle);
      if (!isInside(real, root)) return null;
      const stats = await fs.promises.stat(real);
      if (stats.isDirectory()) return COLLECTION;
      // Devices, FIFOs and sockets are never opened: opening alone may block or have effects.
      if (!stats.isFile()) return null;
      return await this.#openFile(real, root, resourcePath);
    } catch (error) {
      if (isAbsence(error)) return null;
      throw sourceError(error);
    }
  }

  async #openFile(
    real: string,
    root: string | undefined,
    resourcePath: ResourcePath,
  ): Promise<Opened> {
    await this.#readers.enter();
    try {
      return await this.#readFile(real, root, resourcePath);
    } finally {
      this.#readers.leave();
    }
  }

  async #readFile(
    real: string,
    root: string | undefined,
    resourcePath: ResourcePath,
  ): Promise<Opened> {
    for (let attempt = 1; ; attempt++) {
      const now = Date.now();
      const descriptor = await openDescriptor(real, OPEN_FLAGS);
      let keep = false;
      try {
        const stats = await statDescriptor(descriptor);
        if (!stats.isFile()) return null;
        // A folder may have been swapped for a link since: what counts is what was opened.
        if (root !== undefined && !isInside(await openedPath(descriptor, real), root)) return null;
        const type = contentType(resourcePath);
        if (stats.size > this.#threshold) {
          keep = true;
          const file = this.#openFiles.add(descriptor, stats, now);
          return new StreamedFile(file, now, type, this.#pool);
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
        throw new SourceError('busy', 'the file keeps changing while it is read');
      }
    }
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
  return root === undefined || real === root || real.startsWith(withSeparator(root));
}

/** What may not be looked into could be outside: that it is there is nobody's business. */
function noOracle(error: NodeJS.ErrnoException): never {
  if (error.code === 'EACCES') throw Object.assign(error, { code: 'ENOENT' });
  throw error;
}

function withSeparator(folder: string): string {
  return folder.endsWith(path.sep) ? folder : folder + path.sep;
}
