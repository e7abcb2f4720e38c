/**
 * What happened, for whoever listens: named channels of `node:diagnostics_channel`. Publishers ask
 * `hasSubscribers` first, so that a server nobody watches counts and builds nothing.
 */
import { type Channel, channel } from 'node:diagnostics_channel';

/** Published on `sluice:exchange` when an exchange has ended, one way or the other. */
export interface ExchangeEvent {
  readonly method: string;
  /** The request-target's path and query as they came: percent-encoded, not to be trusted. */
  readonly target: string;
  /** The status sent; 0 when the connection went before an answer. */
  readonly status: number;
  /** Octets handed to the socket for this response, its head included. */
  readonly sent: number;
  /** Milliseconds from the end of the request's head to the last octet handed over. */
  readonly duration: number;
  /** The client's address, without its port. */
  readonly remote: string;
  /** Whether all of the response was handed over. */
  readonly complete: boolean;
}

/**
 * Published on `sluice:error`: a defect or a failing source cost one exchange. Where nobody listens,
 * it becomes a warning of the process.
 */
export interface ErrorEvent {
  readonly error: unknown;
  readonly remote: string;
}

/** {@link ExchangeEvent}s. */
export const exchangeChannel: Channel = channel('sluice:exchange');
/** {@link ErrorEvent}s. */
export const errorChannel: Channel = channel('sluice:error');
