/** What a connection needs of the server around it: an interface, so that tests can stand in. */
import type { HttpClock } from '../http/date.js';
import type { Handler } from '../site/handler.js';
import type { Connection } from './connection.js';
import type { BatchBudget } from './gate.js';
import type { Moments } from './moments.js';
import type { Limits, Refused, Timeouts } from './options.js';

/**
 * What a connection is waiting for.
 *
 * | state     | what it waits for                      | deadline | then                           |
 * |-----------|----------------------------------------|----------|--------------------------------|
 * | idle      | the first octet of a request           | idle     | closed                         |
 * | head      | the rest of a head                     | head     | 408                            |
 * | content   | the rest of a request's content        | content  | 408, or closed once answered   |
 * | handling  | the handler                            | none     |                                |
 * | sending   | the client, to take the response       | stall    | closed                         |
 * | lingering | the client, to close its side too      | linger   | closed                         |
 */
export type State = 'idle' | 'head' | 'content' | 'handling' | 'sending' | 'lingering' | 'closed';

/** What a connection holds. */
export interface Holding {
  readonly state: State;
  /** Octets of requests that were not handled yet. */
  readonly requests: number;
  /** Octets of responses that the system has not taken. */
  readonly responses: number;
}

/** The server, as its connections see it. */
export interface ConnectionHost {
  readonly handler: Handler;
  /** Completes an answer that the handler is not asked for. */
  readonly refused: Refused;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly clock: HttpClock;
  /** For writing several chunks of a stream at a time. */
  readonly batches: BatchBudget;
  /** A coarse clock in milliseconds, moved on by the sweep: reading it costs nothing. */
  readonly now: number;
  readonly moments: Moments;
  /** Whether nothing is told of exchanges. */
  readonly quiet: boolean;
  /** Whether somebody wants to know whose a request is: what nobody can tell of is then not handled. */
  readonly asksAddresses: boolean;
  /** Whether the server is closing: no connection is kept any more. */
  readonly closing: boolean;
  /** When a connection that enters `state` now has to leave it, on the coarse clock. */
  deadline(state: State): number;
  /** Called once when the socket of a connection is closed. */
  closed(connection: Connection): void;
}
