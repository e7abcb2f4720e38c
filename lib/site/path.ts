/**
 * From the path of a request-target to the path of a resource: percent-decoded once, as UTF-8, then
 * checked, then normalised, in that order. Knows no file system; what is refused here is refused on
 * every system alike.
 */
import { HttpError } from '../http/error.js';
import type { ResourcePath } from '../source/source.js';

/** Nothing to decode, to normalise or to refuse: letters, digits, - _ ~ and single, inner dots. */
const PLAIN = /^(?=\/)(?:\/[A-Za-z0-9_~-](?:\.?[A-Za-z0-9_~-])*)*\/?$/;
const NUL = '\0';

/** A resolved path. */
export interface ResolvedPath {
  /** Without a slash at its end; the root is `/`. */
  readonly path: ResourcePath;
  /** Whether the target ended in a slash, and so names a collection. */
  readonly isCollection: boolean;
}

/**
 * Resolves the absolute path of a request-target.
 * @throws HttpError 400 for what no path may hold: another start than a slash, malformed escapes,
 *   invalid UTF-8, NUL, encoded separators, backslashes, dot segments that climb out of the root;
 *   404 for Windows' drive, UNC and stream forms.
 */
export function resolvePath(target: string): ResolvedPath {
  if (PLAIN.test(target)) {
    const isCollection = target.endsWith('/');
    const path = isCollection && target.length > 1 ? target.slice(0, -1) : target;
    return { path: path as ResourcePath, isCollection };
  }
  return resolveDecoded(decode(target));
}

/** The path of a target alone; `undefined` for what no path may hold. */
export function pathOf(target: string): ResourcePath | undefined {
  try {
    return resolvePath(target).path;
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

function decode(target: string): string {
  if (!target.startsWith('/')) throw new HttpError(400, 'the path is not absolute');
  // RFC 3986 §2.2: an encoded slash is data, not a separator; no file name can hold one.
  if (/%(?:2f|5c)/i.test(target)) throw new HttpError(400, 'encoded separator in the path');
  try {
    return decodeURIComponent(target);
  } catch {
    throw new HttpError(400, 'malformed escape or invalid UTF-8 in the path');
  }
}

/**
 * Resolves a path that is decoded already, such as one that a rule has made of parts.
 * @throws HttpError as {@link resolvePath}
 */
export function resolveDecoded(path: string): ResolvedPath {
  if (path.includes('\\')) throw new HttpError(400, 'backslash in the path');
  if (path.includes(NUL)) throw new HttpError(400, 'NUL in the path');
  return resolveSegments(path);
}

/** Dot segments as in RFC 3986 §5.2.4, except that climbing above the root is an error. */
function resolveSegments(decoded: string): ResolvedPath {
  const segments: string[] = [];
  const all = decoded.split('/').slice(1);
  for (const segment of all) {
    if (segment === '..') {
      if (segments.pop() === undefined) throw new HttpError(400, 'the path climbs out of the root');
    } else if (segment.includes(':')) {
      // C:, file.txt:stream and file.txt::$DATA; a UNC path needs two slashes, which are merged.
      throw new HttpError(404, 'drive or stream in the path');
    } else if (segment !== '' && segment !== '.') {
      segments.push(segment);
    }
  }
  const last = all[all.length - 1];
  return {
    path: `/${segments.join('/')}` as ResourcePath,
    isCollection: last === '' || last === '.' || last === '..',
  };
}

/** The percent-encoded form of a resolved path, for a Location field; starts with exactly one `/`. */
export function encodePath(path: ResourcePath): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** The path of what goes by `name` in the folder at `path`. */
export function inside(path: ResourcePath, name: string): ResourcePath {
  return (path === '/' ? `/${name}` : `${path}/${name}`) as ResourcePath;
}
