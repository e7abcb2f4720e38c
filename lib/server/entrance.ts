/**
 * From a socket that was accepted to a connection: whether there is room for it, and under TLS the
 * handshake, before which it is counted already. Knows no requests.
 */
import type net from 'node:net';
import type { SecureSockets } from '../tls/secure-sockets.js';
import type { Accept, Receiver } from './accept.js';
import { MOST_WAITING } from './options.js';
import { isLocal, Peer, setLocal } from './peer.js';
import type { Room } from './room.js';

/** Who takes what comes in. */
export interface EntranceOwner {
  /** Makes a connection of a socket; one that is refused is only told so. */
  take(socket: net.Socket, refused: boolean): Receiver | undefined;
  /** A socket is gone that never became a connection. */
  gone(): void;
}

/** Lets sockets in. */
export class Entrance {
  /** Puts TLS on the sockets; set before the first comes. */
  secure: SecureSockets | undefined;
  /** How many were closed without a word. */
  dropped = 0;
  readonly #room: Room;
  readonly #owner: EntranceOwner;
  /** Sockets of which it is not known yet whether there is room for them. */
  readonly #waiting = new Set<net.Socket>();
  /** Sockets on which hands are being shaken. */
  readonly #shaking = new Set<net.Socket>();

  constructor(room: Room, owner: EntranceOwner) {
    this.#room = room;
    this.#owner = owner;
  }

  /** How many sockets are neither connections yet nor gone. */
  get size(): number {
    return this.#waiting.size + this.#shaking.size;
  }

  /** Of these, how many were let in. */
  get shaking(): number {
    return this.#shaking.size;
  }

  readonly accept: Accept = (socket) => {
    const peer = this.#room.countsAddresses ? new Peer(socket) : undefined;
    // Who was reset before it was accepted has no address any more, and would be counted as nobody.
    if (peer?.isKnown === false || this.#waiting.size >= MOST_WAITING) {
      this.dropped++;
      socket.destroy();
      return undefined;
    }
    const address = peer?.address ?? '';
    const admitted = this.#room.enter(address);
    if (typeof admitted === 'boolean') return this.#letIn(socket, address, admitted);
    return this.#wait(socket, address, admitted);
  };

  /** Hands that are shaken, as {@link SecureSockets} tells. */
  readonly secured = (raw: net.Socket | undefined, socket: net.Socket): void => {
    if (raw !== undefined) {
      this.#shaking.delete(raw);
      if (isLocal(raw)) setLocal(socket);
    } else if (socket.localAddress === undefined) setLocal(socket);
    socket.allowHalfOpen = true;
    const receiver = this.#owner.take(socket, false);
    socket.on('data', (chunk: Buffer) => receiver?.receive(chunk, chunk.length, false));
  };

  /** Ends what has not begun: handshakes under way. */
  closeShaking(): void {
    for (const socket of this.#shaking) socket.destroy();
  }

  /** Ends all at once. */
  destroy(): void {
    this.closeShaking();
    for (const socket of this.#waiting) socket.destroy();
  }

  /** While others are asked the socket waits, unread. */
  #wait(
    socket: net.Socket,
    address: string,
    admitted: Promise<boolean>,
  ): Promise<Receiver | undefined> {
    this.#waiting.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#waiting.delete(socket)) this.#owner.gone();
    });
    return admitted.then((late) => {
      this.#waiting.delete(socket);
      if (!socket.destroyed) return this.#letIn(socket, address, late);
      if (late) this.#room.leave(address);
      return undefined;
    });
  }

  #letIn(socket: net.Socket, address: string, admitted: boolean): Receiver | undefined {
    if (this.secure === undefined) return this.#owner.take(socket, !admitted);
    // To say no under TLS would take a handshake: more than an answer.
    if (admitted) this.#shake(this.secure, socket, address);
    else {
      this.dropped++;
      socket.destroy();
    }
    return undefined;
  }

  #shake(secure: SecureSockets, socket: net.Socket, address: string): void {
    this.#shaking.add(socket);
    // What goes wrong shows in the 'close' that follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#shaking.delete(socket);
      this.#room.leave(address);
      this.#owner.gone();
    });
    // Who ends a side before hands are shaken has gone. Afterwards that means no more than it does without TLS.
    socket.allowHalfOpen = false;
    secure.secure(socket);
  }
}
