/**
 * A stream piece by piece, each as the stream was given it: its own iterator puts together what has come
 * meanwhile, which is memory and copying for nothing. Knows nothing of what is in them.
 */
import type { Readable } from 'node:stream';

/** What waits for a piece, or for the end. */
interface Waiting {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: unknown): void;
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The pieces of a stream, asked for one after the other. */
export class Pieces implements AsyncIterator<Uint8Array, undefined> {
  readonly #stream: Readable;
  #waiting: Waiting | undefined;
  #error: Error | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('error', this.#failed);
    stream.on('end', this.#over);
    stream.on('close', this.#over);
    stream.on('data', this.#came);
    // Begins to flow, and stops at once: what comes before it is asked for stays in the stream.
    stream.pause();
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#isOver) this.#over();
      else this.#stream.resume();
    });
  }

  /** Has whoever waits hear of an error. */
  fail(error: unknown): void {
    this.#settle()?.reject(error);
  }

  /** Nobody wants the rest. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#stream.destroy();
    return END;
  }

  get #isOver(): boolean {
    return this.#error !== undefined || this.#stream.readableEnded || this.#stream.destroyed;
  }

  readonly #came = (piece: Uint8Array): void => {
    this.#stream.pause();
    this.#settle()?.resolve({ done: false, value: piece });
  };

  readonly #failed = (error: Error): void => {
    this.#error = error;
    this.#over();
  };

  readonly #over = (): void => {
    const waiting = this.#settle();
    if (this.#error !== undefined) waiting?.reject(this.#error);
    else if (this.#stream.readableEnded) waiting?.resolve(END);
    else waiting?.reject(new Error('the stream was closed before its end'));
  };

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
