/** What is wrong with a file, for people: the file, the reason, the way out. */

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
