/**
 * The handler that serves a Source: method, path, resource, response, in four steps. Decides what an address
 * leads to where it is a folder; what stands in for what is not there is in paths/substitutes.ts, what a source
 * can't give in refusals.ts. Knows no rules, and no way that a file is encoded.
 */
import { checkNumber, checkWhole } from '../http/check.js';
import { errorResponse } from '../http/error-response.js';
import { weakened, withSuffix } from '../http/etag.js';
import type { RequestHead } from '../http/head.js';
import { DEFAULT_MAX_RANGES } from '../http/range.js';
import type { Response } from '../http/response.js';
import type { Collection, Opened, Resource, ResourcePath, Source } from '../source/source.js';
import type { FileFields, FileParts, FolderHandler } from './file-parts.js';
import { type Answer, type ExchangeContext, type Handler, whenThere } from './handler.js';
import { inside, type ResolvedPath, resolvePath } from './path.js';
import { Addresses, type AddressOptions } from './paths/addresses.js';
import { type SubstituteOptions, Substitutes } from './paths/substitutes.js';
import { visible } from './paths/visible.js';
import { redirectTo } from './redirect.js';
import { failure, otherMethod } from './refusals.js';
import { Representations, type Variants } from './representation.js';

/** How files are served: all that a user can say of it. */
export interface FileHandlerOptions extends AddressOptions, SubstituteOptions {
  /** Seconds for `Cache-Control: public, max-age=…`; without it `no-cache`. */
  readonly maxAge?: number;
  /** Adds `immutable` to Cache-Control (RFC 8246); needs `maxAge`. */
  readonly immutable?: boolean;
  /** With `maxAge`: `private` in place of `public`; caches between here and the client keep nothing. */
  readonly private?: boolean;
  /** Most ranges answered in one response. 64. */
  readonly maxRanges?: number;
  /** The time in milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Makes the handler that serves `source`.
 * @throws TypeError when `immutable` is set without `maxAge`
 * @throws RangeError for an option out of range
 */
export function createFileHandler(source: Source, options: FileHandlerOptions = {}): Handler {
  return fileHandler(source, options, {});
}

/**
 * The same with what a site puts into it.
 * @throws as {@link createFileHandler}
 */
export function fileHandler(
  source: Source,
  options: FileHandlerOptions,
  parts: FileParts,
): Handler {
  return new FileHandler(source, options, parts).handle;
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
  readonly #now: () => number;
  readonly #variants: Variants | undefined;
  readonly #representations: Representations;

  constructor(source: Source, options: FileHandlerOptions, parts: FileParts) {
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
    this.#folders = parts.folders;
    this.#mayList = parts.mayList ?? (() => true);
    this.#unlisted = parts.unlisted;
    this.#fileFields = parts.fileFields;
    this.#variants = parts.variants;
    this.#now = options.now ?? Date.now;
    this.#representations = new Representations({
      cacheControl: cacheControl(options),
      maxRanges,
      variants: parts.variants,
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
    // Not by whenThere: the way of every request makes no function.
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
    return whenThere(answer, (made) => fields.to(path, made, etag));
  }

  #missing(request: RequestHead, resolved: ResolvedPath, context: ExchangeContext): Answer {
    return this.#substitutes.missing(request, resolved, context, () => notFound(request));
  }

  #folder(request: RequestHead, resolved: ResolvedPath, context: ExchangeContext): Answer {
    const { path } = resolved;
    return whenThere(this.#source.open(path, context), (opened) => {
      if (opened?.kind === 'collection')
        return this.#withoutIndex(request, path, opened, context, '/');
      opened?.close();
      return this.#missing(request, resolved, context);
    });
  }

  /** An address whose slash is removed, but for a folder that is listed: the links there go by the slash. */
  #unslashed(request: RequestHead, path: ResourcePath, context: ExchangeContext): Answer {
    if (this.#folders === undefined || !this.#mayList(path)) return redirectTo(request, path, '');
    return whenThere(this.#source.open(path, context), (opened) => {
      if (opened?.kind === 'collection')
        return this.#unslashedFolder(request, path, opened, context);
      opened?.close();
      return redirectTo(request, path, '');
    });
  }

  #unslashedFolder(
    request: RequestHead,
    path: ResourcePath,
    folder: Collection,
    context: ExchangeContext,
  ): Answer {
    return whenThere(this.#source.open(inside(path, this.#index), context), (index) => {
      if (index?.kind !== 'resource')
        return this.#withoutIndex(request, path, folder, context, '/');
      index.close();
      return redirectTo(request, path, '');
    });
  }

  /** A folder at an address without a slash, where that is its own: its index file answers there. */
  #bareFolder(
    request: RequestHead,
    path: ResourcePath,
    folder: Collection,
    context: ExchangeContext,
  ): Answer {
    const index = inside(path, this.#index);
    return whenThere(this.#source.open(index, context), (opened) =>
      opened?.kind === 'resource'
        ? this.#file(request, index, opened, context)
        : this.#withoutIndex(request, path, folder, context, ''),
    );
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
      if (folders === undefined || !this.#mayList(path)) return notFound(request);
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
  return etag === undefined || coding === undefined
    ? etag
    : weakened(withSuffix(etag, `-${coding}`));
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
