/**
 * Encoded files of any size, with content that tells where in the file it is from and can be had again
 * without the file. Written chunk by chunk, so that size costs time and no memory.
 */
import { hash } from 'node:crypto';
import fs from 'node:fs';
import zlib from 'node:zlib';
import { type BlteEntry, writeHeader } from '../../lib/blte/index.js';
import { seeded } from '../support/pattern.js';

/** Chunks: plain, compressed, or one after the other. */
export type Modes = 'N' | 'Z' | 'NZ';

/** An encoded file on the disk. */
export interface EncodedFile {
  readonly size: number;
  readonly headerSize: number;
  readonly chunkSize: number;
  /** Where each chunk begins in the encoded file, and behind the last one its end. */
  readonly offsets: readonly number[];
}

/** A prime: what is at the wrong place never looks right. */
const PERIOD = 1_048_573;
/** zlib's fastest: how chunks are compressed matters little to who inflates them. */
const LEVEL = 1;
/** Of files that were just written to nothing is remembered. */
const LONG_AGO = new Date('2024-01-01');
const TABLE_START = 12;
const ENTRY = 24;

const OCTETS: Buffer = makeOctets();

/** Lines of which two fifths look random: compressed they have half their size. */
function makeOctets(): Buffer {
  const twice = Buffer.allocUnsafeSlow(2 * PERIOD);
  const next = seeded(20_260_301);
  const line = Buffer.from('                        is the line of a file that has many of them\n');
  for (let at = 0; at < PERIOD; at += line.length) {
    for (let i = 0; i < 24; i++) line[i] = next() >>> 16;
    line.copy(twice, at);
  }
  twice.copy(twice, PERIOD, 0, PERIOD);
  return twice;
}

/** `length` octets of the content, at most a period, from `position` on. Not to be written to. */
export function contentAt(position: number, length: number): Buffer {
  const start = position % PERIOD;
  return OCTETS.subarray(start, start + Math.min(length, PERIOD));
}

/** Whether octets are those of the content from `position` on. */
export function isContentAt(position: number, octets: Uint8Array): boolean {
  for (let done = 0; done < octets.length; ) {
    const expected = contentAt(position + done, octets.length - done);
    if (expected.compare(octets, done, done + expected.length) !== 0) return false;
    done += expected.length;
  }
  return true;
}

/** Writes the content as it is. */
export function writePlain(path: string, size: number): void {
  const descriptor = fs.openSync(path, 'w');
  for (let at = 0; at < size; ) at += fs.writeSync(descriptor, contentAt(at, size - at));
  fs.closeSync(descriptor);
  fs.utimesSync(path, LONG_AGO, LONG_AGO);
}

/** Writes the content encoded. */
export function writeEncoded(
  path: string,
  size: number,
  chunkSize: number,
  modes: Modes,
): EncodedFile {
  const count = Math.ceil(size / chunkSize);
  const headerSize = TABLE_START + count * ENTRY;
  const entries: BlteEntry[] = [];
  const offsets = [headerSize];
  const descriptor = fs.openSync(path, 'w');
  let end = headerSize;
  for (let index = 0; index < count; index++) {
    const decodedSize = Math.min(chunkSize, size - index * chunkSize);
    const bytes = chunk(index * chunkSize, decodedSize, modeOf(modes, index));
    fs.writeSync(descriptor, bytes, 0, bytes.length, end);
    entries.push({ encodedSize: bytes.length, decodedSize, md5: hash('md5', bytes, 'buffer') });
    end += bytes.length;
    offsets.push(end);
  }
  fs.writeSync(descriptor, writeHeader(entries), 0, headerSize, 0);
  fs.closeSync(descriptor);
  fs.utimesSync(path, LONG_AGO, LONG_AGO);
  return { size, headerSize, chunkSize, offsets };
}

/** One chunk with its mode. */
export function chunk(position: number, size: number, mode: 'N' | 'Z'): Buffer {
  const content = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; ) at += contentAt(position + at, size - at).copy(content, at);
  const body = mode === 'N' ? content : zlib.deflateSync(content, { level: LEVEL });
  return Buffer.concat([Buffer.from(mode, 'latin1'), body]);
}

function modeOf(modes: Modes, index: number): 'N' | 'Z' {
  if (modes !== 'NZ') return modes;
  return index % 2 === 0 ? 'N' : 'Z';
}
