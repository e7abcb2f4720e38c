/**
 * Random access: a file whose header is known, of which only the chunks are read and decoded that an extent
 * touches. Knows its source as a function that reads octets by number, and holds nothing open between reads.
 */
import { addAbortSignal, type Readable } from 'node:stream';
import { Means, MODE } from './chunk.js';
import { chunksContent, readHeader } from './content.js';
import type { BlteOptions } from './decoder.js';
import { BlteError, Place } from './error.js';
import { ByteFeed, type Bytes } from './feed.js';
import { headerNeeds, PREFIX, parseHeader, truncatedHeader } from './header.js';
import { SLICE } from './lender.js';
import { LentStream } from './lent-stream.js';
import { type BlteLimits, resolveLimits } from './limits.js';
import { type Giving, type Passing, PlainRun, passOn, plainContent } from './plain.js';
import { NOTHING, type Reading, wantedOf } from './reading.js';
import { singleContent } from './single.js';
import { type Content, contentStream } from './stream.js';
import { type BlteChunk, type BlteTable, TABLE_START } from './table.js';
import type { VerifiedChunks } from './verified.js';

/**
 * Reads octets `first` to `last` of the encoded file, both inclusive. A piece stays as it is until the next
 * is asked for. When `signal` is aborted, or iteration ends early, nobody wants the rest. `taken` tells how many
 * octets from `first` on are done with: their memory may be used again also where more than one piece was read ahead.
 */
export type ReadAt = (
  first: number,
  last: number,
  signal: AbortSignal,
  taken: () => number,
) => Bytes;

/** Octets of the decoded file, both inclusive. */
export interface BlteExtent {
  readonly first: number;
  readonly last: number;
}

/** The form without a table, of a file whose length is known. */
export interface BlteSingle {
  readonly kind: 'single';
  readonly mode: number;
  readonly encodedSize: number;
  /** Octets of the content, which only plain content shows. */
  readonly size: number | undefined;
}

/** What the beginning of a file says about all of it. Never changes: readers may share it. */
export type BlteLayout = BlteTable | BlteSingle;

/** How content is read. */
export interface BlteReadOptions {
  /** Ends the stream, with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many octets of the stream the consumer has no more use for, from its beginning: their memory is
   * used again. Never falls. Without it, what the stream gives is the consumer's to keep.
   */
  readonly taken?: (() => number) | undefined;
  /** Is shown each piece before it is given. */
  readonly given?: ((piece: Buffer) => void) | undefined;
  /** What the stream tells of an error, in its place. */
  readonly failure?: ((error: unknown) => unknown) | undefined;
}

/** How a file is opened. */
export interface OpenBlteOptions extends BlteReaderOptions {
  readonly signal?: AbortSignal | undefined;
}

/** How a file is read. */
export interface BlteReaderOptions extends BlteOptions {
  /**
   * Chunks that were found right before and are not checked again, and a note of those that are from here on.
   * Only for who knows that the octets are still the same. Without it every chunk is checked each time.
   */
  readonly verified?: VerifiedChunks | undefined;
  /**
   * Whether pieces of the encoded file stay as they are until `taken` says that they are done with, also when the
   * next is asked for: then plain chunks that need not be checked are given on without a copy. False.
   */
  readonly lasts?: boolean | undefined;
}

const NEVER = new AbortController().signal;

/**
 * Opens a file of `size` octets: reads its header, and nothing else.
 * @throws BlteError (rejects with it) where it is not what a header can be, or does not fit the size; RangeError
 *     (rejects with it) for limits or a size that are none
 */
export async function openBlte(
  readAt: ReadAt,
  size: number,
  options: OpenBlteOptions = {},
): Promise<BlteReader> {
  return new BlteReader(readAt, await readLayout(readAt, size, options), options);
}

