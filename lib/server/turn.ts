/**
 * A connection's turn: how many events it may take before others have theirs, and which of its requests
 * belong to the moment in which they were read. Knows neither the parser nor the socket.
 */
import type { Moments } from './moments.js';

/** Events taken of one connection before others have their turn: about half a millisecond. */
const EVENTS_PER_TURN = 64;

/** Of one connection; it goes on over answers that come by promises. */
export class Turn {
  readonly #moments: Moments;
  #left = EVENTS_PER_TURN;
  #heads = 0;
  #isFresh = false;

  constructor(moments: Moments) {
    this.#moments = moments;
  }

  /** A chunk is handled. @param isFresh whether it was read in this poll of the event loop */
  begin(isFresh: boolean): void {
    this.#left = EVENTS_PER_TURN;
    this.#heads = 0;
    this.#isFresh = isFresh;
  }

  /** The chunk is handled as far as it goes. @param hasMore whether more may be read at once */
  end(hasMore: boolean): void {
    this.#isFresh = false;
    if (hasMore) this.#moments.renew();
  }

  /** Another event: whether it may be taken now. */
  take(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  get isOver(): boolean {
    return this.#left === 0;
  }

  /** Others have had theirs. */
  renew(): void {
    this.#left = EVENTS_PER_TURN;
  }

  /** Unlike the first, the further heads of a chunk may have been sent after the moment began. */
  countHead(): void {
    if (++this.#heads === 2) this.#moments.renew();
  }

  /** The moment of the request that is handled now; one of its own if it had to wait. */
  get moment(): object {
    return this.#isFresh ? this.#moments.take() : {};
  }
}
