/**
 * What answers where an address names no file: the page it is short for, a rewrite, the one page of an
 * application. In this order, and what exists always comes first. Knows no rules, and lists nothing.
 */

import type { RequestHead } from '../../http/head.js';
import { prefersHtml } from '../../http/media-ranges.js';
import type { Collection, Opened, Resource, ResourcePath, Source } from '../../source/source.js';
import { AddedFields } from '../added-fields.js';
import { type Answer, type ExchangeContext, whenThere } from '../handler.js';
import { inside, type ResolvedPath } from '../path.js';
import { redirectTo } from '../redirect.js';
import { type Addresses, hasExtension } from './addresses.js';

/** What may stand in for a file. */
export interface SubstituteOptions {
  /**
   * Whether the root's index file answers navigations to what is not there: requests that name text/html in
   * Accept, for a path without an extension. False.
   */
  readonly single?: boolean;
  /** The path of what answers in place of `path`, if there is any. */
  readonly rewrite?: (path: ResourcePath) => ResourcePath | undefined;
  /** Whether a folder that holds one file only shows that. False. */
  readonly renderSingle?: boolean;
}

/** Answers with a file that was found. */
export type FileAnswer = (
  request: RequestHead,
  path: ResourcePath,
  file: Resource,
  context: ExchangeContext,
) => Answer;

/** The answer to a request that nothing stands in for. */
export type Otherwise = () => Answer;

/** The answer depends on Accept (RFC 9110 §12.5.5). */
const VARY = new AddedFields(['Vary', 'Accept']);

export class Substitutes {
  readonly #source: Source;
  readonly #addresses: Addresses;
  readonly #options: SubstituteOptions;
  readonly #file: FileAnswer;

  constructor(source: Source, addresses: Addresses, options: SubstituteOptions, file: FileAnswer) {
    this.#source = source;
    this.#addresses = addresses;
    this.#options = options;
    this.#file = file;
  }

  /** Where nothing is at all. */
  missing(
    request: RequestHead,
    resolved: ResolvedPath,
    context: ExchangeContext,
    otherwise: Otherwise,
  ): Answer {
    const { path, isCollection } = resolved;
    const addresses = this.#addresses;
    if (addresses.getsSlash(resolved)) return redirectTo(request, path, '/');
    const further = (): Answer =>
      this.#rewritten(request, path, context, () => {
        const short = addresses.short(path);
        if (short !== undefined) return this.#shortened(request, short);
        return this.#single(request, path, context, otherwise);
      });
    return this.#page(path, context, further, (page, file) => {
      const folder = addresses.folder(path);
      // The same page has one address: relative links in it lead to the same places then.
      const isMisplaced = isCollection && addresses.slash === undefined;
      if (folder === undefined && !isMisplaced) return this.#file(request, page, file, context);
      file.close();
      return folder === undefined
        ? redirectTo(request, path, '')
        : this.#shortened(request, { path: folder, isFolder: true });
    });
  }

  /** Where there is a folder without an index file. */
  folder(
    request: RequestHead,
    path: ResourcePath,
    folder: Collection,
    context: ExchangeContext,
    otherwise: Otherwise,
  ): Answer {
    const further = (): Answer =>
      this.#rewritten(request, path, context, () =>
        this.#only(request, path, folder, context, () =>
          this.#single(request, path, context, otherwise),
        ),
      );
    return this.#page(path, context, further, (page, file) =>
      this.#file(request, page, file, context),
    );
  }

  /** A file that has a shorter address is answered under that, unless something else is there. */
  shorter(
    request: RequestHead,
    path: ResourcePath,
    file: Resource,
    context: ExchangeContext,
  ): Answer {
    const short = this.#addresses.short(path);
    if (short === undefined) return this.#file(request, path, file, context);
    const answer = (other: Opened): Answer => {
      close(other);
      if (other !== null) return this.#file(request, path, file, context);
      file.close();
      return this.#shortened(request, short);
    };
    if (short.isFolder) return answer(null);
    const fail = (error: unknown): never => {
      file.close();
      throw error;
    };
    try {
      const other = this.#source.open(short.path, context);
      return other instanceof Promise ? other.then(answer, fail) : answer(other);
    } catch (error) {
      return fail(error);
    }
  }

  #shortened(request: RequestHead, short: { path: ResourcePath; isFolder: boolean }): Answer {
    const { slash } = this.#addresses;
    const isSlashed = slash === 'add' || (short.isFolder && slash === undefined);
    return redirectTo(request, short.path, isSlashed ? '/' : '');
  }

  #page(
    path: ResourcePath,
    context: ExchangeContext,
    otherwise: Otherwise,
    found: (page: ResourcePath, file: Resource) => Answer,
  ): Answer {
    const page = this.#addresses.page(path);
    return page === undefined ? otherwise() : this.#find(page, context, otherwise, found);
  }

  #rewritten(
    request: RequestHead,
    path: ResourcePath,
    context: ExchangeContext,
    otherwise: Otherwise,
  ): Answer {
    const target = this.#options.rewrite?.(path);
    if (target === undefined) return otherwise();
    const answer = (found: ResourcePath, file: Resource): Answer =>
      this.#file(request, found, file, context);
    const index = (): Answer =>
      this.#find(inside(target, this.#addresses.index), context, otherwise, answer);
    return this.#find(target, context, index, answer);
  }

  #single(
    request: RequestHead,
    path: ResourcePath,
    context: ExchangeContext,
    otherwise: Otherwise,
  ): Answer {
    if (this.#options.single !== true) return otherwise();
    if (hasExtension(path) || !prefersHtml(request.fields)) return otherwise();
    const index = inside('/' as ResourcePath, this.#addresses.index);
    return this.#find(index, context, otherwise, (page, file) =>
      whenThere(this.#file(request, page, file, context), (response) =>
        // What is made for an error says so already.
        response.status < 400 ? VARY.to(response) : response,
      ),
    );
  }

  #only(
    request: RequestHead,
    path: ResourcePath,
    folder: Collection,
    context: ExchangeContext,
    otherwise: Otherwise,
  ): Answer {
    if (this.#options.renderSingle !== true || folder.entries === undefined) return otherwise();
    return onlyFile(folder, context.signal).then((name) => {
      if (name === undefined) return otherwise();
      return this.#find(inside(path, name), context, otherwise, (found, file) =>
        this.#file(request, found, file, context),
      );
    });
  }

  /** The file at `path`; what is there and is none is as good as nothing. */
  #find(
    path: ResourcePath,
    context: ExchangeContext,
    otherwise: Otherwise,
    found: (path: ResourcePath, file: Resource) => Answer,
  ): Answer {
    return whenThere(this.#source.open(path, context), (opened) =>
      opened?.kind === 'resource' ? found(path, opened) : otherwise(),
    );
  }
}

/** The name of the only thing in a folder, where it is a file. Looks at no more than two. */
async function onlyFile(folder: Collection, signal: AbortSignal): Promise<string | undefined> {
  let only: string | undefined;
  for await (const entries of folder.entries?.(signal) ?? []) {
    for (const { name, kind } of entries) {
      if (only !== undefined || kind !== 'resource') return undefined;
      only = name;
    }
  }
  return only;
}

function close(opened: Opened): void {
  if (opened?.kind === 'resource') opened.close();
}
