/** The certificate of a run: read from files, or made for it. */
import type { ServeDirectoryOptions } from '../lib/compose.js';
import { endpointsOf, type ServerOptions } from '../lib/server/options.js';
import type { TlsCredentials } from '../lib/tls/credentials.js';
import { UsageError } from './options/option.js';

/** What was said about TLS. */
export interface TlsSettings {
  readonly wanted: boolean;
  /** The files of certificate, key and passphrase. */
  readonly cert?: string;
  readonly key?: string;
  readonly pass?: string;
}

/** A certificate with its key, and what of it is shown. */
export interface Credentials extends TlsCredentials {
  /** Of one that was made for this run: what people compare when a browser warns. */
  readonly fingerprint?: string;
  /** Whether browsers may be told to come back by TLS only: of one from files, for a name that others know. */
  readonly lasts?: boolean;
}

/** Checks what was said. @throws UsageError where something is missing */
export function tlsSettings(settings: TlsSettings): TlsSettings {
  const { cert, key, pass } = settings;
  if (cert !== undefined && key === undefined) {
    throw new UsageError('--tls-cert needs --tls-key: the file with the key of the certificate');
  }
  if (key !== undefined && cert === undefined) {
    throw new UsageError('--tls-key needs --tls-cert: the file with the certificate');
  }
  if (pass !== undefined && key === undefined) {
    throw new UsageError('--tls-pass needs --tls-key: the file with the key that it is of');
  }
  return settings;
}

/** Whether the certificate comes from files, which can be read again. */
export function hasFiles({ cert }: TlsSettings): boolean {
  return cert !== undefined;
}

/**
 * The certificate, or `undefined` without TLS. What it takes is loaded only where it is wanted.
 * @throws Error with a message for people
 */
export async function loadCredentials(
  { wanted, cert, key, pass }: TlsSettings,
  server: Pick<ServerOptions, 'listen' | 'host' | 'port'>,
): Promise<Credentials | undefined> {
  if (cert !== undefined && key !== undefined) {
    const { hasPublicName, readCredentials } = await import('../lib/tls/credentials.js');
    const credentials = readCredentials({ cert, key, passphrase: pass });
    return { ...credentials, lasts: hasPublicName(credentials) };
  }
  if (!wanted) return undefined;
  const { selfSigned } = await import('../lib/tls/self-signed.js');
  const { fingerprintOf } = await import('../lib/tls/credentials.js');
  const hosts = endpointsOf(server).flatMap((place) => ('host' in place ? [place.host] : []));
  const credentials = await selfSigned(hosts);
  return { ...credentials, fingerprint: fingerprintOf(credentials) };
}

/** The server's options with a certificate, and with what `--secure` says by TLS (RFC 6797 §7.2). */
export function withCredentials<T extends ServeDirectoryOptions>(
  server: T,
  { cert, key, passphrase, lasts = false }: Credentials,
): T {
  const tls = { cert, key, ...(passphrase === undefined ? {} : { passphrase }) };
  return { ...server, tls, ...(server.secure && lasts ? { secure: { transport: true } } : {}) };
}
