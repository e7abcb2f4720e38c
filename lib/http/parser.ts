/**
 * Bytes in, request heads and content out: an incremental parser of HTTP/1.1 requests
 * (RFC 9112 §2 to §7). It has no socket, no clock and no callbacks: `push` bytes, then call `next`
 * until it returns `null`, which means that more bytes are needed. Malformed input throws.
 *
 * Every decision hangs on a prefix of the input only, so that one byte at a time and all at once
 * give the same events and the same error.
 */
import {
  type ContentData,
  type ContentDecoder,
  type ContentEnd,
  decodeContent,
} from './content.js';
import { HttpError } from './error.js';
import { Fields, parseFieldLine } from './fields.js';
import { isToken } from './grammar.js';
import { RequestHead } from './head.js';
import { DEFAULT_HTTP_LIMITS, type HttpLimits, LONGEST_METHOD } from './limits.js';

/** What the parser reports: a head, then for a request with content its data and its end. */
export type RequestEvent = RequestHead | ContentData | ContentEnd;

type State = 'request-line' | 'field-lines' | 'content' | 'failed';

const EMPTY: Buffer = Buffer.alloc(0);
/** Most octets of room behind what is buffered when it has to be copied. */
const MOST_ROOM = 4096;
const CR = 0x0d;

/** An incremental parser for the requests of one connection. */
export class RequestParser {
  readonly #limits: HttpLimits;
  #state: State = 'request-line';
  /** Bytes that are not consumed yet: `#at` to `#end`. What is behind `#end` is room, if `#isOurs`. */
  #bytes: Buffer = EMPTY;
  #at = 0;
  #end = 0;
  #isOurs = false;
  /** The head under way: what was read of it, in octets, and its parts so far. */
  #headSize = 0;
  #emptyLines = 0;
  #method = '';
  #target = '';
  #minorVersion: 0 | 1 = 1;
  #lines: string[] = [];
  #decoder: ContentDecoder | undefined;

  constructor(limits: HttpLimits = DEFAULT_HTTP_LIMITS) {
    this.#limits = limits;
  }

  /** Octets pushed and not yet consumed. */
  get buffered(): number {
    return this.#end - this.#at;
  }

  /** True when a request has begun and its end has not been reached. */
  get midRequest(): boolean {
    return this.#state !== 'request-line' || this.buffered > 0;
  }

  /**
   * Takes the next bytes of the connection, the first `size` of `bytes`. They must not be changed before
   * {@link keep} was called, or `next` has returned `null`.
   */
  push(bytes: Buffer, size: number = bytes.length): void {
    const { buffered } = this;
    if (buffered === 0) {
      this.#bytes = bytes;
      this.#at = 0;
      this.#end = size;
      this.#isOurs = false;
      return;
    }
    if (!this.#isOurs || this.#end + size > this.#bytes.length) {
      // With room for as much again: many small pushes are not copied each time.
      const needed = buffered + size;
      this.#own(needed + Math.min(needed, MOST_ROOM));
    }
    this.#end += bytes.copy(this.#bytes, this.#end, 0, size);
  }

  /** Lets go of the bytes that were pushed: what is not consumed of them is copied. */
  keep(): void {
    if (this.buffered === 0) this.#drop();
    else if (!this.#isOurs) this.#own(this.buffered);
  }

  /**
   * The next event, or `null` when more bytes are needed.
   * @throws HttpError when the input is malformed or beyond a limit; the parser is of no use afterwards.
   */
  next(): RequestEvent | null {
    try {
      const event = this.#state === 'content' ? this.#nextContent() : this.#nextHead();
      if (event === null) this.keep();
      return event;
    } catch (error) {
      this.#state = 'failed';
      this.#drop();
      throw error;
    }
  }

  #own(size: number): void {
    const bytes = Buffer.allocUnsafe(size);
    this.#end = this.#bytes.copy(bytes, 0, this.#at, this.#end);
    this.#bytes = bytes;
    this.#at = 0;
    this.#isOurs = true;
  }

