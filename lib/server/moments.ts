/**
 * Moments: requests of the same moment had all begun to arrive before the first of them was answered.
 * What was true of a file for one of them is true for all, so that a busy server asks the disk once
 * a moment and not once a request. A moment is a turn of the event loop: what it handles was ready
 * before it began. Knows neither requests nor files.
 */

/**
 * A moment ends after so many requests too. The system reports at most 1,024 sockets at a time; when
 * there are more, libuv asks again within the same turn, for requests that may be younger.
 */
const MOST_REQUESTS = 64;

/** Hands out moments, compared by identity. */
export class Moments {
  #current: object | undefined;
  #requests = 0;

  /** The moment of a request that is handled now. */
  get current(): object {
    if (this.#current === undefined) setImmediate(this.#end);
    if (this.#current === undefined || this.#requests === MOST_REQUESTS) this.#begin();
    this.#requests++;
    return this.#current as object;
  }

  /** To be called when what is handled next may have begun to arrive after the moment began. */
  renew(): void {
    if (this.#current !== undefined) this.#begin();
  }

  #begin(): void {
    this.#current = {};
    this.#requests = 0;
  }

  readonly #end = (): void => {
    this.#current = undefined;
  };
}
