/**
 * One encoded chunk in memory -> its content: checksums first, then by mode. Knows neither where chunks
 * come from nor where their content goes.
 *
 *     chunk = "N" octets / "Z" zlib / "4" u64le lz4 / "F" BLTE file / "E" envelope encrypted chunk
 */
import { createHash, hash } from 'node:crypto';
import zlib from 'node:zlib';
import { decrypt } from './encryption.js';
import { modeName, Place } from './error.js';
import { PREFIX, parseHeader } from './header.js';
import { inflate } from './inflate.js';
import { checkKeys, type KeyRing } from './keys.js';
import type { BlteLimits } from './limits.js';
import { Lz4Block } from './lz4.js';
import type { BlteChunk } from './table.js';
import { CHUNK_COST, PACE, type Soon, TURN, Turns } from './turns.js';

/** Modes, by their octets. */
export const MODE = { plain: 0x4e, zlib: 0x5a, lz4: 0x34, frame: 0x46, encrypted: 0x45 } as const;

const MODES = new Set<number>(Object.values(MODE));

/** Whether an octet is that of a mode. */
export function isMode(octet: number | undefined): boolean {
  return octet !== undefined && MODES.has(octet);
}

/** What one decoder decodes with. */
export class Means {
  readonly limits: BlteLimits;
  readonly keys: KeyRing | undefined;
  readonly turns: Turns = new Turns();

  constructor(limits: BlteLimits, keys: KeyRing | undefined) {
    checkKeys(keys);
    this.limits = limits;
    this.keys = keys;
  }
}

/** Gives memory for content, of at least so many octets; asked once for a chunk at most. */
export type Room = (octets: number) => Buffer;

/** Memory that the garbage collector takes care of. */
export const freshRoom: Room = (octets) => Buffer.allocUnsafeSlow(octets);

/**
 * The content of a chunk of a table, in `encoded` itself, in what `room` gave, or in memory of its own. Whoever
 * decodes many rests after each, as `means.turns` says.
 * @param encoded all of the chunk; it may be written over
 * @throws BlteError (or rejects with it) before anything that is not what the table says is given away
 */
export function decodeEntry(
  means: Means,
  chunk: BlteChunk,
  encoded: Buffer,
  room: Room,
  frame?: Place,
): Soon<Buffer> {
  const place = new Place(chunk.index, chunk.offset, frame);
  const { md5, decodedMd5, decodedSize } = chunk;
  const decode = (sum: Buffer | undefined): Soon<Buffer> => {
    if (md5 !== undefined && sum?.equals(md5) !== true) {
      place.enter(encoded[0] as number);
      throw place.error('its MD5 is not that of the table: it is damaged');
    }
    const content = decodeChunk(means, place, encoded, decodedSize, room);
    return decodedMd5 === undefined ? content : soon(content, check);
  };
  const check = (content: Buffer): Soon<Buffer> =>
    soon(digest(content, means.turns), (sum) => {
      if (decodedMd5 === undefined || sum.equals(decodedMd5)) return content;
      throw place.error('the MD5 of its content is not that of the table: it is damaged');
    });
  return md5 === undefined ? decode(undefined) : soon(digest(encoded, means.turns), decode);
}

function soon<A, B>(value: Soon<A>, next: (value: A) => Soon<B>): Soon<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * The content of a chunk, whose checksum is somebody else's business.
 * @param size of the content; `undefined`: nobody knows, but no more than a chunk may have
 */
export function decodeChunk(
  means: Means,
  place: Place,
  encoded: Buffer,
  size: number | undefined,
  room: Room,
): Soon<Buffer> {
  const mode = encoded[0];
  if (mode === undefined) throw place.error('it has no octets, not even its mode');
  place.enter(mode);
  const body = encoded.subarray(1);
  switch (mode) {
    case MODE.plain:
      return plain(means, place, body, size);
    case MODE.zlib:
      return inflated(means, place, body, size, room);
    case MODE.lz4:
      return unpacked(means, place, body, size, room);
    case MODE.frame:
      return unframed(means, place, body, size, room);
    case MODE.encrypted:
      return decrypted(means, place, body, size, room);
    default:
      throw place.error(`there is no mode ${modeName(mode)}; N, Z, 4, F and E are known`);
  }
}

function plain({ limits }: Means, place: Place, body: Buffer, size: number | undefined): Buffer {
  if (size === undefined) checkUnsized(place, body.length, limits);
  else if (body.length !== size) {
    throw place.error(`it has ${body.length} octets instead of ${size}`);
  }
  return body;
}

