/**
 * Every bound of the protocol core: its name, its default, its reason. The parser is built with
 * them, so that the request path never looks for an option.
 */

/** Bounds on what one request may make the parser hold or read. All are octets unless named otherwise. */
export interface HttpLimits {
  /** Longest request-target; beyond it 414. RFC 9112 §3 asks for at least 8,000 octets a request line. */
  readonly target: number;
  /** Longest head: request line, field lines and the empty line, CRLFs counted; beyond it 431. */
  readonly head: number;
  /** Most field lines of a head; beyond it 431. The same as Apache's LimitRequestFields. */
  readonly fields: number;
  /** Most empty lines skipped before a request line (RFC 9112 §2.2); beyond it 400. */
  readonly emptyLines: number;
  /** Longest content of a request, after decoding the transfer coding; beyond it 413. */
  readonly content: number;
  /** Most octets of chunk extensions in one request (RFC 9112 §7.1.1); beyond it 413. */
  readonly chunkExtensions: number;
  /** Most octets of trailer section in one request, CRLFs counted; beyond it 431. */
  readonly trailers: number;
}

/** The longest method token that is looked at; a longer one is unknown to everybody: 501 (RFC 9112 §3). */
export const LONGEST_METHOD = 32;

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  target: 8192,
  head: 16384,
  fields: 100,
  emptyLines: 4,
  content: 1_048_576,
  chunkExtensions: 4096,
  trailers: 4096,
};
