/**
 * Writes BLTE files for tests, right ones and wrong ones: simple, and by other means than the library
 * itself. Chunks are made once their index is known, for encrypted ones depend on it.
 */
import { createHash } from 'node:crypto';
import zlib from 'node:zlib';
import { salsa20 } from '@noble/ciphers/salsa.js';
import type { Random } from './random.js';

/** A chunk: its octets in the file, and what they decode to. */
export interface Made {
  readonly bytes: Buffer;
  readonly content: Buffer;
}

/** Makes the chunk for a place in a file. */
export type Maker = (index: number) => Made;

export const KEY_NAME = 'FA505078126ACB3E';
export const KEY = '0123456789ABCDEFFEDCBA9876543210';
/** What a KeyRing is made of. */
export const KEYS: string = `${KEY_NAME} ${KEY}`;

function chunk(mode: string, body: Uint8Array, content: Buffer): Made {
  return { bytes: Buffer.concat([Buffer.from(mode, 'latin1'), body]), content };
}

export function plain(content: Buffer): Maker {
  return () => chunk('N', content, content);
}

export function deflated(content: Buffer, level = 6): Maker {
  return () => chunk('Z', zlib.deflateSync(content, { level }), content);
}

export function lz4(content: Buffer): Maker {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(content.length));
  return () => chunk('4', Buffer.concat([size, lz4Block(content)]), content);
}

/** A file in a chunk. */
export function framed(makers: readonly Maker[], options: FileOptions = {}): Maker {
  return () => {
    const { bytes, content } = file(makers, options);
    return chunk('F', bytes, content);
  };
}

/** Encrypts a chunk with {@link KEY}. */
export function encrypted(maker: Maker, iv: Buffer = Buffer.from('11223344', 'hex')): Maker {
  return (index) => {
    const { bytes, content } = maker(index);
    return chunk('E', envelope(bytes, index, iv), content);
  };
}

function envelope(text: Buffer, index: number, iv: Buffer): Buffer {
  const nonce = Buffer.alloc(8);
  iv.copy(nonce);
  for (let i = 0; i < 4; i++) nonce[i] = (nonce[i] as number) ^ ((index >>> (8 * i)) & 0xff);
  const secret = salsa20(Buffer.from(KEY, 'hex'), nonce, new Uint8Array(text));
  const name = Buffer.from(KEY_NAME, 'hex').reverse();
  return Buffer.concat(
    [[8], name, [iv.length], iv, [0x53], secret].map((part) => Buffer.from(part)),
  );
}

/** An entry of the table, to be lied in. */
export interface Entry {
  encodedSize: number;
  decodedSize: number;
  md5: Buffer;
  decodedMd5: Buffer;
}

export interface FileOptions {
  readonly format?: number;
  readonly headerSize?: number;
  readonly count?: number;
  /** Changes what the table says of a chunk. */
  readonly lie?: (entry: Entry, index: number) => void;
}

/** A file with a table. */
export function file(makers: readonly Maker[], options: FileOptions = {}): Made {
  const made = makers.map((maker, index) => maker(index));
  const entries = made.map(({ bytes, content }, index) => {
    const entry = {
      encodedSize: bytes.length,
      decodedSize: content.length,
      md5: md5(bytes),
      decodedMd5: md5(content),
    };
    options.lie?.(entry, index);
    return entry;
  });
  return {
    bytes: Buffer.concat([table(entries, options), ...made.map(({ bytes }) => bytes)]),
    content: Buffer.concat(made.map(({ content }) => content)),
  };
}

/** The header for some entries. */
export function table(entries: readonly Entry[], options: FileOptions = {}): Buffer {
  const { format = 0x0f, count = entries.length } = options;
  const parts = entries.map(({ encodedSize, decodedSize, md5, decodedMd5 }) =>
    Buffer.concat([
      u32(encodedSize),
      u32(decodedSize),
      md5,
      ...(format === 0x10 ? [decodedMd5] : []),
    ]),
  );
  const rest = Buffer.concat([Buffer.from([format]), u32(count).subarray(1), ...parts]);
  const headerSize = options.headerSize ?? 8 + rest.length;
  return Buffer.concat([Buffer.from('BLTE', 'latin1'), u32(headerSize), rest]);
}

/** A file without a table. */
export function singleFile(maker: Maker): Made {
  const { bytes, content } = maker(0);
  return { bytes: Buffer.concat([Buffer.from('BLTE\0\0\0\0', 'latin1'), bytes]), content };
}

export function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Text that compresses by a third to a half. */
export function prose(size: number, { below }: Random): Buffer {
  const words = ['frost', 'keep ', 'the ', 'archive ', 'of\n', 'names ', 'and ', 'stone'];
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const word = below(4) === 0 ? String(below(1e6)) : (words[below(8)] as string);
    at += bytes.write(word, at, 'latin1');
  }
  return bytes;
}

/** A greedy LZ4 block: what stood within 64 KiB before is referred to. */
export function lz4Block(content: Buffer): Buffer {
  const parts: Buffer[] = [];
  const seen = new Map<number, number>();
  let start = 0;
  let at = 0;
  while (at + 4 <= content.length) {
    const four = content.readUInt32LE(at);
    const before = seen.get(four);
    seen.set(four, at);
    if (before === undefined || at - before > 0xffff) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length < content.length && content[before + length] === content[at + length]) {
      length++;
    }
    parts.push(sequence(content.subarray(start, at), at - before, length));
    at += length;
    start = at;
  }
  parts.push(sequence(content.subarray(start)));
  return Buffer.concat(parts);
}

/** One sequence of an LZ4 block; the last one has no match. */
export function sequence(literals: Uint8Array, distance?: number, length = 4): Buffer {
  const token = (Math.min(15, literals.length) << 4) | Math.min(15, length - 4);
  const parts = [Buffer.from([token]), extension(literals.length), literals];
  if (distance !== undefined) {
    parts.push(Buffer.from([distance & 0xff, distance >> 8]), extension(length - 4));
  }
  return Buffer.concat(parts);
}

function extension(length: number): Buffer {
  if (length < 15) return Buffer.alloc(0);
  const rest = length - 15;
  const bytes = Buffer.alloc(Math.floor(rest / 255) + 1, 255);
  bytes[bytes.length - 1] = rest % 255;
  return bytes;
}

/** All that an iterable gives. */
export async function gathered(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Bytes in pieces of the given length, or of lengths up to `most` at random. */
export function* pieces(bytes: Buffer, most: number, random?: Random): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = random === undefined ? most : 1 + random.below(most);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
