/** How long one decoder keeps the thread: what is hashed and decoded at once is counted, and paused after. */

/** Octets that are worked on without a pause: 2 to 4 ms, at 300 to 600 MB/s. */
export const TURN = 1_048_576;

/** What a millisecond counts for, where that is more than its octets: a turn is 3 ms at most. */
export const PACE: number = TURN / 3;

/** What a chunk counts for beside its octets: 1 to 2 µs, also where there is nothing in it. */
export const CHUNK_COST = 1024;

/** What is there at once where it is little work, for a promise costs more than that: wait for it if it is one. */
export type Soon<T> = T | Promise<T>;

/** The turns of one decoder. */
export class Turns {
  #spent = 0;

  /** Notes octets that were worked on. */
  note(octets: number): void {
    this.#spent += octets;
  }

  /** What it gives is to be waited for; `undefined`: go on. */
  rest(): Promise<void> | undefined {
    return this.#spent < TURN ? undefined : this.pause();
  }

  /** Notes octets, and rests. */
  spend(octets: number): Promise<void> | undefined {
    this.note(octets);
    return this.rest();
  }

  /** Lets others have their turn. */
  pause(): Promise<void> {
    this.#spent = 0;
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
