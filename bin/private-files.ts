/**
 * The files of a run that are nobody else's business: keys, passwords, logs. One that would be served with
 * the folder is refused before anything is served.
 */
import fs from 'node:fs';
import path from 'node:path';
import { isServedFrom } from '../lib/source/containment.js';
import { UsageError } from './options/option.js';

/** Where what is served begins, and whether hidden names are served. */
export interface Served {
  readonly root: string;
  readonly dotfiles: boolean;
}

/** By option, the file that was named. */
export type PrivateFiles = Readonly<Record<string, string | undefined>>;

/**
 * All files that were named, with their whole paths, once they are checked.
 * @throws UsageError for one that would be served
 */
export function privateFiles(files: PrivateFiles, served: Served): string[] {
  return Object.entries(files).flatMap(([option, file]) => {
    if (file === undefined) return [];
    checkPrivate(option, file, served);
    // Workers may have another folder to work in one day.
    return [path.resolve(file)];
  });
}

/** @throws UsageError where it would be served */
export function checkPrivate(option: string, file: string, { root, dotfiles }: Served): void {
  // What is wrong with the folder is told by who serves it.
  if (!fs.existsSync(root) || !isServedFrom(root, file, dotfiles)) return;
  const elsewhere = dotfiles ? '' : ', or in a name that begins with a dot';
  throw new UsageError(
    `--${option} ${file} would be served with the folder; put it elsewhere${elsewhere}`,
  );
}
