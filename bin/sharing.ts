/**
 * From the options about sharing to what the site is made with. They are tried here, so that what is wrong
 * is told once and by its option, before there are any workers.
 */
import { isIP } from 'node:net';
import { Users } from '../lib/auth/users.js';
import type { ServeDirectoryOptions } from '../lib/compose.js';
import type { Address } from '../lib/listen/endpoint.js';
import { allowedHostsLayer } from '../lib/site/allowed-hosts.js';
import { corsLayer } from '../lib/site/cors.js';
import { parseFieldText, SetFields } from '../lib/site/set-fields.js';
import { UsageError } from './options/option.js';

/** What these options are, as given. */
export interface SharingValues {
  readonly cors: readonly string[];
  readonly allowHost: readonly string[];
  readonly auth: readonly string[];
  readonly authFile: string | undefined;
  readonly header: readonly string[];
  readonly secure: boolean;
}

type SharingOptions = Pick<
  ServeDirectoryOptions,
  'allowHosts' | 'auth' | 'cors' | 'headers' | 'secure'
>;

/** @throws UsageError naming the option, what is wrong and the way out */
export function sharingOptions(given: SharingValues): SharingOptions {
  const { allowHost: allowHosts, authFile } = given;
  const headers = given.header.map((text) => tried('header', () => parseFieldText(text)));
  tried('header', () => new SetFields({ set: headers }));
  const cors = given.cors.includes('*') ? '*' : given.cors;
  if (cors.length > 0) tried('cors', () => corsLayer(cors));
  if (allowHosts.length > 0) tried('allow-host', () => allowedHostsLayer(allowHosts));
  given.auth.forEach(checkUser);
  const hasUsers = given.auth.length > 0 || authFile !== undefined;
  const auth = { users: given.auth, ...(authFile === undefined ? {} : { file: authFile }) };
  if (hasUsers) tried(given.auth.length > 0 ? 'auth' : 'auth-file', () => new Users(auth));
  return {
    ...(headers.length > 0 ? { headers } : {}),
    ...(given.secure ? { secure: true } : {}),
    ...(cors.length > 0 ? { cors } : {}),
    ...(allowHosts.length > 0 ? { allowHosts } : {}),
    ...(hasUsers ? { auth } : {}),
  };
}

/**
 * What looks like a user and is none: an address (http-server's `-a`), and an account with paths (dufs').
 * @throws UsageError that does not say what was given
 */
function checkUser(text: string): void {
  const isAddress = isIP(text) > 0 || /^\[[0-9a-f:.]+\](?::[0-9]+)?$/i.test(text);
  const [, address = '', port] = /^([0-9.]+):([0-9]{1,5})$/.exec(text) ?? [];
  if (isAddress || (isIP(address) === 4 && port !== undefined)) {
    throw new UsageError('--auth takes a user as NAME:PASSWORD; an address is --host ADDRESS');
  }
  if (/@\/[^@]*$/.test(text)) {
    throw new UsageError(
      '--auth takes NAME:PASSWORD without paths: a user sees all of the folder, and changes nothing; ' +
        'a password with @/ in it can stand in the file of --auth-file',
    );
  }
}

function tried<T>(option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError(`--${option}: ${(error as Error).message}`);
  }
}

/**
 * What whoever asks for a password should know; `undefined`: nothing.
 * @param addresses where the server listens
 */
export function passwordWarning(
  { auth, tls }: Pick<ServeDirectoryOptions, 'auth' | 'tls'>,
  addresses: readonly Address[],
): string | undefined {
  // All places speak TLS, or none does.
  if (auth === undefined || tls !== undefined) return undefined;
  const open = addresses.filter(({ host }) => isOnNetwork(host)).map(({ url }) => url);
  if (open.length === 0) return undefined;
  return (
    `passwords and files cross the network unencrypted at ${open.join(' and ')}: ` +
    'serve by TLS, or put a server that does in front'
  );
}

/** A unix socket has no host, and is on no network. */
function isOnNetwork(host: string): boolean {
  const address = host.replace(/^::ffff:(?=[0-9]+\.)/i, '');
  if (isIP(address) === 4) return !address.startsWith('127.');
  return !['', '::1', 'localhost'].includes(address.toLowerCase());
}
