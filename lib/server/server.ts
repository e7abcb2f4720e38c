/**
 * Accepting, sweeping deadlines, closing: what is shared by all connections of a server. Where it
 * listens is up to Listeners, whether there is room for one more to Room. Knows HTTP only by handing each socket to a Connection.
 */
import type net from 'node:net';
import { HttpClock } from '../http/date.js';
import { RateLimit } from '../limit/rate-limit.js';
import type { Address } from '../listen/endpoint.js';
import { Listeners } from '../listen/listeners.js';
import { exchangeChannel } from '../observe/channels.js';
import type { Handler } from '../site/handler.js';
import type { TlsCredentials } from '../tls/credentials.js';
import { makeServer, type Receiver, shareReads } from './accept.js';
import { Connection } from './connection.js';
import type { ConnectionHost, State } from './connection-host.js';
import { Entrance, type EntranceOwner } from './entrance.js';
import type { ExchangeProgress } from './exchange.js';
import { BatchBudget } from './gate.js';
import { Moments } from './moments.js';
import {
  endpointsOf,
  type Limits,
  LONGEST_TIMER,
  MOST_REFUSALS,
  type Refused,
  resolveLimits,
  resolveTimeouts,
  type ServerOptions,
  SOCKET_BUFFER,
  type Timeouts,
} from './options.js';
import { plainAnswer } from './plain-answer.js';
import { rateLimited } from './rate-limit.js';
import { Room } from './room.js';
import { type ServerStats, sumHoldings } from './stats.js';

export type { Address } from '../listen/endpoint.js';

/** What became of the exchanges that were under way when a server was closed. */
export interface CloseResult {
  /** Connections that were cut off because the grace period ended. */
  readonly cut: number;
}

/** A server. */
export interface Server {
  /**
   * Resolves once connections are accepted, with the first of its addresses. Rejects as `net.Server`
   * does: EADDRINUSE, EACCES, …
   */
  listen(): Promise<Address>;
  /** Where it can be reached, in the order in which the places were named; empty before it listens. */
  readonly addresses: readonly Address[];
  /** Stops accepting; connections live on, and each one's next response is its last. */
  drain(): void;
  /**
   * Stops accepting, lets exchanges under way finish for `grace` milliseconds (10,000), then cuts
   * them off. Resolves when all connections are closed. A second call can only shorten the time.
   */
  close(grace?: number): Promise<CloseResult>;
  /**
   * Shows another certificate to those who connect from now on.
   * @throws Error with a message for people; then all stays as it was
   */
  setSecureContext(credentials: TlsCredentials): void;
  /** How many connections there are. */
  readonly connections: number;
  /** The exchanges under way. */
  exchanges(): ExchangeProgress[];
  /** How it is; looks at every connection. */
  stats(): ServerStats;
}

/** The grace period by default, in milliseconds. */
export const DEFAULT_GRACE = 10_000;

const SOCKETS = { highWaterMark: SOCKET_BUFFER };

/** The sweep looks at every connection this often, in milliseconds, or oftener for short timeouts. */
const SWEEP_INTERVAL = 500;

/**
 * Makes a server; it does nothing before `listen`.
 * @throws RangeError for an option out of range
 */
export function createServer(options: ServerOptions): Server {
  return new NetServer(options);
}

