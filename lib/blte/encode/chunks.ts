/**
 * Content -> encoded chunks: cut by the rules of an ESpec, each encoded by its mode. One chunk is in memory, with
 * what it is encoded to. Knows neither where content comes from nor where chunks go.
 */
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { digest, MODE } from '../chunk.js';
import { encrypt } from '../encryption.js';
import { ByteFeed } from '../feed.js';
import { type BlteEntry, HeaderWriter } from '../header-writer.js';
import { mostEncoded } from '../limits.js';
import { FORMAT_EXTENDED } from '../table.js';
import { type BlockRule, type Encoding, formatRule } from './espec.js';
import { lz4Bound, lz4Compress } from './lz4-block.js';
import { EncodeError, type EncodeMeans, keyOf } from './options.js';

/** A chunk, with what the table says of it. */
export interface EncodedChunk extends BlteEntry {
  /** All of it; they stay as they are until the next chunk is asked for. */
  readonly bytes: Buffer;
}

/** The chunks of content, up to the end of its feed. @param frame that they are in, for messages */
export async function* encodedChunks(
  means: EncodeMeans,
  feed: ByteFeed,
  rules: readonly BlockRule[],
  frame = '',
): AsyncGenerator<EncodedChunk, void, undefined> {
  const { maxChunkSize, maxChunks, maxSize } = means.limits;
  let room = Buffer.alloc(0);
  let index = 0;
  let start = 0;
  for (const rule of rules) {
    const isRest = !Number.isFinite(rule.size * rule.count);
    const wanted = Math.min(rule.size, maxChunkSize + 1);
    // With an octet before the content, for its mode.
    if (room.length <= wanted) room = Buffer.allocUnsafeSlow(1 + wanted);
    for (let nth = 0; nth < rule.count; nth++) {
      const got = await feed.fill(room.subarray(1, 1 + wanted));
      const content = room.subarray(1, 1 + got);
      const isShort = content.length < wanted;
      const chunk = `${frame}chunk ${index}`;
      if (isShort && !isRest) {
        const end = `the content ends at octet ${start + content.length}`;
        throw new EncodeError(
          `${chunk}, by ${formatRule(rule)}: ${end}, ${wanted} were wanted here`,
        );
      }
      // A table has a chunk, though there be nothing in it.
      if (content.length === 0 && index > 0) break;
      if (content.length > maxChunkSize) {
        const most = `${maxChunkSize} octets, the most that a chunk has (maxChunkSize)`;
        const what = `${chunk}: what is left is more than ${most}; cut it: b:{256K*=…}`;
        throw new EncodeError(what, 'maxChunkSize');
      }
      if (index === maxChunks) {
        const most = `${maxChunks} chunks, which are the most (maxChunks)`;
        const what = `${frame}the content is more than ${most}; take larger ones`;
        throw new EncodeError(what, 'maxChunks');
      }
      start += content.length;
      if (start > maxSize) {
        throw tooLong(maxSize);
      }
      yield await encodeEntry(means, rule.encoding, room.subarray(0, 1 + got), index, chunk);
      index++;
      if (isShort) break;
    }
  }
  if ((await feed.some()) === undefined) return;
  const way = 'end the ESpec with a rule for the rest, such as *=z or 256K*=z';
  throw new EncodeError(
    `${frame}the content goes on behind the last rule, at octet ${start}; ${way}`,
  );
}

async function encodeEntry(
  means: EncodeMeans,
  encoding: Encoding,
  room: Buffer,
  index: number,
  chunk: string,
): Promise<EncodedChunk> {
  const content = room.subarray(1);
  const decodedMd5 =
    means.format === FORMAT_EXTENDED ? await digest(content, means.turns) : undefined;
  const bytes = await encodeChunk(means, encoding, room, index, chunk);
  const most = mostEncoded(means.limits);
  if (bytes.length > most) {
    const grown = `${content.length} octets become ${bytes.length}`;
    throw new EncodeError(`${chunk}: ${grown}, decoders take ${most}; cut its frame into less`);
  }
  return {
    bytes,
    encodedSize: bytes.length,
    decodedSize: content.length,
    md5: await digest(bytes, means.turns),
    decodedMd5,
  };
}

