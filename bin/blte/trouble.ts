/** What is wrong with a file, for people: the file, the reason, the way out. */
import { EncodeError } from '../../lib/blte/encode/options.js';
import { BlteError } from '../../lib/blte/error.js';
import { MissingKeyError } from '../../lib/blte/keys.js';
import { LimitError } from '../../lib/blte/limits.js';
import { messageOf } from '../limit-names.js';
import { UsageError } from '../options/option.js';
import { KEY_VARIABLE, KEYS_VARIABLE, LIMIT_OPTIONS } from './options.js';

const KEY_PLACES = ` (keys: --keys, --key, ${KEY_VARIABLE}, ${KEYS_VARIABLE})`;

/** An error whose message says all there is to say. */
export class Trouble extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is below something that is no folder',
  EISDIR: 'is a folder; name a file',
  EACCES: 'may not be used by this user (EACCES)',
  EPERM: 'may not be used by this user (EPERM)',
  EROFS: 'is on a file system that is read-only',
  ENOSPC: 'has no more room: its disk is full; make room, or name a place on another disk',
  EDQUOT: 'has no more room: the quota is used up; make room, or name a place on another disk',
  EFBIG: 'would become larger than its file system allows',
  ENAMETOOLONG: 'has a name that is too long for its file system',
};

/** The error for what happened to a file. @param use `read` or `written` */
export function trouble(name: string, error: unknown, use: 'read' | 'written'): Error {
  if (error instanceof Trouble) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error as Error;
  return new Trouble(`${name} ${REASONS[code] ?? `can't be ${use}: ${message}`}`, { cause: error });
}

/** What is wrong with the octets of a file is told with its name, and limits as options. */
export function blamed(name: string, error: unknown): unknown {
  if (error instanceof LimitError) return new UsageError(messageOf(error, LIMIT_OPTIONS));
  if (!(error instanceof BlteError || error instanceof EncodeError)) return error;
  return new Trouble(`${name}: ${messageOf(error, LIMIT_OPTIONS)}${wayOut(error)}`, {
    cause: error,
  });
}

/** The same file would be had again. */
const NO_DAMAGE = /no BLTE file|not supported/;

function wayOut(error: BlteError | EncodeError): string {
  if (error.cause instanceof MissingKeyError) return KEY_PLACES;
  if (!(error instanceof BlteError) || error.limit !== undefined) return '';
  if (NO_DAMAGE.test(error.message)) return '';
  return error.doubtful === undefined ? '; have the file anew' : KEY_PLACES;
}
