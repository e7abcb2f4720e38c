/**
 * A directory tree as a Source. Decides what of the tree may be seen (containment, hidden names,
 * kinds of files), opens it once, and reads on that one descriptor: small files whole, larger ones
 * as file-resource.ts says. Knows no requests, and nothing of a file beyond the moment.
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkNumber, checkWhole } from '../http/check.js';
import { MessageBuffer } from '../http/message-buffer.js';
import { BlockPool, DEFAULT_READ_AHEAD, type PoolStats } from './block-pool.js';
import {
  type FoundFile,
  isHidden,
  isInside,
  look,
  openInside,
  withSeparator,
} from './containment.js';
import { contentType } from './content-type.js';
import { closeDescriptor, fill, isAbsence, isSettled, sameVersion, sourceError } from './file.js';
import { type FileMeans, StreamedFile, WholeFile } from './file-resource.js';
import { Findings } from './findings.js';
import { Folder } from './folder.js';
import { locate, type NameRule, nameRule } from './names.js';
import { type OpenFile, OpenFiles } from './open-file.js';
import { PromptReads } from './prompt.js';
import { Scratch } from './scratch.js';
import {
  type Opened,
  type OpenOptions,
  type Resource,
  type ResourcePath,
  type Source,
  SourceError,
} from './source.js';
import { Turnstile } from './turnstile.js';
import { Withheld } from './withheld.js';

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
  /** Files of this machine that are never served, whatever leads to them: those with secrets in them. */
  readonly withheld?: readonly string[];
}

/** What a directory holds in memory, in octets. */
export interface DirectoryMemory {
  /** Blocks of streamed files. */
  readonly blocks: PoolStats;
  /** Buffers at hand for small ranges. */
  readonly spare: number;
}

/** A directory tree. */
export interface DirectorySource extends Source {
  isCurrent(path: ResourcePath, resource: Resource): boolean;
  memory(): DirectoryMemory;
}

export const DEFAULT_STREAM_THRESHOLD = 1_048_576;
export const DEFAULT_CHUNK_SIZE = 32_768;

/** A file that is written while it is read is tried again this many times before it is given up. */
const READ_ATTEMPTS = 5;

/** Files opened and read whole at a time, four for each thread of the pool: the next ones wait. */
const MOST_READERS = 16;

const QUIET = { throwIfNoEntry: false } as const;

/**
 * Serves a directory tree.
 * @param root the directory; links in this path itself are followed.
 * @param platform whose rules for names hold: this system's, but for tests
 * @throws Error with a message for people when `root` is no directory that can be read
 * @throws RangeError for an option out of range
 */
export function directory(
  root: string,
  options: DirectoryOptions = {},
  platform: NodeJS.Platform = process.platform,
): DirectorySource {
  return new Directory(root, options, platform);
}

class Directory implements DirectorySource {
  /** The root as it was named, absolute and with a separator at its end; may lead through links. */
  readonly #root: string;
  readonly #threshold: number;
  readonly #dotfiles: boolean;
  readonly #symlinks: boolean;
  readonly #isOther: NameRule | undefined;
  readonly #withheld: Withheld | undefined;
  readonly #means: FileMeans;
  readonly #openFiles: OpenFiles;
  readonly #readers = new Turnstile(MOST_READERS);
  readonly #findings = new Findings();

  constructor(root: string, options: DirectoryOptions, platform: NodeJS.Platform) {
    checkRoot(root);
    this.#isOther = nameRule(platform);
    this.#root = withSeparator(path.resolve(root));
    const { streamThreshold = DEFAULT_STREAM_THRESHOLD, chunkSize = DEFAULT_CHUNK_SIZE } = options;
    const { readAhead = DEFAULT_READ_AHEAD } = options;
    this.#threshold = checkNumber('streamThreshold', streamThreshold);
    this.#dotfiles = options.dotfiles ?? false;
    this.#symlinks = options.symlinks ?? false;
    const { withheld = [] } = options;
    this.#withheld = withheld.length > 0 ? new Withheld(withheld) : undefined;
    checkWhole('chunkSize', chunkSize, 1);
    const pool = new BlockPool(checkNumber('readAhead', readAhead), chunkSize);
    this.#means = { pool, prompt: new PromptReads(), scratch: new Scratch() };
    this.#openFiles = new OpenFiles(options.sharedReads === false ? undefined : pool);
  }