/**
 * A chunk with its mode.
 * @param room an octet for the mode, and the content: what is not changed needs no other memory
 * @param index of the chunk in its table
 */
async function encodeChunk(
  means: EncodeMeans,
  encoding: Encoding,
  room: Buffer,
  index: number,
  chunk: string,
): Promise<Buffer> {
  const content = room.subarray(1);
  switch (encoding.kind) {
    case 'plain':
      room[0] = MODE.plain;
      return room;
    case 'zlib':
      return withMode(MODE.zlib, [await deflated(content, zlibOptions(encoding, content.length))]);
    case 'lz4':
      return packed(means, content);
    case 'encrypted': {
      const { name, iv, inner } = encoding;
      const text = await encodeChunk(means, inner, room, index, chunk);
      const secret = { key: keyOf(name, means.keys), name, iv };
      return withMode(MODE.encrypted, [await encrypt(text, secret, index, means.turns)]);
    }
    case 'blocks': {
      const header = new HeaderWriter(means.format, 1);
      const parts: Buffer[] = [];
      const feed = new ByteFeed([content]);
      for await (const each of encodedChunks(
        means,
        feed,
        encoding.rules,
        `${chunk}, in its frame `,
      )) {
        header.add(each);
        parts.push(Buffer.from(each.bytes));
      }
      return withMode(MODE.frame, [header.finish(), ...parts]);
    }
  }
}

function withMode(mode: number, parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([mode]), ...parts]);
}

function deflated(content: Buffer, options: zlib.ZlibOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zlib.deflate(content, options, (error, bytes) => {
      if (error === null) resolve(bytes);
      else reject(error);
    });
  });
}

/** A window that is larger than the content is of no use: `mpq` says so to decoders. */
function zlibOptions(
  { level, bits }: Extract<Encoding, { kind: 'zlib' }>,
  size: number,
): zlib.ZlibOptions {
  const needed = Math.ceil(Math.log2(Math.max(1, size)));
  return { level, windowBits: bits === 'mpq' ? Math.min(15, Math.max(9, needed)) : bits };
}

/** Size, little-endian, and one raw block. */
async function packed({ turns }: EncodeMeans, content: Buffer): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(9 + lz4Bound(content.length));
  bytes[0] = MODE.lz4;
  bytes.writeBigUInt64LE(BigInt(content.length), 1);
  const steps = lz4Compress(content, bytes.subarray(9));
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return Buffer.from(bytes.subarray(0, 9 + value));
    await turns.pause();
  }
}

/** The only chunk of the form without a table, in pieces: of plain and zlib content it may have any size. */
export async function* singleChunk(
  means: EncodeMeans,
  feed: ByteFeed,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { encoding, limits } = means;
  if (encoding.kind === 'plain') {
    yield Buffer.from([MODE.plain]);
    yield* bounded(feed, limits.maxSize);
  } else if (encoding.kind === 'zlib') {
    yield Buffer.from([MODE.zlib]);
    // How much is to come only its end tells.
    const deflate = zlib.createDeflate(zlibOptions(encoding, Number.POSITIVE_INFINITY));
    const written = pipeline(bounded(feed, limits.maxSize), deflate);
    written.catch(() => {});
    yield* deflate as AsyncIterable<Buffer>;
    await written;
  } else {
    const rules = [{ size: Number.POSITIVE_INFINITY, count: 1, encoding }];
    for await (const { bytes } of encodedChunks(means, feed, rules)) yield bytes;
  }
}

async function* bounded(feed: ByteFeed, most: number): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for (let piece = await feed.some(); piece !== undefined; piece = await feed.some()) {
    size += piece.length;
    if (size > most) throw tooLong(most);
    yield piece;
  }
}

function tooLong(most: number): EncodeError {
  return new EncodeError(`the content has more than ${most} octets (maxSize)`, 'maxSize');
}
