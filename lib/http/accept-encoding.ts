/**
 * Accept-Encoding (RFC 9110 §12.5.3): which content codings a client takes. A pure function over the field's
 * value; knows neither what can be coded nor what is.
 */
import { isToken, trimBlanks, weightOf } from './grammar.js';

/** The codings that are known here (RFC 9110 §8.4.1, RFC 7932, RFC 8878), the most wanted one first. */
export const CONTENT_CODINGS = ['zstd', 'br', 'gzip'] as const;

export type ContentCoding = (typeof CONTENT_CODINGS)[number];

/** What a client takes. */
export interface AcceptedCodings {
  /**
   * What it would rather have than the plain representation, or as gladly; most wanted first. Where it refuses
   * the plain one: all that it takes.
   */
  readonly codings: readonly ContentCoding[];
  /** Whether it takes the plain representation. */
  readonly identity: boolean;
}

/** What is sent to clients that ask for nothing. */
export const IDENTITY_ONLY: AcceptedCodings = { codings: [], identity: true };

/*
 * Accept-Encoding = [ ( codings [ weight ] ) *( OWS "," OWS ( codings [ weight ] ) ) ]
 * codings         = content-coding / "identity" / "*"
 */

/**
 * What a client takes that sent this value. One that is malformed asks for nothing, as an empty one does: the
 * plain representation is what everybody can read. Codings that `*` stands for are used only where that is
 * refused: a client that has not named a coding may not know it.
 */
export function acceptedCodings(value: string): AcceptedCodings {
  const weights = new Map<string, number>();
  for (const member of value.split(',')) {
    const text = trimBlanks(member);
    // RFC 9110 §5.6.1.2: a recipient must take empty members.
    if (text === '') continue;
    const semicolon = text.indexOf(';');
    const name = trimBlanks(semicolon === -1 ? text : text.slice(0, semicolon)).toLowerCase();
    const weight = semicolon === -1 ? 1 : weightOf(trimBlanks(text.slice(semicolon + 1)));
    if (weight === undefined || !isToken(name)) return IDENTITY_ONLY;
    // RFC 9110 §8.4.1.3.
    const coding = name === 'x-gzip' ? 'gzip' : name;
    // Named twice: the refusal counts.
    weights.set(coding, Math.min(weight, weights.get(coding) ?? 1));
  }
  const others = weights.get('*');
  const plain = weights.get('identity');
  const identity = (plain ?? others ?? 1) > 0;
  const wanted = (coding: ContentCoding): number =>
    weights.get(coding) ?? (identity ? 0 : (others ?? 0));
  const least = identity ? (plain ?? 0) : 0;
  const codings = CONTENT_CODINGS.filter(
    (coding) => wanted(coding) > 0 && wanted(coding) >= least,
  ).sort((a, b) => wanted(b) - wanted(a));
  return codings.length === 0 && identity ? IDENTITY_ONLY : { codings, identity };
}
