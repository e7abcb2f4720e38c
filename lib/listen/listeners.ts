/**
 * Listening at several places at once, all of them or none. Knows nothing of what becomes of the
 * connections: the net.Servers are made by whoever asks.
 */
import type net from 'node:net';
import {
  type Address,
  type Endpoint,
  tcpAddress,
  type UnixEndpoint,
  unixAddress,
} from './endpoint.js';
import { claimSocket, explainSocket, socketPath } from './unix-socket.js';

/** Ports that are tried from the one that is in use on, that one included. */
export const MOST_PORTS = 20;

/** Connections that the system may keep ready before they are accepted; its own bound may be lower. */
const BACKLOG = 4096;

/** How listeners are made. */
export interface ListenersOptions {
  readonly endpoints: readonly Endpoint[];
  /** Of the URLs: `http` or `https`. */
  readonly scheme: string;
  readonly make: () => net.Server;
  /** Called with each server once it listens. */
  readonly opened?: (server: net.Server) => void;
}

/** Of a unix socket: by its path where that can be found out. */
function inheritedAddress(fd: number): Address {
  const path = socketPath(fd);
  return path === undefined ? { host: '', port: 0, url: `fd:${fd}` } : unixAddress(path);
}

/** Several listening sockets. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #servers: net.Server[] = [];
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  get listening(): boolean {
    return this.#servers.some(({ listening }) => listening);
  }

  /**
   * Resolves when connections are accepted everywhere.
   * @throws what net.Server does, or an Error for people; then nothing is listened at
   */
  async open(): Promise<Address[]> {
    if (this.#isClosed()) throw new Error('closed before it listened');
    if (this.#state !== 'new') throw new Error('listen was called before');
    this.#state = 'open';
    const addresses: Address[] = [];
    try {
      for (const endpoint of this.#options.endpoints) {
        addresses.push(await this.#open(endpoint));
        if (this.#isClosed()) throw new Error('closed before it listened');
      }
    } catch (error) {
      await this.#closeServers();
      if (!this.#isClosed()) this.#state = 'new';
      throw error;
    }
    return addresses;
  }

  /** Stops accepting; resolves when all sockets made by the servers themselves are closed, too. */
  close(): Promise<void> {
    this.#state = 'closed';
    return this.#closeServers();
  }

  /** It may have become so while something was waited for. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #closeServers(): Promise<void> {
    await Promise.all(
      this.#servers
        .splice(0)
        .map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  }

  async #open(endpoint: Endpoint): Promise<Address> {
    if ('path' in endpoint) return this.#openSocket(endpoint);
    if ('fd' in endpoint) return this.#openInherited(endpoint.fd);
    const { host, port, moves = false } = endpoint;
    const last = moves && port > 0 ? Math.min(port + MOST_PORTS - 1, 65_535) : port;
    for (let tried = port; ; tried++) {
      try {
        return this.#addressOf(await this.#listen({ host, port: tried }));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tried >= last) throw error;
      }
    }
  }

  async #openSocket({ path, claimed = false }: UnixEndpoint): Promise<Address> {
    if (!claimed) await claimSocket(path);
    try {
      await this.#listen({ path });
      return unixAddress(path);
    } catch (error) {
      throw explainSocket(path, error as NodeJS.ErrnoException);
    }
  }

  async #openInherited(fd: number): Promise<Address> {
    try {
      const server = await this.#listen({ fd });
      // node knows no name of a unix socket that it did not make.
      if (server.address() === null) return inheritedAddress(fd);
      return this.#addressOf(server);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new Error(
        `descriptor ${fd} is no socket that listens (${code ?? message}); start with one that does`,
        { cause: error },
      );
    }
  }

  #listen(where: net.ListenOptions & { fd?: number }): Promise<net.Server> {
    const server = this.#options.make();
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off('error', reject);
        // Failing to accept one connection (out of descriptors) must not end the process.
        server.on('error', () => {});
        this.#servers.push(server);
        this.#options.opened?.(server);
        resolve(server);
      });
    });
  }

  #addressOf(server: net.Server): Address {
    const { address: host, port } = server.address() as net.AddressInfo;
    return tcpAddress(this.#options.scheme, host, port);
  }
}
