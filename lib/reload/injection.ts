/**
 * A page with the script in it, as a response. What is in memory is changed once and kept for as long as
 * the response it came from; what is streamed is changed on its way, and chunked. Knows no requests.
 */
import { pipeline, Transform, type TransformCallback } from 'node:stream';
import { MessageBuffer } from '../http/message-buffer.js';
import { type Response, type StreamedBody, streamedBody } from '../http/response.js';
import { findPlace, MOST_LOOKED_AT } from './place.js';

/** What marks the entity tag of a changed page: another representation than the file (RFC 9110 §8.8.3). */
const MARK = '+reload';

/** The value of a field of a response; `name` in lower case. */
export function fieldOf({ fields }: Response, name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]?.toLowerCase() === name) return fields[at + 1];
  }
  return undefined;
}

/** The entity tag of a page with the script, from that of the page. */
export function marked(etag: string): string {
  return etag.endsWith('"') ? `${etag.slice(0, -1)}${MARK}"` : etag;
}

/** Entity tags of pages with the script in a field value become those of the pages. */
export function unmarked(value: string): string {
  return value.replaceAll(`${MARK}"`, '"');
}

/** Whether a response is a whole page that the script can be put into. */
export function isPage(response: Response): boolean {
  if (response.status !== 200 || response.body === undefined) return false;
  if (!/^text\/html(?:[\s;]|$)/i.test(fieldOf(response, 'content-type') ?? '')) return false;
  const coding = fieldOf(response, 'content-encoding') ?? 'identity';
  return coding === 'identity' && streamedBody(response)?.pieces === undefined;
}

/** Puts one text into pages. */
export class Injection {
  readonly #text: Buffer;
  readonly #made = new WeakMap<Response, Response>();

  constructor(text: string) {
    this.#text = Buffer.from(text, 'latin1');
  }

  /** The page with the text in it; any other response as it is. */
  into(response: Response): Response {
    const known = this.#made.get(response);
    if (known !== undefined) return known;
    if (!isPage(response)) return response;
    const streamed = streamedBody(response);
    const fields = pageFields(response);
    if (streamed !== undefined) {
      return { status: 200, fields, body: this.#streamed(streamed) };
    }
    const message = MessageBuffer.of(this.#joined(response.body as Uint8Array));
    const made: Response = { status: 200, fields, body: message.content, message };
    this.#made.set(response, made);
    return made;
  }

  #joined(page: Uint8Array): Buffer {
    const start = Buffer.from(page.buffer, page.byteOffset, page.length);
    const looked = start.toString('latin1', 0, Math.min(page.length, MOST_LOOKED_AT));
    const place = findPlace(looked, page.length <= MOST_LOOKED_AT) ?? page.length;
    if (place === 'none') return start;
    return Buffer.concat([start.subarray(0, place), this.#text, start.subarray(place)]);
  }

  /** Its length could be said, but not where a range of it is before all of that was read: chunked. */
  #streamed(page: StreamedBody): StreamedBody {
    return {
      length: undefined,
      pieces: undefined,
      read: () => pipeline(page.read(), new Insertion(this.#text, page.length), () => {}),
      close: () => page.close(),
    };
  }
}

/** Fields of a page with the script: ranges of the file are none of it (RFC 9110 §14.3). */
function pageFields({ fields }: Response): string[] {
  const changed: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'etag') changed.push(name, marked(value));
    else if (lower === 'accept-ranges') changed.push(name, 'none');
    else changed.push(name, value);
  }
  return changed;
}

/** Lets a page through and puts a text where it belongs. */
class Insertion extends Transform {
  readonly #text: Buffer;
  readonly #expected: number | undefined;
  #seen = 0;
  /** What is held back until the place is known. */
  #start: Buffer | undefined = Buffer.alloc(0);
  /** Whether the text is in, or is not to be. */
  #isDone = false;

  /** @param expected octets of the page; another number is an error */
  constructor(text: Buffer, expected: number | undefined) {
    super();
    this.#text = text;
    this.#expected = expected;
  }

  override _transform(chunk: Buffer, _encoding: string, callback: TransformCallback): void {
    this.#seen += chunk.length;
    if (this.#start === undefined) this.push(chunk);
    else this.#look(Buffer.concat([this.#start, chunk]), false);
    callback();
  }

  override _flush(callback: TransformCallback): void {
    // Chunks have no length that would show that a page became shorter on the way.
    if (this.#expected !== undefined && this.#seen !== this.#expected) {
      callback(new Error('the resource became shorter'));
      return;
    }
    if (this.#start !== undefined) this.#look(this.#start, true);
    // Not found in what was looked at: it comes last.
    if (!this.#isDone) this.push(this.#text);
    callback();
  }

  #look(start: Buffer, isWhole: boolean): void {
    const most = Math.min(start.length, MOST_LOOKED_AT);
    const place = findPlace(start.toString('latin1', 0, most), isWhole);
    const isUnknown = place === undefined && start.length < MOST_LOOKED_AT;
    this.#start = isUnknown ? start : undefined;
    if (isUnknown) return;
    if (typeof place === 'number') {
      this.push(start.subarray(0, place));
      this.push(this.#text);
      this.push(start.subarray(place));
    } else this.push(start);
    this.#isDone = place !== undefined;
  }
}
