/**
 * A certificate that nobody vouches for, made at the start and kept in memory alone: enough for trying
 * things that browsers do under TLS only. Clients have to be told to trust it.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TlsCredentials } from './credentials.js';

/** Browsers take no certificate that is valid for longer, in days. */
const VALID_DAYS = 397;

/** Names of this machine that nobody else has. */
const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];

const ANY_ADDRESS = ['0.0.0.0', '::'];

/**
 * Makes a key and a certificate.
 * @param hosts names and addresses at which the server listens; for those that mean all, all of this machine
 */
export async function selfSigned(hosts: readonly string[]): Promise<TlsCredentials> {
  // Only now: what it needs takes longer to load than the server.
  const { generate } = (await import('selfsigned')).default;
  const names = [...new Set([...LOCAL_NAMES, ...hosts.flatMap(expand)])];
  const now = Date.now();
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // A client's clock may be a little late.
    notBeforeDate: new Date(now - 3_600_000),
    notAfterDate: new Date(now + VALID_DAYS * 86_400_000 - 3_600_000),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name },
        ),
      },
    ],
  });
  return { cert, key };
}

function expand(host: string): string[] {
  // What is local to a link has the name of an interface behind it, and can't stand in a certificate.
  if (!ANY_ADDRESS.includes(host)) return host.includes('%') ? [] : [host];
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address }) => address).filter((address) => !address.includes('%')),
  );
}
