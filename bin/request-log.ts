/** From what is said of the request log to the log itself: whether there is one, where, and how it looks. */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { RequestLogOptions } from '../lib/log/options.js';
import { UsageError } from './options/option.js';
import type { Settings } from './settings.js';

/** What may be asked for beside, and what it is printed on. */
type Asked = Pick<Settings, 'root' | 'json' | 'quiet' | 'log'> & {
  readonly server: Pick<Settings['server'], 'dotfiles'>;
};

/**
 * The log that was asked for: on stdout for people, or in a file; none with `--json` or `--quiet` alone.
 * @param color whether stdout takes colours
 * @param clear what makes room for a line on stdout; empty where there is nothing in its place
 * @throws UsageError for a log that would mix with the events of `--json`, or be served with the folder
 */
export function requestLog(
  asked: Asked,
  color: boolean,
  clear: string,
): RequestLogOptions | undefined {
  const { json, quiet, log } = asked;
  const { requests, format, file } = log;
  // What turns the log off is about stdout: whoever names a file wants it.
  if (file !== undefined) {
    checkPlace(file, asked);
    // Workers may have another folder to work in one day; a name is meant from here.
    return { format: format ?? 'combined', file: path.resolve(file) };
  }
  if (!requests || quiet) return undefined;
  if (json) {
    if (format === undefined) return undefined;
    if (format === 'json') return { format };
    throw new UsageError(
      `--log-format ${format} would mix with --json on stdout; add --log-file, or take --log-format json`,
    );
  }
  return { format: format ?? 'pretty', color, before: clear };
}

/** A log holds addresses and user names: it is not to be had for whoever asks. */
function checkPlace(file: string, { root, server: { dotfiles } }: Asked): void {
  const folder = path.dirname(path.resolve(file));
  if (!existsSync(folder) || !existsSync(root)) return;
  // A link may lead in.
  const real = existsSync(file)
    ? realpathSync(file)
    : path.join(realpathSync(folder), path.basename(file));
  const inside = path.relative(realpathSync(root), real);
  const parts = inside.split(path.sep);
  if (path.isAbsolute(inside) || parts[0] === '..') return;
  if (!dotfiles && parts.some((part) => part.startsWith('.') && part !== '.well-known')) return;
  throw new UsageError(
    `--log-file ${file} would be served with the folder; put it elsewhere, or in a name that begins with a dot`,
  );
}
