/**
 * What of a directory tree may be seen: nothing hidden, nothing outside of the root. Knows neither
 * requests nor what becomes of an open file.
 */
import fs from 'node:fs';
import path from 'node:path';
import { closeDescriptor, descriptorPath, openedPath } from './file.js';
import type { ResourcePath } from './source.js';
import { placeOf, type Withheld } from './withheld.js';

const QUIET = { throwIfNoEntry: false } as const;

// O_NONBLOCK: a FIFO that took the file's place since it was looked at must not hang the open.
const OPEN_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** RFC 8615 puts well-known resources under one dotted name at the root; every other is hidden. */
export function isHidden(resourcePath: ResourcePath): boolean {
  const dot = resourcePath.indexOf('/.');
  if (dot === -1) return false;
  if (dot === 0 && /^\/\.well-known(?:\/|$)/.test(resourcePath)) {
    return resourcePath.indexOf('/.', 1) !== -1;
  }
  return true;
}

/**
 * Whether a file of this machine, which need not be there yet, would be served from `root`: one with secrets
 * in it must not.
 */
export function isServedFrom(root: string, file: string, dotfiles: boolean): boolean {
  const folder = withSeparator(fs.realpathSync.native(root));
  const real = placeOf(file);
  if (real === undefined || !isInside(real, folder)) return false;
  const below = `/${real.slice(folder.length).replaceAll(path.sep, '/')}`;
  return dotfiles || !isHidden(below as ResourcePath);
}

/** A file that may be seen. */
export interface FoundFile {
  readonly descriptor: number;
  readonly stats: fs.Stats;
  /** Its path without links. */
  readonly path: string;
}

/**
 * Opens the file at `location`, or returns `null` where it is none, is withheld or lies outside of `root`.
 * What counts is what was opened: it is where links led, and a folder may have been swapped for a link since
 * anybody looked.
 */
export function openInside(
  location: string,
  root: string | undefined,
  withheld?: Withheld,
): FoundFile | null {
  let descriptor: number;
  try {
    descriptor = fs.openSync(location, OPEN_FLAGS);
  } catch (error) {
    // That a file outside may not be read would tell that it is there.
    if (!isInside(fs.realpathSync.native(location), root)) return null;
    throw error;
  }
  let keep = false;
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFile()) return null;
    const path = openedPath(descriptor, location);
    keep = isInside(path, root) && !withheld?.has(stats, path);
    return keep ? { descriptor, stats, path } : null;
  } finally {
    if (!keep) closeDescriptor(descriptor);
  }
}

/** A folder that may be listed. */
export interface FoundFolder {
  /** Where what was opened can be read, whatever its name leads to by now. */
  readonly location: string;
  /** To be closed after that; `undefined` where nothing was opened. */
  readonly descriptor: number | undefined;
}

/**
 * Opens the folder at `location` for listing, or returns `null` where it lies outside of `root`. As with
 * files, what counts is what was opened; where descriptors have no path, what the name leads to just now.
 */
export function openedFolder(location: string, root: string | undefined): FoundFolder | null {
  if (process.platform !== 'linux') {
    return isInside(fs.realpathSync.native(location), root)
      ? { location, descriptor: undefined }
      : null;
  }
  const descriptor = fs.openSync(location, OPEN_FLAGS | fs.constants.O_DIRECTORY);
  let keep = false;
  try {
    keep = isInside(openedPath(descriptor, location), root);
    return keep ? { location: descriptorPath(descriptor) ?? location, descriptor } : null;
  } finally {
    if (!keep) closeDescriptor(descriptor);
  }
}

/** What is at a path. What may not be looked into could be outside: that it is there is nobody's business. */
export function look(location: string): fs.Stats | undefined {
  try {
    return fs.statSync(location, QUIET);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}

/** Whether a real path is that of the root or below it; without a root, everything is inside. */
export function isInside(real: string, root: string | undefined, separator?: string): boolean {
  return root === undefined || withSeparator(real, separator).startsWith(root);
}

export function withSeparator(folder: string, separator: string = path.sep): string {
  return folder.endsWith(separator) ? folder : folder + separator;
}
