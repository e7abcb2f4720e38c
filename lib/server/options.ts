/**
 * Every option of a server with its default, resolved once at construction: the request path asks
 * for none of them.
 */
import { checkNumber } from '../http/check.js';
import type { RequestHead } from '../http/head.js';
import type { HttpLimits } from '../http/limits.js';
import { DEFAULT_HTTP_LIMITS } from '../http/limits.js';
import type { Response } from '../http/response.js';
import type { Endpoint } from '../listen/endpoint.js';
import type { Handler } from '../site/handler.js';
import type { TlsCredentials } from '../tls/credentials.js';

/** Times in milliseconds; 0 turns one off. */
export interface Timeouts {
  /** From connecting to the end of the TLS handshake; then the connection is closed. */
  readonly handshake: number;
  /** From the first octet of a request to the end of its head; then 408. */
  readonly head: number;
  /** Between requests, and from connecting to the first octet; then the connection is closed. */
  readonly idle: number;
  /** For all of a request's content; then 408. */
  readonly content: number;
  /** A response of which the client takes nothing for this long is given up. */
  readonly stall: number;
  /** How long a closing connection is still read, so that the peer gets the last response. */
  readonly linger: number;
}

/** Bounds on connections. */
export interface ConnectionLimits {
  /** Most connections at a time; the next ones get 503. 0: no bound. */
  readonly connections: number;
  /** Most connections from one address, or IPv6 network of 64 bits, at a time; the next ones get 503. 0: no bound. */
  readonly connectionsPerAddress: number;
  /** Octets of pipelined requests held while one is answered; beyond it reading stops. */
  readonly pipeline: number;
  /** Least octets per second of a response, measured from its start, after 10 s. 0: no bound. */
  readonly minRate: number;
  /** Most octets of content per second that a connection is sent. 0: no bound. */
  readonly throttle: number;
  /** Most requests per second of one address, and as many at once; the next ones get 429. 0: no bound. */
  readonly requestsPerSecond: number;
}

/** Counts connections in place of the server's own limits, where several servers share them. */
export interface Admission {
  /**
   * Whether a connection may stay; if so, it is counted. A promise where others must be asked.
   * @param address of an IPv6 client the first 64 bits; empty over a unix socket
   */
  enter(address: string): boolean | Promise<boolean>;
  /** A connection that was let in has ended. */
  leave(address: string): void;
}

/**
 * Completes an answer that no handler gave. It gets one response again and again, and is to keep what it makes.
 * @param request where one could be read
 */
export type Refused = (response: Response, request?: RequestHead) => Response;

/** What `createServer` takes. */
export interface ServerOptions {
  /** Answers the requests: {@link createFileHandler}, or any function of this shape. */
  readonly handler: Handler;
  /** The port to listen on; 0 takes a free one. 8080. */
  readonly port?: number;
  /** The address to listen on. 127.0.0.1. */
  readonly host?: string;
  /** Whether one of the next ports is taken where that one is in use. False. */
  readonly movePort?: boolean;
  /** All places to listen at, in place of `port` and `host`. */
  readonly listen?: readonly Endpoint[];
  /** With these all its places speak TLS. */
  readonly tls?: TlsCredentials;
  readonly timeouts?: Partial<Timeouts>;
  readonly limits?: Partial<HttpLimits & ConnectionLimits>;
  /** Asked instead of `limits.connections` and `limits.connectionsPerAddress`. */
  readonly admission?: Admission;
  /**
   * Completes the answers that the handler is not asked for: to what is no request of HTTP/1.1, comes too
   * late or too often, or finds no room.
   */
  readonly refused?: Refused;
  /**
   * Whether the handler goes by the addresses of clients: it is then not asked by one that has reset its
   * connection, whose address is `unknown`. False.
   */
  readonly asksAddresses?: boolean;
  /** Tells nothing of its exchanges: for what looks on rather than serves. */
  readonly quiet?: boolean;
  /** Called once when the server begins to close, for answers that would not end by themselves. */
  readonly onClosing?: () => void;
  /** The time in milliseconds since the epoch. */
  readonly now?: () => number;
}

export const DEFAULT_PORT = 8080;
export const DEFAULT_HOST = '127.0.0.1';

export const DEFAULT_TIMEOUTS: Timeouts = {
  handshake: 10_000,
  head: 10_000,
  idle: 15_000,
  content: 30_000,
  stall: 60_000,
  linger: 5_000,
};

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  connections: 10_000,
  connectionsPerAddress: 0,
  pipeline: 65_536,
  minRate: 0,
  throttle: 0,
  requestsPerSecond: 0,
};

/** The time a response has before its rate is judged, in milliseconds. */
export const RATE_GRACE = 10_000;

/** What `setTimeout` takes at most, in milliseconds, 24 days: beyond it fires at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/** Octets a socket holds before it asks to wait: one chunk, so that a slow client costs one. */
export const SOCKET_BUFFER = 32_768;

/** Connections beyond the limit that are being told so at the same time; further ones are dropped. */
export const MOST_REFUSALS = 256;

/** Connections that wait for an {@link Admission} at the same time; further ones are dropped. */
export const MOST_WAITING = 1024;

/** Where a server listens: the places that were named, or its port. */
export function endpointsOf({
  listen = [],
  host = DEFAULT_HOST,
  port = DEFAULT_PORT,
  movePort = false,
}: Pick<ServerOptions, 'listen' | 'host' | 'port' | 'movePort'>): readonly Endpoint[] {
  return listen.length > 0 ? listen : [{ host, port, moves: movePort }];
}

/** All limits of a server. */
export type Limits = HttpLimits & ConnectionLimits;

/** Fills in the defaults. @throws RangeError naming an option that is no number from 0 up. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_HTTP_LIMITS, ...DEFAULT_CONNECTION_LIMITS, ...given };
  checked('limits', limits);
  // Nobody is given up for what is our own doing.
  const minRate =
    limits.throttle > 0 ? Math.min(limits.minRate, limits.throttle / 2) : limits.minRate;
  return { ...limits, minRate };
}

/** Fills in the defaults. @throws RangeError naming an option that is no number from 0 up. */
export function resolveTimeouts(timeouts: Partial<Timeouts> = {}): Timeouts {
  return checked('timeouts', { ...DEFAULT_TIMEOUTS, ...timeouts });
}

function checked<T extends object>(group: string, options: T): T {
  for (const [name, value] of Object.entries(options)) {
    checkNumber(`${group}.${name}`, value);
  }
  return options;
}
