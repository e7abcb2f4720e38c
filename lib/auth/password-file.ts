/**
 * Files of names and hashed passwords, as Apache's `htpasswd -B` writes them. Only bcrypt is read: the
 * other kinds are broken or fast to try. No message has a hash or a password in it.
 */
import fs from 'node:fs';

/** Hashes by name. */
export type PasswordHashes = ReadonlyMap<string, string>;

/** The largest file that is read, in octets: some ten thousand users. */
const MOST_OCTETS = 1_048_576;

/** A check of this cost takes some seconds of a processor; each step doubles it. */
const MOST_COST = 16;

/* "$2" ( "a" / "b" / "y" ) "$" 2DIGIT "$" 22 characters of salt and 31 of the hash */
const BCRYPT = /^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/;

/** How other kinds begin, and what they are called. */
const OTHERS: readonly (readonly [start: string, name: string])[] = [
  ['$apr1$', 'MD5'],
  ['$1$', 'MD5'],
  ['{SHA}', 'SHA-1'],
  ['{SSHA}', 'SHA-1'],
  ['$5$', 'SHA-256'],
  ['$6$', 'SHA-512'],
  ['$argon2', 'Argon2'],
];

/**
 * Reads a password file.
 * @throws Error with a message for people: which line, what is wrong with it, and the way out
 */
export function readPasswordFile(path: string): PasswordHashes {
  let text: string;
  try {
    const { size } = fs.statSync(path);
    if (size > MOST_OCTETS) {
      throw new Error(`the password file ${path} has ${size} octets; ${MOST_OCTETS} are the most`);
    }
    text = fs.readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const reason = code === 'ENOENT' ? 'does not exist' : `can't be read (${code})`;
    throw new Error(`the password file ${path} ${reason}; make one: htpasswd -cB ${path} NAME`);
  }
  return parsePasswordFile(text, path);
}

/** What a password file says; `path` is for messages. @throws Error as {@link readPasswordFile} */
export function parsePasswordFile(text: string, path: string): PasswordHashes {
  const hashes = new Map<string, string>();
  const lines = text.replace(/^\ufeff/, '').split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const at = `line ${index + 1} of ${path}`;
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`${at} is not NAME:HASH, as htpasswd -B writes it`);
    const name = line.slice(0, colon).normalize('NFC');
    if (hashes.has(name)) throw new Error(`${at} names ${JSON.stringify(name)} a second time`);
    hashes.set(name, checkedHash(line.slice(colon + 1), name, at));
  }
  if (hashes.size === 0) throw new Error(`the password file ${path} names nobody`);
  return hashes;
}

function checkedHash(hash: string, name: string, at: string): string {
  const cost = BCRYPT.exec(hash)?.[1];
  const user = JSON.stringify(name);
  if (cost === undefined) {
    if (hash.startsWith('$2')) {
      throw new Error(
        `${at}: the bcrypt hash of ${user} is malformed, perhaps cut; write it anew with htpasswd -B`,
      );
    }
    const kind = OTHERS.find(([start]) => hash.startsWith(start))?.[1] ?? 'no known kind';
    throw new Error(
      `${at}: the password of ${user} is hashed by another kind than bcrypt (${kind}); ` +
        'write it anew with htpasswd -B',
    );
  }
  if (Number(cost) < 4 || Number(cost) > MOST_COST) {
    throw new Error(
      `${at}: the bcrypt cost of ${user} is ${Number(cost)}; it takes 4 to ${MOST_COST}`,
    );
  }
  return hash;
}
