/**
 * Answers for folders that have no index file: lists what they hold, as a page or as JSON. Small folders
 * are answered out of memory, large ones are sent as they are sorted or read, at the rate the client takes.
 */
import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { checkWhole } from '../../http/check.js';
import { errorResponse } from '../../http/error-response.js';
import type { RequestHead } from '../../http/head.js';
import { prefersType } from '../../http/media-ranges.js';
import { MessageBuffer } from '../../http/message-buffer.js';
import { evaluatePreconditions } from '../../http/preconditions.js';
import type { Response, StreamedBody } from '../../http/response.js';
import type { Collection, Entry, ResourcePath } from '../../source/source.js';
import { Turnstile } from '../../source/turnstile.js';
import type { FolderHandler } from '../file-parts.js';
import type { ExchangeContext } from '../handler.js';
import { encodePath } from '../path.js';
import { FEW_ENTRIES, type Gathered, gather, placed, Room } from './gather.js';
import { jsonFormat } from './json.js';
import { DEFAULT_MAX_SORTED, DEFAULT_MAX_UNSORTED } from './limits.js';
import { comparison, nextTurn, orderQuery, readOrder, sortInTurns } from './order.js';
import { pageFormat } from './page.js';
import type { Format, Writer } from './writer.js';

/** How folders are listed. */
export interface ListingOptions {
  /** The value of Cache-Control. */
  readonly cacheControl: string;
  /** Most entries of a folder that are sorted; a larger one is listed as it is read. 10,000. */
  readonly maxSorted?: number;
  /** Most folders that are listed unsorted, as they are read, at a time; the next ones get 503. 64. */
  readonly maxUnsorted?: number;
  /** The time in milliseconds since the epoch. */
  readonly now?: () => number;
}

/** How many such listings all clients together can hold in memory; beyond that folders are not sorted. */
const SORTED_AT_A_TIME = 10;

/**
 * Folders that are read at the same time before the answer begins; the others wait in line, and hold no
 * descriptors meanwhile.
 */
const READ_AT_A_TIME = 64;

/** Says that entries come as the disk gives them, for those who don't read the page. */
const UNSORTED = ['Listing-Order', 'none'] as const;

/** Entries that become text in one go: less than a millisecond. */
const PART = 200;

/**
 * Makes what lists folders.
 * @throws RangeError for a `maxSorted` or `maxUnsorted` that is no whole number from 0 up
 */
export function createListing(options: ListingOptions): FolderHandler {
  return new Listing(options).handle;
}

class Listing {
  readonly #cacheControl: string;
  readonly #maxSorted: number;
  readonly #now: () => number;
  readonly #room: Room;
  readonly #places: Room;
  readonly #turns = new Turnstile(READ_AT_A_TIME);

  constructor({
    cacheControl,
    maxSorted = DEFAULT_MAX_SORTED,
    maxUnsorted = DEFAULT_MAX_UNSORTED,
    now = Date.now,
  }: ListingOptions) {
    this.#cacheControl = cacheControl;
    this.#maxSorted = checkWhole('maxSorted', maxSorted);
    this.#now = now;
    this.#room = new Room(maxSorted * SORTED_AT_A_TIME);
    this.#places = new Room(checkWhole('maxUnsorted', maxUnsorted));
  }

  readonly handle: FolderHandler = (request, path, folder, context) => {
    const { fields, target } = request;
    const address = path === '/' ? path : `${path}/`;
    // References in a listing are relative: they need the one address that leads back up step by step.
    if (decodeURIComponent(target.path) !== address) {
      const location = path === '/' ? path : `${encodePath(path)}/`;
      return errorResponse(301, fields, ['Location', location + target.query]);
    }
    return folder.entries === undefined
      ? errorResponse(404, fields)
      : this.#list(request, path, folder as Required<Collection>, context);
  };

