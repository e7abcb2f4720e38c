/**
 * The content of a file, chunk by chunk, from octets that come in order: the core of all ways to decode.
 * One encoded chunk and one decoded are in memory. Knows neither streams nor who wants the content.
 */
import { decodeEntry, freshRoom, type Means, MODE } from './chunk.js';
import { BlteError, Place } from './error.js';
import type { ByteFeed } from './feed.js';
import { type BlteHeader, headerNeeds, parseHeader, truncatedHeader } from './header.js';
import type { BlteLimits } from './limits.js';
import { type Giving, type Passing, PlainRun, passOn, plainContent } from './plain.js';
import { chunkPool } from './pool.js';
import { singleContent } from './single.js';
import type { BlteChunk } from './table.js';
import { CHUNK_COST } from './turns.js';
import type { VerifiedChunks } from './verified.js';

/** The header that a feed begins with. */
export async function readHeader(feed: ByteFeed, limits: BlteLimits): Promise<BlteHeader> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const needed = headerNeeds(bytes, limits);
    if (needed <= bytes.length) return parseHeader(bytes, limits);
    const longer = Buffer.alloc(needed);
    bytes.copy(longer);
    const got = bytes.length + (await feed.fill(longer.subarray(bytes.length)));
    if (got < needed) {
      // What is there may be wrong already.
      headerNeeds(longer.subarray(0, got), limits);
      throw truncatedHeader(got, needed);
    }
    bytes = longer;
  }
}

/** The content of a whole file, with its header; anything behind its last chunk is an error. */
export async function* fileContent(
  means: Means,
  feed: ByteFeed,
): AsyncGenerator<Buffer, void, undefined> {
  const header = await readHeader(feed, means.limits);
  if (header.kind === 'single') {
    yield* singleContent(means, feed);
    return;
  }
  yield* chunksContent(means, feed, header, { use: 'kept' });
  if ((await feed.some()) === undefined) return;
  const offset = header.encodedSize;
  throw new BlteError(`the file goes on behind its last chunk, at octet ${offset}`, { offset });
}

const PLAIN = Buffer.from([MODE.plain]);

/** Plain chunks that are passed on in one go: one by one they cost more in promises than in octets. */
const MOST_PASSED = 256;

/**
 * The content of chunks that follow each other in a feed.
 * @param verified those that need not be checked again; the others are noted in it
 */
export async function* chunksContent(
  means: Means,
  feed: ByteFeed,
  chunks: Iterable<BlteChunk>,
  giving: Giving,
  verified?: VerifiedChunks,
): AsyncGenerator<Buffer, void, undefined> {
  const { use, passing, whole } = giving;
  let run: PlainRun | undefined;
  for (const each of chunks) {
    const pause = means.turns.spend(CHUNK_COST);
    if (pause !== undefined) await pause;
    const isPlain = verified?.isPlain(each.index) === true && each.index !== whole;
    const isPassed = isPlain && passing !== undefined;
    if (run !== undefined && (!isPassed || run.count === MOST_PASSED)) {
      const passed = passOn(run, feed, passing as Passing);
      if (!(typeof passed === 'boolean' ? passed : await passed)) throw truncatedRun(run);
      run = undefined;
    }
    if (isPassed) {
      run ??= new PlainRun(each);
      run.add(each);
      continue;
    }
    if (isPlain && (await feed.skip(MODE.plain))) {
      const left = yield* plainContent(feed, each.encodedSize - 1, use);
      if (left > 0) throw truncated(each, PLAIN, left);
      continue;
    }
    const isRight = each.md5 !== undefined && verified?.has(each.index) === true;
    const chunk = isRight ? { ...each, md5: undefined, decodedMd5: undefined } : each;
    let encoded: Buffer | undefined = chunkPool.take(chunk.encodedSize);
    let decoded: Buffer | undefined;
    const room = (octets: number): Buffer => {
      decoded = chunkPool.take(octets);
      return decoded;
    };
    try {
      const bytes = encoded.subarray(0, chunk.encodedSize);
      const filling = feed.fill(bytes);
      const got = typeof filling === 'number' ? filling : await filling;
      if (got < bytes.length) throw truncated(chunk, bytes.subarray(0, got));
      const decoding = decodeEntry(means, chunk, bytes, use === 'lent' ? room : freshRoom);
      const content = decoding instanceof Promise ? await decoding : decoding;
      verified?.add(chunk.index, bytes[0] === MODE.plain);
      const isEncoded = content.buffer === encoded.buffer;
      // Whoever waits for a slow consumer holds one of the two.
      if (!isEncoded) chunkPool.give(encoded);
      else if (use === 'kept') chunkPool.lose(encoded);
      if (!isEncoded || use === 'kept') encoded = undefined;
      if (content.length > 0) yield content;
    } finally {
      if (encoded !== undefined) chunkPool.give(encoded);
      if (decoded !== undefined) chunkPool.give(decoded);
    }
  }
  if (run === undefined || (await passOn(run, feed, passing as Passing))) return;
  throw truncatedRun(run);
}

function truncatedRun(run: PlainRun): BlteError {
  const { left, ...chunk } = run.broken;
  return truncated(chunk, left < chunk.encodedSize ? PLAIN : PLAIN.subarray(1), left);
}

function truncated(
  { index, offset, encodedSize }: Pick<BlteChunk, 'index' | 'offset' | 'encodedSize'>,
  bytes: Buffer,
  left: number = encodedSize - bytes.length,
): BlteError {
  const place = new Place(index, offset);
  if (bytes.length > 0) place.enter(bytes[0] as number);
  return place.error(`the file ends after ${encodedSize - left} of its ${encodedSize} octets`);
}
