/** How content is encoded: what was asked for, checked before anything is read. */
import { checkKeys, type KeyRing, MissingKeyError } from '../keys.js';
import { type BlteLimits, LimitError, resolveLimits } from '../limits.js';
import { type BlteFormat, FORMAT_EXTENDED, FORMAT_PLAIN } from '../table.js';
import { Turns } from '../turns.js';
import { type BlockRule, type Encoding, formatESpec, octetsOf, parseESpec } from './espec.js';

/** How content is encoded. */
export interface EncodeOptions {
  /** ESpec: `b:{256K*=z}` by default. `n`, `z`, `4` and `e` alone make the form without a table. */
  readonly spec?: string | Encoding | undefined;
  /** Octets of a chunk, in the place of `spec`: `b:{SIZE*=z}`. */
  readonly chunkSize?: number | undefined;
  /** Of the table: 0x0f, or 0x10 with the MD5 of each chunk's content, too, which an ESpec without a table has not. */
  readonly format?: BlteFormat | undefined;
  /** The keys that `spec` names. */
  readonly keys?: KeyRing | undefined;
  /** Limits of those who will decode it: what they would refuse is not made. */
  readonly limits?: Partial<BlteLimits> | undefined;
  /** Ends the encoding, and what it reads from, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_SPEC = 'b:{256K*=z}';

/** Content that can't be encoded so. */
export class EncodeError extends Error {
  /** The limit that it is beyond, which the message names too. `undefined`: no limit is at fault. */
  readonly limit: keyof BlteLimits | undefined;

  constructor(message: string, limit?: keyof BlteLimits, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EncodeError';
    this.limit = limit;
  }
}

/** What one encoder encodes with. */
export interface EncodeMeans {
  readonly encoding: Encoding;
  readonly format: BlteFormat;
  readonly limits: BlteLimits;
  readonly keys: KeyRing | undefined;
  readonly turns: Turns;
}

/**
 * The means for some options.
 * @throws ESpecError, RangeError for options that can't be used, EncodeError where a key is missing
 */
export function resolveEncoding(options: EncodeOptions): EncodeMeans {
  const { spec, chunkSize, format = FORMAT_PLAIN, keys } = options;
  checkKeys(keys);
  const limits = resolveLimits(options.limits);
  if (spec !== undefined && chunkSize !== undefined) {
    throw new RangeError('chunkSize is short for a spec; give one of them');
  }
  if (format !== FORMAT_PLAIN && format !== FORMAT_EXTENDED) {
    throw new RangeError('format must be 0x0f or 0x10');
  }
  const encoding = chunkSize === undefined ? described(spec) : inChunks(chunkSize);
  if (format === FORMAT_EXTENDED && encoding.kind !== 'blocks') {
    throw new RangeError(
      'format 0x10 is one of tables, and this ESpec makes none; put it in b:{*=…}',
    );
  }
  check(encoding, limits, keys, 0);
  return { encoding, format, limits, keys, turns: new Turns() };
}

/** A description that a program made is held to what can be written down. */
function described(spec: string | Encoding = DEFAULT_SPEC): Encoding {
  return parseESpec(typeof spec === 'string' ? spec : formatESpec(spec));
}

function inChunks(size: number): Encoding {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError('chunkSize must be a whole number from 1');
  }
  const rule = { size, count: Number.POSITIVE_INFINITY, encoding: parseESpec('z') };
  return { kind: 'blocks', rules: [rule] };
}

/** @param depth frames that blocks here would be in, with their own: only those of the file itself are in none */
function check(
  encoding: Encoding,
  limits: BlteLimits,
  keys: KeyRing | undefined,
  depth: number,
): void {
  if (encoding.kind === 'encrypted') {
    keyOf(encoding.name, keys);
    check(encoding.inner, limits, keys, Math.max(depth, 1));
  }
  if (encoding.kind !== 'blocks') return;
  if (depth > limits.maxDepth) {
    const what = `frames would be nested more than ${limits.maxDepth} deep (maxDepth)`;
    throw new LimitError('maxDepth', what);
  }
  for (const rule of encoding.rules) {
    if (Number.isFinite(rule.size) && rule.size > limits.maxChunkSize) {
      const most = `${limits.maxChunkSize} are the most (maxChunkSize)`;
      throw new LimitError('maxChunkSize', `chunks of ${rule.size} octets are too large, ${most}`);
    }
    check(rule.encoding, limits, keys, depth + 1);
  }
}

/** The key of that name. @throws EncodeError where it is missing */
export function keyOf(name: string, keys: KeyRing | undefined): Uint8Array {
  const key = keys?.find(name);
  if (key !== undefined) return key;
  const written = octetsOf(name).toString('hex').toUpperCase();
  const isReversed = keys?.find(written) !== undefined;
  const way = isReversed
    ? `${written} is, which an ESpec writes as ${name}`
    : 'give it with the keys';
  const said = `the key ${name}, in the ESpec ${written}, is not known here; ${way}`;
  throw new EncodeError(said, undefined, { cause: new MissingKeyError(name) });
}

/** How many chunks there will be; more or fewer where `size` is not what comes. */
export function expectedChunks(rules: readonly BlockRule[], size: number): number {
  let left = size;
  let count = 0;
  for (const rule of rules) {
    const isRest = !Number.isFinite(rule.size * rule.count);
    if (!isRest) count += rule.count;
    else if (left > 0) count += Number.isFinite(rule.size) ? Math.ceil(left / rule.size) : 1;
    left = isRest ? 0 : left - rule.size * rule.count;
  }
  return Math.max(1, count);
}
