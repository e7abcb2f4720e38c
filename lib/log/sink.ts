/**
 * Where lines of a log go: a file or a descriptor, written to in the background. Requests never wait for
 * it, and what waits for a slow disk or reader is bounded: lines beyond it are dropped, and counted.
 * Several processes may write to one place: a write holds whole lines, and is short enough not to be torn.
 * Knows nothing of what the lines say.
 */
import fs from 'node:fs';
import { promisify } from 'node:util';

/** Most characters of lines that wait; further ones are dropped. */
export const MOST_PENDING = 1_048_576;

/** Most octets of a write, unless one line is longer: PIPE_BUF, up to which POSIX keeps writes to pipes whole. */
const LONGEST_WRITE = 4096;

/** How often a file is looked at, in milliseconds: one that was moved away is made anew. */
const LOOK_INTERVAL = 1000;

/** How long a full pipe is left alone, in milliseconds. */
const FULL_PAUSE = 20;

/** How long the end waits for a reader that takes nothing, in milliseconds. */
const END_TIMEOUT = 1000;

/** Told of lines that were not written: `error` is why, where it was not that there were too many. */
export type OnDropped = (lines: number, error: Error | undefined) => void;

/** What takes the lines. */
export interface LogSink {
  /** @param line ASCII, without its end */
  write(line: string): void;
  /** Resolves when all is written that can be; nothing is taken any more. */
  end(): Promise<void>;
}

/** @throws the error of opening the file */
export function openSink(where: string | number, onDropped: OnDropped): LogSink {
  return new Sink(where, onDropped);
}

const writeTo = promisify(fs.write);
const look = promisify(fs.stat);

class Sink implements LogSink {
  readonly #file: string | undefined;
  #fd: number;
  readonly #onDropped: OnDropped;
  #lines: string[] = [];
  #pending = 0;
  #dropped = 0;
  #failure: Error | undefined;
  #lastLook: number = performance.now();
  #writing: Promise<void> | undefined;
  #ended = false;
  /** The time to write the rest is over. */
  #abandoned = false;

  constructor(where: string | number, onDropped: OnDropped) {
    this.#file = typeof where === 'string' ? where : undefined;
    this.#fd = typeof where === 'string' ? openLog(where) : where;
    this.#onDropped = onDropped;
  }

  write(line: string): void {
    if (this.#ended) return;
    if (this.#pending + line.length > MOST_PENDING) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#pending += line.length + 1;
    this.#writing ??= this.#writeAll();
  }

  async end(): Promise<void> {
    this.#ended = true;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_TIMEOUT);
    });
    await Promise.race([this.#writing, timeout]);
    clearTimeout(timer);
    this.#lines = [];
    this.#abandoned = true;
    if (this.#file !== undefined && this.#writing === undefined) fs.closeSync(this.#fd);
  }

  async #writeAll(): Promise<void> {
    // What comes in the same turn leaves in the same write.
    await new Promise(setImmediate);
    while (this.#lines.length > 0) {
      const lines = this.#take();
      try {
        await this.#reopenMoved();
        await this.#writeWhole(Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
        this.#failure = undefined;
      } catch (error) {
        this.#failed(lines.length, error as NodeJS.ErrnoException);
      }
      this.#tellDropped();
    }
    this.#writing = undefined;
  }

  /** The next lines, up to a write's length; at least one. */
  #take(): string[] {
    let length = 0;
    let count = 0;
    for (const line of this.#lines) {
      length += line.length + 1;
      if (count > 0 && length > LONGEST_WRITE) break;
      this.#pending -= line.length + 1;
      count++;
    }
    return this.#lines.splice(0, count);
  }

  async #writeWhole(bytes: Buffer): Promise<void> {
    let rest = bytes;
    while (rest.length > 0 && !this.#abandoned) {
      try {
        const { bytesWritten } = await writeTo(this.#fd, rest);
        rest = rest.subarray(bytesWritten);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        await new Promise((resolve) => setTimeout(resolve, FULL_PAUSE));
      }
    }
  }

  /** Log rotation moves a file and expects that a new one is begun. */
  async #reopenMoved(): Promise<void> {
    const file = this.#file;
    if (file === undefined || performance.now() - this.#lastLook < LOOK_INTERVAL) return;
    this.#lastLook = performance.now();
    const there = await look(file).catch(() => undefined);
    const ours = fs.fstatSync(this.#fd);
    if (there?.ino === ours.ino && there.dev === ours.dev) return;
    const fd = openLog(file);
    fs.closeSync(this.#fd);
    this.#fd = fd;
  }

  #failed(lines: number, error: NodeJS.ErrnoException): void {
    // Whoever closes the pipe has read enough.
    if (error.code === 'EPIPE') {
      this.#ended = true;
      this.#lines = [];
      this.#pending = 0;
      return;
    }
    // Told once, not for each write to a full disk.
    if (this.#failure === undefined) this.#onDropped(lines, error);
    else this.#dropped += lines;
    this.#failure = error;
  }

  #tellDropped(): void {
    if (this.#dropped === 0 || this.#failure !== undefined) return;
    this.#onDropped(this.#dropped, undefined);
    this.#dropped = 0;
  }
}

/** Not for everybody's eyes: addresses stand in it. A pipe that nobody reads is an error, not a wait. */
function openLog(file: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK = 0 } = fs.constants;
  return fs.openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o640);
}
