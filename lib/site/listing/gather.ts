/**
 * Reads a folder into memory as far as that may go: to a number of entries, and for all listings
 * together to another. What is beyond is left to be read while it is sent.
 */
import type { Entry } from '../../source/source.js';

/** Entries that take no room: they become a page in memory at once. Two batches of a folder. */
export const FEW_ENTRIES = 256;

/** Room for what listings hold, which all of them share. */
export class Room {
  #left: number;

  /** @param most how much may be held at a time */
  constructor(most: number) {
    this.#left = most;
  }

  /** Whether there was room for so many more; it is taken then. */
  take(count: number): boolean {
    if (count > this.#left) return false;
    this.#left -= count;
    return true;
  }

  give(count: number): void {
    this.#left += count;
  }
}

/**
 * What was read, in one of the places for what is read on while it is sent; `undefined` where there is no
 * place left: it is closed then.
 */
export function placed(found: Gathered, places: Room): Gathered | undefined {
  if (!places.take(1)) {
    found.close();
    return undefined;
  }
  let isHeld = true;
  return {
    ...found,
    close() {
      if (isHeld) places.give(1);
      isHeld = false;
      found.close();
    },
  };
}

/** Why not all of a folder is in memory: it holds too much, or others hold too much just now. */
export type Overflow = 'size' | 'room';

/** A folder that was read, in whole or in part. */
export interface Gathered {
  readonly entries: readonly Entry[];
  /** What was not read; `undefined`: nothing. */
  readonly rest: AsyncIterator<readonly Entry[]> | undefined;
  readonly overflow: Overflow | undefined;
  /** Gives up the room, and closes the folder. Idempotent. */
  close(): void;
}

/**
 * Reads `batches` until there is no more of them, `most` entries, or no more room.
 * @param see is given each batch
 * @throws what reading throws; nothing is held then
 */
export async function gather(
  batches: AsyncIterable<readonly Entry[]>,
  most: number,
  room: Room,
  see: (batch: readonly Entry[]) => void,
): Promise<Gathered> {
  const rest = batches[Symbol.asyncIterator]();
  const entries: Entry[] = [];
  let taken = 0;
  const leave = (): void => {
    room.give(taken);
    taken = 0;
  };
  const stopped = (overflow: Overflow): Gathered => ({
    entries,
    rest,
    overflow,
    close() {
      leave();
      // The reading itself tells of what fails.
      rest.return?.().catch(() => {});
    },
  });
  try {
    for (;;) {
      const { done, value } = await rest.next();
      if (done) return { entries, rest: undefined, overflow: undefined, close: leave };
      for (const entry of value) entries.push(entry);
      see(value);
      if (entries.length > most) return stopped('size');
      if (entries.length <= FEW_ENTRIES) continue;
      if (!room.take(entries.length - taken)) return stopped('room');
      taken = entries.length;
    }
  } catch (error) {
    leave();
    throw error;
  }
}
