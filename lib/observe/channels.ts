/**
 * What happened, for whoever listens: named channels of `node:diagnostics_channel`. Publishers ask
 * `hasSubscribers` first, so that a server nobody watches counts and builds nothing.
 */
import { type Channel, channel } from 'node:diagnostics_channel';

/**
 * Published on `sluice:exchange` when an exchange has ended, one way or the other, and when a
 * connection is refused before there was one: what came was no request or too late, or there are too
 * many connections. Such a refusal has a status, but neither method nor target.
 */
export interface ExchangeEvent {
  /** As it came; empty for a refusal. */
  readonly method: string;
  /** Its path and query as they came: percent-encoded, not to be trusted; empty for a refusal. */
  readonly target: string;
  /** The status sent; 0 when the connection went before an answer. */
  readonly status: number;
  /** Octets handed to the socket for this response, its head included. */
  readonly sent: number;
  /** Milliseconds from the end of the head, or a refusal's start, to the last octet handed over. */
  readonly duration: number;
  /** Milliseconds from the same moment until the answer began to be handed over; without one: `duration`. */
  readonly ttfb: number;
  /** The client's address, without its port. */
  readonly remote: string;
  /** Whether all of the response was handed over. */
  readonly complete: boolean;
  /** The y of the request's HTTP/1.y; 1 for a refusal. */
  readonly minorVersion: number;
  /** Who asked, where something has found that out; else empty. */
  readonly user: string;
  /** The value of a field of the request, latin1 and not to be trusted; `name` in lower case. */
  readonly field: (name: string) => string | undefined;
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

/** Tells of a failure; `remote` is the address of the client that it concerns. */
export function reportError(error: unknown, remote: string): void {
  const event: ErrorEvent = { error, remote };
  if (errorChannel.hasSubscribers) errorChannel.publish(event);
  else process.emitWarning(error instanceof Error ? error : String(error));
}
