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
import { type Answer, type ExchangeContext, type Handler, mapAnswer } from './handler.js';
import { inside, type ResolvedPath, resolvePath } from './path.js';
import { Addresses, type AddressOptions } from './paths/addresses.js';
import { type SubstituteOptions, Substitutes } from './paths/substitutes.js';
import { visible } from './paths/visible.js';
import { redirectTo } from './redirect.js';
import { Representations } from './representation.js';

/** Answers for a folder without an index file. It gives what `folder` lists, or decides that it does not. */
export type FolderHandler = (
  request: RequestHead,
  path: ResourcePath,
  folder: Collection,
  context: ExchangeContext,
) => Answer;

/** What is said of files beside what they are. */
export interface FileFields {
  /** The entity tag that is sent in place of the file's own; `undefined`: its own. */
  etag(path: ResourcePath): string | undefined;
  /** A response made from the file at `path`, with its fields changed. One response stays one. */
  to(path: ResourcePath, response: Response): Response;
}

/** How files are served. */
export interface FileHandlerOptions extends AddressOptions, SubstituteOptions {
  /** Seconds for `Cache-Control: public, max-age=…`; without it `no-cache`. */
  readonly maxAge?: number;
  /** Adds `immutable` to Cache-Control (RFC 8246); needs `maxAge`. */
  readonly immutable?: boolean;
  /** The file that answers for a directory. `index.html`. */
  readonly index?: string;
  /** Answers for folders that have no such file; without it they are as good as none. */
  readonly folders?: FolderHandler;
  /** For which folders `folders` is asked. All. */
  readonly mayList?: (path: ResourcePath) => boolean;
  /** What is left out of what `folders` is given to list, by path. */
  readonly unlisted?: (path: ResourcePath) => boolean;
  /** Changes the fields of files. */
  readonly fileFields?: FileFields | undefined;
  /** Answers where nothing is, by a page of the site's own perhaps. 404. */
  readonly absent?: Handler;
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
  return new FileHandler(source, options).handle;
}

class FileHandler {
  readonly #source: Source;
  readonly #index: string;
  readonly #addresses: Addresses;
  readonly #substitutes: Substitutes;
  readonly #isClean: boolean;
  readonly #folders: FolderHandler | undefined;
  readonly #mayList: (path: ResourcePath) => boolean;
  readonly #unlisted: ((path: ResourcePath) => boolean) | undefined;
  readonly #fileFields: FileFields | undefined;
  readonly #absent: Handler;
  readonly #now: () => number;
  readonly #representations: Representations;

  constructor(source: Source, options: FileHandlerOptions) {
    const { maxRanges = DEFAULT_MAX_RANGES, cleanUrls = false } = options;
    checkNumber('maxRanges', maxRanges);
    this.#source = source;
    this.#index = options.index ?? 'index.html';
    this.#addresses = new Addresses(options, this.#index);
    this.#substitutes = new Substitutes(
      source,
      this.#addresses,
      options,
      this.#index,
      (request, path, file) => this.#file(request, path, file),
    );
    this.#isClean = cleanUrls !== false;
    this.#folders = options.folders;
    this.#mayList = options.mayList ?? (() => true);
    this.#unlisted = options.unlisted;
    this.#fileFields = options.fileFields;
    this.#absent = options.absent ?? notFound;
    this.#now = options.now ?? Date.now;
    this.#representations = new Representations({ cacheControl: cacheControl(options), maxRanges });
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
    if (this.#addresses.losesSlash(resolved)) return redirectTo(request, path, '');
    const file = isCollection ? inside(path, this.#index) : path;
    const opened = this.#source.open(file, context);
    return opened instanceof Promise
      ? opened.then((result) => this.#respond(request, resolved, file, result, context))
      : this.#respond(request, resolved, file, opened, context);
  }

  /** @param opened what is at `file` */
  #respond(
    request: RequestHead,
    resolved: ResolvedPath,
    file: ResourcePath,
    opened: Opened,
    context: ExchangeContext,
  ): Answer {
    if (opened?.kind === 'resource') {
      return this.#isClean && !resolved.isCollection
        ? this.#substitutes.shorter(request, file, opened, context)
        : this.#file(request, file, opened);
    }
    // A directory behind index.html's name is as good as none.
    if (resolved.isCollection) return this.#folder(request, resolved, context);
    if (opened === null) return this.#missing(request, resolved, context);
    if (this.#addresses.slash !== 'remove') return redirectTo(request, resolved.path, '/');
    return this.#bareFolder(request, file, opened, context);
  }

  #file(request: RequestHead, path: ResourcePath, file: Resource): Answer {
    const fields = this.#fileFields;
    if (fields === undefined) return this.#representations.respond(request, file, this.#now());
    const etag = fields.etag(path);
    const answer = this.#representations.respond(request, file, this.#now(), etag);
    return mapAnswer(answer, (response) => fields.to(path, response));
  }

  #missing(request: RequestHead, resolved: ResolvedPath, context: ExchangeContext): Answer {
    return this.#substitutes.missing(request, resolved, context, () =>
      this.#absent(request, context),
    );
  }

  #folder(request: RequestHead, resolved: ResolvedPath, context: ExchangeContext): Answer {
    const { path } = resolved;
    const answer = (opened: Opened): Answer => {
      if (opened?.kind === 'collection') return this.#withoutIndex(request, path, opened, context);
      opened?.close();
      return this.#missing(request, resolved, context);
    };
    const opened = this.#source.open(path, context);
    return opened instanceof Promise ? opened.then(answer) : answer(opened);
  }

  /** A folder at an address without a slash, where that is its own: its index file answers there. */
  #bareFolder(
    request: RequestHead,
    path: ResourcePath,
    folder: Collection,
    context: ExchangeContext,
  ): Answer {
    const index = inside(path, this.#index);
    const answer = (opened: Opened): Answer =>
      opened?.kind === 'resource'
        ? this.#file(request, index, opened)
        : this.#withoutIndex(request, path, folder, context);
    const opened = this.#source.open(index, context);
    return opened instanceof Promise ? opened.then(answer) : answer(opened);
  }

  #withoutIndex(
    request: RequestHead,
    path: ResourcePath,
    folder: Collection,
    context: ExchangeContext,
  ): Answer {
    return this.#substitutes.folder(request, path, folder, context, () => {
      const folders = this.#folders;
      if (folders === undefined || !this.#mayList(path)) return this.#absent(request, context);
      const unlisted = this.#unlisted;
      const listed = unlisted === undefined ? folder : visible(folder, path, unlisted);
      return folders(request, path, listed, context);
    });
  }
}

function notFound(request: RequestHead): Response {
  return errorResponse(404, request.fields);
}

/** OPTIONS asks what is allowed (RFC 9110 §9.3.7); of the rest 405 or 501 (§15.5.6, §15.6.2). */
function otherMethod(request: RequestHead): Response {
  if (request.method === 'OPTIONS')
    return { status: 204, fields: ['Allow', ALLOW], body: undefined };
  const status = isKnownMethod(request.method) ? 405 : 501;
  return errorResponse(status, request.fields, status === 405 ? ['Allow', ALLOW] : []);
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

function cacheControl({ maxAge, immutable }: FileHandlerOptions): string {
  if (maxAge === undefined) {
    if (immutable) throw new TypeError('immutable needs maxAge: how long the files never change');
    return 'no-cache';
  }
  checkWhole('maxAge', Math.floor(maxAge));
  return `public, max-age=${Math.floor(maxAge)}${immutable ? ', immutable' : ''}`;
}
