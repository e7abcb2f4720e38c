/** Files for tests: content that tells where in the file it is from. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';

/** `size` octets, no two stretches of them alike: what is out of place shows. */
export function pattern(size: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let state = seed >>> 0 || 1;
  let at = 0;
  for (; at + 4 <= size; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state | 0, at);
  }
  for (; at < size; at++) bytes[at] = state = (state * 31 + at) & 0xff;
  return bytes;
}

/** The SHA-256 of some octets, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Moves all time stamps that can be moved into the past. */
export function age(path: string, seconds = 100): void {
  const then = Date.now() / 1000 - seconds;
  fs.utimesSync(path, then, then);
}

/** Whether this process is stopped by permissions. */
export const permissionsHold: boolean = process.getuid?.() !== 0;

/** 1 MiB: the largest file that is read whole by default. */
export const MIB = 1_048_576;
