/**
 * A file that appears whole or not at all: written beside its place under another name, and moved there when it
 * is complete. What is not complete is removed, however the command ends, unless it is killed at once.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { SeekableFile } from '../../lib/blte/encode/encoder.js';
import { type Input, identity } from './input.js';
import { Trouble, trouble } from './trouble.js';

const write = promisify(fs.write);
const read = promisify(fs.read);

/** Names of what is not complete. */
const unfinished = new Set<string>();

function removeUnfinished(): void {
  for (const name of unfinished) fs.rmSync(name, { force: true });
}

let isRemoving = false;

function removeAtTheEnd(): void {
  if (isRemoving) return;
  isRemoving = true;
  process.on('exit', removeUnfinished);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      removeUnfinished();
      // An exit would wait for what is read from a pipe that nobody writes to; a signal does not.
      process.kill(process.pid, signal);
    });
  }
}

/** What a file may take the place of. */
export interface OutputRules {
  /** Whether a file that exists is replaced. */
  readonly force: boolean;
  /** What it is made of, and never takes the place of. */
  readonly input: Input;
  /** What to do in the place of naming a device, by its name. */
  readonly instead: (name: string) => string;
}

export class OutputFile implements SeekableFile {
  /** As it was named. */
  readonly name: string;
  readonly #target: string;
  readonly #temporary: string;
  readonly #rules: OutputRules;
  #descriptor: number | undefined;

  /** Makes the file under its other name, at once: a signal finds all of it or nothing. @throws Trouble */
  constructor(name: string, rules: OutputRules) {
    this.name = name;
    this.#rules = rules;
    try {
      this.#target = targetOf(name, rules);
    } catch (error) {
      throw this.#trouble(error);
    }
    const unique = randomBytes(6).toString('hex');
    this.#temporary = path.join(path.dirname(this.#target), `.blte-${unique}.tmp`);
    removeAtTheEnd();
    unfinished.add(this.#temporary);
    try {
      // What only some may read stays so.
      const mode = fs.statSync(this.#target, { throwIfNoEntry: false })?.mode;
      this.#descriptor = fs.openSync(this.#temporary, 'wx+', (mode ?? 0o666) & 0o777);
      // The umask has taken some away.
      if (mode !== undefined) fs.fchmodSync(this.#descriptor, mode & 0o777);
    } catch (error) {
      unfinished.delete(this.#temporary);
      throw this.#trouble(error);
    }
  }

  async write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }> {
    try {
      return await write(this.#open, bytes, offset, length, position);
    } catch (error) {
      throw this.#trouble(error);
    }
  }

  async read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }> {
    try {
      return await read(this.#open, bytes, offset, length, position);
    } catch (error) {
      throw this.#trouble(error);
    }
  }

  async truncate(length: number): Promise<void> {
    try {
      fs.ftruncateSync(this.#open, length);
    } catch (error) {
      throw this.#trouble(error);
    }
  }

  /** It is complete: puts it in its place. @throws Trouble, also where something is there meanwhile */
  commit(): void {
    try {
      fs.fsyncSync(this.#open);
      this.#close();
      this.#settle();
      unfinished.delete(this.#temporary);
    } catch (error) {
      throw this.#trouble(error);
    }
  }

  /** Removes what is not complete; without effect on what is. */
  discard(): void {
    this.#close();
    if (unfinished.delete(this.#temporary)) fs.rmSync(this.#temporary, { force: true });
  }

  #settle(): void {
    if (this.#rules.force) {
      fs.renameSync(this.#temporary, this.#target);
      return;
    }
    try {
      // Unlike a rename it never replaces anything.
      fs.linkSync(this.#temporary, this.#target);
      fs.unlinkSync(this.#temporary);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') throw existing(this.name);
      // File systems without links.
      targetOf(this.name, this.#rules);
      fs.renameSync(this.#temporary, this.#target);
    }
  }

  get #open(): number {
    if (this.#descriptor === undefined) throw new Error('the file is closed');
    return this.#descriptor;
  }

  #close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    fs.closeSync(descriptor);
  }

  #trouble(error: unknown): Error {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      const folder = path.dirname(this.name);
      const isThere = fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
      const why = isThere ? 'takes no files' : 'does not exist';
      return new Trouble(`the folder of ${this.name} ${why}; name another OUT`);
    }
    if (code === 'EACCES' || code === 'EPERM') {
      return new Trouble(`${this.name}: this user may not write to its folder (${code})`);
    }
    return trouble(this.name, error, 'written');
  }
}

/** Where the file is to be: what a link leads to, where there is one. @throws Trouble where that can't be */
function targetOf(name: string, { force, input, instead }: OutputRules): string {
  if (name === '') throw new Trouble('a file has no name');
  const folder = /^(.*[^/])\/+$/.exec(name)?.[1];
  if (folder !== undefined && !fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Trouble(`${name} ends as a folder does, and is none; name a file`);
  }
  const isThere = fs.lstatSync(name, { throwIfNoEntry: false }) !== undefined;
  if (!isThere) return name;
  const stats = fs.statSync(name, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) throw new Trouble(`${name} is a link that leads nowhere; remove it`);
  if (stats.isDirectory()) throw new Trouble(`${name} is a folder; name a file in it`);
  if (!stats.isFile()) throw new Trouble(`${name} is a device or a pipe; ${instead(name)}`);
  if (identity(stats) === input.identity) {
    throw new Trouble(`${name} is the file that is read; name another OUT`);
  }
  if (!force) throw existing(name);
  return fs.realpathSync(name);
}

function existing(name: string): Error {
  return new Trouble(`${name} exists; --force replaces it`);
}
