/**
 * The content of a request, out of its transfer framing (RFC 9112 §6.2, §7.1). A decoder takes the
 * connection's bytes and a position, and gives back views of the data, at most once each; chunk
 * extensions and trailers are checked, bounded and dropped.
 */
import { HttpError } from './error.js';
import { parseFieldLine } from './fields.js';
import type { BodyFraming } from './framing.js';
import type { HttpLimits } from './limits.js';

/**
 * Some of a request's content: a view of what was pushed, good until the next `push`; to be copied if
 * it is to be kept longer.
 */
export interface ContentData {
  readonly kind: 'data';
  readonly bytes: Buffer;
}

/** The request's content is complete; the next octet starts the next request. */
export interface ContentEnd {
  readonly kind: 'end';
}

const END: ContentEnd = { kind: 'end' };

/** Decodes one request's content. */
export interface ContentDecoder {
  /** Where decoding stopped: the first octet not consumed by the last `next`. */
  readonly at: number;
  /**
   * The next event out of `bytes` from `at` on, or `null` when more bytes are needed.
   * @throws HttpError 400 malformed, 413 too long, 431 trailers too long.
   */
  next(bytes: Buffer, at: number): ContentData | ContentEnd | null;
}

/** The decoder for a framing, or `undefined` where there is no content. */
export function decodeContent(
  framing: BodyFraming,
  limits: HttpLimits,
): ContentDecoder | undefined {
  if (framing.kind === 'none') return undefined;
  return framing.kind === 'length'
    ? new LengthDecoder(framing.length, limits)
    : new ChunkedDecoder(limits);
}

function tooLong(limits: HttpLimits): HttpError {
  return new HttpError(413, `content longer than ${limits.content} octets`);
}

class LengthDecoder implements ContentDecoder {
  at = 0;
  #left: number;
  readonly #limits: HttpLimits;

  constructor(length: number, limits: HttpLimits) {
    this.#left = length;
    this.#limits = limits;
  }

  next(bytes: Buffer, at: number): ContentData | ContentEnd | null {
    this.at = at;
    if (this.#left > this.#limits.content) throw tooLong(this.#limits);
    if (this.#left === 0) return END;
    if (at === bytes.length) return null;
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    this.at = end;
    return { kind: 'data', bytes: bytes.subarray(at, end) };
  }
}

type ChunkState = 'size' | 'data' | 'data-end' | 'trailers';

const LF = 0x0a;
const CR = 0x0d;

/*
 * chunked-body   = *chunk last-chunk trailer-section CRLF               RFC 9112 §7.1
 * chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
 * last-chunk     = 1*("0") [ chunk-ext ] CRLF
 */
class ChunkedDecoder implements ContentDecoder {
  at = 0;
  #state: ChunkState = 'size';
  /** Octets left of the chunk under way. */
  #left = 0;
  #total = 0;
  #extensions = 0;
  #trailers = 0;
  readonly #limits: HttpLimits;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  next(bytes: Buffer, at: number): ContentData | ContentEnd | null {
    this.at = at;
    for (;;) {
      if (this.#state === 'data') return this.#data(bytes);
      const line = this.#line(bytes);
      if (line === null) return null;
      if (this.#state === 'size') this.#size(line);
      else if (this.#state === 'data-end') this.#state = 'size';
      else if (line === '') return END;
      else this.#trailer(line);
    }
  }

  #data(bytes: Buffer): ContentData | null {
    if (this.at === bytes.length) return null;
    const start = this.at;
    const end = Math.min(bytes.length, start + this.#left);
    this.#left -= end - start;
    this.at = end;
    if (this.#left === 0) this.#state = 'data-end';
    return { kind: 'data', bytes: bytes.subarray(start, end) };
  }

  /** The next line without its CRLF, bounded whether complete or not; `null`: not complete. */
  #line(bytes: Buffer): string | null {
    const lf = bytes.indexOf(LF, this.at);
    const end = lf === -1 ? bytes.length : lf;
    const length = end - this.at;
    if (this.#state === 'data-end' && length > 0) this.#checkDataEnd(bytes, length);
    if (this.#state === 'size') this.#checkExtensionSize(length - LONGEST_CHUNK_SIZE - 1);
    // The CR may be that of the empty line, which is no part of the trailer section.
    if (this.#state === 'trailers') this.#checkTrailerSize(length - 1);
    if (lf === -1) return null;
    if (length === 0 || bytes[lf - 1] !== CR) throw new HttpError(400, 'line ends in a bare LF');
    const line = bytes.toString('latin1', this.at, lf - 1);
    this.at = lf + 1;
    return line;
  }

  #checkExtensionSize(more: number): void {
    const limit = this.#limits.chunkExtensions;
    if (this.#extensions + more > limit) {
      throw new HttpError(413, `chunk extensions longer than ${limit} octets`);
    }
  }

  #checkTrailerSize(more: number): void {
    const limit = this.#limits.trailers;
    if (this.#trailers + more > limit) {
      throw new HttpError(431, `trailers longer than ${limit} octets`);
    }
  }

  /** Nothing but CRLF may stand behind a chunk's data. */
  #checkDataEnd(bytes: Buffer, length: number): void {
    if (length > 1 || bytes[this.at] !== CR) {
      throw new HttpError(400, 'chunk data longer than its chunk-size');
    }
  }

  #size(line: string): void {
    const digits = /^[0-9A-Fa-f]+/.exec(line)?.[0];
    if (digits === undefined) throw new HttpError(400, 'malformed chunk-size');
    checkExtensions(line.slice(digits.length));
    // Leading zeros count as extension: a chunk-size has no other use for length.
    const more = line.length - Math.min(digits.length, LONGEST_CHUNK_SIZE);
    this.#checkExtensionSize(more);
    this.#extensions += more;
    const size = Number.parseInt(digits, 16);
    this.#total += size;
    if (this.#total > this.#limits.content) throw tooLong(this.#limits);
    this.#left = size;
    this.#state = size === 0 ? 'trailers' : 'data';
  }

  #trailer(line: string): void {
    this.#trailers += line.length + 2;
    this.#checkTrailerSize(0);
    parseFieldLine(line, []);
  }
}

/** Eight hexadecimal digits say 4 GiB: enough for any chunk that the limits let pass. */
const LONGEST_CHUNK_SIZE = 8;

/*
 * chunk-ext      = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )   RFC 9112 §7.1.1
 * chunk-ext-val  = token / quoted-string
 */
const EXTENSION =
  /[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"))?/y;

function checkExtensions(text: string): void {
  EXTENSION.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    if (!EXTENSION.test(text)) throw new HttpError(400, 'malformed chunk extension');
    at = EXTENSION.lastIndex;
  }
}
