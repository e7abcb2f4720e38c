/**
 * How long to wait before a worker that died is replaced: twice as long each time it dies young, so
 * that a defect which kills workers at once costs no processor. Knows no processes and no clock.
 */

/** The first wait, in milliseconds. */
export const SHORTEST_WAIT = 100;

/** The longest wait, in milliseconds. */
export const LONGEST_WAIT = 10_000;

/** A worker that served this long, in milliseconds, was sound: its death starts a new count. */
export const STEADY_AFTER = 10_000;

/** The waits of one worker's place. */
export class Backoff {
  #deaths = 0;

  /** How many workers in a row died young. */
  get deaths(): number {
    return this.#deaths;
  }

  /**
   * How long to wait now that a worker died.
   * @param served for how many milliseconds it accepted connections; 0: it never did
   */
  next(served: number): number {
    if (served >= STEADY_AFTER) this.#deaths = 0;
    this.#deaths++;
    return Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** (this.#deaths - 1));
  }
}
