/**
 * Range requests (RFC 9110 §14): a Range field and a length become the ranges to send. Pure; digits
 * are checked before they are converted, and any number of them keeps its meaning.
 */
import { clampedInteger, trimBlanks } from './grammar.js';

/** Octets `first` to `last` of a representation, both inclusive, counted from 0. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What a Range field comes to for a representation of known length. */
export type RangeOutcome =
  | { readonly kind: 'whole' }
  | { readonly kind: 'ranges'; readonly ranges: readonly [ByteRange, ...ByteRange[]] }
  | { readonly kind: 'unsatisfiable' };

/** Most ranges answered in one response; a request for more gets the whole representation. */
export const DEFAULT_MAX_RANGES = 64;

const WHOLE: RangeOutcome = { kind: 'whole' };
const UNSATISFIABLE: RangeOutcome = { kind: 'unsatisfiable' };

/*
 * Range          = ranges-specifier             = range-unit "=" range-set   RFC 9110 §14.2
 * range-spec     = int-range / suffix-range / other-range
 * int-range      = first-pos "-" [ last-pos ]    suffix-range = "-" suffix-length
 */
const BYTES = /^bytes=(.*)$/i;
const RANGE_SPEC = /^([0-9]*)-([0-9]*)$/;

/**
 * Decides which ranges of `size` octets a Range field asks for, in the order it asks.
 *
 * Another unit or bad syntax is ignored (§14.2). So is a field with more than `maxRanges` satisfiable
 * ranges, or whose ranges together are longer than the representation, which only overlaps can be:
 * the whole is then the shorter answer (§14.2 allows to ignore them, §17.15 says why).
 */
export function parseRange(
  value: string | undefined,
  size: number,
  maxRanges: number = DEFAULT_MAX_RANGES,
): RangeOutcome {
  const set = value === undefined ? undefined : BYTES.exec(value)?.[1];
  if (set === undefined) return WHOLE;
  const ranges: ByteRange[] = [];
  let specs = 0;
  let total = 0;
  for (const member of set.split(',')) {
    const text = trimBlanks(member);
    // RFC 9110 §5.6.1.2: a recipient ignores a reasonable number of empty list members.
    if (text === '') continue;
    const spec = RANGE_SPEC.exec(text);
    if (spec === null) return WHOLE;
    const range = resolve(spec[1] as string, spec[2] as string, size);
    if (range === 'malformed') return WHOLE;
    specs++;
    if (range === undefined) continue;
    ranges.push(range);
    total += range.last - range.first + 1;
  }
  if (specs === 0) return WHOLE;
  const [first, ...rest] = ranges;
  if (first === undefined) return isEmptySuffix(set, size) ? WHOLE : UNSATISFIABLE;
  if (ranges.length > maxRanges || total > size) return WHOLE;
  return { kind: 'ranges', ranges: [first, ...rest] };
}

/** `undefined`: well formed, but not satisfiable. */
function resolve(
  firstPos: string,
  lastPos: string,
  size: number,
): ByteRange | 'malformed' | undefined {
  if (firstPos === '') {
    if (lastPos === '') return 'malformed';
    const length = Math.min(clampedInteger(lastPos), size);
    return length === 0 ? undefined : { first: size - length, last: size - 1 };
  }
  const first = clampedInteger(firstPos);
  if (lastPos !== '' && isLess(lastPos, firstPos)) return 'malformed';
  if (first >= size) return undefined;
  const last = lastPos === '' ? size - 1 : Math.min(clampedInteger(lastPos), size - 1);
  return { first, last };
}

/** Compares digit strings of any length by value. */
function isLess(a: string, b: string): boolean {
  const x = a.replace(/^0+/, '');
  const y = b.replace(/^0+/, '');
  return x.length === y.length ? x < y : x.length < y.length;
}

/**
 * A suffix of at least one octet is satisfiable even for an empty representation (RFC 9110 §14.1.2),
 * but Content-Range can't say "no octets": the whole, which is empty, is sent instead.
 */
function isEmptySuffix(set: string, size: number): boolean {
  return size === 0 && set.split(',').some((member) => /^-0*[1-9][0-9]*$/.test(trimBlanks(member)));
}

/** The length of a range in octets. */
export function rangeLength(range: ByteRange): number {
  return range.last - range.first + 1;
}

/** The value of Content-Range for a 206 (RFC 9110 §14.4), such as `bytes 0-99/1234`. */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.first}-${range.last}/${size}`;
}
