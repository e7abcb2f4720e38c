/**
 * A stream piece by piece, each as the stream was given it: its own iterator puts together what has come
 * meanwhile, and has a promise for each. Knows nothing of what is in them.
 */
import type { Readable } from 'node:stream';

/** What is wanted after a piece: the next; the next, but not before `resume` is called; or no more for now. */
export type Wish = 'more' | 'later' | 'enough';

/** Takes a piece. */
export type Take = (piece: Uint8Array) => Wish;

/** What waits for pieces. */
export interface Waiting {
  readonly take: Take;
  /** @param hasEnded there are no more */
  resolve(hasEnded: boolean): void;
  reject(error: unknown): void;
}

/** The pieces of a stream, asked for by one at a time. */
export class Pieces {
  readonly #stream: Readable;
  #waiting: Waiting | undefined;
  #error: Error | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('error', this.#failed);
    stream.on('end', this.#over);
    stream.on('close', this.#over);
    stream.on('data', this.#came);
    // Nobody has asked: what comes meanwhile stays in the stream.
    stream.pause();
  }

  /**
   * Gives pieces until enough of them are taken for now, or the stream has ended before; each stays as it is until the
   * next is given.
   * @param isWanted whether the first is wanted at once, or not before `resume`
   */
  each(waiting: Waiting, isWanted: boolean): void {
    this.#waiting = waiting;
    if (this.#isOver) this.#over();
    else if (isWanted) this.#stream.resume();
  }

  /** Goes on where the next piece was wanted later. */
  resume(): void {
    if (this.#waiting !== undefined) this.#stream.resume();
  }

  /** Has whoever waits hear of an error. */
  fail(error: unknown): void {
    this.#settle()?.reject(error);
  }

  /** Nobody wants the rest. */
  close(): void {
    this.#stream.destroy();
  }

  get #isOver(): boolean {
    return this.#error !== undefined || this.#stream.readableEnded || this.#stream.destroyed;
  }

  readonly #came = (piece: unknown): void => {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (!(piece instanceof Uint8Array)) {
      this.fail(new TypeError('the input gives no octets'));
    } else {
      const wish = waiting.take(piece);
      if (wish === 'more') return;
      if (wish === 'later') {
        this.#stream.pause();
        return;
      }
    }
    this.#stream.pause();
    this.#settle()?.resolve(false);
  };

  readonly #failed = (error: Error): void => {
    this.#error = error;
    this.#over();
  };

  readonly #over = (): void => {
    const waiting = this.#settle();
    const error = this.#error ?? this.#stream.errored;
    if (error) waiting?.reject(error);
    else if (this.#stream.readableEnded) waiting?.resolve(true);
    else waiting?.reject(new Error('the stream was closed before its end'));
  };

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
