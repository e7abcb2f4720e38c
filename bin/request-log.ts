/** From what is said of the request log to the log itself: whether there is one, where, and how it looks. */
import path from 'node:path';
import type { RequestLogOptions } from '../lib/log/options.js';
import { UsageError } from './options/option.js';
import { checkPrivate } from './private-files.js';
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
    // It holds addresses and user names: it is not to be had for whoever asks.
    const { root, server } = asked;
    checkPrivate('log-file', file, { root, dotfiles: server.dotfiles === true });
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
