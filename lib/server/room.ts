/**
 * Whether there is room for one more connection: counted here, or by whoever counts for several
 * servers. Knows addresses, no sockets.
 */
import { networkOf } from '../limit/rate-limit.js';
import { reportError } from '../observe/channels.js';
import type { Admission, ConnectionLimits } from './options.js';

/** Counts the connections of a server. */
export class Room {
  /** Whether it matters where a connection comes from. */
  readonly countsAddresses: boolean;
  readonly #most: number;
  readonly #mostPerAddress: number;
  readonly #admission: Admission | undefined;
  readonly #perAddress = new Map<string, number>();
  #count = 0;

  constructor(
    limits: Pick<ConnectionLimits, 'connections' | 'connectionsPerAddress'>,
    admission: Admission | undefined,
  ) {
    this.#most = limits.connections;
    this.#mostPerAddress = limits.connectionsPerAddress;
    this.#admission = admission;
    this.countsAddresses = admission !== undefined || limits.connectionsPerAddress > 0;
  }

  /**
   * Whether a connection may stay; if so, it is counted. What comes over a unix socket has no address,
   * and no part in the limit for one; IPv6 clients have whole networks, which count as one.
   */
  enter(client: string): boolean | Promise<boolean> {
    const address = networkOf(client);
    if (this.#admission !== undefined) return this.#ask(this.#admission, address, client);
    if (this.#most > 0 && this.#count >= this.#most) return false;
    if (this.#mostPerAddress > 0 && address !== '') {
      const count = this.#perAddress.get(address) ?? 0;
      if (count >= this.#mostPerAddress) return false;
      this.#perAddress.set(address, count + 1);
    }
    this.#count++;
    return true;
  }

  /** A connection that was let in has ended. */
  leave(client: string): void {
    const address = networkOf(client);
    if (this.#admission !== undefined) {
      this.#admission.leave(address);
      return;
    }
    this.#count--;
    const count = this.#perAddress.get(address);
    if (count === undefined) return;
    if (count === 1) this.#perAddress.delete(address);
    else this.#perAddress.set(address, count - 1);
  }

  /** An admission that fails lets nobody in. */
  #ask(admission: Admission, address: string, client: string): boolean | Promise<boolean> {
    const refuse = (error: unknown): boolean => {
      reportError(error, client);
      return false;
    };
    try {
      const admitted = admission.enter(address);
      return typeof admitted === 'boolean' ? admitted : admitted.catch(refuse);
    } catch (error) {
      return refuse(error);
    }
  }
}
