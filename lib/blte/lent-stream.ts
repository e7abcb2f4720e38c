/**
 * Content as a stream of slices that are lent: what is at hand is given at once, and only the next piece is
 * waited for. Knows nothing of chunks.
 */
import { Readable } from 'node:stream';
import type { ByteFeed } from './feed.js';
import { Lender, SLICE } from './lender.js';
import type { Opened } from './opened.js';

/** Smaller pieces are copied into slices: a write of their own costs more. */
const LEAST_PASSED = 8192;

/** How it is given away. */
export interface LentOptions {
  /** How many octets of all that was given the consumer is done with. */
  readonly taken: () => number;
  /** Is shown what is given, before that. */
  readonly given: ((slice: Buffer) => void) | undefined;
  /** What is told of an error, in its place. */
  readonly failure: (error: unknown) => unknown;
}

export class LentStream extends Readable {
  readonly #abort = new AbortController();
  readonly #open: (signal: AbortSignal) => Opened;
  readonly #options: LentOptions;
  readonly #lender: Lender;
  #opened: Opened | undefined;
  #pieces: AsyncIterator<Buffer> | Iterator<Buffer> | undefined;
  /** What is left of the piece that came last. */
  #piece: Buffer | undefined;
  /** Octets that are not wanted before the next, and that are from there on. */
  #before = 0;
  #left = 0;
  #hasFailed = false;
  #error: unknown;

  /** @param open begins when something is asked for; its signal is aborted when the stream is destroyed */
  constructor(open: (signal: AbortSignal) => Opened, options: LentOptions) {
    super({ highWaterMark: SLICE });
    this.#open = open;
    this.#options = options;
    this.#lender = new Lender(options.taken);
  }

  /** An error is told once what came before it is taken: destroying takes that away. */
  override read(size?: number): Buffer | null {
    const taken = super.read(size) as Buffer | null;
    if (this.#hasFailed && this.readableLength === 0) process.nextTick(() => this.#fail());
    return taken;
  }

  override _read(): void {
    if (this.#hasFailed) return;
    if (this.#piece !== undefined) this.#give(this.#piece);
    else this.#pull();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#abort.abort();
    this.#piece = undefined;
    this.#lender.close();
    Promise.resolve(this.#pieces?.return?.()).catch(() => {});
    void this.#opened?.feed?.close();
    done(error);
  }

  #begin(): AsyncIterator<Buffer> | Iterator<Buffer> {
    const opened = this.#open(this.#abort.signal);
    this.#opened = opened;
    this.#before = opened.skip;
    this.#left = opened.wanted;
    const { pieces } = opened;
    return Symbol.asyncIterator in pieces
      ? pieces[Symbol.asyncIterator]()
      : pieces[Symbol.iterator]();
  }

  #pull(): void {
    try {
      this.#pieces ??= this.#begin();
      Promise.resolve(this.#pieces.next()).then(this.#came, this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #came = ({ done, value }: IteratorResult<Buffer, unknown>): void => {
    if (this.destroyed) return;
    if (done === true) this.#finish();
    else {
      const from = Math.min(this.#before, value.length);
      this.#before -= from;
      this.#give(from === 0 ? value : value.subarray(from));
    }
  };

  /** What came before an error was right. */
  readonly #failed = (error: unknown): void => {
    if (this.destroyed) return;
    this.#hasFailed = true;
    this.#error = error;
    this.#giveSlice();
    if (this.readableLength === 0) this.#fail();
  };

  #fail(): void {
    this.destroy(this.#options.failure(this.#error) as Error);
  }

  #give(piece: Buffer): void {
    const feed = this.#opened?.feed;
    if (feed?.isPassing === true && piece.length >= LEAST_PASSED) {
      this.#pass(piece.length <= this.#left ? piece : piece.subarray(0, this.#left), feed);
      return;
    }
    const most = Math.min(piece.length, this.#left);
    const count = this.#lender.add(most === piece.length ? piece : piece.subarray(0, most), 0);
    this.#left -= count;
    this.#piece = count < piece.length ? piece.subarray(count) : undefined;
    if (this.#left <= 0) this.#finish();
    else if (this.#lender.isFull) this.#giveSlice();
    else this.#pull();
  }

  /** Gives a piece as it came, behind what was collected before it. */
  #pass(piece: Buffer, feed: ByteFeed): void {
    this.#giveSlice();
    this.#left -= piece.length;
    feed.pass(this.#lender.pass(piece.length), this.#options.taken);
    this.#options.given?.(piece);
    this.push(piece);
    if (this.#left <= 0) this.push(null);
  }

  #finish(): void {
    this.#giveSlice();
    this.push(null);
  }

  #giveSlice(): void {
    const slice = this.#lender.lend();
    if (slice === undefined) return;
    this.#options.given?.(slice);
    this.push(slice);
  }
}
