/** What Accept says of media types (RFC 9110 §12.5.1): the one place where it is read. */
import type { Fields } from './fields.js';
import { trimBlanks, weightOf } from './grammar.js';

/*
 * Accept      = #( media-range [ weight ] )
 * media-range = ( "*" "/" "*" / type "/" "*" / type "/" subtype ) parameters
 */

/** How well a type suits a client. */
interface Suitability {
  readonly quality: number;
  /** How closely the range that says so names it: 0 not at all, 1 any type, 2 any subtype, 3 the type. */
  readonly precision: number;
}

const UNNAMED: Suitability = { quality: 0, precision: 0 };

/** The precision of a range that is the type itself: no other one is closer. */
const EXACT = 3;

/**
 * Whether `type` suits the client better than `other`: by its weight, and where both have the same, by
 * how closely it is named. Without a preference it doesn't.
 * @param accept the value of Accept; `undefined`: anything will do
 * @param type without parameters, in lower case
 */
export function prefersType(accept: string | undefined, type: string, other: string): boolean {
  if (accept === undefined) return false;
  const wanted = suitability(accept, type);
  const rival = suitability(accept, other);
  if (wanted.quality !== rival.quality) return wanted.quality > rival.quality;
  return wanted.quality > 0 && wanted.precision > rival.precision;
}

/** Wherever it stands: most clients that are no browsers don't say it at all. */
const MENTIONS_HTML = /text\/html/i;

/** True when the client is one that shows pages: its Accept names text/html itself, and not with q=0. */
export function prefersHtml(fields: Fields | undefined): boolean {
  const accept = fields?.get('accept');
  if (accept === undefined || !MENTIONS_HTML.test(accept)) return false;
  const { quality, precision } = suitability(accept, 'text/html');
  return precision === EXACT && quality > 0;
}

/** Of the ranges that fit a type the closest counts. Their parameters don't: no type here has variants. */
function suitability(accept: string, type: string): Suitability {
  let found = UNNAMED;
  // Member by member, not all at once: a browser names text/html first, and the rest need not be looked at.
  for (let start = 0; start <= accept.length && found.precision < EXACT; ) {
    const comma = accept.indexOf(',', start);
    const member = accept.slice(start, comma === -1 ? accept.length : comma);
    start += member.length + 1;
    const semicolon = member.indexOf(';');
    const range = semicolon === -1 ? member : member.slice(0, semicolon);
    const precision = precisionOf(trimBlanks(range).toLowerCase(), type);
    if (precision <= found.precision) continue;
    const quality = semicolon === -1 ? 1 : qualityOf(member.slice(semicolon + 1));
    // A malformed weight says nothing about the range it is of.
    if (quality !== undefined) found = { quality, precision };
  }
  return found;
}

/** What the parameters of a range come to; `undefined`: their weight is malformed. */
function qualityOf(parameters: string): number | undefined {
  const weight = parameters
    .split(';')
    .map(trimBlanks)
    .find((parameter) => /^q=/i.test(parameter));
  return weight === undefined ? 1 : weightOf(weight);
}

function precisionOf(range: string, type: string): number {
  if (range === type) return EXACT;
  if (range === '*/*') return 1;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1)) ? 2 : 0;
}
