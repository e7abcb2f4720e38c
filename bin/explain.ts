/** Errors for people: the thing, the reason, the way out. Knows no server. */
import { ConfigError } from './config/config-error.js';
import { printable } from './printable.js';

/** What is shown of an error: one line, but for a file with several mistakes. */
export function explain(error: unknown): string {
  // Names of files and folders, and what stands in them, may be anybody's.
  return error instanceof ConfigError ? error.message : printable(reasonOf(error));
}

function reasonOf(error: unknown): string {
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
