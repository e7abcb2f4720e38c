/**
 * Keys of encrypted chunks by their names, from text such as a file or an environment variable. Names may
 * be shown, keys never: no message, and nothing that prints an object, has one.
 */

/* pair = 16HEXDIG 1*blank 32HEXDIG ; name and key, pairs apart by line ends or commas, # begins a remark */
const PAIR = /^([0-9a-f]{16})[ \t]+([0-9a-f]{32})$/i;

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
    const keys = new Map<string, Uint8Array>();
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
        if (keys.has(known)) throw new Error(`${at}: the key ${known} is there a second time`);
        keys.set(known, Buffer.from(key, 'hex'));
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
