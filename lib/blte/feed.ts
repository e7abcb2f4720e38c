/**
 * Octets as they come, taken by number: whoever decodes says how many come next, not how they were cut.
 * Ends what it reads from when it is closed or aborted. Knows nothing of BLTE.
 */
import { Readable } from 'node:stream';
import { Pieces, type Take } from './pieces.js';
import type { Soon } from './turns.js';

/** What octets come from: a stream, anything that gives pieces of them, or all of them. */
export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array;

/** Whether what is given is the consumer's, or written over once the next is asked for. */
export type Use = 'kept' | 'lent';

const NOTHING = new Uint8Array(0);

const enough: Take = () => 'enough';

const done = (): void => {};

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
  #resume: (() => void) | undefined;
  /** Octets of all pieces that came. */
  #came = 0;
  /** Those of the piece that is at hand. */
  #last = 0;
  /** What takes the pieces that come. */
  #take: Take = enough;
  /** Whom pieces are given to, and how many octets are left for it. */
  #consumer: Take = enough;
  #left = 0;

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
    return this.each(target.length, (piece) => {
      target.set(piece, filled);
      filled += piece.length;
      return 'more';
    });
  }

  /**
   * Gives what is at hand and comes next, piece by piece and so many octets of it, unless `take` has enough before.
   * Each piece stays as it is until the next.
   * @param isWanted whether what comes next is wanted at once, or not before `resume`; what is at hand is given in any
   *   case, for it takes no more memory where it goes
   * @returns how many octets were given: less where the input ends
   */
  each(most: number, take: Take, isWanted = true): Soon<number> {
    this.#left = most;
    this.#consumer = take;
    let isNextWanted = isWanted;
    if (this.#rest.length > 0) {
      const wish = this.#give(this.#rest);
      if (wish === 'enough') return most - this.#left;
      isNextWanted = wish === 'more';
    }
    return this.#pull(this.#give, isNextWanted, () => most - this.#left);
  }

  /** Goes on where the next piece was wanted later. */
  resume(): void {
    if (this.#input instanceof Pieces) this.#input.resume();
    else this.#resume?.();
  }

  /**
   * What is at hand, or comes next, and at most so many octets of it; `undefined`: the end. It stays as it is
   * until the next call.
   */
  async some(most: number = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) await this.#pull(this.#keep, true, done);
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
    return this.#rest.length > 0 ? skip() : this.#pull(this.#keep, true, skip);
  }

  /** Lets go of the input, which ends it: who waits for a piece fails. Idempotent; not to be waited for meanwhile. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#rest = NOTHING;
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#resume?.();
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

  readonly #keep: Take = (piece) => {
    this.#rest = piece;
    return 'enough';
  };

  /** Gives what of a piece is wanted, and keeps the rest. */
  readonly #give: Take = (piece) => {
    const count = Math.min(piece.length, this.#left);
    const isAll = count === piece.length;
    this.#left -= count;
    this.#rest = isAll ? NOTHING : piece.subarray(count);
    const wish = this.#consumer(isAll ? piece : piece.subarray(0, count));
    return this.#left > 0 ? wish : 'enough';
  };

  readonly #arrived: Take = (piece) => (this.#note(piece) ? 'more' : this.#take(piece));

  /**
   * Has `take` get pieces with something in them until it has enough, unless there are no more. One promise, whatever
   * comes: with slow consumers each of these lives long enough to become old.
   */
  #pull<Result>(take: Take, isWanted: boolean, result: () => Result): Promise<Result> {
    if (this.#signal?.aborted) return Promise.reject(this.#signal.reason);
    if (this.#state !== 'open') return Promise.resolve(result());
    this.#last = 0;
    const input = this.#input;
    if (!(input instanceof Pieces)) return this.#pullNext(input, take, isWanted).then(result);
    this.#take = take;
    return new Promise((resolve, reject) => {
      const over = (hasEnded: boolean): void => {
        if (hasEnded) this.#end();
        resolve(result());
      };
      input.each({ take: this.#arrived, resolve: over, reject }, isWanted);
    });
  }

  async #pullNext(
    input: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
    take: Take,
    isWanted: boolean,
  ): Promise<void> {
    let wish = isWanted ? 'more' : 'later';
    while (wish !== 'enough') {
      if (wish === 'later') await this.#later();
      if (this.#state !== 'open') throw new Error('the input was closed before its end');
      this.#last = 0;
      const { done, value } = await this.#next(input);
      if (done === true) {
        this.#end();
        return;
      }
      if (!(value instanceof Uint8Array)) throw new TypeError('the input gives no octets');
      wish = this.#note(value) ? 'more' : take(value);
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

  /** Until the next piece is wanted, or none. */
  #later(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resume = resolve;
      this.#reject = reject;
    });
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
