/** Which of two media types a client would rather have, by its Accept field (RFC 9110 §12.5.1). */
import { listMembers, trimBlanks } from './grammar.js';

/*
 * Accept      = #( media-range [ weight ] )
 * media-range = ( "*" "/" "*" / type "/" "*" / type "/" subtype ) parameters
 * weight      = OWS ";" OWS "q=" qvalue
 * qvalue      = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
 */
const QVALUE = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;

/** How well a type suits a client. */
interface Suitability {
  readonly quality: number;
  /** How closely the range that says so names it: 0 not at all, 1 any type, 2 any subtype, 3 the type. */
  readonly precision: number;
}

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

/** Of the ranges that fit a type the closest counts. Their parameters don't: no type here has variants. */
function suitability(accept: string, type: string): Suitability {
  let found: Suitability = { quality: 0, precision: 0 };
  for (const member of listMembers(accept)) {
    const [range = '', ...parameters] = member.split(';').map(trimBlanks);
    const precision = precisionOf(range.toLowerCase(), type);
    if (precision <= found.precision) continue;
    const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
    // A malformed weight says nothing about the range it is of.
    if (weight === undefined || QVALUE.test(weight)) {
      found = { quality: Number(weight ?? 1), precision };
    }
  }
  return found;
}

function precisionOf(range: string, type: string): number {
  if (range === type) return 3;
  if (range === '*/*') return 1;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1)) ? 2 : 0;
}
