/**
 * The file of a unix socket. A server that was killed leaves it behind, and nobody can listen there
 * until it is removed; one whose server lives must stay. Removes nothing but sockets that nobody answers at.
 */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { MOST_SOCKET_PATH } from './endpoint.js';

/** How long a server that is there may take to accept, in milliseconds. */
const KNOCK_TIMEOUT = 1000;

/**
 * Makes the way free for a server that is about to listen at `file`.
 * @throws Error with a message for people where it can't
 */
export async function claimSocket(file: string): Promise<void> {
  if (process.platform === 'win32') {
    throw new Error(`Windows has no socket ${file}; listen at a port instead`);
  }
  if (Buffer.byteLength(file) > MOST_SOCKET_PATH) {
    throw new Error(
      `the path of the socket ${file} is longer than the ${MOST_SOCKET_PATH} octets that systems take; name a shorter one`,
    );
  }
  const folder = path.dirname(file);
  // The system's own answer would be that permission is denied.
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`the socket ${file} can't be made: there is no folder ${folder}`);
  }
  const found = look(file);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new Error(`${file} is there and is no socket; name a path at which there is nothing`);
  }
  if (await isAnswered(file)) {
    throw new Error(`the socket ${file} is in use by another server; name another path`);
  }
  // Another server may have come meanwhile, with a file of its own.
  const now = look(file);
  if (now?.ino === found.ino && now.ctimeMs === found.ctimeMs) fs.unlinkSync(file);
}

/**
 * The path of a unix socket that was handed over: Linux lists it by its inode. `undefined` where that says
 * nothing, or has something that is no path.
 */
export function socketPath(fd: number): string | undefined {
  try {
    const { ino } = fs.fstatSync(fd);
    const list = fs.readFileSync('/proc/net/unix', 'utf8');
    // Num RefCount Protocol Flags Type St Inode Path
    return new RegExp(`^(?:[^ \\n]+ +){6}${ino} (/.*)$`, 'm').exec(list)?.[1];
  } catch {
    return undefined;
  }
}

function look(file: string): fs.Stats | undefined {
  return fs.lstatSync(file, { throwIfNoEntry: false });
}

/** Whatever does not say that nobody listens is taken for somebody. */
function isAnswered(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: file });
    const done = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(done, KNOCK_TIMEOUT, true);
    socket.once('connect', () => done(true));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      done(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
  });
}

/** What went wrong at listening, for people. */
export function explainSocket(file: string, error: NodeJS.ErrnoException): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'is in use by another server; name another path',
    EACCES: "can't be made by this user; name a folder that it may write to",
    EROFS: "can't be made: its file system is read-only",
  };
  const reason = reasons[error.code ?? ''] ?? `can't be made (${error.code ?? error.message})`;
  return new Error(`the socket ${file} ${reason}`, { cause: error });
}
