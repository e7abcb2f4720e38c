/**
 * Answers in the octets of a connection: enough of HTTP to measure servers with, and no more. Counts
 * and hands on, keeps nothing; knows no socket. Not lenient: what it can't frame is an error.
 */

/** What is known of an answer once its head is there. */
export interface Head {
  readonly status: number;
  /** The octets of content it announces. */
  readonly length: number;
  /** The value of a field, by its name in small letters. */
  field(name: string): string | undefined;
}

/** Who is told. The bytes are only theirs during the call. */
export interface Listener {
  head(head: Head): void;
  content(bytes: Uint8Array): void;
  end(): void;
}

const END_OF_HEAD = '\r\n\r\n';
const MAX_HEAD = 16_384;
/** A chunked answer is an error page; one that is longer is none of ours. */
const MAX_CHUNKED = 1_048_576;

/** Reads the answers on one connection, one after the other. */
export class AnswerReader {
  readonly #listener: Listener;
  #text = '';
  /** Octets of content to come; `undefined`: the head isn't over. */
  #left: number | undefined;
  #chunked = false;
  /** Answers to HEAD have no content, whatever they announce. */
  bodiless = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Takes octets as they came. @throws Error where they are no answer */
  push(bytes: Uint8Array): void {
    if (this.#chunked) this.#pushChunked(bytes);
    else if (this.#left === undefined) this.#pushHead(bytes);
    else this.#pushContent(bytes);
  }

  #pushHead(bytes: Uint8Array): void {
    const before = this.#text.length;
    this.#text += latin1(bytes);
    const end = this.#text.indexOf(END_OF_HEAD);
    if (end === -1) {
      if (this.#text.length > MAX_HEAD) throw new Error('a head without end');
      return;
    }
    const text = this.#text.slice(0, end);
    this.#text = '';
    const rest = bytes.subarray(end + END_OF_HEAD.length - before);
    const head = parseHead(text);
    this.#chunked = head.field('transfer-encoding') === 'chunked';
    this.#listener.head(head);
    if (this.bodiless || head.status === 304) this.#chunked = false;
    if (this.#chunked) {
      this.#pushChunked(rest);
      return;
    }
    this.#left = this.bodiless || head.status === 304 ? 0 : head.length;
    this.#pushContent(rest);
  }

  #pushContent(bytes: Uint8Array): void {
    const left = (this.#left ?? 0) - bytes.length;
    if (left < 0) throw new Error('an answer is longer than it says');
    this.#left = left;
    if (bytes.length > 0) this.#listener.content(bytes);
    if (left > 0) return;
    this.#left = undefined;
    this.#listener.end();
  }

  #pushChunked(bytes: Uint8Array): void {
    this.#text += latin1(bytes);
    if (this.#text.length > MAX_CHUNKED) throw new Error('a long answer in chunks');
    if (this.#text !== '0\r\n\r\n' && !this.#text.endsWith('\r\n0\r\n\r\n')) return;
    this.#text = '';
    this.#chunked = false;
    this.#listener.end();
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function parseHead(text: string): Head {
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(text)?.[1]);
  if (Number.isNaN(status)) throw new Error(`not an answer: ${text.slice(0, 40)}`);
  const field = (name: string): string | undefined =>
    new RegExp(`\r\n${name}:[ \t]*([^\r]*)`, 'i').exec(text)?.[1]?.trim();
  const length = Number(/^[0-9]+$/.exec(field('content-length') ?? '0')?.[0] ?? Number.NaN);
  if (Number.isNaN(length)) throw new Error('a Content-Length that is no number');
  return { status, length, field };
}
