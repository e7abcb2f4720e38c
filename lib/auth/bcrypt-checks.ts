/**
 * Compares passwords with bcrypt hashes, one after the other, in a thread of its own: whoever tries
 * passwords costs one processor at most, and nobody's download. The thread is started by the first check
 * and ended when there are none for a while. Knows no users.
 */
import { Worker } from 'node:worker_threads';
import { networkOf } from '../limit/rate-limit.js';

/** One question to the thread. */
export interface Comparison {
  readonly call: number;
  readonly password: string;
  readonly hash: string;
}

/** Its answer. */
export interface Verdict {
  readonly call: number;
  readonly matches: boolean;
}

/** There are too many checks under way: try again. */
export class BusyError extends Error {}

/** Checks that wait at the same time, and of these for one address, or one IPv6 network of 64 bits. */
export const MOST_CHECKS = 64;
export const MOST_CHECKS_PER_ADDRESS = 4;

/** How long the thread waits for another check before it is ended, in milliseconds. */
const IDLE = 10_000;

const SHARED = /^(?:$|127\.|::1$|::ffff:127\.)/;

/** Whether many may share an address: a unix socket's, and those of a proxy on this machine. */
export function isShared(address: string): boolean {
  return SHARED.test(address);
}

interface Call {
  /** Whose it is. */
  readonly network: string;
  readonly resolve: (matches: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** Checks, in order. */
export class BcryptChecks {
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  readonly #calls = new Map<number, Call>();
  #lastCall = 0;
  readonly #idleAfter: number;

  /** @param idleAfter how long the thread waits for another check, in milliseconds */
  constructor(idleAfter: number = IDLE) {
    this.#idleAfter = idleAfter;
  }

  /** Whether there is a thread at the moment. */
  get isRunning(): boolean {
    return this.#thread !== undefined;
  }

  /**
   * Whether `password` has this hash.
   * @param address whose question it is
   * @throws BusyError (rejects with it) when too many wait already, of all or of this address
   */
  async compare(password: string, hash: string, address: string): Promise<boolean> {
    if (this.#calls.size >= MOST_CHECKS || this.#isGreedy(address)) throw new BusyError();
    clearTimeout(this.#idle);
    const call = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { network: networkOf(address), resolve, reject });
      const question: Comparison = { call, password, hash };
      const thread = this.#started();
      // It keeps the process only while somebody waits for it.
      thread.ref();
      thread.postMessage(question);
    });
  }

  #isGreedy(address: string): boolean {
    if (isShared(address)) return false;
    const own = networkOf(address);
    let count = 0;
    for (const { network } of this.#calls.values()) if (network === own) count++;
    return count >= MOST_CHECKS_PER_ADDRESS;
  }

  #started(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(new URL('./bcrypt-thread.js', import.meta.url), {
      // Nothing of the command line or the environment is its business.
      argv: [],
      execArgv: [],
      env: {},
    });
    thread.on('message', ({ call, matches }: Verdict) => {
      this.#calls.get(call)?.resolve(matches);
      this.#calls.delete(call);
      if (this.#calls.size === 0) this.#endSoon();
    });
    thread.on('error', (error) => this.#gone(thread, error));
    thread.on('exit', () => this.#gone(thread, new Error('the thread for passwords has ended')));
    this.#thread = thread;
    return thread;
  }

  #endSoon(): void {
    this.#thread?.unref();
    this.#idle = setTimeout(() => {
      const thread = this.#thread;
      this.#thread = undefined;
      thread?.terminate();
    }, this.#idleAfter);
    this.#idle.unref();
  }

  #gone(thread: Worker, error: Error): void {
    // One that was ended on purpose, and perhaps has a successor.
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}
