/**
 * Keys of encrypted chunks by their names, from text such as a file or an environment variable. Names may
 * be shown, keys never: no message, and nothing that prints an object, has one.
 */

/* pair = 16HEXDIG 1*blank 32HEXDIG ; name and key, pairs apart by line ends or commas, # begins a remark */
const PAIR = /^([0-9a-f]{16})[ \t]+([0-9a-f]{32})$/i;

/** The cause of errors that say that a key is not known. */
export class MissingKeyError extends Error {
  constructor(name: string) {
    super(`the key ${name} is not known`);
    this.name = 'MissingKeyError';
  }
}

/** @throws TypeError where `keys` is something else: lists have a `find`, too */
export function checkKeys(keys: KeyRing | undefined): void {
  if (keys === undefined || (typeof keys?.find === 'function' && !('length' in keys))) return;
  throw new TypeError('keys is no KeyRing; KeyRing.parse makes one of a text');
}

/** Keys by name. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, Uint8Array>;

  private constructor(keys: ReadonlyMap<string, Uint8Array>) {
    this.#keys = keys;
  }

  /**
   * Reads pairs of name and key, 16 and 32 hexadecimal digits, one a line or with commas between them.
   * @param where the text is from, for messages
   * @throws Error with a message for people: which pair is wrong, but not what it says
   */
  static parse(text: string, where = 'the keys'): KeyRing {
    const keys = new Map<string, Buffer>();
    const seen = new Map<string, number>();
    const lines = text.replace(/^\ufeff/, '').split('\n');
    for (const [index, line] of lines.entries()) {
      for (const part of line.replace(/#.*$/s, '').split(',')) {
        const pair = part.trim();
        if (pair === '') continue;
        const at = lines.length === 1 ? where : `line ${index + 1} of ${where}`;
        const [, name, key] = PAIR.exec(pair) ?? [];
        if (name === undefined || key === undefined) {
          throw new Error(`${at}: a key is given as NAME KEY, 16 and 32 hexadecimal digits`);
        }
        const known = name.toUpperCase();
        const octets = Buffer.from(key, 'hex');
        const before = keys.get(known);
        if (before !== undefined && !before.equals(octets)) {
          const line = seen.get(known) as number;
          const both = line === index ? at : `lines ${line + 1} and ${index + 1} of ${where}`;
          throw new Error(`${both}: two different keys are called ${known}; leave one out`);
        }
        keys.set(known, octets);
        seen.set(known, index);
      }
    }
    return new KeyRing(keys);
  }

  /** The names of all keys: 16 hexadecimal digits, in capitals. */
  get names(): string[] {
    return [...this.#keys.keys()];
  }

  /**
   * The key with that name, 16 octets that are the caller's; `undefined`: there is none.
   * @param name 16 hexadecimal digits, in capitals or not
   */
  find(name: string): Uint8Array | undefined {
    const key = this.#keys.get(name.toUpperCase());
    return key && Buffer.from(key);
  }
}
