/**
 * The handler that serves a Source: method, path, resource, response, in four steps. Maps what a
 * source can't give to a status in one place, and never lets a path of the disk out.
 */
import { checkNumber, checkWhole } from '../http/check.js';
import { errorResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import { DEFAULT_MAX_RANGES } from '../http/range.js';
import type { Response } from '../http/response.js';
import type { Collection, Opened, Resource, ResourcePath, Source } from '../source/source.js';
import { codedTag } from './coding/coded.js';
import { type Answer, type ExchangeContext, type Handler, mapAnswer } from './handler.js';
import { inside, type ResolvedPath, resolvePath } from './path.js';
import { Addresses, type AddressOptions } from './paths/addresses.js';
import { type SubstituteOptions, Substitutes } from './paths/substitutes.js';
import { visible } from './paths/visible.js';
import { redirectTo } from './redirect.js';
import { failure, otherMethod } from './refusals.js';
import { Representations, type Variants } from './representation.js';

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
  /** Whether the content coding of the file is said, or denied: what it holds is to be sent as it is. */
  isCoded(path: ResourcePath): boolean;
  /**
   * A response made from the file at `path`, with its fields changed. One response stays one.
   * @param etag in place of what `etag` says, where it is a coded one
   */
  to(path: ResourcePath, response: Response, etag?: string): Response;
}

/** How files are served. */
export interface FileHandlerOptions extends AddressOptions, SubstituteOptions {
  /** Seconds for `Cache-Control: public, max-age=…`; without it `no-cache`. */
  readonly maxAge?: number;
  /** Adds `immutable` to Cache-Control (RFC 8246); needs `maxAge`. */
  readonly immutable?: boolean;
  /** With `maxAge`: `private` in place of `public`; caches between here and the client keep nothing. */
  readonly private?: boolean;
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
  /** Chooses between representations, such as compressed ones. Without it, each file has one. */
  readonly variants?: Variants | undefined;
  /** The time in milliseconds since the epoch. */
  readonly now?: () => number;
}

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
  readonly #variants: Variants | undefined;
  readonly #representations: Representations;

  constructor(source: Source, options: FileHandlerOptions) {
    const { maxRanges = DEFAULT_MAX_RANGES, cleanUrls = false } = options;
    checkNumber('maxRanges', maxRanges);
    this.#source = source;
    this.#addresses = new Addresses(options);
    this.#index = this.#addresses.index;
    this.#substitutes = new Substitutes(
      source,
      this.#addresses,
      options,
      (request, path, file, context) => this.#file(request, path, file, context),
    );
    this.#isClean = cleanUrls !== false;
    this.#folders = options.folders;
    this.#mayList = options.mayList ?? (() => true);
    this.#unlisted = options.unlisted;
    this.#fileFields = options.fileFields;
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
    if (this.#addresses.losesSlash(resolved)) return this.#unslashed(request, path, context);
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
        : this.#file(request, file, opened, context);
    }
    // A directory behind the index file's name is as good as none.
    if (resolved.isCollection) return this.#folder(request, resolved, context);
    if (opened === null) return this.#missing(request, resolved, context);
    if (this.#addresses.slash !== 'remove') return redirectTo(request, resolved.path, '/');
    return this.#bareFolder(request, file, opened, context);
  }

  #file(
    request: RequestHead,
    path: ResourcePath,
    file: Resource,
    context: ExchangeContext,
  ): Answer {
    if (this.#fileFields?.isCoded(path)) return this.#represent(request, path, file);
    const selected = this.#variants?.select(request, file, context) ?? file;
    return selected instanceof Promise
      ? selected.then((late) => this.#represent(request, path, late))
      : this.#represent(request, path, selected);
  }

  /** One of the representations of the file at `path`, with the fields that were set for that. */
  #represent(request: RequestHead, path: ResourcePath, variant: Resource): Answer {
    const fields = this.#fileFields;
    if (fields === undefined) return this.#representations.respond(request, variant, this.#now());
    const etag = tagOf(variant, fields.etag(path));
    const stored = { etag, isCoded: fields.isCoded(path) };
    const answer = this.#representations.respond(request, variant, this.#now(), stored);
    return mapAnswer(answer, (made) => fields.to(path, made, etag));
  }

  #missing(request: RequestHead, resolved: ResolvedPath, context: ExchangeContext): Answer {
    return this.#substitutes.missing(request, resolved, context, () =>
      this.#absent(request, context),
    );
  }

  #folder(request: RequestHead, resolved: ResolvedPath, context: ExchangeContext): Answer {
    const { path } = resolved;
    const answer = (opened: Opened): Answer => {
      if (opened?.kind === 'collection')
        return this.#withoutIndex(request, path, opened, context, '/');
      opened?.close();
      return this.#missing(request, resolved, context);
    };
    const opened = this.#source.open(path, context);
    return opened instanceof Promise ? opened.then(answer) : answer(opened);
  }

  /** An address whose slash is removed, but for a folder that is listed: the links there go by the slash. */
  #unslashed(request: RequestHead, path: ResourcePath, context: ExchangeContext): Answer {
    if (this.#folders === undefined || !this.#mayList(path)) return redirectTo(request, path, '');
    const found = this.#source.open(path, context);
    const answer = (opened: Opened): Answer => {
      if (opened?.kind === 'collection')
        return this.#unslashedFolder(request, path, opened, context);
      opened?.close();
      return redirectTo(request, path, '');
    };
    return found instanceof Promise ? found.then(answer) : answer(found);
  }

  #unslashedFolder(
    request: RequestHead,
    path: ResourcePath,
    folder: Collection,
    context: ExchangeContext,
  ): Answer {
    const index = this.#source.open(inside(path, this.#index), context);
    const answer = (opened: Opened): Answer => {
      if (opened?.kind !== 'resource')
        return this.#withoutIndex(request, path, folder, context, '/');
      opened.close();
      return redirectTo(request, path, '');
    };
    return index instanceof Promise ? index.then(answer) : answer(index);
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
        ? this.#file(request, index, opened, context)
        : this.#withoutIndex(request, path, folder, context, '');
    const opened = this.#source.open(index, context);
    return opened instanceof Promise ? opened.then(answer) : answer(opened);
  }

  /** @param slash whether the address ends in one */
  #withoutIndex(
    request: RequestHead,
    path: ResourcePath,
    folder: Collection,
    context: ExchangeContext,
    slash: '' | '/',
  ): Answer {
    return this.#substitutes.folder(request, path, folder, context, () => {
      const folders = this.#folders;
      if (folders === undefined || !this.#mayList(path)) return this.#absent(request, context);
      if (slash === '' && path !== '/') return redirectTo(request, path, '/');
      const unlisted = this.#unlisted;
      const listed = unlisted === undefined ? folder : visible(folder, path, unlisted);
      return folders(request, path, listed, context);
    });
  }
}

/**
 * What a tag that was set for a file comes to: one can't be that of several codings (RFC 9110 §8.8.3.3).
 * Weak then: whoever set it knows the file, not the octets that come of it (§8.8.1).
 */
function tagOf({ coding }: Resource, etag: string | undefined): string | undefined {
  return etag === undefined || coding === undefined ? etag : `W/${codedTag(etag, coding)}`;
}

function notFound(request: RequestHead): Response {
  return errorResponse(404, request.fields);
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
