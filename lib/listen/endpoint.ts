/**
 * Where a server listens, as a value: made of what people write, and shown to them again. Opens
 * nothing.
 */

/** A port of an address. */
export interface TcpEndpoint {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether the next free port is taken where this one is in use. */
  readonly moves?: boolean;
}

/** A unix socket, by the path of its file. */
export interface UnixEndpoint {
  readonly path: string;
  /** Whether somebody has seen to it that one can listen there; else what a dead server left is removed. */
  readonly claimed?: boolean;
}

/** A listening socket that this process was started with. */
export interface InheritedEndpoint {
  readonly fd: number;
}

/** A place to listen at. */
export type Endpoint = TcpEndpoint | UnixEndpoint | InheritedEndpoint;

/** Where a server can be reached. */
export interface Address {
  /** Empty for a unix socket. */
  readonly host: string;
  /** 0 for a unix socket. */
  readonly port: number;
  /**
   * `http://host:port/`, or `https:` with TLS; `unix:/path` for a unix socket, `fd:3` for one that was
   * handed over and has no known path.
   */
  readonly url: string;
}

/** Octets of the path of a unix socket: what the smallest of the systems' addresses holds. */
export const MOST_SOCKET_PATH = 103;

/**
 * Reads `3000`, `host:port`, `tcp://host:port` or `unix:/path`; an IPv6 address stands in brackets.
 * @param host for a port that stands alone
 * @throws RangeError that says what is wrong
 */
export function parseEndpoint(text: string, host: string): TcpEndpoint | UnixEndpoint {
  if (text.startsWith('unix:')) return parseUnix(text);
  const match =
    /^(?:tcp:\/\/)?(?:(\[[0-9A-Fa-f:.%a-z]{2,100}\]|[^\s:/@?#[\]]{1,255}):)?([0-9]{1,5})$/.exec(
      text,
    );
  if (match === null) throw new RangeError("can't be used");
  const port = Number(match[2]);
  if (port > 65_535) throw new RangeError('has a port above 65535');
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? host, port };
}

function parseUnix(text: string): UnixEndpoint {
  // unix:/path and unix:///path are the same; names without a file have no permissions, so there are none.
  const path = text.slice('unix:'.length).replace(/^\/{2,}/, '/');
  if (path === '' || path.startsWith('@') || path.includes('\0')) {
    throw new RangeError('names no file; a unix socket is given as unix:/path');
  }
  return { path };
}

/** The address of a port. */
export function tcpAddress(scheme: string, host: string, port: number): Address {
  const named = host.includes(':') ? `[${host}]` : host;
  return { host, port, url: `${scheme}://${named}:${port}/` };
}

/** The address of a unix socket. */
export function unixAddress(path: string): Address {
  return { host: '', port: 0, url: `unix:${path}` };
}
