/**
 * Listening, counting connections, sweeping deadlines, closing: what is shared by all connections
 * of a server. Knows HTTP only by handing each socket to a Connection.
 */
import net from 'node:net';
import { HttpClock } from '../http/date.js';
import type { Handler } from '../site/file-handler.js';
import { Connection } from './connection.js';
import type { ConnectionHost, State } from './connection-host.js';
import type { ExchangeProgress } from './exchange.js';
import { BatchBudget } from './gate.js';
import {
  DEFAULT_HOST,
  DEFAULT_PORT,
  type Limits,
  MOST_REFUSALS,
  resolveLimits,
  resolveTimeouts,
  type ServerOptions,
  SOCKET_BUFFER,
  type Timeouts,
} from './options.js';

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
  /**
   * Stops accepting, lets exchanges under way finish for `grace` milliseconds (10,000), then cuts
   * them off. Resolves when all connections are closed. A second call can only shorten the time.
   */
  close(grace?: number): Promise<CloseResult>;
  /** How many connections there are. */
  readonly connections: number;
  /** The exchanges under way. */
  exchanges(): ExchangeProgress[];
}

/** The grace period by default, in milliseconds. */
export const DEFAULT_GRACE = 10_000;

/** What `setTimeout` takes at most, in milliseconds, 24 days: beyond it fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

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
  closing = false;
  readonly #host: string;
  readonly #port: number;
  readonly #net: net.Server;
  readonly #connections = new Set<Connection>();
  readonly #refused = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  readonly #sweepInterval: number;
  #sweep: NodeJS.Timeout | undefined;
  #cut = 0;
  #graceTimer: NodeJS.Timeout | undefined;
  #graceEnd = Number.POSITIVE_INFINITY;
  #closed: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    this.handler = options.handler;
    this.limits = resolveLimits(options.limits);
    this.timeouts = resolveTimeouts(options.timeouts);
    this.clock = new HttpClock(options.now);
    this.#host = options.host ?? DEFAULT_HOST;
    this.#port = options.port ?? DEFAULT_PORT;
    this.#sweepInterval = sweepInterval(this.timeouts);
    this.#net = net.createServer(
      { allowHalfOpen: true, noDelay: true, highWaterMark: SOCKET_BUFFER },
      (socket) => this.#accept(socket),
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  exchanges(): ExchangeProgress[] {
    return [...this.#connections]
      .map((connection) => connection.progress)
      .filter((progress) => progress !== undefined);
  }

  listen(): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#net.once('error', reject);
      this.#net.listen({ port: this.#port, host: this.#host }, () => {
        this.#net.off('error', reject);
        // Failing to accept one connection (out of descriptors) must not end the process.
        this.#net.on('error', () => {});
        resolve(this.#address());
      });
    });
  }

  close(grace: number = DEFAULT_GRACE): Promise<CloseResult> {
    if (this.#closed === undefined) {
      this.closing = true;
      this.#closed = new Promise((resolve) => this.#net.close(() => resolve()));
      for (const connection of this.#connections) connection.closeWhenIdle();
    }
    clearTimeout(this.#graceTimer);
    const now = performance.now();
    this.#graceEnd = Math.min(this.#graceEnd, now + grace);
    this.#graceTimer = setTimeout(
      () => {
        this.#cut += this.exchanges().length;
        for (const connection of [...this.#connections, ...this.#refused]) connection.destroy();
      },
      Math.max(0, Math.min(this.#graceEnd - now, LONGEST_TIMER)),
    );
    return this.#closed.then(() => {
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
    if (this.#refused.delete(connection)) {
      this.#stopSweeping();
      return;
    }
    this.#connections.delete(connection);
    if (this.limits.connectionsPerAddress > 0) this.#count(connection.remote, -1);
    this.#stopSweeping();
  }

  #accept(socket: net.Socket): void {
    this.#startSweeping();
    const refused = this.#isFull(socket);
    if (refused && this.#refused.size >= MOST_REFUSALS) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, this);
    if (refused) {
      this.#refused.add(connection);
      connection.refuse();
      return;
    }
    this.#connections.add(connection);
    if (this.limits.connectionsPerAddress > 0) this.#count(connection.remote, 1);
    if (this.closing) connection.closeWhenIdle();
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

  #stopSweeping(): void {
    if (this.#connections.size > 0 || this.#refused.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
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
