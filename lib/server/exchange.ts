/** One request and its response on a connection: what is known of it while it is under way. */
import type { RequestHead } from '../http/head.js';
import type { ExchangeContext } from '../site/file-handler.js';

/** What others may know of an exchange under way. */
export interface ExchangeProgress {
  readonly method: string;
  /** Path and query of the request-target as they came: not to be trusted. */
  readonly target: string;
  readonly remote: string;
  /** Octets handed to the socket so far, the response's head included. */
  readonly sent: number;
}

/** An exchange; also the context its handler gets. */
export class Exchange implements ExchangeContext {
  readonly request: RequestHead;
  /** `performance.now()` at the end of the head; NaN when nobody asked for it. */
  readonly started: number;
  /** What the socket had been given when the exchange began, in octets. */
  readonly writtenBefore: number;
  /** The status that was sent; 0 before. */
  status = 0;
  #abort: AbortController | undefined;
  #aborted = false;

  constructor(request: RequestHead, started: number, writtenBefore: number) {
    this.request = request;
    this.started = started;
    this.writtenBefore = writtenBefore;
  }

  /** Made when first asked for: most handlers never do, and it costs as much as parsing a head. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#aborted) this.#abort.abort();
    return this.#abort.signal;
  }

  /** Tells the handler that the client has gone. */
  abort(): void {
    this.#aborted = true;
    this.#abort?.abort();
  }

  /** Path and query of the request-target as they came. */
  get target(): string {
    return this.request.target.path + this.request.target.query;
  }
}
