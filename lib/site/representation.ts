/**
 * A resource becomes the response to a GET or HEAD: its fields, then preconditions, then ranges
 * (RFC 9110 §13.2.2 puts them in this order).
 */
import { randomBytes } from 'node:crypto';
import { formatHttpDate, hasHttpDate } from '../http/date.js';
import { errorResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import { MessageBuffer } from '../http/message-buffer.js';
import { planMultipart } from '../http/multipart.js';
import { evaluatePreconditions, rangeApplies } from '../http/preconditions.js';
import { type ByteRange, contentRange, parseRange, rangeLength } from '../http/range.js';
import type { Piece, Response } from '../http/response.js';
import { type Resource, SMALL_EXTENT } from '../source/source.js';
import { type ExchangeContext, whenThere } from './handler.js';

/** Chooses between the representations of a resource by what a request says. */
export interface Variants {
  /** Whether there may be several, so that the answer depends on Accept-Encoding (RFC 9110 §12.5.5). */
  varies(resource: Resource): boolean;
  /**
   * The one that is to be sent in the place of `resource`, which it closes, itself or when it is closed.
   * @throws HttpError (or rejects with it) when none can be
   */
  select(
    request: RequestHead,
    resource: Resource,
    context: ExchangeContext,
  ): Resource | Promise<Resource>;
}

/** What is said of a resource, by somebody else than its source. */
export interface Stored {
  /** The entity tag that is sent in place of its own; `undefined`: its own. */
  readonly etag: string | undefined;
  /** Whether its content coding is said: what it holds may be in one. */
  readonly isCoded: boolean;
}

/** How representations are labelled. */
export interface RepresentationOptions {
  /** The value of Cache-Control. */
  readonly cacheControl: string;
  /** Most ranges answered in one response. */
  readonly maxRanges: number;
  /** Without it, each resource has one representation. */
  readonly variants?: Variants | undefined;
}

/** Answers requests for one kind of representation; keeps the plain answer to what is in memory. */
export class Representations {
  readonly #options: RepresentationOptions;
  /** The 200 of each resource that is in memory: made once, sent many times. */
  readonly #plain = new WeakMap<Resource, Response>();
  /** The same for its 304. */
  readonly #unchanged = new WeakMap<Resource, Response>();

  constructor(options: RepresentationOptions) {
    this.#options = options;
  }

  /**
   * The response for `resource`, which it closes, or hands over to the response's body to close.
   * @param now milliseconds since the epoch
   * @param stored what is said of it elsewhere
   */
  respond(
    request: RequestHead,
    resource: Resource,
    now: number,
    stored?: Stored,
  ): Response | Promise<Response> {
    const { fields } = request;
    const lastModified = modifiedBy(resource, now);
    const etag = stored?.etag ?? resource.etag;
    const validators = { etag, formerEtag: resource.formerEtag, lastModified };
    const outcome = evaluatePreconditions(fields, validators, now);
    if (outcome !== 'proceed') {
      resource.close();
      if (outcome === 'failed') return errorResponse(412, fields);
      return this.#notModified(resource, now);
    }
    const rangeField = request.method === 'GET' ? fields.get('range') : undefined;
    if (rangeField === undefined || resource.size === undefined) return this.#whole(resource, now);
    if (!rangeApplies(fields, validators, now)) return this.#whole(resource, now);
    const range = parseRange(rangeField, resource.size, this.#options.maxRanges);
    if (range.kind === 'whole') return this.#whole(resource, now);
    if (range.kind === 'unsatisfiable') {
      resource.close();
      return errorResponse(416, fields, ['Content-Range', `bytes */${resource.size}`]);
    }
    const [first, ...more] = range.ranges;
    // Whether Content-Encoding is said of a multipart or of its parts, clients see differently; RFC 9110 §14.2
    // lets the whole be sent.
    const isCoded = stored?.isCoded === true || resource.coding !== undefined;
    if (more.length > 0 && isCoded) return this.#whole(resource, now);
    return more.length === 0
      ? this.#single(resource, first, resource.size, now)
      : this.#multiple(resource, range.ranges, resource.size, now);
  }

  #notModified(resource: Resource, now: number): Response {
    const known = this.#unchanged.get(resource);
    if (known !== undefined) return known;
    const fields = this.#validatorFields(resource, now);
    if (resource.bytes === undefined) return { status: 304, fields, body: undefined };
    const message = new MessageBuffer(0);
    const response: Response = { status: 304, fields, body: undefined, message };
    this.#unchanged.set(resource, response);
    return response;
  }

  #whole(resource: Resource, now: number): Response {
    const known = this.#plain.get(resource);
    if (known !== undefined) return known;
    const fields = ['Content-Type', resource.type, ...this.#fields(resource, now)];
    const { bytes, message } = resource;
    if (bytes === undefined) {
      return { status: 200, fields, body: streamed(resource, resource.size, undefined) };
    }
    const response: Response = { status: 200, fields, body: bytes, message };
    this.#plain.set(resource, response);
    return response;
  }

  #single(
    resource: Resource,
    range: ByteRange,
    size: number,
    now: number,
  ): Response | Promise<Response> {
    const fields = [
      'Content-Type',
      resource.type,
      'Content-Range',
      contentRange(range, size),
      ...this.#fields(resource, now),
    ];
    const { bytes } = resource;
    const partial = (body: Response['body'], message?: MessageBuffer): Response => ({
      status: 206,
      fields,
      body,
      message,
    });
    if (bytes !== undefined) return partial(bytes.subarray(range.first, range.last + 1));
    const length = rangeLength(range);
    if (length > SMALL_EXTENT || resource.readBytes === undefined) {
      return partial(streamed(resource, length, [range]));
    }
    // A stream of one or two chunks would cost five times as much.
    return whenThere(resource.readBytes(range), (message) => partial(message.content, message));
  }

  #multiple(resource: Resource, ranges: readonly ByteRange[], size: number, now: number): Response {
    const plan = planMultipart(ranges, size, resource.type, randomBytes(18).toString('hex'));
    const fields = ['Content-Type', plan.type, ...this.#fields(resource, now)];
    const { bytes } = resource;
    const pieces =
      bytes === undefined
        ? plan.pieces
        : plan.pieces.map((piece) =>
            piece instanceof Uint8Array ? piece : bytes.subarray(piece.first, piece.last + 1),
          );
    return { status: 206, fields, body: streamed(resource, plan.length, pieces) };
  }

  #fields(resource: Resource, now: number): string[] {
    return [
      ...this.#validatorFields(resource, now),
      'Accept-Ranges',
      resource.size === undefined ? 'none' : 'bytes',
      'X-Content-Type-Options',
      'nosniff',
      ...(resource.coding === undefined ? [] : ['Content-Encoding', resource.coding]),
    ];
  }

  /** What a 304 repeats of the 200 (RFC 9110 §15.4.5). */
  #validatorFields(resource: Resource, now: number): string[] {
    const fields = ['Cache-Control', this.#options.cacheControl];
    if (this.#options.variants?.varies(resource)) fields.push('Vary', 'Accept-Encoding');
    if (resource.etag !== undefined) fields.push('ETag', resource.etag);
    const lastModified = modifiedBy(resource, now);
    if (lastModified !== undefined) fields.push('Last-Modified', formatHttpDate(lastModified));
    return fields;
  }
}

function streamed(
  resource: Resource,
  length: number | undefined,
  pieces: readonly Piece[] | undefined,
): Response['body'] {
  return {
    length,
    pieces,
    ahead: resource.ahead,
    read: (range, options) => resource.read(range, options),
    close: () => resource.close(),
  };
}

/** RFC 9110 §8.8.2.1: never later than Date. Times that no HTTP date can say are none. */
function modifiedBy(resource: Resource, now: number): number | undefined {
  const { modified } = resource;
  return modified !== undefined && hasHttpDate(modified) ? Math.min(modified, now) : undefined;
}
