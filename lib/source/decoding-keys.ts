/** Keys of encrypted files, out of a file and texts. No message has a key in it. */
import fs from 'node:fs';
import { KeyRing } from '../blte/keys.js';

/** The largest file of keys that is read, in octets: some 20,000 of them. */
const MOST_OCTETS = 1_048_576;

/**
 * All keys of a file and of some texts. The same key in two of them is no mistake; two of one name are.
 * @param where the texts are from, for messages
 * @throws TypeError for texts that are no list, Error with a message for people: which line or text, what is wrong
 *     with it, and the way out
 */
export function readKeys(
  file: string | undefined,
  texts: readonly string[] = [],
  where = 'a key that was given',
): KeyRing | undefined {
  if (!Array.isArray(texts)) throw new TypeError('keys is no list; it takes texts NAME KEY in one');
  if (file === undefined && texts.length === 0) return undefined;
  // Each by itself first: a message tells where.
  const rings = file === undefined ? [] : [KeyRing.parse(textOf(file), file)];
  for (const text of texts) rings.push(KeyRing.parse(text, where));
  const pairs = rings.flatMap((ring) => ring.names.map((name) => pair(ring, name)));
  return KeyRing.parse([...new Set(pairs)].join('\n'), 'the keys of all places');
}

function pair(ring: KeyRing, name: string): string {
  return `${name} ${Buffer.from(ring.find(name) as Uint8Array).toString('hex')}`;
}

/** Of keys that were given in place of a file's name. */
const LOOKS_LIKE_KEY = /[0-9a-f]{16}\s+[0-9a-f]{32}|^\s*[0-9a-f]{32}\s*$/i;

function textOf(file: string): string {
  try {
    const octets = readUpTo(file, MOST_OCTETS + 1);
    if (octets.length > MOST_OCTETS) {
      throw new Error(
        `the key file ${file} has more than ${MOST_OCTETS} octets, which are the most`,
      );
    }
    return octets.toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const name = LOOKS_LIKE_KEY.test(file) ? '(a key?)' : file;
    throw new Error(
      `the key file ${name} ${REASONS[code] ?? `can't be read (${code}); it has`} a line for each key: ` +
        '16 hexadecimal digits of its name, a blank and 32 of the key',
    );
  }
}

/** Devices have no size, and no end. */
function readUpTo(file: string, most: number): Buffer {
  const bytes = Buffer.allocUnsafe(most);
  const descriptor = fs.openSync(file, 'r');
  try {
    let got = 0;
    for (let more = 1; more > 0 && got < most; got += more) {
      more = fs.readSync(descriptor, bytes, got, most - got, null);
    }
    return bytes.subarray(0, got);
  } finally {
    fs.closeSync(descriptor);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; it has',
  EISDIR: 'is a folder; name a file with',
};