/** The layout of a file of `size` octets, for readers to share. @throws BlteError as {@link openBlte} */
export async function readLayout(
  readAt: ReadAt,
  size: number,
  options: OpenBlteOptions = {},
): Promise<BlteLayout> {
  if (!(Number.isSafeInteger(size) && size >= 0)) {
    throw new RangeError(`the size of a file is a number of octets, not ${size}`);
  }
  const limits = resolveLimits(options.limits);
  const signal = options.signal ?? NEVER;
  const start = await readExactly(readAt, 0, Math.min(size, TABLE_START), signal);
  const needed = headerNeeds(start, limits);
  if (needed > size) throw truncatedHeader(size, needed);
  if (needed === PREFIX) return single(start, size, limits);
  const rest = await readExactly(readAt, TABLE_START, needed, signal);
  const table = parseHeader(Buffer.concat([start, rest]), limits) as BlteTable;
  if (table.encodedSize === size) return table;
  const what = `the file has ${size} octets, by its table ${table.encodedSize}`;
  throw new BlteError(what, { offset: Math.min(size, table.encodedSize) });
}

function single(start: Buffer, encodedSize: number, { maxSize }: BlteLimits): BlteSingle {
  const place = new Place(0, PREFIX);
  const mode = start[PREFIX];
  if (mode === undefined) throw place.error('it has no octets, not even its mode');
  place.enter(mode);
  const size = mode === MODE.plain ? encodedSize - PREFIX - 1 : undefined;
  if (size !== undefined && size > maxSize) {
    throw place.beyond('maxSize', `it has ${size} octets, ${maxSize} are the most (maxSize)`);
  }
  return { kind: 'single', mode, encodedSize, size };
}

/** Octets from `first` up to, not including, `end`. */
async function readExactly(
  readAt: ReadAt,
  first: number,
  end: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const bytes = Buffer.alloc(end - first);
  if (bytes.length === 0) return bytes;
  signal.throwIfAborted();
  const feed = feedOf(readAt, first, end - 1, signal);
  try {
    const got = await feed.fill(bytes);
    if (got < bytes.length) throw truncatedHeader(first + got, end);
    return bytes;
  } finally {
    await feed.close();
  }
}

/** Reads a file. Many streams can be under way at a time. */
export class BlteReader {
  readonly layout: BlteLayout;
  readonly #readAt: ReadAt;
  readonly #options: BlteReaderOptions;
  readonly #limits: BlteLimits;

  /**
   * @param layout of the file that `readAt` reads: `readLayout` gave it, with the same limits
   * @throws RangeError for limits that are none
   */
  constructor(readAt: ReadAt, layout: BlteLayout, options: BlteReaderOptions = {}) {
    this.layout = layout;
    this.#readAt = readAt;
    this.#options = options;
    this.#limits = resolveLimits(options.limits);
  }

  /** Octets of the content; `undefined`: only decoding tells. */
  get size(): number | undefined {
    return this.layout.size;
  }

  /** The table; `undefined` in the form without one. */
  get chunks(): BlteTable | undefined {
    return this.layout.kind === 'table' ? this.layout : undefined;
  }

  /**
   * The name of the content, in hexadecimal; `undefined` in the form without a table, where it is the MD5 of
   * the whole file.
   */
  get ekey(): string | undefined {
    return this.chunks?.ekey;
  }

