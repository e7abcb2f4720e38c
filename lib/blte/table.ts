/**
 * The table of chunks: where each is in the encoded file and in the decoded one, and its checksums. Made of
 * a header that header.ts has checked; never changes, so that many readers can share it.
 */
import { hash } from 'node:crypto';

/** Table formats: with the MD5 of encoded chunks, and with that of decoded ones too. */
export const FORMAT_PLAIN = 0x0f;
export const FORMAT_EXTENDED = 0x10;
/** The format of a table: 0x0f, or 0x10 with the MD5 of each chunk's content too. */
export type BlteFormat = typeof FORMAT_PLAIN | typeof FORMAT_EXTENDED;

/** Octets before the entries of the table. */
export const TABLE_START = 12;

/** Octets of an entry. */
export function entrySize(format: BlteFormat): 24 | 40 {
  return format === FORMAT_PLAIN ? 24 : 40;
}

/** Where chunks begin is remembered for one in so many, and added up from there. */
const STRIDE = 64;

/** A chunk of the table. */
export interface BlteChunk {
  readonly index: number;
  /** Where it begins in the encoded file. */
  readonly offset: number;
  /** Octets of it there, with its mode. */
  readonly encodedSize: number;
  /** Where its content begins in the decoded file. */
  readonly start: number;
  /** Octets of its content. */
  readonly decodedSize: number;
  /** MD5 of the encoded chunk; `undefined`: it is not checked. */
  readonly md5: Buffer | undefined;
  /** MD5 of its content, which only some tables have. */
  readonly decodedMd5: Buffer | undefined;
}

/** All chunks of a file. In memory it has the header itself, and a quarter of an octet a chunk. */
export class BlteTable implements Iterable<BlteChunk> {
  readonly kind = 'table';
  readonly format: BlteFormat;
  /** How many chunks there are. */
  readonly count: number;
  /** Octets of the header, behind which the first chunk begins. */
  readonly headerSize: number;
  /** Octets of the decoded file. */
  readonly size: number;
  /** Octets of the encoded file, with the header. */
  readonly encodedSize: number;
  /** Whether every chunk has the size of a plain one. */
  readonly looksPlain: boolean;
  readonly #header: Buffer;
  readonly #entry: number;
  readonly #offsets: Float64Array;
  readonly #starts: Float64Array;
  #ekey: string | undefined;
  #isChecked: boolean | undefined;

  /** @param header checked by `parseHeader`; its sizes add up to safe integers */
  constructor(header: Buffer, format: BlteFormat, count: number) {
    this.format = format;
    this.count = count;
    this.headerSize = header.length;
    this.#header = header;
    this.#entry = entrySize(format);
    const marks = Math.ceil(count / STRIDE);
    this.#offsets = new Float64Array(marks);
    this.#starts = new Float64Array(marks);
    let offset = header.length;
    let start = 0;
    let looksPlain = true;
    for (let index = 0; index < count; index++) {
      if (index % STRIDE === 0) {
        this.#offsets[index / STRIDE] = offset;
        this.#starts[index / STRIDE] = start;
      }
      const encoded = this.#encodedSize(index);
      const decoded = this.#decodedSize(index);
      offset += encoded;
      start += decoded;
      if (encoded !== decoded + 1) looksPlain = false;
    }
    this.encodedSize = offset;
    this.size = start;
    this.looksPlain = looksPlain;
  }

  /** The name of the content, in hexadecimal: MD5 of the header, which commits to every chunk. */
  get ekey(): string {
    this.#ekey ??= hash('md5', this.#header, 'hex');
    return this.#ekey;
  }

  /** Whether every chunk has a checksum: only then the name of the content stands for its octets. */
  get isChecked(): boolean {
    this.#isChecked ??= this.#checkAll();
    return this.#isChecked;
  }

  /** Octets that the table has in memory. */
  get memory(): number {
    return this.#header.length + this.#offsets.byteLength + this.#starts.byteLength;
  }

  /** A chunk by its index, which must be one of the table. */
  chunk(index: number): BlteChunk {
    const mark = Math.floor(index / STRIDE);
    let offset = this.#offsets[mark] as number;
    let start = this.#starts[mark] as number;
    for (let before = mark * STRIDE; before < index; before++) {
      offset += this.#encodedSize(before);
      start += this.#decodedSize(before);
    }
    return this.#chunkAt(index, offset, start);
  }

  /** The index of the chunk that the octet at `position` of the decoded file is in: 0 ≤ position < size. */
  find(position: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    let index = low * STRIDE;
    let end = (this.#starts[low] as number) + this.#decodedSize(index);
    while (end <= position) end += this.#decodedSize(++index);
    return index;
  }

  /**
   * Chunks from one to another, both inclusive, in order.
   * @param isChecked false: without their checksums, for who needs none
   */
  *between(first: number, last: number, isChecked = true): Generator<BlteChunk, void, undefined> {
    let { offset, start } = this.chunk(first);
    for (let index = first; index <= last; index++) {
      const chunk = this.#chunkAt(index, offset, start, isChecked);
      offset += chunk.encodedSize;
      start += chunk.decodedSize;
      yield chunk;
    }
  }

  [Symbol.iterator](): Generator<BlteChunk, void, undefined> {
    return this.between(0, this.count - 1);
  }

  #chunkAt(index: number, offset: number, start: number, isChecked = true): BlteChunk {
    return {
      index,
      offset,
      encodedSize: this.#encodedSize(index),
      start,
      decodedSize: this.#decodedSize(index),
      md5: isChecked ? this.#checksum(index, 8) : undefined,
      decodedMd5:
        isChecked && this.format === FORMAT_EXTENDED ? this.#checksum(index, 24) : undefined,
    };
  }

  #checkAll(): boolean {
    const header = this.#header;
    for (let index = 0, at = TABLE_START + 8; index < this.count; index++, at += this.#entry) {
      let octet = at;
      while (octet < at + 16 && header[octet] === 0) octet++;
      if (octet === at + 16) return false;
    }
    return true;
  }

  #encodedSize(index: number): number {
    return this.#header.readUInt32BE(TABLE_START + index * this.#entry);
  }

  #decodedSize(index: number): number {
    return this.#header.readUInt32BE(TABLE_START + index * this.#entry + 4);
  }

  /** 16 octets of an entry; `undefined` where all are zero: then there is nothing to check. */
  #checksum(index: number, at: number): Buffer | undefined {
    const from = TABLE_START + index * this.#entry + at;
    const sum = this.#header.subarray(from, from + 16);
    return sum.every((octet) => octet === 0) ? undefined : sum;
  }
}
