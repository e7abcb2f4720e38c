/** Contents and ESpecs that fit them, at random; and what must hold for each: a sentence, where it does not. */
import { createHash } from 'node:crypto';
import {
  type BlteFormat,
  decodeBlte,
  encodeBlte,
  encodeBlteFile,
  formatESpec,
  KeyRing,
  parseESpec,
  type SeekableFile,
} from '../../lib/blte/index.js';
import { gathered, KEY_NAME, KEYS, pieces, prose } from './blte.js';
import { pattern } from './files.js';
import { type Random, random } from './random.js';

/** {@link KEY_NAME} as an ESpec has it. */
export const SPEC_KEY: string = Buffer.from(KEY_NAME, 'hex').reverse().toString('hex');

export interface EncodeRun {
  readonly seed: number;
  readonly spec: string;
  readonly format: BlteFormat;
  readonly content: Buffer;
}

/** The run of a seed. */
export function encodeRun(seed: number): EncodeRun {
  const numbers = random(seed);
  const content = contentOf(numbers);
  const picked = numbers.pick([0x0f, 0x10] as const);
  const isSingle = numbers.below(5) === 0;
  const spec = isSingle
    ? simple(numbers, content.length, 1, false)
    : blocks(numbers, content.length, 0, false);
  // Only a table has one.
  const format = spec.startsWith('b') ? picked : 0x0f;
  return { seed, spec, format, content };
}

function contentOf(numbers: Random): Buffer {
  const { below, pick } = numbers;
  // Beyond 64 KiB LZ4 can't look back to the beginning.
  const size = below(below(20) === 0 ? 150_000 : pick([2, 30, 500, 3000, 8000]));
  const kind = below(4);
  if (kind === 0) return Buffer.alloc(size, below(256));
  if (kind === 1) return prose(size + 20, numbers).subarray(0, size);
  if (kind === 2) return pattern(size, 1 + below(1e6));
  const period = pattern(1 + below(40), 1 + below(1e6));
  return Buffer.alloc(size, period);
}

/** Not of blocks; where it is of an unknown size that is `undefined`. */
function simple(
  numbers: Random,
  size: number | undefined,
  tables: number,
  isEncrypted: boolean,
): string {
  const { below, pick } = numbers;
  const kind = below(isEncrypted || tables > 1 ? 6 : 8);
  if (kind < 1) return 'n';
  if (kind < 2) return '4';
  if (kind < 6) {
    const level = 1 + below(9);
    const bits = pick([undefined, 'mpq', '15', String(8 + below(8))]);
    if (bits !== undefined) return `z:{${level},${bits}}`;
    return pick(['z', `z:${level}`, `z:{${level}}`]);
  }
  const inner =
    below(4) === 0 ? blocks(numbers, size, tables, true) : simple(numbers, size, tables, true);
  // A key has one vector in an ESpec.
  return `e:{${SPEC_KEY},11223344,${inner}}`;
}

function blocks(
  numbers: Random,
  size: number | undefined,
  tables: number,
  isEncrypted: boolean,
): string {
  const { below, pick } = numbers;
  const rules: string[] = [];
  let left = size ?? 0;
  const encoding = (octets: number | undefined): string =>
    tables < 2 && below(6) === 0
      ? blocks(numbers, octets, tables + 1, isEncrypted)
      : simple(numbers, octets, tables + 1, isEncrypted);
  while (left > 0 && below(3) > 0) {
    const octets = 1 + below(Math.min(left, 2000));
    const count = Math.min(Math.floor(left / octets), pick([1, 1, 2, 7]));
    rules.push(`${octets}${count > 1 ? `*${count}` : ''}=${encoding(octets)}`);
    left -= octets * count;
  }
  const last = below(3);
  if (last === 0 && size !== undefined && left > 0) rules.push(`${left}=${encoding(left)}`);
  else if (last === 1) rules.push(`*=${encoding(size === undefined ? undefined : left)}`);
  else rules.push(`${pick(['1K', '100', `${1 + below(5000)}`])}*=${encoding(undefined)}`);
  return rules.length === 1 && below(3) === 0 ? `b:${rules[0]}` : `b:{${rules.join(',')}}`;
}

/** What does not hold for a run; `undefined`: all does. */
export async function encodeViolation(run: EncodeRun): Promise<string | undefined> {
  const { seed, spec, format, content } = run;
  const numbers = random(seed ^ 0x5bd1e995);
  const keys = KeyRing.parse(KEYS);
  const options = { spec, format, keys };
  const again = formatESpec(parseESpec(spec));
  if (formatESpec(parseESpec(again)) !== again) return 'an ESpec that was written reads the same';
  const encoded = await encodeBlte(pieces(content, 1 + numbers.below(3000), numbers), options);
  const decoded = await gathered(decodeBlte(pieces(encoded, 5000, numbers), { keys }));
  if (!decoded.equals(content)) return 'what is encoded decodes to the content';
  const file = new MemoryFile(numbers);
  const size = numbers.pick([undefined, content.length, numbers.below(10_000)]);
  const told = await encodeBlteFile(content, file, { ...options, spec: again, size });
  if (!file.bytes.equals(encoded))
    return 'a file gets what memory gets, whatever size was expected';
  if (told.size !== content.length || told.encodedSize !== encoded.length) {
    return 'the sizes that are told are those';
  }
  const headerSize = encoded.readUInt32BE(4) || encoded.length;
  const ekey = createHash('md5').update(encoded.subarray(0, headerSize)).digest('hex');
  return told.ekey === ekey ? undefined : 'the EKey is the MD5 of the header, or of all';
}

/** A file in memory, which takes and gives as much at a time as it likes. */
export class MemoryFile implements SeekableFile {
  bytes: Buffer = Buffer.alloc(0);
  readonly #numbers: Random;

  constructor(numbers: Random) {
    this.#numbers = numbers;
  }

  async write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }> {
    const count = this.#some(length);
    if (position + count > this.bytes.length) await this.truncate(position + count);
    this.bytes.set(bytes.subarray(offset, offset + count), position);
    return { bytesWritten: count };
  }

  async read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }> {
    const count = Math.min(this.#some(length), this.bytes.length - position);
    bytes.set(this.bytes.subarray(position, position + count), offset);
    return { bytesRead: count };
  }

  async truncate(length: number): Promise<void> {
    const { bytes } = this;
    this.bytes = Buffer.alloc(length);
    bytes.copy(this.bytes);
  }

  #some(length: number): number {
    return this.#numbers.below(3) === 0 ? 1 + this.#numbers.below(length) : length;
  }
}