  /**
   * Reads an extent of the content, or all. Where the size is not known, everything before the extent is
   * decoded too, and the stream ends with the content. It fails with a BlteError where the file is damaged, after
   * the last chunk that is not.
   * @throws RangeError for an extent that the content does not have
   */
  read(extent?: BlteExtent, options: BlteReadOptions = {}): Readable {
    this.#check(extent);
    const { signal, taken, given, failure = (error) => error } = options;
    const stream =
      taken === undefined
        ? contentStream((own) => this.#kept(extent, own, given), 2 * SLICE, failure)
        : new LentStream((own, to) => this.#lend(extent, own, to), { taken, given, failure });
    return signal === undefined ? stream : addAbortSignal(signal, stream);
  }

  /**
   * Fills `target` with the content from octet `first` on.
   * @throws RangeError for more than the content has, BlteError (rejects with both)
   */
  async readInto(target: Uint8Array, first = 0, signal: AbortSignal = NEVER): Promise<void> {
    if (target.length === 0) return;
    const extent = { first, last: first + target.length - 1 };
    this.#check(extent);
    let filled = 0;
    for await (const piece of wantedOf(() => this.#open(extent, signal, { use: 'lent' }))) {
      target.set(piece, filled);
      filled += piece.length;
    }
    if (filled < target.length) {
      throw new BlteError(`the content ends after ${first + filled} octets`, {});
    }
  }

  #check(extent: BlteExtent | undefined): void {
    if (extent === undefined) return;
    const { first, last } = extent;
    const isWhole = Number.isSafeInteger(first) && Number.isSafeInteger(last);
    if (isWhole && first >= 0 && first <= last && last < (this.size ?? Infinity)) return;
    throw new RangeError(`octets ${first} to ${last} are no extent of ${this.size} octets`);
  }

  async *#kept(
    extent: BlteExtent | undefined,
    signal: AbortSignal,
    given: ((piece: Buffer) => void) | undefined,
  ): Content {
    for await (const piece of wantedOf(() => this.#open(extent, signal, { use: 'kept' }))) {
      given?.(piece);
      yield piece;
    }
  }

  #lend(extent: BlteExtent | undefined, signal: AbortSignal, to: Passing): Reading {
    const lasts = this.#options.lasts === true;
    return this.#open(extent, signal, { use: 'lent', passing: lasts ? to : undefined });
  }

  #open(extent: BlteExtent | undefined, signal: AbortSignal, giving: Giving): Reading {
    const { layout } = this;
    const { first, last } = extent ?? { first: 0, last: (layout.size ?? Infinity) - 1 };
    const wanted = last - first + 1;
    const { keys, verified } = this.#options;
    const means = new Means(this.#limits, keys);
    if (layout.kind === 'table') {
      if (layout.size === 0) return NOTHING;
      const from = layout.find(first);
      const to = layout.find(last);
      const { offset, start } = layout.chunk(from);
      const end = layout.chunk(to);
      // Of a plain chunk that is right what is wanted is all that is read: a source gives the end of an extent only of a
      // file that is still the same, and the end of a larger one would come after the last octet that is sent.
      const isPlain = verified?.isPlain(to) === true;
      const used = isPlain ? 2 + last - end.start : end.encodedSize;
      const feed = this.#feed(offset, end.offset + used - 1, signal);
      const all = layout.between(from, to, verified?.isComplete !== true);
      const chunks = used === end.encodedSize ? all : endingIn(all, to, used);
      const whole = isPlain ? undefined : to;
      const pieces = chunksContent(means, feed, chunks, { ...giving, whole }, verified);
      return { pieces, skip: first - start, wanted, feed };
    }
    if (layout.size !== undefined) {
      if (layout.size === 0) return NOTHING;
      // Of a single plain chunk no more is read than is wanted.
      const start = PREFIX + 1;
      const feed = this.#feed(start + first, start + last, signal);
      return { pieces: plainExtent(feed, wanted, start + last + 1, giving), skip: 0, wanted, feed };
    }
    const feed = this.#feed(0, layout.encodedSize - 1, signal);
    return { pieces: this.#single(means, feed), skip: first, wanted, feed };
  }

  async *#single(means: Means, feed: ByteFeed): Content {
    await readHeader(feed, this.#limits);
    yield* singleContent(means, feed);
  }

  #feed(first: number, last: number, signal: AbortSignal): ByteFeed {
    return feedOf(this.#readAt, first, last, signal);
  }
}

/** The last chunk up to what is read of it. */
function* endingIn(
  chunks: Iterable<BlteChunk>,
  last: number,
  encodedSize: number,
): Generator<BlteChunk, void, undefined> {
  for (const chunk of chunks) yield chunk.index === last ? { ...chunk, encodedSize } : chunk;
}

function feedOf(readAt: ReadAt, first: number, last: number, signal: AbortSignal): ByteFeed {
  let feed: ByteFeed | undefined;
  const taken = (): number => feed?.taken ?? 0;
  // One for all would have as many listeners as there are reads.
  const own = signal === NEVER ? undefined : signal;
  feed = new ByteFeed(readAt(first, last, signal, taken), own);
  return feed;
}

/** @param end the octet of the file before which it ends */
async function* plainExtent(
  feed: ByteFeed,
  wanted: number,
  end: number,
  { use, passing }: Giving,
): Content {
  let left = 0;
  if (passing === undefined) left = yield* plainContent(feed, wanted, use);
  else {
    const run = new PlainRun({ index: 0, offset: PREFIX }, wanted);
    if (!(await passOn(run, feed, passing))) left = run.octets;
  }
  if (left === 0) return;
  const place = new Place(0, PREFIX);
  place.enter(MODE.plain);
  throw place.error(`the file ends ${left} octets before octet ${end}`);
}
