/**
 * Open files, one descriptor for all who read the same version of one. Knows when a descriptor may be
 * closed and which of two files are the same, not what is read from them or by whom.
 */
import fs from 'node:fs';
import type { BlockPool } from './block-pool.js';
import { Blocks, type LoadCallback } from './blocks.js';
import { closeDescriptor, isSettled, versionTag, wasOverwritten, wasWrittenTo } from './file.js';

/** An open file. Whoever got it from {@link OpenFiles} releases it once. */
export class OpenFile {
  readonly descriptor: number;
  readonly stats: fs.Stats;
  /** Blocks of the file for all who read it; `undefined`: each reads on its own. */
  readonly blocks: Blocks | undefined;
  /** Where it is found by others. */
  readonly #files: OpenFiles;
  #users = 1;
  #reads = 0;
  #tag: string | undefined;
  #isWatched = false;
  #wasWritten = false;

  constructor(descriptor: number, stats: fs.Stats, files: OpenFiles, pool: BlockPool | undefined) {
    this.descriptor = descriptor;
    this.stats = stats;
    this.#files = files;
    this.blocks = pool && new Blocks(pool, 0, stats.size, this.load);
  }

  /** Its entity tag at the time `now`; once it is strong it is made no more. */
  tag(now: number): string {
    if (this.#tag !== undefined) return this.#tag;
    const tag = versionTag(this.stats, now);
    if (isSettled(this.stats, now)) this.#tag = tag;
    return tag;
  }

  /** One more reads it. */
  share(): this {
    this.#users++;
    return this;
  }

  /** One less; closes with the last one. */
  release(): void {
    this.#users--;
    this.#closeWhenIdle();
  }

  /** From here on each load is followed by a look at whether the file was written to; those before by one now. */
  watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.look();
  }

  /** Looks whether the file was written to. */
  look(): void {
    this.#wasWritten ||= this.isOverwritten(true);
  }

  /** Whether it was, when somebody looked: what was read before may be of another version. */
  get wasWritten(): boolean {
    return this.#wasWritten;
  }

  /** Fills buffers from `position` on. */
  readonly load = (buffers: readonly Buffer[], position: number, done: LoadCallback): void => {
    this.beginRead();
    fs.readv(this.descriptor, buffers, position, (error, octets) => {
      if (this.#isWatched) this.look();
      done(error, error ? 0 : octets);
      this.endRead();
    });
  };

  /** A read of the descriptor begins. */
  beginRead(): void {
    this.#reads++;
  }

  /** A read of the descriptor is over. */
  endRead(): void {
    this.#reads--;
    this.#closeWhenIdle();
  }

  /**
   * Whether octets were written over since it was opened; nobody joins a file that was.
   * @param strict whether octets that were added count, too
   */
  isOverwritten(strict = false): boolean {
    const hasChanged = strict ? wasWrittenTo : wasOverwritten;
    if (!hasChanged(this.stats, fs.fstatSync(this.descriptor))) return false;
    this.#files.remove(this);
    return true;
  }

  /** Never closes under a read: the number could be another file's by the time the read runs. */
  #closeWhenIdle(): void {
    if (this.#users > 0 || this.#reads > 0) return;
    this.#reads = Number.POSITIVE_INFINITY;
    this.#files.remove(this);
    closeDescriptor(this.descriptor);
  }
}

/** The files that are open, by version. */
export class OpenFiles {
  readonly #pool: BlockPool | undefined;
  readonly #files = new Map<string, OpenFile>();

  /** @param pool for what is shared; without it each file is alone */
  constructor(pool: BlockPool | undefined) {
    this.#pool = pool;
  }

  /**
   * The open file for a descriptor that was just opened, which belongs to it from here on: the one
   * that others have of the same version, where there is one.
   * @param now when it was opened, or before
   */
  add(descriptor: number, stats: fs.Stats, now: number): OpenFile {
    // Until its stamps are settled two versions look alike, and one must not get the other's blocks.
    if (this.#pool === undefined || !isSettled(stats, now)) {
      return new OpenFile(descriptor, stats, this, undefined);
    }
    const key = versionKey(stats);
    const same = this.#files.get(key);
    if (same !== undefined) {
      closeDescriptor(descriptor);
      return same.share();
    }
    const file = new OpenFile(descriptor, stats, this, this.#pool);
    this.#files.set(key, file);
    return file;
  }

  /** Nobody shall find a file any more. */
  remove(file: OpenFile): void {
    const key = versionKey(file.stats);
    if (this.#files.get(key) === file) this.#files.delete(key);
  }
}

function versionKey({ dev, ino, size, mtimeMs, ctimeMs }: fs.Stats): string {
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
