/**
 * Answers for folders that have no index file: lists what they hold, as a page or as JSON. Small folders
 * are answered out of memory, large ones are sent as they are sorted or read, at the rate the client takes.
 */
import { createHash, type Hash } from 'node:crypto';
import { checkWhole } from '../../http/check.js';
import { errorResponse } from '../../http/error-response.js';
import type { RequestHead } from '../../http/head.js';
import { prefersType } from '../../http/media-ranges.js';
import { evaluatePreconditions } from '../../http/preconditions.js';
import type { Response } from '../../http/response.js';
import type { Collection, Entry, Resource, ResourcePath } from '../../source/source.js';
import type { FolderHandler } from '../file-handler.js';
import type { ExchangeContext } from '../handler.js';
import { encodePath } from '../path.js';
import type { Variants } from '../representation.js';
import { bodyOf, streamedListing, wholeListing } from './content.js';
import { FEW_ENTRIES, gather, Room } from './gather.js';
import { jsonFormat } from './json.js';
import { comparison, orderQuery, readOrder, sortInTurns } from './order.js';
import { pageFormat } from './page.js';
import type { Format } from './writer.js';

/** How folders are listed. */
export interface ListingOptions {
  /** The value of Cache-Control. */
  readonly cacheControl: string;
  /** Most entries of a folder that are sorted; a larger one is listed as it is read. 10,000. */
  readonly maxSorted?: number;
  /** The time in milliseconds since the epoch. */
  readonly now?: () => number;
  /** Compresses what is listed, where clients ask for it. */
  readonly variants?: Variants | undefined;
}

/** Reading and sorting so many takes some 200 ms of processor time; they take 1.3 MB. */
export const DEFAULT_MAX_SORTED = 10_000;

/** How many such listings all clients together can hold in memory; beyond that folders are not sorted. */
const SORTED_AT_A_TIME = 10;

/**
 * Makes what lists folders.
 * @throws RangeError for a `maxSorted` that is no whole number from 0 up
 */
export function createListing(options: ListingOptions): FolderHandler {
  return new Listing(options).handle;
}

class Listing {
  readonly #cacheControl: string;
  readonly #maxSorted: number;
  readonly #now: () => number;
  readonly #variants: Variants | undefined;
  readonly #room: Room;

  constructor(options: ListingOptions) {
    const { cacheControl, maxSorted = DEFAULT_MAX_SORTED, now = Date.now } = options;
    this.#cacheControl = cacheControl;
    this.#variants = options.variants;
    this.#maxSorted = checkWhole('maxSorted', maxSorted);
    this.#now = now;
    this.#room = new Room(maxSorted * SORTED_AT_A_TIME);
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
    context: ExchangeContext,
  ): Promise<Response> {
    const { fields, target } = request;
    const { signal } = context;
    const isJson = prefersType(fields.get('accept'), 'application/json', 'text/html');
    const format = isJson ? jsonFormat : pageFormat;
    const order = readOrder(target.query);
    const hash = createHash('sha1').update(`${format.type} ${orderQuery(order)}\n`);
    const see = (batch: readonly Entry[]): void => addTo(hash, batch);
    const found = await gather(folder.entries(signal), this.#maxSorted, this.#room, see);
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
      const compare = comparison(order);
      let plain: Resource;
      if (overflow === undefined && found.entries.length <= FEW_ENTRIES) {
        found.close();
        const rows = writer.entries([...found.entries].sort(compare));
        plain = wholeListing(format.type, begin + rows + writer.end());
      } else {
        // HEAD has the same fields, for which nothing need be sorted.
        const sorts = overflow === undefined && request.method !== 'HEAD';
        const first = sorts ? await sortInTurns(found.entries, compare, signal) : found.entries;
        plain = streamedListing(format.type, found, first, begin, writer);
      }
      const chosen = (await this.#variants?.select(request, plain, context)) ?? plain;
      return { status: 200, fields: this.#fields(format, etag, chosen.coding), ...bodyOf(chosen) };
    } catch (error) {
      found.close();
      throw error;
    }
  }

  #fields(format: Format, etag: string | undefined, coding: string | undefined): string[] {
    return [
      'Content-Type',
      format.type,
      ...(coding === undefined ? [] : ['Content-Encoding', coding]),
      ...this.#validatorFields(etag),
      'X-Content-Type-Options',
      'nosniff',
      ...format.fields,
    ];
  }

  /** What a 304 repeats of the 200 (RFC 9110 §15.4.5). */
  #validatorFields(etag: string | undefined): string[] {
    const vary = this.#variants === undefined ? 'Accept' : 'Accept, Accept-Encoding';
    const fields = ['Cache-Control', this.#cacheControl, 'Vary', vary];
    // Weak, and so the same for all codings: they say the same (RFC 9110 §8.8.1).
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
