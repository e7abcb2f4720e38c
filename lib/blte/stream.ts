/** Content as a stream that ends what it is made from when nobody wants it any more. Knows no format. */
import { Readable } from 'node:stream';

/** Content in pieces, of which the next is made when it is asked for. */
export type Content = AsyncGenerator<Buffer, void, undefined>;

/**
 * A stream of some content.
 * @param open begins it, at once; the signal is aborted when the stream is destroyed
 * @param highWaterMark octets that are made before they are asked for
 * @param failure what is told of an error, in its place
 */
export function contentStream(
  open: (signal: AbortSignal) => Content,
  highWaterMark: number,
  failure?: (error: unknown) => unknown,
): Readable {
  return new ContentStream(open, highWaterMark, failure);
}

class ContentStream extends Readable {
  readonly #abort = new AbortController();
  readonly #content: Content;
  readonly #failure: (error: unknown) => unknown;

  constructor(
    open: (signal: AbortSignal) => Content,
    highWaterMark: number,
    failure: (error: unknown) => unknown = (error) => error,
  ) {
    super({ highWaterMark });
    this.#failure = failure;
    this.#content = open(this.#abort.signal);
  }

  override _read(): void {
    this.#content.next().then(
      ({ done, value }) => {
        if (!this.destroyed) this.push(done === true ? null : value);
      },
      (error) => this.destroy(this.#failure(error) as Error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#abort.abort();
    this.#content.return().catch(() => {});
    done(error);
  }
}
