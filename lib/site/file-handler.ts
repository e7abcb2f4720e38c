/**
 * The handler that serves a Source: method, path, resource, response, in four steps. Maps what a
 * source can't give to a status in one place, and never lets a path of the disk out.
 */
import { checkNumber, checkWhole } from '../http/check.js';
import { HttpError } from '../http/error.js';
import { errorResponse, failureResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import { isKnownMethod } from '../http/method.js';
import { DEFAULT_MAX_RANGES } from '../http/range.js';
import type { Response } from '../http/response.js';
import {
  type Collection,
  type Opened,
  type Resource,
  type ResourcePath,
  type Source,
  SourceError,
} from '../source/source.js';
import type { Answer, ExchangeContext, Handler } from './handler.js';
import { encodePath, type ResolvedPath, resolvePath } from './path.js';
import { Representations, type Variants } from './representation.js';

/** Answers for a folder without an index file. It gives what `folder` lists, or decides that it does not. */
export type FolderHandler = (
  request: RequestHead,
  path: ResourcePath,
  folder: Collection,
  context: ExchangeContext,
) => Answer;

/** How files are served. */
export interface FileHandlerOptions {
  /** Seconds for `Cache-Control: public, max-age=…`; without it `no-cache`. */
  readonly maxAge?: number;
  /** Adds `immutable` to Cache-Control (RFC 8246); needs `maxAge`. */
  readonly immutable?: boolean;
  /** With `maxAge`: `private` in place of `public`; caches between here and the client keep nothing. */
  readonly private?: boolean;
  /** The file that answers for a directory. `index.html`. */
  readonly index?: string;
  /** Answers for folders that have no such file; without it they are as good as none. */
  readonly folders?: FolderHandler;
  /** Answers where nothing is, by a page of the site's own perhaps. 404. */
  readonly absent?: Handler;
  /** Most ranges answered in one response. 64. */
  readonly maxRanges?: number;
  /** Chooses between representations, such as compressed ones. Without it, each file has one. */
  readonly variants?: Variants | undefined;
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
  return new FileHandler(source, options).handle;
}

class FileHandler {
  readonly #source: Source;
  readonly #index: string;
  readonly #folders: FolderHandler | undefined;
  readonly #absent: Handler;
  readonly #now: () => number;
  readonly #variants: Variants | undefined;
  readonly #representations: Representations;

  constructor(source: Source, options: FileHandlerOptions) {
    const { maxRanges = DEFAULT_MAX_RANGES } = options;
    checkNumber('maxRanges', maxRanges);
    this.#source = source;
    this.#index = options.index ?? 'index.html';
    this.#folders = options.folders;
    this.#absent = options.absent ?? notFound;
    this.#now = options.now ?? Date.now;
    const { variants } = options;
    this.#variants = variants;
    this.#representations = new Representations({
      cacheControl: cacheControl(options),
      maxRanges,
      variants,
    });
  }

  readonly handle: Handler = (request, context) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return otherMethod(request);
    try {
      const answer = this.#find(request, resolvePath(request.target.path), context);
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((error) => failure(request, error));
    } catch (error) {
      return failure(request, error);
    }
  };

  #find(request: RequestHead, resolved: ResolvedPath, context: ExchangeContext): Answer {
    const { path, isCollection } = resolved;
    const opened = this.#source.open(isCollection ? inside(path, this.#index) : path, context);
    return opened instanceof Promise
      ? opened.then((result) => this.#respond(request, resolved, result, context))
      : this.#respond(request, resolved, opened, context);
  }

  #respond(
    request: RequestHead,
    resolved: ResolvedPath,
    opened: Opened,
    context: ExchangeContext,
  ): Answer {
    if (opened?.kind === 'resource') return this.#represent(request, opened, context);
    // A directory behind index.html's name is as good as none.
    if (resolved.isCollection) return this.#folder(request, resolved.path, context);
    if (opened === null) return this.#absent(request, context);
    return redirect(request, `${encodePath(resolved.path)}/${request.target.query}`);
  }

  #represent(request: RequestHead, resource: Resource, context: ExchangeContext): Answer {
    const selected = this.#variants?.select(request, resource, context) ?? resource;
    return selected instanceof Promise
      ? selected.then((late) => this.#representations.respond(request, late, this.#now()))
      : this.#representations.respond(request, selected, this.#now());
  }

  #folder(request: RequestHead, path: ResourcePath, context: ExchangeContext): Answer {
    const folders = this.#folders;
    if (folders === undefined) return this.#absent(request, context);
    const answer = (opened: Opened): Answer => {
      if (opened?.kind === 'collection') return folders(request, path, opened, context);
      opened?.close();
      return this.#absent(request, context);
    };
    const opened = this.#source.open(path, context);
    return opened instanceof Promise ? opened.then(answer) : answer(opened);
  }
}

function notFound(request: RequestHead): Response {
  return errorResponse(404, request.fields);
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

/**
 * The one place where the failure of a source becomes a status, and an error of ours its response, so that
 * layers before this one see it; the rest is thrown on: 500, and told.
 */
function failure(request: RequestHead, error: unknown): Response {
  if (error instanceof HttpError) return failureResponse(error, request.fields);
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

/**
 * The value of Cache-Control that options ask for.
 * @throws TypeError when `immutable` is set without `maxAge`
 */
export function cacheControl(options: FileHandlerOptions): string {
  const { maxAge, immutable } = options;
  if (maxAge === undefined) {
    if (immutable) throw new TypeError('immutable needs maxAge: how long the files never change');
    return 'no-cache';
  }
  checkWhole('maxAge', Math.floor(maxAge));
  const whose = options.private ? 'private' : 'public';
  return `${whose}, max-age=${Math.floor(maxAge)}${immutable ? ', immutable' : ''}`;
}
