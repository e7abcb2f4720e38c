/**
 * Octets as they come, taken by number: whoever decodes says how many come next, not how they were cut.
 * Ends what it reads from when it is closed or aborted. Knows nothing of BLTE.
 */
import { Readable } from 'node:stream';
import { Pieces } from './pieces.js';
import type { Soon } from './turns.js';

/** What octets come from: a stream, anything that gives pieces of them, or all of them. */
export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array;

/** Whether what is given is the consumer's, or written over once the next is asked for. */
export type Use = 'kept' | 'lent';

const NOTHING = new Uint8Array(0);

/** What a stream has beyond an iterable. */
interface Destroyable {
  destroy?: () => unknown;
  on?: (event: 'error', listener: () => void) => unknown;
}

/** Where pieces come from: a stream, or what iterates. */
type Input = Pieces | AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

/** Octets that were given on as they came. */
interface Passed {
  /** Where the piece that they are in begins in the input. */
  readonly start: number;
  /** How much has been given to the consumer with them, and how much of that it is done with. */
  readonly end: number;
  readonly taken: () => number;
}

export class ByteFeed {
  readonly #passed: Passed[] = [];
  readonly #bytes: Bytes;
  readonly #input: Input;
  readonly #signal: AbortSignal | undefined;
  #rest: Uint8Array = NOTHING;
  #state: 'open' | 'ended' | 'closed' = 'open';
  #reject: ((reason: unknown) => void) | undefined;
  /** Octets of all pieces that came. */
  #came = 0;
  /** Those of the piece that is at hand. */
  #last = 0;

  constructor(bytes: Bytes, signal?: AbortSignal) {
    this.#bytes = bytes;
    this.#input = inputOf(bytes);
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted) void this.close();
  }

  /**
   * Octets of the input that are done with: all before the piece that is at hand, but for those that were passed on;
   * of a closed one also what never came.
   */
  get taken(): number {
    let [first] = this.#passed;
    while (first !== undefined && first.end <= first.taken()) {
      this.#passed.shift();
      [first] = this.#passed;
    }
    if (first !== undefined) return first.start;
    return this.#state === 'closed' ? Number.POSITIVE_INFINITY : this.#came - this.#last;
  }

  /**
   * Notes that what came last was given on as it is, and is done with later.
   * @param end what the consumer has been given with it, in octets
   * @param taken how much of that the consumer is done with
   */
  pass(end: number, taken: () => number): void {
    this.#passed.push({ start: this.#came - this.#last, end, taken });
  }

  /** Fills `target`. @returns how many octets it got: less where the input ends */
  fill(target: Buffer): Soon<number> {
    let filled = 0;
    const add = (piece: Uint8Array): boolean => {
      target.set(piece, filled);
      filled += piece.length;
      return true;
    };
    const given = this.each(target.length, add);
    // A stream gives all that it has.
    return typeof given === 'number' || this.#input instanceof Pieces
      ? given
      : this.#fillOn(given, target, add);
  }

  async #fillOn(
    given: Promise<number>,
    target: Buffer,
    add: (piece: Uint8Array) => boolean,
  ): Promise<number> {
    let filled = await given;
    for (let more = filled; more > 0 && filled < target.length; filled += more) {
      more = await this.each(target.length - filled, add);
    }
    return filled;
  }

  /**
   * Gives what is at hand and comes next, piece by piece and at most so many octets of it, until `take` wants no
   * more for now. Each piece stays as it is until the next.
   * @returns how many octets were given; none: the end
   */
  each(most: number, take: (piece: Uint8Array) => boolean): Soon<number> {
    let given = 0;
    const add = (piece: Uint8Array): boolean => {
      const count = Math.min(piece.length, most - given);
      given += count;
      this.#rest = count === piece.length ? NOTHING : piece.subarray(count);
      return take(count === piece.length ? piece : piece.subarray(0, count)) && given < most;
    };
    if (this.#rest.length > 0 && !add(this.#rest)) return given;
    return this.#pull(add).then(() => given);
  }

  /**
   * What is at hand, or comes next, and at most so many octets of it; `undefined`: the end. It stays as it is
   * until the next call.
   */
  async some(most: number = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) await this.#pull(this.#keep);
    if (this.#rest.length === 0) return undefined;
    const piece = this.#rest;
    this.#rest = piece.subarray(most);
    return piece.length <= most ? piece : piece.subarray(0, most);
  }

  /** Takes the next octet where it is this one, and no other. */
  skip(octet: number): Soon<boolean> {
    const skip = (): boolean => {
      if (this.#rest[0] !== octet) return false;
      this.#rest = this.#rest.subarray(1);
      return true;
    };
    return this.#rest.length > 0 ? skip() : this.#pull(this.#keep).then(skip);
  }

  /** Lets go of the input, which ends it. Idempotent; not to be waited for while it is read from. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#rest = NOTHING;
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    if (!wasOpen) return;
    if (this.#input instanceof Pieces) {
      this.#input.close();
      return;
    }
    const stream = this.#bytes as Destroyable;
    // A stream that waits for data would hear of the iterator's end only with that data.
    if (typeof stream.destroy === 'function') {
      stream.on?.('error', () => {});
      stream.destroy();
    }
    try {
      await this.#input.return?.();
    } catch {
      // Nobody wants it any more.
    }
  }

  readonly #abort = (): void => {
    const reason = this.#signal?.reason;
    if (this.#input instanceof Pieces) this.#input.fail(reason);
    else this.#reject?.(reason);
    void this.close();
  };

  readonly #keep = (piece: Uint8Array): boolean => {
    this.#rest = piece;
    return false;
  };

  /** Has `take` get at least one piece with something in it, unless there is none. */
  #pull(take: (piece: Uint8Array) => boolean): Promise<void> {
    if (this.#signal?.aborted) return Promise.reject(this.#signal.reason);
    if (this.#state !== 'open') return Promise.resolve();
    this.#last = 0;
    const input = this.#input;
    if (!(input instanceof Pieces)) return this.#pullNext(input, take);
    return input
      .each((piece) => this.#note(piece) || take(piece))
      .then((hasEnded) => {
        if (hasEnded) this.#end();
      });
  }

  async #pullNext(
    input: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
    take: (piece: Uint8Array) => boolean,
  ): Promise<void> {
    for (;;) {
      const { done, value } = await this.#next(input);
      if (done === true) {
        this.#end();
        return;
      }
      if (!(value instanceof Uint8Array)) throw new TypeError('the input gives no octets');
      if (this.#note(value)) continue;
      take(value);
      return;
    }
  }

  /** Notes a piece. True: there is nothing in it. */
  #note(piece: Uint8Array): boolean {
    this.#came += piece.length;
    this.#last = piece.length;
    return piece.length === 0;
  }

  #end(): void {
    this.#last = 0;
    if (this.#state === 'open') this.#state = 'ended';
  }

  /** Not a race with a promise of the abort: that would keep a reaction for each piece. */
  #next(
    input: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
  ): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      Promise.resolve(input.next()).then(resolve, reject);
    });
  }
}

function inputOf(bytes: Bytes): Input {
  if (!isIterable(bytes)) throw new TypeError('the input is neither a stream nor iterable');
  // It iterates, but by octets.
  if (bytes instanceof Uint8Array) return [bytes][Symbol.iterator]();
  if (bytes instanceof Readable && !bytes.readableObjectMode) return new Pieces(bytes);
  return Symbol.asyncIterator in bytes ? bytes[Symbol.asyncIterator]() : bytes[Symbol.iterator]();
}

function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}
