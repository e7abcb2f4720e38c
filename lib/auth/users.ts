/**
 * Who may come in: names and passwords, compared so that the time taken tells neither of them. Knows no
 * HTTP. Passwords are not kept: of each there is a keyed hash, whose key is made at the start and lost at
 * the end.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { RateLimit } from '../limit/rate-limit.js';
import { BcryptChecks, isShared } from './bcrypt-checks.js';
import { type PasswordHashes, readPasswordFile } from './password-file.js';

/** Who may come in. */
export interface UserOptions {
  /** `NAME:PASSWORD` each. */
  readonly users?: readonly string[];
  /** A file with names and bcrypt hashes, as `htpasswd -B` writes it; read once. */
  readonly file?: string;
}

/** An address has named too many wrong passwords: nothing that it names is looked at. */
export class GuessError extends Error {
  /** How long that will be so, in milliseconds. */
  readonly wait: number;

  constructor(wait: number) {
    super('too many wrong passwords');
    this.wait = wait;
  }
}

/** Wrong passwords that an address may name at once, and after how long one more, in milliseconds. */
export const MOST_GUESSES = 20;
export const GUESS_EVERY_MS = 5000;

/** How long a checked password that nobody uses is not checked again, in milliseconds, and how many of them. */
export const REMEMBERED_MS = 300_000;
export const MOST_REMEMBERED = 1000;

/** Octets of a password that bcrypt looks at: what differs only behind them would be right, too. */
export const LONGEST_HASHED = 72;

/** Users given by themselves: all are compared with, each time. */
const MOST_USERS = 100;

/** The users of a site. */
export class Users {
  readonly #key = randomBytes(32);
  readonly #given: readonly Buffer[];
  readonly #hashes: PasswordHashes | undefined;
  readonly #checks = new BcryptChecks();
  /** Keyed hashes of what was found right, and of what is being looked at. */
  readonly #right: LRUCache<string, true>;
  readonly #underWay = new Map<string, Promise<boolean>>();
  readonly #guesses: RateLimit;
  /** What an address has named that was right: it holds however much others behind that address guess. */
  readonly #known = new LRUCache<string, Buffer>({ max: MOST_REMEMBERED });

  /**
   * @param now milliseconds, for how long passwords and guesses are remembered
   * @throws Error with a message for people when users are malformed, or there are none
   */
  constructor({ users = [], file }: UserOptions, now: () => number = () => performance.now()) {
    if (users.length === 0 && file === undefined) {
      throw new TypeError('auth has no users; name one as NAME:PASSWORD, or a password file');
    }
    if (users.length > MOST_USERS) {
      throw new RangeError(
        `auth has ${users.length} users; ${MOST_USERS} are the most, others go in a password file`,
      );
    }
    this.#given = users.map((user) => this.#hash(...splitUser(user)));
    this.#hashes = file === undefined ? undefined : readPasswordFile(file);
    this.#right = new LRUCache({
      max: MOST_REMEMBERED,
      ttl: REMEMBERED_MS,
      // The file is read once: what was right stays so, and who is here is not put in line again.
      updateAgeOnGet: true,
      perf: { now },
    });
    this.#guesses = new RateLimit(1000 / GUESS_EVERY_MS, now, MOST_GUESSES);
  }

  /** Whether the thread for password files is there at the moment. */
  get isChecking(): boolean {
    return this.#checks.isRunning;
  }

  /**
   * Whether there is a user of this name with this password; at once where it is known.
   * @param address who asks
   * @throws GuessError when this address was wrong too often
   * @throws BusyError (rejects with it) when too many are being checked
   */
  check(name: string, password: string, address: string): boolean | Promise<boolean> {
    const hash = this.#hash(name, password);
    const wait = this.#guesses.wait(address);
    if (wait > 0 && this.#known.get(address)?.equals(hash) !== true) throw new GuessError(wait);
    const checked = this.#compare(hash, name, password, address);
    if (typeof checked === 'boolean') return this.#noted(checked, hash, address);
    return checked.then((isRight) => this.#noted(isRight, hash, address));
  }

  #noted(isRight: boolean, hash: Buffer, address: string): boolean {
    if (isShared(address)) return isRight;
    if (!isRight) this.#guesses.take(address);
    else if (this.#known.get(address)?.equals(hash) !== true) this.#known.set(address, hash);
    return isRight;
  }

  #compare(
    hash: Buffer,
    name: string,
    password: string,
    address: string,
  ): boolean | Promise<boolean> {
    let isGiven = false;
    // All of them, whichever fits: the time says nothing.
    for (const given of this.#given) isGiven = timingSafeEqual(given, hash) || isGiven;
    if (isGiven || this.#hashes === undefined) return isGiven;
    // At once, whatever the name: that says nothing but how long the password is.
    if (Buffer.byteLength(password.normalize('NFC')) > LONGEST_HASHED) return false;
    const key = hash.toString('base64');
    if (this.#right.get(key) === true) return true;
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const check = this.#checkFile(this.#hashes, name, password, address).then((matches) => {
      if (matches) this.#right.set(key, true);
      return matches;
    });
    const over = check.finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, over);
    return over;
  }

  async #checkFile(
    hashes: PasswordHashes,
    name: string,
    password: string,
    address: string,
  ): Promise<boolean> {
    const hash = hashes.get(name.normalize('NFC'));
    const compared = await this.#checks.compare(
      password.normalize('NFC'),
      hash ?? this.#decoy(hashes, name),
      address,
    );
    return compared && hash !== undefined;
  }

  /** For a name that nobody has: somebody's hash, always the same one, so that it takes as long as a real one. */
  #decoy(hashes: PasswordHashes, name: string): string {
    const all = [...hashes.values()];
    const index = this.#hash(name, '').readUInt32BE(0) % all.length;
    return all[index] as string;
  }

  /** Of both, of equal length whatever theirs is. */
  #hash(name: string, password: string): Buffer {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name.normalize('NFC'), password.normalize('NFC')]))
      .digest();
  }
}

/** RFC 7617 §2: a name has no colon, and neither has control characters. Says nothing of the password. */
function splitUser(user: string): [name: string, password: string] {
  const colon = user.indexOf(':');
  if (colon < 1 || colon === user.length - 1) {
    throw new TypeError('a user for auth is not written as NAME:PASSWORD');
  }
  const name = user.slice(0, colon);
  if (CONTROL.test(user)) {
    throw new TypeError('a user for auth has a control character in the name or the password');
  }
  return [name, user.slice(colon + 1)];
}

/** RFC 7617 §2: neither name nor password has these. */
export const CONTROL: RegExp = /[\x00-\x1f\x7f]/;