  /**
   * What the disk knows of a path is asked for at once: on the way through the thread pool it would cost
   * ten times as much. Only octets are read there.
   */
  open(resourcePath: ResourcePath, options?: OpenOptions): Opened | Promise<Opened> {
    if (!this.#dotfiles && isHidden(resourcePath)) return null;
    if (this.#isOther?.(resourcePath)) return null;
    const known = this.#findings.enter(options?.moment);
    if (known?.isAbsent(resourcePath)) return null;
    const open = known?.file(resourcePath);
    if (open !== undefined) return this.#streamed(open, resourcePath);
    try {
      const root = this.#realRoot(known);
      // Below the root as it was found: it may be turned by now.
      const location = locate(root ?? this.#root, resourcePath, path.sep);
      const stats = look(location);
      if (stats === undefined) {
        known?.addAbsent(resourcePath);
        return null;
      }
      if (stats.isDirectory()) {
        if (!isInside(fs.realpathSync.native(location), root)) return null;
        const view = { location, root, path: resourcePath, dotfiles: this.#dotfiles };
        const rules = { isOther: this.#isOther, withheld: this.#withheld };
        return new Folder({ ...view, ...rules }, stats.mtimeMs);
      }
      // Devices, FIFOs and sockets are never opened: opening alone may block or have effects.
      if (!stats.isFile()) return null;
      const isWhole = stats.size <= this.#threshold;
      if (isWhole && !this.#means.prompt.takes(stats.size))
        return this.#readInTurn(location, root, resourcePath, options);
      const now = Date.now();
      const file = openInside(location, root, this.#withheld);
      if (file === null) return null;
      if (file.stats.size > this.#threshold) return this.#stream(file, resourcePath, known);
      return (
        this.#readAtOnce(file, now, resourcePath) ??
        this.#readInTurn(location, root, resourcePath, options)
      );
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

  memory(): DirectoryMemory {
    const { pool, scratch } = this.#means;
    return { blocks: pool.held, spare: scratch.spare };
  }

  async close(): Promise<void> {
    this.#findings.forget();
  }

  /** A folder on the way, or the root, can be moved or linked to without a trace at the file. */
  #isStillInside(location: string, real: string): boolean {
    if (fs.realpathSync.native(location) !== real) return false;
    return (
      isInside(real, this.#root) ||
      isInside(real, withSeparator(fs.realpathSync.native(this.#root)))
    );
  }

  #location(resourcePath: ResourcePath): string {
    return locate(this.#root, resourcePath, path.sep);
  }

  /** With a separator at its end. Asked for each moment: the root may be a link that is turned to the next release. */
  #realRoot(known: Findings | undefined): string | undefined {
    if (this.#symlinks) return undefined;
    const root = known?.root ?? withSeparator(fs.realpathSync.native(this.#root));
    if (known !== undefined) known.root = root;
    return root;
  }

  async #readInTurn(
    location: string,
    root: string | undefined,
    resourcePath: ResourcePath,
    options: OpenOptions | undefined,
  ): Promise<Opened> {
    await this.#readers.enter();
    try {
      if (options?.signal?.aborted) throw new SourceError('busy', 'the client has gone');
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
      const file = openInside(location, root, this.#withheld);
      if (file === null) return null;
      if (file.stats.size > this.#threshold) return this.#stream(file, resourcePath);
      try {
        const message = new MessageBuffer(file.stats.size);
        const count = await fill(file.descriptor, message.content);
        const resource = wholeFile(file, message, count, now, resourcePath);
        if (resource !== undefined) return resource;
      } finally {
        closeDescriptor(file.descriptor);
      }
    }
    throw new SourceError('busy', 'the file keeps changing while it is read');
  }

  #readAtOnce(file: FoundFile, now: number, resourcePath: ResourcePath): Resource | undefined {
    try {
      const message = new MessageBuffer(file.stats.size);
      const count = this.#means.prompt.read(file.descriptor, message.content);
      return wholeFile(file, message, count, now, resourcePath);
    } finally {
      closeDescriptor(file.descriptor);
    }
  }

  #stream(
    { descriptor, stats }: FoundFile,
    resourcePath: ResourcePath,
    known?: Findings | undefined,
  ): Resource {
    const file = this.#openFiles.add(descriptor, stats, Date.now());
    known?.keep(resourcePath, file);
    return this.#streamed(file, resourcePath);
  }

  #streamed(file: OpenFile, resourcePath: ResourcePath): Resource {
    return new StreamedFile(file, Date.now(), contentType(resourcePath), this.#means);
  }
}

/** What was read of an open file; `undefined` where it was written to meanwhile, and may be a mixture. */
function wholeFile(
  { descriptor, stats, path: real }: FoundFile,
  message: MessageBuffer,
  count: number,
  now: number,
  resourcePath: ResourcePath,
): Resource | undefined {
  if (count !== stats.size || !sameVersion(stats, fs.fstatSync(descriptor))) return undefined;
  return new WholeFile(message, stats, isSettled(stats, now), contentType(resourcePath), real);
}

/** An error that says that nothing is there becomes `null`; another one is thrown as a SourceError. */
function absent(error: unknown): null {
  if (isAbsence(error)) return null;
  throw sourceError(error);
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
