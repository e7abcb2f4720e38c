/**
 * The header of a BLTE file, read; header-writer.ts writes it. Works on bytes that have arrived so far: what is
 * missing is a number, what is wrong an error, and neither depends on where the bytes were cut.
 *
 *     file   = "BLTE" headerSize ( 0: chunk | table chunk* )
 *     table  = format u24 count entry*          ; headerSize = 12 + count × size of an entry
 *     entry  = u32 encodedSize u32 decodedSize md5 [ md5 of the content, in format 0x10 ]
 *
 * Integers are big-endian. Knows nothing of chunks beyond their sizes.
 */
import { BlteError, type Place } from './error.js';
import { type BlteLimits, mostEncoded } from './limits.js';
import {
  type BlteFormat,
  BlteTable,
  entrySize,
  FORMAT_EXTENDED,
  FORMAT_PLAIN,
  TABLE_START,
} from './table.js';

/** The form without a table: one chunk up to the end of the file, with no size and no checksum. */
export interface SingleForm {
  readonly kind: 'single';
  /** Where the chunk begins. */
  readonly headerSize: 8;
}

export type BlteHeader = BlteTable | SingleForm;

/** Octets of magic and header size. */
export const PREFIX = 8;

export const MAGIC: Buffer = Buffer.from('BLTE', 'latin1');
const SINGLE: SingleForm = { kind: 'single', headerSize: PREFIX };

/** What was given ended before the header did. */
export function truncatedHeader(got: number, needed: number, frame?: Place): BlteError {
  return headerError(`it ends after ${got} octets, its header needs ${needed}`, got, frame);
}

/**
 * How many octets of the file are needed to go on: as many as `bytes` has, or fewer, when all of the header
 * is there.
 * @param frame that it is the header in, for messages
 * @throws BlteError as soon as no header begins like this
 */
export function headerNeeds(bytes: Buffer, limits: BlteLimits, frame?: Place): number {
  const known = Math.min(bytes.length, MAGIC.length);
  if (bytes.compare(MAGIC, 0, known, 0, known) !== 0) {
    throw headerError('it does not begin with "BLTE": this is no BLTE file', 0, frame);
  }
  if (bytes.length < PREFIX) return PREFIX;
  const headerSize = bytes.readUInt32BE(4);
  if (headerSize === 0) return PREFIX;
  if (bytes.length < TABLE_START) return TABLE_START;
  const format = formatOf(bytes, frame);
  const count = bytes.readUIntBE(9, 3);
  if (count === 0) throw headerError('the table has no chunks', 9, frame);
  if (count > limits.maxChunks) {
    const what = `the table has ${count} chunks, ${limits.maxChunks} are the most (maxChunks)`;
    throw headerError(what, 9, frame, undefined, 'maxChunks');
  }
  const expected = TABLE_START + count * entrySize(format);
  if (headerSize !== expected) {
    const what = `the header says it has ${headerSize} octets, ${count} chunks make it ${expected}`;
    throw headerError(what, 4, frame);
  }
  return headerSize;
}

/**
 * The header of a file that begins with `bytes`, of which {@link headerNeeds} wants no more. They are kept.
 * @throws BlteError for sizes that can't be, or are beyond a limit
 */
export function parseHeader(bytes: Buffer, limits: BlteLimits, frame?: Place): BlteHeader {
  const needed = headerNeeds(bytes, limits, frame);
  if (needed > bytes.length) throw truncatedHeader(bytes.length, needed, frame);
  if (needed === PREFIX) return SINGLE;
  const format = formatOf(bytes, frame);
  const count = bytes.readUIntBE(9, 3);
  checkSizes(bytes, entrySize(format), count, limits, frame);
  return new BlteTable(bytes.subarray(0, needed), format, count);
}

function formatOf(bytes: Buffer, frame: Place | undefined): BlteFormat {
  const format = bytes.readUInt8(8);
  if (format === FORMAT_PLAIN || format === FORMAT_EXTENDED) return format;
  const what = `the table has the unknown format 0x${format.toString(16).padStart(2, '0')}`;
  throw headerError(`${what}; 0x0f and 0x10 are known`, 8, frame);
}

/** Sizes one by one and in all. 2^24 chunks of 2^32 octets are 2^56: that is beyond safe integers. */
function checkSizes(
  bytes: Buffer,
  step: number,
  count: number,
  limits: BlteLimits,
  frame: Place | undefined,
): void {
  const most = mostEncoded(limits);
  const { maxChunkSize, maxSize } = limits;
  let encoded = bytes.length;
  let decoded = 0;
  for (let index = 0, at = TABLE_START; index < count; index++, at += step) {
    const encodedSize = bytes.readUInt32BE(at);
    const decodedSize = bytes.readUInt32BE(at + 4);
    encoded += encodedSize;
    decoded += decodedSize;
    let what: string | undefined;
    let limit: keyof BlteLimits | undefined;
    if (encodedSize === 0) what = 'it has no octets, not even its mode';
    else if (decodedSize > maxChunkSize) {
      limit = 'maxChunkSize';
      what = `it has ${decodedSize} octets decoded, ${maxChunkSize} are the most (maxChunkSize)`;
    } else if (encodedSize > most) {
      limit = 'maxChunkSize';
      what = `it has ${encodedSize} octets encoded, ${most} are the most (by maxChunkSize)`;
    } else if (decoded > maxSize) {
      limit = 'maxSize';
      what = `with it the file has ${decoded} octets decoded, ${maxSize} are the most (maxSize)`;
    } else if (encoded > Number.MAX_SAFE_INTEGER) what = 'the sizes add up to no safe integer';
    if (what !== undefined) throw headerError(what, at, frame, index, limit);
  }
}

function headerError(
  what: string,
  offset: number,
  frame: Place | undefined,
  index?: number,
  limit?: keyof BlteLimits,
): BlteError {
  const entry = index === undefined ? 'header' : `header, chunk ${index}`;
  if (frame === undefined)
    return new BlteError(`${entry}: ${what}`, { chunk: index, offset, limit });
  const within = `in its ${entry}: ${what}`;
  return limit === undefined ? frame.error(within) : frame.beyond(limit, within);
}
