/** Errors as one line for people: the thing, the reason, the way out. Knows no server. */

/** What is shown of an error. */
export function explain(error: unknown): string {
  const { code, port, address, hostname, message } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
    hostname?: string;
  };
  if (code === 'EADDRINUSE' && port !== undefined)
    return `port ${port} is in use; take another with --port, or 0 for a free one`;
  if (code === 'EACCES' && port !== undefined) {
    return `port ${port} may not be used by this user; take one above 1023 with --port`;
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `this machine has no address ${address ?? hostname ?? ''}; name one it has with --host, such as 127.0.0.1`;
  }
  return message;
}
