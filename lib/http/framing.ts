/**
 * How long the content of a request is (RFC 9112 §6.3), decided once, from the head alone, before
 * anything else happens with the request. Whatever two readers could frame differently is refused.
 */
import { HttpError } from './error.js';
import type { Fields } from './fields.js';
import { clampedInteger, isDigits, listMembers } from './grammar.js';

/** The framing of a request's content. `length` is in octets, clamped to the safe integers. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' };

const NONE: BodyFraming = { kind: 'none' };
const CHUNKED: BodyFraming = { kind: 'chunked' };

/**
 * Decides the framing of a request's content.
 * @param minorVersion of HTTP/1.x
 * @throws HttpError 400 for contradictory or malformed framing, 501 for an unknown transfer coding.
 */
export function frameBody(fields: Fields, minorVersion: number): BodyFraming {
  const coding = fields.get('transfer-encoding');
  const lengths = fields.get('content-length');
  if (coding === undefined) return lengths === undefined ? NONE : frameByLength(lengths);
  // RFC 9112 §6.1: both together "ought to be handled as an error"; under 1.0 framing is faulty.
  if (lengths !== undefined) throw new HttpError(400, 'Content-Length beside Transfer-Encoding');
  if (minorVersion === 0) throw new HttpError(400, 'Transfer-Encoding in an HTTP/1.0 request');
  return frameByCoding(coding);
}

/** A list such as `5, 5` fails `isDigits` too: several lengths are refused even when equal. */
function frameByLength(value: string): BodyFraming {
  if (!isDigits(value)) throw new HttpError(400, 'malformed Content-Length');
  const length = clampedInteger(value);
  return length === 0 ? NONE : { kind: 'length', length };
}

/** RFC 9112 §6.3 item 4: a request whose final coding is not chunked can't be framed: 400. */
function frameByCoding(value: string): BodyFraming {
  const codings = listMembers(value).map((member) => member.toLowerCase());
  if (codings.indexOf('chunked') !== codings.length - 1 || codings.length === 0) {
    throw new HttpError(400, 'chunked must be there once, as the last transfer coding');
  }
  // RFC 9112 §6.1: a coding that is not understood is answered with 501.
  if (codings.length > 1) throw new HttpError(501, 'unknown transfer coding');
  return CHUNKED;
}
