/**
 * Moments: requests of the same moment had all begun to arrive before the first of them was answered.
 * What was true of a file for one of them is true for all, so that a busy server asks the disk once
 * a moment and not once a request. A moment is a poll of the event loop: what it reads from sockets was
 * ready before it began. Knows neither requests nor files.
 */

/**
 * From so many sockets on no moment is shared. A poll reports at most 1,024 of them; when that many are
 * ready libuv polls again within the turn, for requests that may be younger.
 */
export const MOST_SOCKETS = 1000;

/** Hands out moments, compared by identity. */
export class Moments {
  readonly #sockets: () => number;
  #current: object | undefined;

  /** @param sockets how many there are */
  constructor(sockets: () => number) {
    this.#sockets = sockets;
  }

  /**
   * The moment of a request that was just read. Not of one that waited, or that anything else than reading
   * led to: a moment that began after the poll would last until the end of the next.
   */
  take(): object {
    if (this.#sockets() >= MOST_SOCKETS) return {};
    if (this.#current === undefined) {
      this.#current = {};
      setImmediate(this.#end);
    }
    return this.#current;
  }

  /** To be called when what is handled next may have begun to arrive after the moment began. */
  renew(): void {
    if (this.#current !== undefined) this.#current = {};
  }

  readonly #end = (): void => {
    this.#current = undefined;
  };
}
