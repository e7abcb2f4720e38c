/**
 * Puts TLS on sockets: hands are shaken within a time, and what comes of it is a socket like any other.
 * HTTP/1 is all that is offered (ALPN, RFC 7301). Counts nothing and knows no requests.
 */
import type net from 'node:net';
import tls from 'node:tls';
import { checkCredentials, type TlsCredentials } from './credentials.js';

/** What `setTimeout` takes at most, in milliseconds. */
const NO_TIMEOUT = 2 ** 31 - 1;

/** Who wants the sockets. */
export interface SecureSocketsOwner {
  /** Milliseconds for a handshake; 0: no bound. */
  readonly timeout: number;
  /** Called once hands are shaken, with the socket below and the one to talk on. */
  secured(raw: net.Socket | undefined, secure: tls.TLSSocket): void;
  /** What is written to a client that speaks HTTP without TLS. */
  plainAnswer(): string;
}

/** Puts TLS on sockets. */
export class SecureSockets {
  /** Never listens: it is given its connections. */
  readonly #server: tls.Server;

  /** @throws Error with a message for people where the credentials can't be used */
  constructor(credentials: TlsCredentials, owner: SecureSocketsOwner) {
    checkCredentials(credentials);
    this.#server = tls.createServer({
      ...contextOf(credentials),
      ALPNProtocols: ['http/1.1', 'http/1.0'],
      handshakeTimeout: owner.timeout === 0 ? NO_TIMEOUT : Math.ceil(owner.timeout),
    });
    this.#server.on('secureConnection', (socket) => owner.secured(rawOf(socket), socket));
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const raw = rawOf(socket);
      // Written at once or never: the socket is on its way to be closed.
      if (error.code === 'ERR_SSL_HTTP_REQUEST') raw?.write(owner.plainAnswer(), 'latin1');
      socket.destroy();
      raw?.destroy();
    });
  }

  /** Shakes hands on a socket that nothing was read from. */
  secure(raw: net.Socket): void {
    this.#server.emit('connection', raw);
  }

  /**
   * Shows another certificate to those who connect from now on.
   * @throws Error with a message for people; then all stays as it was
   */
  setCredentials(credentials: TlsCredentials): void {
    checkCredentials(credentials);
    this.#server.setSecureContext(contextOf(credentials));
  }
}

function contextOf(credentials: TlsCredentials): tls.SecureContextOptions {
  return { ...credentials, minVersion: 'TLSv1.2' };
}

/** The socket below, which node keeps to itself. Without it nothing is lost but an early end. */
function rawOf(socket: tls.TLSSocket): net.Socket | undefined {
  return (socket as unknown as { _parent?: net.Socket | null })._parent ?? undefined;
}
