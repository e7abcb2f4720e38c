/**
 * A certificate and its key: read and checked before anybody connects, so that what is wrong with them
 * is said in words and not in the errors of a library. Keeps no key in a message.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import fs from 'node:fs';

/** What a server shows of itself under TLS. */
export interface TlsCredentials {
  /** The certificate in PEM, followed by those between it and its root. */
  readonly cert: string;
  /** The private key in PEM. */
  readonly key: string;
  /** Of an encrypted key. */
  readonly passphrase?: string;
}

/** Files that credentials are read from. */
export interface CredentialFiles {
  readonly cert: string;
  readonly key: string;
  /** A file with the passphrase of the key. */
  readonly passphrase?: string | undefined;
}

/** Octets of a file with a certificate or key: a slip of the finger shall not read a film. */
export const MOST_PEM = 1_048_576;

/**
 * Reads and checks credentials.
 * @throws Error with a message for people
 */
export function readCredentials({ cert, key, passphrase }: CredentialFiles): TlsCredentials {
  const names = { cert: `the certificate ${cert}`, key: `the key ${key}` };
  const credentials = {
    cert: readText(names.cert, cert),
    key: readText(names.key, key),
    ...(passphrase === undefined ? {} : { passphrase: readPassphrase(passphrase) }),
  };
  checkCredentials(credentials, Date.now(), names);
  return credentials;
}

/** Whoever gives the passphrase in the place of the file shall not see it in a log. */
function readPassphrase(file: string): string {
  try {
    return readText('the passphrase', file).replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`${(error as Error).message}; it is taken from a file (--tls-pass FILE)`);
  }
}

function readText(what: string, file: string): string {
  try {
    const { size } = fs.statSync(file);
    if (size > MOST_PEM) throw new Error(`it is longer than ${MOST_PEM} octets`);
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = READ_REASONS[code ?? ''] ?? code ?? message;
    throw new Error(`${what} can't be read: ${reason}`);
  }
}

const READ_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/** What the two are called in messages. */
const NAMES = { cert: 'the certificate', key: 'the key' };

/**
 * Whether the two belong together and can be used now.
 * @throws Error with a message for people
 */
export function checkCredentials(
  credentials: TlsCredentials,
  now: number = Date.now(),
  names: { readonly cert: string; readonly key: string } = NAMES,
): void {
  const certificate = readCertificate(credentials.cert, names.cert);
  const key = readKey(credentials, names.key);
  if (!certificate.checkPrivateKey(key)) {
    throw new Error(
      `${names.cert} is not that of ${names.key}; name the two that were made together`,
    );
  }
  if (Date.parse(certificate.validTo) < now) {
    throw new Error(`${names.cert} was valid until ${certificate.validTo}; renew it`);
  }
  if (Date.parse(certificate.validFrom) > now) {
    throw new Error(
      `${names.cert} is valid from ${certificate.validFrom} on; check this machine's clock`,
    );
  }
}

function readCertificate(pem: string, name: string): X509Certificate {
  try {
    // The first of a chain is the server's own.
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return new X509Certificate(pem);
  } catch {}
  throw new Error(`${name} is not in PEM: it has to begin with BEGIN CERTIFICATE`);
}

function readKey({ key, passphrase }: TlsCredentials, name: string): KeyObject {
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key);
    if (isEncrypted && passphrase === undefined) {
      throw new Error(`${name} is encrypted; name a file with its passphrase by --tls-pass`);
    }
    if (isEncrypted) throw new Error(`the passphrase is not that of ${name}`);
    throw new Error(`${name} is not in PEM: it has to begin with BEGIN PRIVATE KEY, or alike`);
  }
}

/**
 * Whether a certificate is of a name that others know. `localhost` is everybody's own, and what is said
 * of it holds for all that runs there.
 */
export function hasPublicName({ cert }: TlsCredentials): boolean {
  const { subjectAltName = '' } = new X509Certificate(cert);
  return subjectAltName
    .split(', ')
    .some((name) => name.startsWith('DNS:') && !/[:.]localhost$/i.test(name));
}

/** What people compare when a browser asks: SHA-256, in pairs of digits. */
export function fingerprintOf({ cert }: TlsCredentials): string {
  return new X509Certificate(cert).fingerprint256;
}
