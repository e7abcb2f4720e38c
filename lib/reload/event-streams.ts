/**
 * The pages that wait to hear of changes, each by an answer that does not end: server-sent events as the
 * HTML standard has them. Bounded in number, and in what is held for one that does not listen.
 */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { errorResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import type { Response } from '../http/response.js';
import { networkOf } from '../limit/rate-limit.js';

/**
 * Pages that are told at the same time. Then the oldest one of the address that has the most makes room: no
 * client can keep the others out. It comes again, and hears what it has missed. Where nobody has a second one
 * the next ones get 503, and try again.
 */
export const MOST_PAGES = 256;

/**
 * A sign of life every so often, in milliseconds. A page that has gone without a reset shows at the second
 * write after it.
 */
const HEARTBEAT = 5000;

/** A comment: says nothing to a page. */
const SIGN = ':\n\n';

/** What a page that takes nothing may leave waiting, in octets; then its stream ends, and it comes again. */
const MOST_WAITING = 16_384;

const FIELDS: readonly string[] = [
  'Content-Type',
  'text/event-stream',
  // Not to be compressed on the way either: that would hold events back (RFC 9111 §5.2.2.6).
  'Cache-Control',
  'no-store, no-transform',
  'X-Content-Type-Options',
  'nosniff',
];

/** Streams of events to pages. */
export class EventStreams {
  /** And whose they are; the oldest first. */
  readonly #streams = new Map<Readable, string>();
  /** Another one for each start of the server: files may have changed while it was not there. */
  readonly #generation = randomBytes(6).toString('hex');
  #changes = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;

  /** How many pages listen. */
  get size(): number {
    return this.#streams.size;
  }

  /** What changes with each change, and with the start of the server. */
  get state(): string {
    return `${this.#generation}-${this.#changes}`;
  }

  /**
   * The answer to a page that wants to hear.
   * @param remote the address of its client
   */
  answer(request: RequestHead, remote: string): Response {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return errorResponse(405, request.fields, ['Allow', 'GET, HEAD']);
    }
    // Other sites have no business here; where a browser does not say, it is not one of theirs.
    const site = request.fields.get('sec-fetch-site') ?? 'same-origin';
    if (site !== 'same-origin' && site !== 'none') return errorResponse(403, request.fields);
    const network = networkOf(remote);
    if (this.#closed || !this.#hasRoom(network)) {
      // Whoever has gone shows when written to: there may be room at a later attempt.
      this.#send(SIGN);
      return errorResponse(503, request.fields, ['Retry-After', '5']);
    }
    const stream = new Readable({ read() {} });
    this.#streams.set(stream, network);
    this.#heartbeat ??= setInterval(() => this.#send(SIGN), HEARTBEAT);
    stream.push(`retry: 1000\n\n${this.#event('hello', this.state)}`);
    const close = (): void => this.#forget(stream);
    const body = { length: undefined, pieces: undefined, read: () => stream, close };
    return { status: 200, fields: FIELDS, body };
  }

  /** Tells all pages which paths have changed; none: more than can be named. */
  changed(paths: readonly string[]): void {
    this.#changes++;
    this.#send(this.#event('change', paths));
  }

  /** Ends all streams at once; there will be no others. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams.keys()) this.#end(stream);
  }

  /** As JSON data has no line breaks, it is one line, whatever a file is called. */
  #event(name: string, data: unknown): string {
    return `event: ${name}\nid: ${this.state}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #send(text: string): void {
    for (const stream of this.#streams.keys()) {
      if (stream.readableLength <= MOST_WAITING) stream.push(text);
      else this.#end(stream);
    }
  }

  /** Whether there is room for one more of `network`, or can be made. */
  #hasRoom(network: string): boolean {
    if (this.#streams.size < MOST_PAGES) return true;
    const counts = new Map([[network, 1]]);
    for (const each of this.#streams.values()) counts.set(each, (counts.get(each) ?? 0) + 1);
    const [most, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    if (count < 2) return false;
    for (const [stream, each] of this.#streams) {
      if (each !== most) continue;
      this.#end(stream);
      return true;
    }
    return false;
  }

  #end(stream: Readable): void {
    this.#forget(stream);
    stream.push(null);
  }

  #forget(stream: Readable): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}
