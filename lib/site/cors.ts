/**
 * Scripts of other origins may read the files (Fetch Standard, "CORS protocol"). Answers a preflight
 * before anything else is asked of a request: it carries no credentials, and asks for no file.
 */
import type { Fields } from '../http/fields.js';
import type { RequestHead } from '../http/head.js';
import type { Response } from '../http/response.js';
import { AddedFields } from './added-fields.js';
import { type Layer, mapAnswer } from './handler.js';
import { withFailures } from './set-fields.js';

/** Who may: all origins (`*`), or those named, such as `https://a.example` or `http://localhost:3000`. */
export type CorsOrigins = '*' | readonly string[];

/** scheme "://" host [ ":" port ], as browsers write it in Origin: lower case, and no path. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?$/;

/** What most origins are: each costs a look-up in a table, and nothing else. */
const MOST_ORIGINS = 1000;

/** How long a browser may go by a preflight, in seconds: two hours, the most that Chromium takes. */
const PREFLIGHT_AGE = 7200;

/**
 * What a script may see of an answer beside its safelisted fields. `*` holds for all fields in requests
 * without credentials; the names are for browsers that don't know it.
 */
const EXPOSED: readonly string[] = [
  'Access-Control-Expose-Headers',
  '*, Accept-Ranges, Content-Encoding, Content-Range, Date, ETag, Retry-After',
];

/** What a script may send. `*` never stands for Authorization. */
const ALLOWED: readonly string[] = [
  'Access-Control-Allow-Methods',
  'GET, HEAD',
  'Access-Control-Allow-Headers',
  '*, Authorization, Cache-Control, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range',
  'Access-Control-Max-Age',
  `${PREFLIGHT_AGE}`,
];

const ANSWER_DEPENDS: readonly string[] = ['Vary', 'Origin'];

/**
 * Lets scripts of `origins` read what the handlers behind it answer, errors too.
 * @throws TypeError with a message for people when an origin is none
 */
export function corsLayer(origins: CorsOrigins): Layer {
  const sharing = new Sharing(origins);
  return (next) => {
    const guarded = withFailures(next);
    return (request, context) =>
      isPreflight(request)
        ? sharing.preflight(request.fields)
        : mapAnswer(guarded(request, context), (response) => sharing.share(request, response));
  };
}

/**
 * Lets scripts read what no handler answered: without a request only those of all origins, for nobody knows
 * whose script it was.
 */
export function sharedRefusals(
  origins: CorsOrigins,
): (response: Response, request?: RequestHead) => Response {
  const sharing = new Sharing(origins);
  return (response, request) => {
    if (request === undefined) return origins === '*' ? sharing.shareWithAll(response) : response;
    // A browser tells a script nothing of a preflight that fails: that it asks too often says the request after it.
    if (response.status === 429 && isPreflight(request)) return sharing.preflight(request.fields);
    return sharing.share(request, response);
  };
}

/** RFC 9110 §9.3.7 leaves OPTIONS to such uses; without these fields it asks for `Allow`. */
function isPreflight({ method, fields }: RequestHead): boolean {
  return (
    method === 'OPTIONS' &&
    fields.get('access-control-request-method') !== undefined &&
    fields.get('origin') !== undefined
  );
}

class Sharing {
  /** By origin, what its answers say; `undefined`: all get the same. */
  readonly #named: ReadonlyMap<string, AddedFields> | undefined;
  readonly #others: AddedFields;

  constructor(origins: CorsOrigins) {
    if (origins === '*') {
      this.#named = undefined;
      this.#others = new AddedFields(['Access-Control-Allow-Origin', '*', ...EXPOSED]);
      return;
    }
    checkOrigins(origins);
    const answer = (origin: string): AddedFields =>
      new AddedFields(['Access-Control-Allow-Origin', origin, ...EXPOSED, ...ANSWER_DEPENDS]);
    // Vary: a cache must not give one origin's answer to another (RFC 9110 §12.5.5).
    this.#named = new Map(origins.map((origin) => [origin, answer(origin)]));
    this.#others = new AddedFields(ANSWER_DEPENDS);
  }

  share({ fields }: RequestHead, response: Response): Response {
    return this.#fieldsFor(fields).to(response);
  }

  shareWithAll(response: Response): Response {
    return this.#others.to(response);
  }

  preflight(fields: Fields): Response {
    const allowed = this.#named === undefined || this.#isNamed(fields);
    // A page of the public web that asks for an address of a private network asks for this as well.
    const isPrivate = fields.get('access-control-request-private-network') === 'true';
    const more = isPrivate ? ['Access-Control-Allow-Private-Network', 'true'] : [];
    const lines = allowed ? [...ALLOWED, ...more] : [];
    return this.#fieldsFor(fields).to({ status: 204, fields: lines, body: undefined });
  }

  #isNamed(fields: Fields): boolean {
    return this.#named?.has(fields.get('origin') ?? '') ?? false;
  }

  #fieldsFor(fields: Fields): AddedFields {
    if (this.#named === undefined) return this.#others;
    return this.#named.get(fields.get('origin') ?? '') ?? this.#others;
  }
}

function checkOrigins(origins: readonly string[]): void {
  if (origins.length === 0 || origins.length > MOST_ORIGINS) {
    throw new TypeError(`cors takes 1 to ${MOST_ORIGINS} origins, and there are ${origins.length}`);
  }
  for (const origin of origins) {
    if (!ORIGIN.test(origin)) {
      throw new TypeError(
        `${JSON.stringify(origin)} is no origin as browsers send it: scheme, host and perhaps a port, in ` +
          'lower case and without a slash at the end, such as https://a.example or http://localhost:3000',
      );
    }
  }
}
