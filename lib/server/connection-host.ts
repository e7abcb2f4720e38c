/** What a connection needs of the server around it: an interface, so that tests can stand in. */
import type { HttpClock } from '../http/date.js';
import type { Handler } from '../site/file-handler.js';
import type { Connection } from './connection.js';
import type { Moments } from './moments.js';
import type { Limits, Timeouts } from './options.js';

/** What a connection is waiting for; the table in connection.ts says more. */
export type State = 'idle' | 'head' | 'content' | 'handling' | 'sending' | 'lingering' | 'closed';

/** The server, as its connections see it. */
export interface ConnectionHost {
  readonly handler: Handler;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly clock: HttpClock;
  /** A coarse clock in milliseconds, moved on by the sweep: reading it costs nothing. */
  readonly now: number;
  readonly moments: Moments;
  /** Whether the server is closing: no connection is kept any more. */
  readonly closing: boolean;
  /** When a connection that enters `state` now has to leave it, on the coarse clock. */
  deadline(state: State): number;
  /** Called once when the socket of a connection is closed. */
  closed(connection: Connection): void;
}
