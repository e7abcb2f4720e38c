/**
 * The form without a table: one chunk to the end of the file, whose size nobody knows and which has no
 * checksum. Plain and zlib content is given as it comes; the other modes need all of their chunk in memory.
 */
import zlib from 'node:zlib';
import { decodeChunk, freshRoom, isMode, type Means, MODE } from './chunk.js';
import { Place } from './error.js';
import type { ByteFeed } from './feed.js';
import { PREFIX } from './header.js';
import { mostEncoded } from './limits.js';
import { plainContent } from './plain.js';

/** Octets that zlib gives at a time. */
const PIECE = 65_536;

/** The content of a chunk that a feed has come to, up to the end of the feed. */
export async function* singleContent(
  means: Means,
  feed: ByteFeed,
): AsyncGenerator<Buffer, void, undefined> {
  const place = new Place(0, PREFIX);
  const mode = Buffer.alloc(1);
  const got = await feed.fill(mode);
  const octet = got === 0 ? undefined : mode[0];
  if (octet === MODE.plain) {
    place.enter(octet);
    yield* bounded(plainContent(feed, Number.POSITIVE_INFINITY, 'kept'), means, place);
  } else if (octet === MODE.zlib) {
    place.enter(octet);
    yield* bounded(inflated(feed, place), means, place);
  } else {
    // What is no mode is told before more is read.
    const encoded = isMode(octet)
      ? await collected(means, feed, place, mode)
      : mode.subarray(0, got);
    const content = await decodeChunk(means, place, encoded, undefined, freshRoom);
    yield* bounded([content], means, place);
  }
}

async function* bounded(
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  { limits, turns }: Means,
  place: Place,
): AsyncGenerator<Buffer, void, undefined> {
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    if (size > limits.maxSize) {
      throw place.beyond(
        'maxSize',
        `it has more than ${limits.maxSize} octets, which are the most (maxSize)`,
      );
    }
    if (piece.length > 0) yield piece;
    const pause = turns.spend(piece.length);
    if (pause !== undefined) await pause;
  }
}

async function collected(
  { limits }: Means,
  feed: ByteFeed,
  place: Place,
  mode: Buffer,
): Promise<Buffer> {
  const most = mostEncoded(limits);
  const pieces = [mode];
  let size = mode.length;
  for (let piece = await feed.some(); piece !== undefined; piece = await feed.some()) {
    size += piece.length;
    if (size > most) {
      place.enter(mode[0] as number);
      throw place.beyond(
        'maxChunkSize',
        `it has more than ${most} octets encoded (by maxChunkSize)`,
      );
    }
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

/** A zlib stream, inflated as it comes. Octets behind its end are an error, and so is no end. */
async function* inflated(feed: ByteFeed, place: Place): AsyncGenerator<Buffer, void, undefined> {
  const inflate = new Inflation();
  try {
    for (let piece = await feed.some(); piece !== undefined; piece = await feed.some()) {
      yield* inflate.write(piece);
    }
    yield* inflate.end();
  } catch (error) {
    // What comes from the feed is none of zlib's.
    if (!(error instanceof InflationError)) throw error;
    throw place.error(`its zlib stream is broken: ${error.message}`, error.cause);
  } finally {
    inflate.close();
  }
}

class InflationError extends Error {}

/** zlib's stream, written to and read from in turn, so that neither side runs ahead. */
class Inflation {
  readonly #engine: zlib.Inflate = zlib.createInflate({ chunkSize: PIECE });
  #written = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor() {
    this.#engine.on('readable', this.#woken);
    this.#engine.on('error', (error) => {
      this.#failure = new InflationError(error.message, { cause: error });
      this.#woken();
    });
  }

  /** What comes out of some octets more. */
  async *write(piece: Uint8Array): AsyncGenerator<Buffer, void, undefined> {
    let done = false;
    this.#written += piece.length;
    this.#engine.write(piece, () => {
      done = true;
      this.#woken();
    });
    yield* this.#drain(() => done);
    const behind = this.#written - this.#engine.bytesWritten;
    if (behind > 0) throw new InflationError('something follows its end');
  }

  /** What is left when there are no more. */
  async *end(): AsyncGenerator<Buffer, void, undefined> {
    let done = false;
    this.#engine.on('end', () => {
      done = true;
      this.#woken();
    });
    this.#engine.end();
    yield* this.#drain(() => done);
    if (this.#written === 0) throw new InflationError('it has no octets');
  }

  close(): void {
    this.#engine.destroy();
  }

  async *#drain(isDone: () => boolean): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const content = this.#engine.read() as Buffer | null;
      if (content !== null) yield content;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (isDone()) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  readonly #woken = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };
}
