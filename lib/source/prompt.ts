/**
 * Reads small files at once for as long as the disk answers like memory: a page-cached file of 8 KiB
 * takes 2 µs that way, and 30 by the thread pool. A read that turns out slow has kept everybody waiting, so
 * that none is tried for twenty times as long: however slow the disk, it is waited for a twentieth of the
 * time at most. Short pauses for short waits: having to give up the processor looks the same.
 */
import fs from 'node:fs';

/** Files up to this size are read at once, in octets: no more than 10 µs of copying. */
export const PROMPT_SIZE = 65_536;

/** A read that takes longer than this came from a disk, in milliseconds. */
export const SLOW_READ = 2;

/** How long reads go to the thread pool after a slow one, as a multiple of what that took. */
export const PAUSE_FACTOR = 20;

/** Decides, by what reads took so far, whether the next one is tried at once. */
export class PromptReads {
  readonly #now: () => number;
  #pausedUntil = 0;

  /** @param now a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether a file of so many octets is to be read at once. */
  takes(size: number): boolean {
    return size <= PROMPT_SIZE && this.#now() >= this.#pausedUntil;
  }

  /** Fills `bytes` from `position` on; returns how many octets there were. */
  read(descriptor: number, bytes: Buffer, position = 0): number {
    const size = bytes.length;
    const started = this.#now();
    const count = size === 0 ? 0 : fs.readSync(descriptor, bytes, 0, size, position);
    const ended = this.#now();
    const took = ended - started;
    if (took > SLOW_READ) this.#pausedUntil = ended + PAUSE_FACTOR * took;
    return count;
  }
}
