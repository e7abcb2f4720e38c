/**
 * Conditional requests (RFC 9110 §13): pure functions over field values and validators. Knows no
 * file and no response; the caller turns the outcome into one.
 */
import { parseHttpDate } from './date.js';
import { isEntityTag, parseEntityTags, strongMatch, weakMatch } from './etag.js';
import type { Fields } from './fields.js';

/** What identifies the current state of the selected representation. */
export interface Validators {
  /** An entity tag with its quotes, weak or strong. */
  readonly etag: string | undefined;
  /** Another one by which it went before: good for If-None-Match, which compares weakly. */
  readonly formerEtag?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly lastModified: number | undefined;
}

/** What the preconditions of a request come to. */
export type PreconditionOutcome = 'proceed' | 'not-modified' | 'failed';

/**
 * Evaluates the preconditions of a GET or HEAD for a representation that exists, in the order of
 * RFC 9110 §13.2.2. If-Range comes later, with the range: {@link rangeApplies}.
 * @param now milliseconds since the epoch
 */
export function evaluatePreconditions(
  fields: Fields,
  current: Validators,
  now: number,
): PreconditionOutcome {
  const ifMatch = fields.get('if-match');
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, current.etag, strongMatch)) return 'failed';
  } else if (isModifiedSince(fields.get('if-unmodified-since'), current, now) === true) {
    return 'failed';
  }
  const ifNoneMatch = fields.get('if-none-match');
  if (ifNoneMatch !== undefined) {
    const { etag, formerEtag } = current;
    const isKnown =
      matches(ifNoneMatch, etag, weakMatch) ||
      (formerEtag !== undefined && matches(ifNoneMatch, formerEtag, weakMatch));
    return isKnown ? 'not-modified' : 'proceed';
  }
  return isModifiedSince(fields.get('if-modified-since'), current, now) === false
    ? 'not-modified'
    : 'proceed';
}

/** Whether a list names the current entity tag; a malformed list names nothing. */
function matches(
  value: string,
  etag: string | undefined,
  compare: (a: string, b: string) => boolean,
): boolean {
  // What nearly all clients send, and no other reading of it is possible.
  if (value === etag) return compare(value, etag);
  const tags = parseEntityTags(value);
  if (tags === '*') return true;
  return etag !== undefined && tags?.some((tag) => compare(tag, etag)) === true;
}

/** `undefined`: no date to compare, hence the field is ignored (RFC 9110 §13.1.3, §13.1.4). */
function isModifiedSince(
  value: string | undefined,
  current: Validators,
  now: number,
): boolean | undefined {
  if (value === undefined || current.lastModified === undefined) return undefined;
  const date = parseHttpDate(value, now);
  if (date === undefined) return undefined;
  return Math.floor(current.lastModified / 1000) * 1000 > date;
}

/**
 * Whether a Range field is to be honoured, seen from If-Range (RFC 9110 §13.1.5): the validator must
 * match by strong comparison. A date is strong only when it equals Last-Modified exactly and that is
 * at least a second ago (§8.8.2.2).
 */
export function rangeApplies(fields: Fields, current: Validators, now: number): boolean {
  const value = fields.get('if-range');
  if (value === undefined) return true;
  if (isEntityTag(value)) return current.etag !== undefined && strongMatch(value, current.etag);
  const date = parseHttpDate(value, now);
  if (date === undefined || current.lastModified === undefined) return false;
  const lastModified = Math.floor(current.lastModified / 1000) * 1000;
  return date === lastModified && lastModified + 1000 <= now;
}
