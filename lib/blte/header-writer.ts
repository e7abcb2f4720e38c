/**
 * Writes the header of a BLTE file, an entry at a time: what is known of a chunk is known once it is encoded.
 * Checks no sizes beyond what the format can say.
 */
import { MAGIC } from './header.js';
import { type BlteFormat, entrySize, FORMAT_EXTENDED, FORMAT_PLAIN, TABLE_START } from './table.js';

/** What the table says of a chunk. */
export interface BlteEntry {
  /** Octets of the encoded chunk, with its mode: 32 bits. */
  readonly encodedSize: number;
  /** Octets of its content: 32 bits. */
  readonly decodedSize: number;
  /** MD5 of the encoded chunk, 16 octets; `undefined`: not to be checked. */
  readonly md5: Uint8Array | undefined;
  /** MD5 of the content: format 0x10 has it. */
  readonly decodedMd5?: Uint8Array | undefined;
}

/** What the count can say. */
const MOST_CHUNKS = 0xff_ffff;
/** What a size can say. */
const MOST_SIZE = 0xffff_ffff;

/** Entries that are kept as they stand in the file: 24 or 40 octets each, whatever their number. */
export class HeaderWriter {
  readonly #format: BlteFormat;
  #bytes: Buffer;
  #count = 0;

  /** @param expected how many entries there will be, where that is known: memory is taken for them */
  constructor(format: BlteFormat = FORMAT_PLAIN, expected = 64) {
    this.#format = format;
    this.#bytes = Buffer.alloc(headerSizeOf(Math.min(expected, MOST_CHUNKS), format));
  }

  /** Entries so far. */
  get count(): number {
    return this.#count;
  }

  /** Octets of the header with the entries so far. */
  get size(): number {
    return headerSizeOf(this.#count, this.#format);
  }

  /**
   * Adds an entry behind those so far.
   * @throws RangeError for a size that an entry can't say, and for more entries than a table can have: nothing is
   *     added then
   */
  add({ encodedSize, decodedSize, md5, decodedMd5 }: BlteEntry): void {
    if (this.#count === MOST_CHUNKS) {
      throw new RangeError(`a table has 1 to ${MOST_CHUNKS} chunks, and no more`);
    }
    checkSize('encodedSize', encodedSize);
    checkSize('decodedSize', decodedSize);
    const at = this.size;
    this.#count++;
    if (this.size > this.#bytes.length) {
      const longer = Buffer.alloc(2 * this.size);
      this.#bytes.copy(longer);
      this.#bytes = longer;
    }
    this.#bytes.writeUInt32BE(encodedSize, at);
    this.#bytes.writeUInt32BE(decodedSize, at + 4);
    if (md5 !== undefined) this.#bytes.set(md5.subarray(0, 16), at + 8);
    if (decodedMd5 !== undefined && this.#format === FORMAT_EXTENDED) {
      this.#bytes.set(decodedMd5.subarray(0, 16), at + 24);
    }
  }

  /** The header; the chunks follow it in the file. @throws RangeError where there are none */
  finish(): Buffer {
    if (this.#count === 0) throw new RangeError(`a table has 1 to ${MOST_CHUNKS} chunks, not 0`);
    const header = this.#bytes.subarray(0, this.size);
    MAGIC.copy(header);
    header.writeUInt32BE(header.length, 4);
    header.writeUInt8(this.#format, 8);
    header.writeUIntBE(this.#count, 9, 3);
    return header;
  }
}

function checkSize(name: string, size: number): void {
  if (Number.isInteger(size) && size >= 0 && size <= MOST_SIZE) return;
  throw new RangeError(`${name} must be a whole number from 0 to ${MOST_SIZE}`);
}

/** The header for a table of chunks. @throws RangeError for sizes, or a number of chunks, that no table can have */
export function writeHeader(
  entries: Iterable<BlteEntry>,
  format: BlteFormat = FORMAT_PLAIN,
): Buffer {
  const writer = new HeaderWriter(format);
  for (const entry of entries) writer.add(entry);
  return writer.finish();
}

/** Octets of the header of so many chunks. */
export function headerSizeOf(count: number, format: BlteFormat): number {
  return TABLE_START + count * entrySize(format);
}
