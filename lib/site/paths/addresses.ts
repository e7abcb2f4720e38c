/**
 * Which address a file goes by: clean URLs, and what becomes of slashes at the end. Pure: looks at paths
 * only, and finds no files.
 */
import type { ResourcePath } from '../../source/source.js';
import { type ResolvedPath, resolveDecoded } from '../path.js';

/** Whether paths of folders and pages get a slash at their end, or lose it. */
export type TrailingSlash = 'add' | 'remove';

/** What can be said about addresses. */
export interface AddressOptions {
  /**
   * Whether pages go by their names without `.html`, and `index.html` by its folder; or of which paths
   * that is true. False.
   */
  readonly cleanUrls?: boolean | ((path: ResourcePath) => boolean);
  /** Without it folders have a slash, and nothing else does. */
  readonly trailingSlash?: TrailingSlash;
  /** The name of the file that answers for a folder. `index.html`. */
  readonly index?: string;
}

export const DEFAULT_INDEX = 'index.html';

/** What clean addresses leave out. */
const PAGE = '.html';

export class Addresses {
  readonly slash: TrailingSlash | undefined;
  /** The name of the file that answers for a folder. */
  readonly index: string;
  readonly #isClean: (path: ResourcePath) => boolean;
  /** The index file's name behind a slash, without `.html`; `undefined`: it is no page. */
  readonly #page: string | undefined;

  /** @throws RangeError for another policy of slashes, or what is no name of a file */
  constructor({ cleanUrls = false, trailingSlash, index = DEFAULT_INDEX }: AddressOptions) {
    if (trailingSlash !== undefined && trailingSlash !== 'add' && trailingSlash !== 'remove') {
      throw new RangeError(`trailingSlash is ${String(trailingSlash)}; it takes add or remove`);
    }
    if (!isName(index)) throw new RangeError(`index is ${index}; it takes the name of a file`);
    this.slash = trailingSlash;
    this.index = index;
    this.#isClean = typeof cleanUrls === 'function' ? cleanUrls : () => cleanUrls;
    this.#page = index.endsWith(PAGE) ? `/${index.slice(0, -PAGE.length)}` : undefined;
  }

  /** Whether the address has a slash at its end that it should not have. */
  losesSlash({ path, isCollection }: ResolvedPath): boolean {
    return isCollection && this.slash === 'remove' && path !== '/';
  }

  /** Whether the address of what is no file should have a slash at its end, and has none. */
  getsSlash({ path, isCollection }: ResolvedPath): boolean {
    return !isCollection && this.slash === 'add' && !hasExtension(path);
  }

  /** The path without `.html` where it goes by that; an index file's is its folder's. */
  short(path: ResourcePath): { path: ResourcePath; isFolder: boolean } | undefined {
    if (!path.endsWith(PAGE) || !this.#isClean(path)) return undefined;
    const short = path.slice(0, -PAGE.length);
    if (short.endsWith('/')) return undefined;
    const folder = this.folder(short as ResourcePath);
    return folder === undefined
      ? { path: short as ResourcePath, isFolder: false }
      : { path: folder, isFolder: true };
  }

  /** The page that a path stands for, if it may stand for one. */
  page(path: ResourcePath): ResourcePath | undefined {
    return path !== '/' && this.#isClean(path) ? (`${path}${PAGE}` as ResourcePath) : undefined;
  }

  /** The folder, where a path is that of its index file without `.html`. */
  folder(path: ResourcePath): ResourcePath | undefined {
    const index = this.#page;
    if (index === undefined || !path.endsWith(index)) return undefined;
    return (path.slice(0, -index.length) || '/') as ResourcePath;
  }
}

/** Whether a text is one segment of a path, as it stands. */
export function isName(text: string): boolean {
  try {
    return !/^$|\//.test(text) && resolveDecoded(`/${text}`).path === `/${text}`;
  } catch {
    return false;
  }
}

/** Whether the last segment has one: a dot with something before it and behind it. */
export function hasExtension(path: ResourcePath): boolean {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 1 && dot < path.length - 1;
}