  #drop(): void {
    this.#bytes = EMPTY;
    this.#at = 0;
    this.#end = 0;
    this.#isOurs = false;
  }

  #nextHead(): RequestHead | null {
    if (this.#state === 'failed') throw new HttpError(400, 'the parser has failed already');
    const room = this.#limits.head - this.#headSize + 2 * (this.#limits.emptyLines + 1);
    const text = this.#bytes.toString('latin1', this.#at, Math.min(this.#at + room, this.#end));
    let at = 0;
    for (;;) {
      const end = text.indexOf('\n', at);
      const complete = end !== -1;
      const length = (complete ? end + 1 : text.length) - at;
      if (this.#state === 'request-line') {
        if (length > 0) this.#checkStart(text, at, complete ? end : text.length);
      } else {
        this.#checkHeadSize(length);
      }
      if (!complete) {
        this.#at += at;
        return null;
      }
      if (end === at || text.charCodeAt(end - 1) !== CR)
        throw new HttpError(400, 'line ends in a bare LF');
      const line = text.slice(at, end - 1);
      at = end + 1;
      if (this.#state === 'request-line') this.#requestLine(line);
      else if (line !== '') this.#fieldLine(line);
      else {
        this.#at += at;
        return this.#finishHead();
      }
      if (line !== '') this.#headSize += length;
    }
  }

  #checkHeadSize(length: number): void {
    if (this.#headSize + length > this.#limits.head) {
      throw new HttpError(431, `head longer than ${this.#limits.head} octets`);
    }
  }

  /** The bounds of a request line, complete or not: what is too long is refused before it is whole. */
  #checkStart(text: string, at: number, lineEnd: number): void {
    // What lies beyond the head's limit must not decide which error it is.
    const end = Math.min(lineEnd, at + this.#limits.head + 1);
    const stop = text.charCodeAt(end - 1) === CR ? end - 1 : end;
    const firstSpace = text.indexOf(' ', at);
    const methodEnd = firstSpace === -1 || firstSpace > stop ? stop : firstSpace;
    // A TLS hello or other noise is refused at its first octet.
    const seen = text.slice(at, Math.min(methodEnd, at + LONGEST_METHOD + 1));
    if (seen !== '' && !isToken(seen)) throw new HttpError(400, 'malformed method');
    if (methodEnd - at > LONGEST_METHOD) throw new HttpError(501, 'unknown method');
    if (methodEnd < stop) this.#checkTargetSize(text, methodEnd + 1, stop);
    this.#checkHeadSize(end - at);
  }

  #checkTargetSize(text: string, at: number, stop: number): void {
    const space = text.indexOf(' ', at);
    const end = space === -1 || space > stop ? stop : space;
    if (end - at > this.#limits.target) {
      throw new HttpError(414, `request-target longer than ${this.#limits.target} octets`);
    }
  }

  /* request-line = method SP request-target SP HTTP-version              RFC 9112 §3 */
  #requestLine(line: string): void {
    if (line === '') {
      // RFC 9112 §2.2: ignore at least one empty line before a request line.
      if (++this.#emptyLines > this.#limits.emptyLines) {
        throw new HttpError(400, 'too many empty lines before a request');
      }
      return;
    }
    const first = line.indexOf(' ');
    const last = line.indexOf(' ', first + 1);
    if (first < 1 || last === -1) throw new HttpError(400, 'malformed request line');
    this.#minorVersion = minorVersion(line.slice(last + 1));
    this.#method = line.slice(0, first);
    this.#target = line.slice(first + 1, last);
    this.#state = 'field-lines';
  }

  #fieldLine(line: string): void {
    if (this.#lines.length / 2 >= this.#limits.fields) {
      throw new HttpError(431, `more than ${this.#limits.fields} field lines`);
    }
    parseFieldLine(line, this.#lines);
  }

  #finishHead(): RequestHead {
    const head = new RequestHead(
      this.#method,
      this.#target,
      this.#minorVersion,
      new Fields(this.#lines),
    );
    this.#state = head.framing.kind === 'none' ? 'request-line' : 'content';
    this.#decoder = decodeContent(head.framing, this.#limits);
    this.#headSize = 0;
    this.#emptyLines = 0;
    // Slices of the head's text: an idle connection would keep all of it for them.
    this.#method = '';
    this.#target = '';
    this.#lines = [];
    return head;
  }

  #nextContent(): ContentData | ContentEnd | null {
    const decoder = this.#decoder as ContentDecoder;
    const event = decoder.next(this.#bytes.subarray(0, this.#end), this.#at);
    this.#at = decoder.at;
    if (event?.kind === 'end') {
      this.#decoder = undefined;
      this.#state = 'request-line';
    }
    return event;
  }
}

/* HTTP-version = HTTP-name "/" DIGIT "." DIGIT                           RFC 9112 §2.3 */
function minorVersion(text: string): 0 | 1 {
  if (text === 'HTTP/1.1') return 1;
  const match = /^HTTP\/([0-9])\.([0-9])$/.exec(text);
  if (match === null || match[1] === '0') throw new HttpError(400, 'malformed HTTP version');
  if (match[1] !== '1') throw new HttpError(505, 'only HTTP/1.x is served here');
  return match[2] === '0' ? 0 : 1;
}
