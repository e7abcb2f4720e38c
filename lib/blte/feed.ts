/**
 * Octets as they come, taken by number: whoever decodes says how many come next, not how they were cut.
 * Ends what it reads from when it is closed or aborted. Knows nothing of BLTE.
 */

import { Readable } from 'node:stream';
import { Pieces } from './pieces.js';

/** What octets come from. */
export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const NOTHING = new Uint8Array(0);

/** What a stream has beyond an iterable. */
interface Destroyable {
  destroy?: () => unknown;
  on?: (event: 'error', listener: () => void) => unknown;
}

export class ByteFeed {
  readonly #input: Bytes;
  readonly #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #rest: Uint8Array = NOTHING;
  #state: 'open' | 'ended' | 'closed' = 'open';
  #reject: ((reason: unknown) => void) | undefined;
  /** Octets of all pieces that came. */
  #came = 0;
  #last = 0;

  constructor(input: Bytes, signal?: AbortSignal) {
    this.#input = input;
    this.#iterator = iteratorOf(input);
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort);
  }

  /** Octets of the input that are done with: all before the piece that is at hand. */
  get taken(): number {
    return this.#came - this.#last;
  }

  /** Fills `target`. @returns how many octets it got: less where the input ends */
  async fill(target: Buffer): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const piece = this.#rest.length > 0 ? this.#rest : await this.#pull();
      if (piece === undefined) break;
      const count = Math.min(piece.length, target.length - filled);
      target.set(count === piece.length ? piece : piece.subarray(0, count), filled);
      filled += count;
      this.#rest = count === piece.length ? NOTHING : piece.subarray(count);
    }
    return filled;
  }

  /**
   * What is at hand, or comes next, and at most so many octets of it; `undefined`: the end. It stays as it is
   * until the next call.
   */
  async some(most: number = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    const piece = this.#rest.length > 0 ? this.#rest : await this.#pull();
    if (piece === undefined || piece.length <= most) {
      this.#rest = NOTHING;
      return piece;
    }
    this.#rest = piece.subarray(most);
    return piece.subarray(0, most);
  }

  /** The next octet, which stays where it is; `undefined`: the end. */
  async peek(): Promise<number | undefined> {
    if (this.#rest.length === 0) this.#rest = (await this.#pull()) ?? NOTHING;
    return this.#rest[0];
  }

  /** Lets go of the input, which ends it. Idempotent; not to be waited for while it is read from. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#rest = NOTHING;
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    if (!wasOpen) return;
    const stream = this.#input as Destroyable;
    // A stream that waits for data would hear of the iterator's end only with that data.
    if (typeof stream.destroy === 'function') {
      stream.on?.('error', () => {});
      stream.destroy();
    }
    try {
      await this.#iterator.return?.();
    } catch {
      // Nobody wants it any more.
    }
  }

  readonly #abort = (): void => {
    const reason = this.#signal?.reason;
    if (this.#iterator instanceof Pieces) this.#iterator.fail(reason);
    else this.#reject?.(reason);
    void this.close();
  };

  /** The next piece that has something in it. */
  async #pull(): Promise<Uint8Array | undefined> {
    this.#signal?.throwIfAborted();
    while (this.#state === 'open') {
      this.#last = 0;
      const { done, value } = await this.#next();
      if (done === true) this.#state = 'ended';
      else if (!(value instanceof Uint8Array)) throw new TypeError('the input gives no octets');
      else if (value.length > 0) {
        this.#came += value.length;
        this.#last = value.length;
        return value;
      }
    }
    return undefined;
  }

  /** Not a race with a promise of the abort: that would keep a reaction for each piece. */
  #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#iterator instanceof Pieces) return this.#iterator.next();
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      Promise.resolve(this.#iterator.next()).then(resolve, reject);
    });
  }
}

function iteratorOf(input: Bytes): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  if (input instanceof Readable && !input.readableObjectMode) return new Pieces(input);
  return Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();
}
