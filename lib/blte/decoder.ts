/**
 * Whole files decoded as they come: as an async iterable, and as a Transform for pipelines. What is decoded
 * and how is the business of content.ts.
 */
import { Transform, type TransformCallback } from 'node:stream';
import { Means } from './chunk.js';
import { fileContent } from './content.js';
import { ByteFeed, type Bytes } from './feed.js';
import type { KeyRing } from './keys.js';
import { type BlteLimits, resolveLimits } from './limits.js';

/** How input is decoded. */
export interface BlteOptions {
  /** Limits that are other than the default. */
  readonly limits?: Partial<BlteLimits> | undefined;
  /** Keys of encrypted chunks. */
  readonly keys?: KeyRing | undefined;
}

/** How {@link decodeBlte} decodes. */
export interface DecodeOptions extends BlteOptions {
  /** Ends the decoding, and what it reads from, with its reason as the error: also before anything is asked for. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The content of a file, a chunk at a time, in memory that is the consumer's.
 * @param input the encoded file in pieces of any length, each of which stays as it is until the next is asked for; it
 *   is taken over at once, and ended with what is given
 * @throws BlteError (while it is read) where the input is wrong, RangeError for wrong options
 */
export function decodeBlte(
  input: Bytes,
  { limits, keys, signal }: DecodeOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const means = new Means(resolveLimits(limits), keys);
  const feed = new ByteFeed(input, signal);
  const content = decoded(means, feed);
  const end = content.return.bind(content);
  content.return = async (value) => {
    const result = await end(value);
    // A generator that has not begun has nothing to end.
    await feed.close();
    return result;
  };
  return content;
}

async function* decoded(means: Means, feed: ByteFeed): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* fileContent(means, feed);
  } finally {
    await feed.close();
  }
}

/**
 * A stream that takes an encoded file and gives its content. Wrong input destroys it with a BlteError, input
 * that ends too early once that is known.
 * @throws RangeError for wrong options
 */
export function createBlteDecoder(options: BlteOptions = {}): Transform {
  return new BlteDecoder(options);
}

/** A piece that was written, and what is called when it is used up. */
interface Written {
  readonly piece: Uint8Array;
  readonly done: TransformCallback;
}

class BlteDecoder extends Transform {
  readonly #content: AsyncGenerator<Buffer, void, undefined>;
  readonly #abort = new AbortController();
  #waiting: Written | undefined;
  #isEnd = false;
  #flushed: TransformCallback | undefined;
  #arrived: (() => void) | undefined;
  #wanted: (() => void) | undefined;
  #started = false;

  constructor(options: BlteOptions) {
    super();
    this.#content = decodeBlte(this.#input(), { ...options, signal: this.#abort.signal });
  }

  override _transform(piece: Uint8Array, _encoding: string, done: TransformCallback): void {
    this.#waiting = { piece, done };
    this.#proceed();
  }

  override _flush(done: TransformCallback): void {
    this.#isEnd = true;
    this.#flushed = done;
    this.#proceed();
  }

  override _read(size: number): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) super._read(size);
    else wanted();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#abort.abort();
    this.#wanted?.();
    this.#content.return().catch(() => {});
    done(error);
  }

  #proceed(): void {
    if (!this.#started) {
      this.#started = true;
      void this.#pump();
    }
    this.#arrived?.();
    this.#arrived = undefined;
  }

  /** What is written, piece by piece; the next is let in when the one before is used up. */
  async *#input(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const written = this.#waiting;
      if (written !== undefined) {
        this.#waiting = undefined;
        yield written.piece;
        written.done();
      } else if (this.#isEnd || this.destroyed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#arrived = resolve;
        });
      }
    }
  }

  async #pump(): Promise<void> {
    try {
      for await (const content of this.#content) {
        if (this.destroyed) return;
        if (!this.push(content)) {
          await new Promise<void>((resolve) => {
            this.#wanted = resolve;
          });
        }
      }
      this.#flushed?.();
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}
