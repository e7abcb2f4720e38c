/**
 * Who is at the other end of a socket. The system is asked once, when somebody first wants to know, which
 * costs some microseconds; and it can't tell any more once a client has reset the connection, though what it
 * sent before may still be read. Knows no requests.
 */
import type { Socket } from 'node:net';

/** The address of a client that can't be told any more: one for all of these, so that no limit lets them pass. */
export const UNKNOWN = 'unknown';

/** Sockets that came over a unix socket, and those made of them: these have no address. */
const local = new WeakSet<Socket>();

/** Notes that a socket has no address. */
export function setLocal(socket: Socket): void {
  local.add(socket);
}

export function isLocal(socket: Socket): boolean {
  return local.has(socket);
}

/** The other end of one socket. */
export class Peer {
  readonly socket: Socket;
  #address: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Its address; empty over a unix socket. */
  get address(): string {
    return this.#ask() ?? UNKNOWN;
  }

  /** Whether it can be told who it is. */
  get isKnown(): boolean {
    return this.#ask() !== undefined;
  }

  #ask(): string | undefined {
    this.#address ??= this.socket.remoteAddress ?? (isLocal(this.socket) ? '' : undefined);
    return this.#address;
  }
}