function inflated(
  means: Means,
  place: Place,
  body: Buffer,
  size: number | undefined,
  room: Room,
): Soon<Buffer> {
  const failed = (error: unknown): never => {
    throw place.error(`its zlib stream is broken: ${(error as Error).message}`, error);
  };
  try {
    if (size === undefined) {
      const { maxChunkSize } = means.limits;
      return inflateUnsized(body, maxChunkSize).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ERR_BUFFER_TOO_LARGE') return failed(error);
        const what = `it has more than ${maxChunkSize} octets, which are the most (maxChunkSize)`;
        throw place.beyond('maxChunkSize', what);
      });
    }
    const begun = performance.now();
    const content = inflate(body, size, room);
    // Blocks with nothing in them take time that no size shows.
    means.turns.note(Math.max(size + body.length, (performance.now() - begun) * PACE));
    return content instanceof Promise ? content.catch(failed) : content;
  } catch (error) {
    return failed(error);
  }
}

/** Of an unknown size: small parts, put together. */
function inflateUnsized(body: Buffer, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { maxOutputLength: most, info: true };
    zlib.inflate(body, options, (error, result) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: zlib.Inflate };
      const behind = body.length - engine.bytesWritten;
      if (behind > 0) reject(new Error(`${behind} octets follow its end`));
      else resolve(buffer);
    });
  });
}

/**
 * LZ4 is written in two layouts by those who know the format. That with the size first, little-endian, is
 * read; the other, version and size big-endian, is told apart by that size, and refused: nobody has seen one.
 */
async function unpacked(
  means: Means,
  place: Place,
  body: Buffer,
  size: number | undefined,
  room: Room,
): Promise<Buffer> {
  if (body.length < 8) throw place.error('it ends within its size');
  const stated = body.readBigUInt64LE(0);
  if (size !== undefined && stated !== BigInt(size)) {
    if (body[0] === 1 && body.length >= 9 && body.readBigUInt64BE(1) === BigInt(size)) {
      throw place.error('its LZ4 is in blocks with a version before them, which is not supported');
    }
    throw place.error(`it says that it has ${stated} octets, the table says ${size}`);
  }
  if (size === undefined && stated > BigInt(means.limits.maxChunkSize)) {
    const most = means.limits.maxChunkSize;
    const what = `it says that it has ${stated} octets, ${most} are the most (maxChunkSize)`;
    throw place.beyond('maxChunkSize', what);
  }
  const content = room(Number(stated)).subarray(0, Number(stated));
  const block = new Lz4Block(body.subarray(8), content);
  try {
    while (!block.decode(TURN)) await means.turns.spend(TURN);
  } catch (error) {
    throw place.error(`its LZ4 block is broken: ${(error as Error).message}`, error);
  }
  return content;
}

/** A whole file in a chunk. An encrypted chunk in it has the nonce of its place in that file. */
async function unframed(
  means: Means,
  place: Place,
  body: Buffer,
  size: number | undefined,
  room: Room,
): Promise<Buffer> {
  const { limits } = means;
  if (place.depth >= limits.maxDepth) {
    const what = `frames are nested more than ${limits.maxDepth} deep (maxDepth)`;
    throw place.beyond('maxDepth', what);
  }
  const table = parseHeader(body, limits, place);
  if (table.kind === 'single') {
    return decodeChunk(means, new Place(0, 0, place), body.subarray(PREFIX), size, room);
  }
  if (table.encodedSize !== body.length) {
    throw place.error(`it has ${body.length} octets, its own table makes it ${table.encodedSize}`);
  }
  if (size === undefined) checkUnsized(place, table.size, limits);
  else if (table.size !== size) {
    throw place.error(`its own table says ${table.size} octets, the outer one ${size}`);
  }
  const content = room(table.size).subarray(0, table.size);
  for (const chunk of table) {
    const { offset, encodedSize, start } = chunk;
    const encoded = body.subarray(offset, offset + encodedSize);
    (await decodeEntry(means, chunk, encoded, freshRoom, place)).copy(content, start);
    await means.turns.spend(CHUNK_COST);
  }
  return content;
}

async function decrypted(
  means: Means,
  place: Place,
  body: Buffer,
  size: number | undefined,
  room: Room,
): Promise<Buffer> {
  if (place.encrypted) throw place.error('it is encrypted twice, which is not supported');
  place.encrypted = true;
  const content = await decrypt(body, place, means.keys, means.turns);
  return decodeChunk(means, place, content, size, room);
}

function checkUnsized(place: Place, size: number, { maxChunkSize }: BlteLimits): void {
  if (size <= maxChunkSize) return;
  const what = `it has ${size} octets, ${maxChunkSize} are the most (maxChunkSize)`;
  throw place.beyond('maxChunkSize', what);
}

/** MD5, with pauses for what is large. */
export function digest(bytes: Buffer, turns: Turns): Soon<Buffer> {
  if (bytes.length > TURN) return digestLarge(bytes, turns);
  turns.note(bytes.length);
  return hash('md5', bytes, 'buffer');
}

async function digestLarge(bytes: Buffer, turns: Turns): Promise<Buffer> {
  const hashing = createHash('md5');
  for (let at = 0; at < bytes.length; at += TURN) {
    hashing.update(bytes.subarray(at, at + TURN));
    await turns.spend(TURN);
  }
  return hashing.digest();
}
