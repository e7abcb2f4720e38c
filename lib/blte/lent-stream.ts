/**
 * Content as a stream of slices that are lent, and of pieces that are given on as they came: what is at hand is
 * given at once, and only the next piece is waited for. Of chunks it knows that some are passed on in runs.
 */
import { Readable } from 'node:stream';
import type { ByteFeed } from './feed.js';
import { Lender } from './lender.js';
import type { Passing } from './plain.js';
import type { Reading } from './reading.js';

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
  readonly #passing: Passing = {
    wantsMore: () => this.#isWanted,
    give: (content, feed) => this.#giveAsItIs(content, feed),
  };
  readonly #open: (signal: AbortSignal, passing: Passing) => Reading;
  readonly #options: LentOptions;
  readonly #lender: Lender;
  #opened: Reading | undefined;
  #pieces: AsyncIterator<Buffer> | Iterator<Buffer> | undefined;
  /** Whether the next piece is waited for. */
  #isPulling = false;
  /** What is left of the piece that came last. */
  #piece: Buffer | undefined;
  /** Whether the consumer wants more. */
  #isWanted = true;
  /** Octets that are not wanted before the next, and that are from there on. */
  #before = 0;
  #left = 0;
  #hasFailed = false;
  #error: unknown;

  /**
   * @param open begins when something is asked for; its signal is aborted when the stream is destroyed. What it
   *   passes on has to stay as it is until its feed says that it is done with
   */
  constructor(open: (signal: AbortSignal, passing: Passing) => Reading, options: LentOptions) {
    // Nothing is made before it is asked for. With a piece always at hand, the list in which node keeps them never
    // empties: it grows to a thousand places, is cut, and grows again, 30 KB of garbage each time.
    super({ highWaterMark: 0 });
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
    this.#isWanted = true;
    this.#opened?.feed?.resume();
    if (this.#hasFailed || this.#isPulling) return;
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
    const opened = this.#open(this.#abort.signal, this.#passing);
    this.#opened = opened;
    this.#before = opened.skip;
    this.#left = opened.wanted;
    const { pieces } = opened;
    return Symbol.asyncIterator in pieces
      ? pieces[Symbol.asyncIterator]()
      : pieces[Symbol.iterator]();
  }

  #pull(): void {
    this.#isPulling = true;
    try {
      this.#pieces ??= this.#begin();
      Promise.resolve(this.#pieces.next()).then(this.#came, this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #came = ({ done, value }: IteratorResult<Buffer, unknown>): void => {
    this.#isPulling = false;
    if (this.destroyed) return;
    if (done === true) this.#finish();
    else this.#give(this.#behind(value));
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

  /** What of a piece is behind what is not wanted. */
  #behind<Piece extends Uint8Array>(piece: Piece): Piece {
    if (this.#before === 0) return piece;
    const from = Math.min(this.#before, piece.length);
    this.#before -= from;
    return piece.subarray(from) as Piece;
  }

  #give(piece: Buffer): void {
    const most = Math.min(piece.length, this.#left);
    const count = this.#lender.add(most === piece.length ? piece : piece.subarray(0, most), 0);
    this.#left -= count;
    this.#piece = count < piece.length ? piece.subarray(count) : undefined;
    if (this.#left <= 0) this.#finish();
    else if (this.#lender.isFull) this.#giveSlice();
    else this.#pull();
  }

  /** Gives what of a piece is wanted as it came, behind what was collected before it. */
  #giveAsItIs(piece: Uint8Array, feed: ByteFeed): void {
    const behind = this.#behind(piece);
    // A consumer may go away as it is given something.
    if (behind.length === 0 || this.#left <= 0 || this.destroyed) return;
    const wanted = behind.length <= this.#left ? behind : behind.subarray(0, this.#left);
    this.#left -= wanted.length;
    if (wanted.length >= LEAST_PASSED) {
      this.#giveSlice();
      if (this.destroyed) return;
      feed.pass(this.#lender.pass(wanted.length), this.#options.taken);
      this.#put(bufferOf(wanted));
    } else {
      for (let at = 0; at < wanted.length && !this.destroyed; ) {
        at += this.#lender.add(wanted, at);
        if (this.#lender.isFull) this.#giveSlice();
      }
    }
    if (this.#left <= 0) this.#finish();
  }

  #finish(): void {
    this.#giveSlice();
    this.push(null);
  }

  #giveSlice(): void {
    const slice = this.#lender.lend();
    if (slice !== undefined) this.#put(slice);
  }

  #put(bytes: Buffer): void {
    this.#options.given?.(bytes);
    this.#isWanted = this.push(bytes);
  }
}

/** The same octets, where they are. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
