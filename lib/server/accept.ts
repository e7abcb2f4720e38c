/**
 * Makes the sockets of a server so that all of them read into one buffer: a read costs no
 * allocation and leaves no garbage, which is 1.1 of 8.3 µs of processor time that a bare request takes.
 * node has this for sockets made by hand only (`onread` of net.Socket), while a net.Server makes its
 * own. So the function with which its handle announces a connection is replaced, the one that node's
 * cluster module calls too. Where there is no such function, sockets are made and read as ever.
 */
import net from 'node:net';
import { setLocal } from './peer.js';

/** What is read at once at most, in octets; what libuv offers to a socket as well. */
export const READ_BUFFER = 65_536;

/** Takes what a socket reads. */
export interface Receiver {
  /**
   * The first `size` of `bytes` were read. They are lent: the next read overwrites them.
   * @param isFresh whether they were read just now, and did not wait in the socket
   */
  receive(bytes: Buffer, size: number, isFresh: boolean): void;
}

type Taker = Receiver | undefined;

/**
 * Told of a new connection; returns who takes what it reads, or `undefined` when it is refused. Until a
 * promise of that is fulfilled nothing is read.
 */
export type Accept = (socket: net.Socket) => Taker | Promise<Taker>;

/** How sockets are made. */
export interface SocketOptions {
  readonly highWaterMark: number;
}

/** A TCP handle of node's: what its own modules use of it. */
interface Handle {
  setNoDelay?(on: boolean): void;
}

interface ListeningHandle {
  onconnection?: (this: ListeningHandle, error: number, handle: Handle | undefined) => void;
}

type HandleOptions = net.SocketConstructorOpts &
  Pick<net.ConnectOpts, 'onread'> & { handle: Handle; highWaterMark: number };

/** Makes the server, which calls `accept` for each connection; {@link shareReads} once it listens. */
export function makeServer(options: SocketOptions, accept: Accept): net.Server {
  let isUnix: boolean | undefined;
  const server = net.createServer({ allowHalfOpen: true, noDelay: true, ...options }, (socket) => {
    isUnix ??= isUnixSocket(server);
    if (isUnix) setLocal(socket);
    attach(socket, accept, (receiver) => {
      socket.on('data', (chunk: Buffer) => receiver.receive(chunk, chunk.length, false));
    });
  });
  return server;
}

/** A path, or nothing where node did not make it. */
function isUnixSocket(server: net.Server): boolean {
  const address = server.address();
  return address === null || typeof address === 'string';
}

/** Lets the sockets of a listening server share one buffer; false where this Node can't. */
export function shareReads(server: net.Server, options: SocketOptions, accept: Accept): boolean {
  const { _handle: listening } = server as unknown as { _handle?: ListeningHandle | null };
  const ordinary = listening?.onconnection;
  if (typeof ordinary !== 'function') return false;
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER);
  const isUnix = isUnixSocket(server);
  const accepted: Accept = (socket) => {
    if (isUnix) setLocal(socket);
    return accept(socket);
  };
  (listening as ListeningHandle).onconnection = function (error, handle) {
    if (error !== 0 && error !== undefined) ordinary.call(this, error, handle);
    else if (handle !== undefined) acceptHandle(handle, buffer, options, accepted);
  };
  return true;
}

function acceptHandle(
  handle: Handle,
  buffer: Buffer,
  { highWaterMark }: SocketOptions,
  accept: Accept,
): void {
  let receiver: Receiver | undefined;
  const options: HandleOptions = {
    handle,
    highWaterMark,
    allowHalfOpen: true,
    onread: {
      buffer,
      callback: (size) => {
        receiver?.receive(buffer, size, true);
        return true;
      },
    },
  };
  handle.setNoDelay?.(true);
  attach(new net.Socket(options), accept, (taker) => {
    receiver = taker;
  });
}

function attach(socket: net.Socket, accept: Accept, take: (receiver: Receiver) => void): void {
  const accepted = accept(socket);
  if (!(accepted instanceof Promise)) {
    if (accepted !== undefined) take(accepted);
    return;
  }
  socket.pause();
  accepted.then((receiver) => {
    if (receiver === undefined) return;
    take(receiver);
    socket.resume();
  });
}