  async #list(
    request: RequestHead,
    path: ResourcePath,
    folder: Required<Collection>,
    { signal }: ExchangeContext,
  ): Promise<Response> {
    const { fields, target } = request;
    const isJson = prefersType(fields.get('accept'), 'application/json', 'text/html');
    const format = isJson ? jsonFormat : pageFormat;
    const order = readOrder(target.query);
    const hash = createHash('sha1').update(`${format.type} ${orderQuery(order)}\n`);
    const see = (batch: readonly Entry[]): void => addTo(hash, batch);
    await this.#turns.enter();
    const found = await gather(folder.entries(signal), this.#maxSorted, this.#room, see).finally(
      () => this.#turns.leave(),
    );
    try {
      const { overflow } = found;
      const writer = format.writer({ path, order, overflow, maxSorted: this.#maxSorted });
      const begin = writer.begin();
      // What a folder holds that is read while it is sent nobody knows beforehand.
      const etag =
        overflow === undefined ? `W/"${hash.update(begin).digest('base64url')}"` : undefined;
      const outcome = evaluatePreconditions(fields, { etag, lastModified: undefined }, this.#now());
      if (outcome !== 'proceed') {
        found.close();
        if (outcome === 'failed') return errorResponse(412, fields);
        return { status: 304, fields: this.#validatorFields(etag), body: undefined };
      }
      const head = { status: 200, fields: this.#fields(format, etag) };
      if (overflow !== undefined) {
        const held = placed(found, this.#places);
        if (held === undefined) return errorResponse(503, fields, ['Retry-After', '1']);
        head.fields.push(...UNSORTED);
        return { ...head, body: streamed(held, held.entries, begin, writer) };
      }
      const compare = comparison(order);
      if (found.entries.length <= FEW_ENTRIES) {
        found.close();
        const rows = writer.entries([...found.entries].sort(compare));
        const message = MessageBuffer.of(Buffer.from(begin + rows + writer.end()));
        return { ...head, body: message.content, message };
      }
      // HEAD has the same fields, for which nothing need be sorted.
      const sorted =
        request.method === 'HEAD' ? [] : await sortInTurns(found.entries, compare, signal);
      return { ...head, body: streamed(found, sorted, begin, writer) };
    } catch (error) {
      found.close();
      throw error;
    }
  }

  #fields(format: Format, etag: string | undefined): string[] {
    return [
      'Content-Type',
      format.type,
      ...this.#validatorFields(etag),
      'X-Content-Type-Options',
      'nosniff',
      ...format.fields,
    ];
  }

  /** What a 304 repeats of the 200 (RFC 9110 §15.4.5). */
  #validatorFields(etag: string | undefined): string[] {
    const fields = ['Cache-Control', this.#cacheControl, 'Vary', 'Accept'];
    if (etag !== undefined) fields.push('ETag', etag);
    return fields;
  }
}

/** All that is shown of entries. Weak: two listings that look alike may come from different folders. */
function addTo(hash: Hash, batch: readonly Entry[]): void {
  let text = '';
  // No name has a NUL.
  for (const { name, kind, size, modified } of batch)
    text += `${name}\0${kind} ${size} ${modified}\n`;
  hash.update(text);
}

function streamed(
  found: Gathered,
  first: readonly Entry[],
  begin: string,
  writer: Writer,
): StreamedBody {
  return {
    length: undefined,
    pieces: undefined,
    read: () => Readable.from(parts(first, found.rest, begin, writer), { objectMode: false }),
    close: found.close,
  };
}

/** The text of a listing, part by part as it is asked for; others have their turn in between. */
async function* parts(
  first: readonly Entry[],
  rest: Gathered['rest'],
  begin: string,
  writer: Writer,
): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(begin);
  for (let at = 0; at < first.length; at += PART) {
    yield Buffer.from(writer.entries(first.slice(at, at + PART)));
    await nextTurn();
  }
  for (;;) {
    const next = await rest?.next();
    if (next === undefined || next.done) break;
    // An empty chunk would be no answer to who asked for more.
    if (next.value.length > 0) yield Buffer.from(writer.entries(next.value));
  }
  yield Buffer.from(writer.end());
}
