/**
 * Files by descriptor: the few calls that are needed, and what tells two versions of a file apart.
 * Plain descriptors rather than FileHandles: `fs.createReadStream` takes its reading function from
 * us only with those.
 */
import { hash } from 'node:crypto';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { SourceError } from './source.js';

const readDescriptor = promisify(fs.read);

/** Elsewhere /proc is a folder like any other, or none. */
const HAS_DESCRIPTOR_PATHS = process.platform === 'linux';

/**
 * The path of what a descriptor was opened on, where the system tells (Linux); elsewhere that of
 * what `path` leads to now, which leaves a window for a swap there and back.
 */
export function openedPath(descriptor: number, path: string): string {
  if (!HAS_DESCRIPTOR_PATHS) return fs.realpathSync.native(path);
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // Linux without /proc, in a container perhaps.
    return fs.realpathSync.native(path);
  }
}

/** A path that leads to what a descriptor was opened on, whatever its name leads to; where the system has such. */
export function descriptorPath(descriptor: number): string | undefined {
  const path = `/proc/self/fd/${descriptor}`;
  return HAS_DESCRIPTOR_PATHS && fs.existsSync(path) ? path : undefined;
}

/** Closes a descriptor; an error at closing what was only read tells nobody anything. */
export function closeDescriptor(descriptor: number): void {
  try {
    fs.closeSync(descriptor);
  } catch {}
}

/** Fills `bytes` from `position` of a file on; gives how many octets there were. */
export async function fill(descriptor: number, bytes: Buffer, position = 0): Promise<number> {
  const size = bytes.length;
  let at = 0;
  while (at < size) {
    const { bytesRead } = await readDescriptor(descriptor, bytes, at, size - at, position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}

/**
 * How long after its last change a file's time stamps are trusted to show a further change: the
 * coarsest clock of a file system in use ticks every 2 s (FAT), and within a tick two versions look
 * alike.
 */
export const SETTLE_MS = 2500;

/** True when a change of the file after `now` would show in its stamps. */
export function isSettled(stats: fs.Stats, now: number): boolean {
  return now - stats.ctimeMs >= SETTLE_MS;
}

/**
 * True when both describe the same version of the same file. The change time is what nobody can
 * set: an editor that restores the modification time moves it all the same.
 */
export function sameVersion(a: fs.Stats, b: fs.Stats): boolean {
  return (
    a.ino === b.ino &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.dev === b.dev
  );
}

/**
 * True when octets that were there before have been written over: the modification time moved and the
 * file didn't grow, which appending does.
 */
export function wasOverwritten(before: fs.Stats, after: fs.Stats): boolean {
  return after.mtimeMs !== before.mtimeMs && after.size <= before.size;
}

/** True when it was written to at all. Not by its change time: that of a file that is replaced moves too. */
export function wasWrittenTo(before: fs.Stats, after: fs.Stats): boolean {
  return after.mtimeMs !== before.mtimeMs || after.size !== before.size;
}

/** Strong (RFC 9110 §8.8.1): made of the octets themselves. */
export function contentTag(bytes: Uint8Array): string {
  return `"${hash('sha1', bytes, 'base64url')}"`;
}

/**
 * Made of device, inode, size and both time stamps, hashed so that none of them shows. Strong once
 * the stamps are settled; before that two versions might share it, and it is weak.
 */
export function versionTag(stats: fs.Stats, now: number): string {
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  const tag = `"${hash('sha1', `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`, 'base64url')}"`;
  return isSettled(stats, now) ? tag : `W/${tag}`;
}

/** Errors that say that there is no such file, not that something is wrong. */
const ABSENT: ReadonlySet<unknown> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENAMETOOLONG',
  'ELOOP',
  'EINVAL',
]);

/** True for an error that means: nothing is there. */
export function isAbsence(error: unknown): boolean {
  return ABSENT.has((error as NodeJS.ErrnoException).code);
}

/** The error of a file system call as a SourceError, whose message has no path in it. */
export function sourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const options = { cause: error };
  if (code === 'EACCES' || code === 'EPERM') return new SourceError('forbidden', code, options);
  if (code === 'EMFILE' || code === 'ENFILE') {
    return new SourceError('busy', `out of file descriptors (${code})`, options);
  }
  return new SourceError('unavailable', `the file can't be read (${code})`, options);
}