class NetServer implements Server, ConnectionHost, EntranceOwner {
  readonly handler: Handler;
  readonly refused: Refused;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly clock: HttpClock;
  readonly batches: BatchBudget = new BatchBudget();
  now: number = performance.now();
  readonly moments: Moments = new Moments(() => this.#sockets);
  readonly quiet: boolean;
  readonly #asksAddresses: boolean;
  closing = false;
  addresses: readonly Address[] = [];
  readonly #onClosing: () => void;
  readonly #listeners: Listeners;
  readonly #connections = new Set<Connection>();
  readonly #refused = new Set<Connection>();
  readonly #room: Room;
  readonly #entrance: Entrance;
  #tls: TlsCredentials | undefined;
  readonly #sweepInterval: number;
  #sweep: NodeJS.Timeout | undefined;
  #told = 0;
  #dropped = 0;
  #cut = 0;
  #graceTimer: NodeJS.Timeout | undefined;
  #graceEnd = Number.POSITIVE_INFINITY;
  /** Whether idle connections are closed too, not only after their next response. */
  #closingIdle = false;
  #closed: Promise<void> | undefined;
  #allClosed: () => void = () => {};

  constructor(options: ServerOptions) {
    this.limits = resolveLimits(options.limits);
    const { requestsPerSecond: rate } = this.limits;
    const { handler, refused = (response) => response } = options;
    this.refused = refused;
    this.handler = rate > 0 ? rateLimited(handler, new RateLimit(rate), refused) : handler;
    this.timeouts = resolveTimeouts(options.timeouts);
    this.clock = new HttpClock(options.now);
    this.#sweepInterval = sweepInterval(this.timeouts);
    this.quiet = options.quiet ?? false;
    this.#asksAddresses = rate > 0 || options.asksAddresses === true;
    this.#onClosing = options.onClosing ?? (() => {});
    this.#room = new Room(this.limits, options.admission);
    this.#entrance = new Entrance(this.#room, this);
    this.#tls = options.tls;
    const { accept } = this.#entrance;
    this.#listeners = new Listeners({
      endpoints: endpointsOf(options),
      scheme: options.tls === undefined ? 'http' : 'https',
      make: () => makeServer(SOCKETS, accept),
      opened: (listening) => {
        // Under TLS node reads by itself.
        if (options.tls === undefined) shareReads(listening, SOCKETS, accept);
      },
    });
  }

  get asksAddresses(): boolean {
    return this.#asksAddresses || (!this.quiet && exchangeChannel.hasSubscribers);
  }

  get connections(): number {
    return this.#connections.size + this.#entrance.shaking;
  }

  exchanges(): ExchangeProgress[] {
    return [...this.#connections]
      .map((connection) => connection.progress)
      .filter((progress) => progress !== undefined);
  }

  stats(): ServerStats {
    return {
      ...sumHoldings([...this.#connections, ...this.#refused]),
      waiting: this.#entrance.size,
      refused: this.#told,
      dropped: this.#dropped + this.#entrance.dropped,
      batches: this.batches.taken,
    };
  }

  async listen(): Promise<Address> {
    if (this.#tls !== undefined) {
      // Only now: TLS takes longer to load than all else.
      const { SecureSockets } = await import('../tls/secure-sockets.js');
      this.#entrance.secure ??= new SecureSockets(this.#tls, {
        timeout: this.timeouts.handshake,
        secured: this.#entrance.secured,
        plainAnswer: () => plainAnswer(this.clock.date),
      });
    }
    this.addresses = await this.#listeners.open();
    return this.addresses[0] as Address;
  }

  setSecureContext(credentials: TlsCredentials): void {
    if (this.#tls === undefined) throw new Error('this server does not speak TLS');
    this.#entrance.secure?.setCredentials(credentials);
    this.#tls = credentials;
  }

  drain(): void {
    if (!this.closing) this.#onClosing();
    this.closing = true;
    this.#closed ??= new Promise((resolve) => {
      this.#allClosed = resolve;
      void this.#listeners.close().then(() => this.#atEnd());
    });
  }

  close(grace: number = DEFAULT_GRACE): Promise<CloseResult> {
    this.drain();
    if (!this.#closingIdle) {
      this.#closingIdle = true;
      for (const connection of this.#connections) connection.closeWhenIdle();
      this.#entrance.closeShaking();
    }
    clearTimeout(this.#graceTimer);
    const now = performance.now();
    this.#graceEnd = Math.min(this.#graceEnd, now + grace);
    this.#graceTimer = setTimeout(
      () => {
        this.#cut += this.exchanges().length;
        for (const connection of [...this.#connections, ...this.#refused]) connection.destroy();
        this.#entrance.destroy();
      },
      Math.max(0, Math.min(this.#graceEnd - now, LONGEST_TIMER)),
    );
    return (this.#closed as Promise<void>).then(() => {
      clearTimeout(this.#graceTimer);
      return { cut: this.#cut };
    });
  }

  deadline(state: State): number {
    const timeout = STATE_TIMEOUTS[state];
    const time = timeout === undefined ? 0 : this.timeouts[timeout];
    // The clock may be a sweep behind: never early, at most two sweeps late.
    return time === 0 ? Number.POSITIVE_INFINITY : this.now + this.#sweepInterval + time;
  }

  closed(connection: Connection): void {
    if (!this.#refused.delete(connection)) {
      this.#connections.delete(connection);
      // Under TLS the socket below is what was counted.
      if (this.#tls === undefined) {
        this.#room.leave(this.#room.countsAddresses ? connection.peer.address : '');
      }
    }
    this.#atEnd();
  }

  /** For the entrance: a connection of a socket. */
  take(socket: net.Socket, refused: boolean): Receiver | undefined {
    this.#startSweeping();
    if (refused && this.#refused.size >= MOST_REFUSALS) {
      this.#dropped++;
      socket.destroy();
      return undefined;
    }
    const connection = new Connection(socket, this);
    if (refused) {
      this.#told++;
      this.#refused.add(connection);
      connection.refuse();
    } else {
      this.#connections.add(connection);
      // Asked for now: once the socket is closed nobody knows it any more.
      if (this.#room.countsAddresses) void connection.peer.address;
      if (this.#closingIdle) connection.closeWhenIdle();
    }
    return connection;
  }

  /** For the entrance, too. */
  gone(): void {
    this.#atEnd();
  }

  get #sockets(): number {
    return this.#connections.size + this.#refused.size + this.#entrance.size;
  }

  /** One timer for all connections; none while there are none. */
  #startSweeping(): void {
    if (this.#sweep !== undefined) return;
    this.now = performance.now();
    this.#sweep = setInterval(() => {
      this.now = performance.now();
      for (const connection of this.#connections) connection.check(this.now);
      for (const connection of this.#refused) connection.check(this.now);
    }, this.#sweepInterval);
  }

  /** Nothing outlives the last connection. */
  #atEnd(): void {
    if (this.#sockets > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    if (this.closing && !this.#listeners.listening) this.#allClosed();
  }
}

/** Which timeout bounds which state; sending is bounded by its progress instead. */
const STATE_TIMEOUTS: Record<State, keyof Timeouts | undefined> = {
  idle: 'idle',
  head: 'head',
  content: 'content',
  handling: undefined,
  sending: undefined,
  lingering: 'linger',
  closed: undefined,
};

function sweepInterval(timeouts: Timeouts): number {
  const shortest = Math.min(...Object.values(timeouts).filter((time) => time > 0));
  return Math.max(5, Math.min(SWEEP_INTERVAL, shortest / 4));
}
