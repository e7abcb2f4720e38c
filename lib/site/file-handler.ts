/**
 * The handler that serves a Source: method, path, resource, response, in four steps. Maps what a
 * source can't give to a status in one place, and never lets a path of the disk out.
 */
import { checkNumber, checkWhole } from '../http/check.js';
import { errorResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import { isKnownMethod } from '../http/method.js';
import { DEFAULT_MAX_RANGES } from '../http/range.js';
import type { Response } from '../http/response.js';
import { type Opened, type ResourcePath, type Source, SourceError } from '../source/source.js';
import { encodePath, type ResolvedPath, resolvePath } from './path.js';
import { Representations } from './representation.js';

/** What a handler may know of the exchange beside the request. */
export interface ExchangeContext {
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Which requests may share what was found out for one of them: {@link OpenOptions.moment}. */
  readonly moment?: object | undefined;
}

/** Answers one request, at once where it can. What it throws becomes a 500, an HttpError its status. */
export type Handler = (
  request: RequestHead,
  context: ExchangeContext,
) => Response | Promise<Response>;

/** How files are served. */
export interface FileHandlerOptions {
  /** Seconds for `Cache-Control: public, max-age=…`; without it `no-cache`. */
  readonly maxAge?: number;
  /** Adds `immutable` to Cache-Control (RFC 8246); needs `maxAge`. */
  readonly immutable?: boolean;
  /** The file that answers for a directory. `index.html`. */
  readonly index?: string;
  /** Most ranges answered in one response. 64. */
  readonly maxRanges?: number;
  /** The time in milliseconds since the epoch. */
  readonly now?: () => number;
}

const ALLOW = 'GET, HEAD, OPTIONS';

/**
 * Makes the handler that serves `source`.
 * @throws TypeError when `immutable` is set without `maxAge`
 * @throws RangeError for an option out of range
 */
export function createFileHandler(source: Source, options: FileHandlerOptions = {}): Handler {
  const { index = 'index.html', now = Date.now, maxRanges = DEFAULT_MAX_RANGES } = options;
  checkNumber('maxRanges', maxRanges);
  const representations = new Representations({ cacheControl: cacheControl(options), maxRanges });

  function respond(
    request: RequestHead,
    resolved: ResolvedPath,
    opened: Opened,
  ): Response | Promise<Response> {
    if (opened === null) return errorResponse(404, request.fields);
    if (opened.kind === 'resource') return representations.respond(request, opened, now());
    // A directory behind index.html's name is as good as none.
    if (resolved.isCollection) return errorResponse(404, request.fields);
    return redirect(request, `${encodePath(resolved.path)}/${request.target.query}`);
  }

  return (request, context) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return otherMethod(request);
    const resolved = resolvePath(request.target.path);
    const path = resolved.isCollection ? inside(resolved.path, index) : resolved.path;
    try {
      const opened = source.open(path, context);
      const response =
        opened instanceof Promise
          ? opened.then((result) => respond(request, resolved, result))
          : respond(request, resolved, opened);
      if (!(response instanceof Promise)) return response;
      return response.catch((error) => sourceFailure(request, error));
    } catch (error) {
      return sourceFailure(request, error);
    }
  };
}

function inside(path: ResourcePath, name: string): ResourcePath {
  return (path === '/' ? `/${name}` : `${path}/${name}`) as ResourcePath;
}

/** OPTIONS asks what is allowed (RFC 9110 §9.3.7); of the rest 405 or 501 (§15.5.6, §15.6.2). */
function otherMethod(request: RequestHead): Response {
  if (request.method === 'OPTIONS')
    return { status: 204, fields: ['Allow', ALLOW], body: undefined };
  const status = isKnownMethod(request.method) ? 405 : 501;
  return errorResponse(status, request.fields, status === 405 ? ['Allow', ALLOW] : []);
}

/** `location` is a path of this site: it can't name another host. */
function redirect(request: RequestHead, location: string): Response {
  return errorResponse(301, request.fields, ['Location', location]);
}

/** The one place where the failure of a source becomes a status; the rest is thrown on: 500, and told. */
function sourceFailure(request: RequestHead, error: unknown): Response {
  if (!(error instanceof SourceError)) throw error;
  switch (error.kind) {
    case 'forbidden':
      return errorResponse(403, request.fields);
    case 'busy':
      return errorResponse(503, request.fields, ['Retry-After', '1']);
    case 'oversize':
      return errorResponse(503, request.fields, [], error.message);
    case 'unavailable':
      throw error;
  }
}

function cacheControl({ maxAge, immutable }: FileHandlerOptions): string {
  if (maxAge === undefined) {
    if (immutable) throw new TypeError('immutable needs maxAge: how long the files never change');
    return 'no-cache';
  }
  checkWhole('maxAge', Math.floor(maxAge));
  return `public, max-age=${Math.floor(maxAge)}${immutable ? ', immutable' : ''}`;
}
