/**
 * Whole files encoded. The header comes first and is known last: in memory it is put before the chunks, in a file
 * room for it is left, as much as the size that was expected makes it, and what does not fit is moved.
 */
import { createHash } from 'node:crypto';
import { ByteFeed, type Bytes } from '../feed.js';
import { MAGIC, PREFIX } from '../header.js';
import { HeaderWriter, headerSizeOf } from '../header-writer.js';
import { encodedChunks, singleChunk } from './chunks.js';
import type { BlockRule } from './espec.js';
import {
  type EncodeMeans,
  type EncodeOptions,
  expectedChunks,
  resolveEncoding,
} from './options.js';

/** A file that was made. */
export interface BlteEncoding {
  /** Octets of the content. */
  readonly size: number;
  /** Octets of the file. */
  readonly encodedSize: number;
  /** How many chunks there are. */
  readonly chunks: number;
  /** The name of the content, in hexadecimal: MD5 of the header, or of the whole file where it has no table. */
  readonly ekey: string;
}

/** How a file is written. */
export interface EncodeFileOptions extends EncodeOptions {
  /** Octets that the content will have: with another size all of it is moved at the end, but right. */
  readonly size?: number | undefined;
}

/** What is written to: a FileHandle that can be read, too. */
export interface SeekableFile {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  truncate(length: number): Promise<void>;
}

/** Octets that are moved at a time. */
const BLOCK = 262_144;

/** The form without a table begins so. */
const SINGLE_HEADER = Buffer.concat([MAGIC, Buffer.alloc(PREFIX - MAGIC.length)]);

/**
 * Encodes content into memory.
 * @throws ESpecError, RangeError or EncodeError (rejects with it) for options that can't be used, EncodeError for
 *     content that does not fit the ESpec
 */
export async function encodeBlte(input: Bytes, options: EncodeOptions = {}): Promise<Buffer> {
  const means = resolveEncoding(options);
  const parts: Uint8Array[] = [];
  await fed(input, options.signal, async (feed) => {
    if (means.encoding.kind === 'blocks') {
      const header = new HeaderWriter(means.format);
      for await (const chunk of encodedChunks(means, feed, means.encoding.rules)) {
        header.add(chunk);
        parts.push(Buffer.from(chunk.bytes));
      }
      parts.unshift(header.finish());
    } else {
      parts.push(SINGLE_HEADER);
      for await (const piece of singleChunk(means, feed)) parts.push(Buffer.from(piece));
    }
  });
  return Buffer.concat(parts);
}

/**
 * Encodes content into a file, from its beginning on; what the file had before is lost. One chunk is in memory, and
 * 24 or 40 octets of the header for each. When it fails, the file has something in it that is of no use.
 * @throws as {@link encodeBlte}, and what `file` throws
 */
export async function encodeBlteFile(
  input: Bytes,
  file: SeekableFile,
  options: EncodeFileOptions = {},
): Promise<BlteEncoding> {
  const means = resolveEncoding(options);
  const { encoding } = means;
  return fed(input, options.signal, (feed) =>
    encoding.kind === 'blocks'
      ? writeTable(means, encoding.rules, feed, file, options.size ?? 0)
      : writeSingle(means, feed, file),
  );
}

async function fed<T>(
  input: Bytes,
  signal: AbortSignal | undefined,
  use: (feed: ByteFeed) => Promise<T>,
): Promise<T> {
  const feed = new ByteFeed(input, signal);
  try {
    return await use(feed);
  } finally {
    await feed.close();
  }
}

async function writeTable(
  means: EncodeMeans,
  rules: readonly BlockRule[],
  feed: ByteFeed,
  file: SeekableFile,
  expected: number,
): Promise<BlteEncoding> {
  const { format, limits } = means;
  const count = Math.min(expectedChunks(rules, expected), limits.maxChunks);
  const room = headerSizeOf(count, format);
  const table = new HeaderWriter(format, count);
  let size = 0;
  let at = room;
  for await (const chunk of encodedChunks(means, feed, rules)) {
    await writeAll(file, chunk.bytes, at);
    table.add(chunk);
    at += chunk.encodedSize;
    size += chunk.decodedSize;
  }
  const header = table.finish();
  await move(file, room, header.length, at - room);
  await writeAll(file, header, 0);
  const encodedSize = header.length + at - room;
  await file.truncate(encodedSize);
  const ekey = createHash('md5').update(header).digest('hex');
  return { size, encodedSize, chunks: table.count, ekey };
}

async function writeSingle(
  means: EncodeMeans,
  feed: ByteFeed,
  file: SeekableFile,
): Promise<BlteEncoding> {
  const sum = createHash('md5').update(SINGLE_HEADER);
  const content = new Counted(feed);
  await writeAll(file, SINGLE_HEADER, 0);
  let at = SINGLE_HEADER.length;
  const counted = new ByteFeed(content.pieces());
  for await (const piece of singleChunk(means, counted)) {
    sum.update(piece);
    await writeAll(file, piece, at);
    at += piece.length;
  }
  await file.truncate(at);
  return { size: content.size, encodedSize: at, chunks: 1, ekey: sum.digest('hex') };
}

/** What a feed gives, counted on its way. */
class Counted {
  size = 0;
  readonly #feed: ByteFeed;

  constructor(feed: ByteFeed) {
    this.#feed = feed;
  }

  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let piece = await this.#feed.some(); piece !== undefined; ) {
      this.size += piece.length;
      yield piece;
      piece = await this.#feed.some();
    }
  }
}

async function writeAll(file: SeekableFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    if (bytesWritten === 0) throw new Error('the file takes no more');
    at += bytesWritten;
  }
}

/** Moves octets within a file, in the order in which none is written over before it was read. */
async function move(file: SeekableFile, from: number, to: number, length: number): Promise<void> {
  if (from === to) return;
  const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, length));
  for (let moved = 0; moved < length; ) {
    const count = Math.min(block.length, length - moved);
    const at = to < from ? moved : length - moved - count;
    await readAll(file, block.subarray(0, count), from + at);
    await writeAll(file, block.subarray(0, count), to + at);
    moved += count;
  }
}

async function readAll(file: SeekableFile, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) throw new Error('somebody else has cut the file off');
    at += bytesRead;
  }
}
