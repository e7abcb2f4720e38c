/**
 * Listening, counting connections, sweeping deadlines, closing: what is shared by all connections
 * of a server. Knows HTTP only by handing each socket to a Connection.
 */
import type net from 'node:net';
import { HttpClock } from '../http/date.js';
import { reportError } from '../observe/channels.js';
import type { Handler } from '../site/handler.js';
import { type Accept, makeServer, type Receiver, shareReads } from './accept.js';
import { Connection } from './connection.js';
import type { ConnectionHost, State } from './connection-host.js';
import type { ExchangeProgress } from './exchange.js';
import { BatchBudget } from './gate.js';
import { Moments } from './moments.js';
import {
  type Admission,
  BACKLOG,
  DEFAULT_HOST,
  DEFAULT_PORT,
  type Limits,
  LONGEST_TIMER,
  MOST_REFUSALS,
  MOST_WAITING,
  resolveLimits,
  resolveTimeouts,
  type ServerOptions,
  SOCKET_BUFFER,
  type Timeouts,
} from './options.js';
import { type ServerStats, sumHoldings } from './stats.js';

/** Where a server can be reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** `http://host:port/` */
  readonly url: string;
}

/** What became of the exchanges that were under way when a server was closed. */
export interface CloseResult {
  /** Connections that were cut off because the grace period ended. */
  readonly cut: number;
}

/** A server. */
export interface Server {
  /** Resolves once connections are accepted. Rejects as `net.Server` does: EADDRINUSE, EACCES, … */
  listen(): Promise<Address>;
  /** Stops accepting; connections live on, and each one's next response is its last. */
  drain(): void;
  /**
   * Stops accepting, lets exchanges under way finish for `grace` milliseconds (10,000), then cuts
   * them off. Resolves when all connections are closed. A second call can only shorten the time.
   */
  close(grace?: number): Promise<CloseResult>;
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

class NetServer implements Server, ConnectionHost {
  readonly handler: Handler;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly clock: HttpClock;
  readonly batches: BatchBudget = new BatchBudget();
  now: number = performance.now();
  readonly moments: Moments = new Moments(() => this.#sockets);
  readonly quiet: boolean;
  closing = false;
  readonly #onClosing: () => void;
  readonly #host: string;
  readonly #port: number;
  readonly #net: net.Server;
  readonly #connections = new Set<Connection>();
  readonly #refused = new Set<Connection>();
  readonly #admission: Admission | undefined;
  /** Sockets of which it is not known yet whether there is room for them. */
  readonly #waiting = new Set<net.Socket>();
  readonly #perAddress = new Map<string, number>();
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
    this.handler = options.handler;
    this.limits = resolveLimits(options.limits);
    this.timeouts = resolveTimeouts(options.timeouts);
    this.clock = new HttpClock(options.now);
    this.#host = options.host ?? DEFAULT_HOST;
    this.#port = options.port ?? DEFAULT_PORT;
    this.#sweepInterval = sweepInterval(this.timeouts);
    this.#admission = options.admission;
    this.quiet = options.quiet ?? false;
    this.#onClosing = options.onClosing ?? (() => {});
    this.#net = makeServer(SOCKETS, this.#accept);
  }

  get connections(): number {
    return this.#connections.size;
  }

  exchanges(): ExchangeProgress[] {
    return [...this.#connections]
      .map((connection) => connection.progress)
      .filter((progress) => progress !== undefined);
  }

  stats(): ServerStats {
    return {
      ...sumHoldings([...this.#connections, ...this.#refused]),
      waiting: this.#waiting.size,
      refused: this.#told,
      dropped: this.#dropped,
      batches: this.batches.taken,
    };
  }

  listen(): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#net.once('error', reject);
      this.#net.listen({ port: this.#port, host: this.#host, backlog: BACKLOG }, () => {
        this.#net.off('error', reject);
        // Failing to accept one connection (out of descriptors) must not end the process.
        this.#net.on('error', () => {});
        shareReads(this.#net, SOCKETS, this.#accept);
        resolve(this.#address());
      });
    });
  }

  drain(): void {
    if (!this.closing) this.#onClosing();
    this.closing = true;
    this.#closed ??= new Promise((resolve) => {
      this.#allClosed = resolve;
      this.#net.close(() => this.#atEnd());
    });
  }

  close(grace: number = DEFAULT_GRACE): Promise<CloseResult> {
    this.drain();
    if (!this.#closingIdle) {
      this.#closingIdle = true;
      for (const connection of this.#connections) connection.closeWhenIdle();
    }
    clearTimeout(this.#graceTimer);
    const now = performance.now();
    this.#graceEnd = Math.min(this.#graceEnd, now + grace);
    this.#graceTimer = setTimeout(
      () => {
        this.#cut += this.exchanges().length;
        for (const connection of [...this.#connections, ...this.#refused]) connection.destroy();
        for (const socket of this.#waiting) socket.destroy();
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
      if (this.#admission !== undefined) this.#admission.leave(connection.remote);
      else if (this.limits.connectionsPerAddress > 0) this.#count(connection.remote, -1);
    }
    this.#atEnd();
  }

  readonly #accept: Accept = (socket) => {
    if (this.#admission === undefined) return this.#take(socket, this.#isFull(socket));
    return this.#ask(socket, this.#admission);
  };

  /** While others are asked the socket waits, unread. */
  #ask(socket: net.Socket, admission: Admission): ReturnType<Accept> {
    const { remoteAddress = '' } = socket;
    if (this.#waiting.size >= MOST_WAITING) {
      this.#dropped++;
      socket.destroy();
      return undefined;
    }
    const admitted = this.#enter(admission, remoteAddress);
    if (typeof admitted === 'boolean') return this.#take(socket, !admitted);
    this.#waiting.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#waiting.delete(socket)) this.#atEnd();
    });
    return admitted.then((late) => {
      this.#waiting.delete(socket);
      if (!socket.destroyed) return this.#take(socket, !late);
      if (late) admission.leave(remoteAddress);
      return undefined;
    });
  }

  /** An admission that fails lets nobody in. */
  #enter(admission: Admission, address: string): boolean | Promise<boolean> {
    const refuse = (error: unknown): boolean => {
      reportError(error, address);
      return false;
    };
    try {
      const admitted = admission.enter(address);
      return typeof admitted === 'boolean' ? admitted : admitted.catch(refuse);
    } catch (error) {
      return refuse(error);
    }
  }

  #take(socket: net.Socket, refused: boolean): Receiver | undefined {
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
      if (this.#admission !== undefined) void connection.remote;
      else if (this.limits.connectionsPerAddress > 0) this.#count(connection.remote, 1);
      if (this.#closingIdle) connection.closeWhenIdle();
    }
    return connection;
  }

  get #sockets(): number {
    return this.#connections.size + this.#refused.size + this.#waiting.size;
  }

  #isFull(socket: net.Socket): boolean {
    const { connections, connectionsPerAddress } = this.limits;
    if (connections > 0 && this.#connections.size >= connections) return true;
    if (connectionsPerAddress === 0) return false;
    return (this.#perAddress.get(socket.remoteAddress ?? '') ?? 0) >= connectionsPerAddress;
  }

  #count(address: string, change: 1 | -1): void {
    const count = (this.#perAddress.get(address) ?? 0) + change;
    if (count === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, count);
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
    if (!this.#net.listening) this.#allClosed();
  }

  #address(): Address {
    const { address, port, family } = this.#net.address() as net.AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    return { host: address, port, url: `http://${host}:${port}/` };
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
