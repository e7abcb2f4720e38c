/**
 * A server that takes part, as its users start it: a command line. Knows how to start and end one,
 * and when it is ready; what it is asked is the scenarios' business.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atExit } from '../support/at-exit.js';
import { pin } from '../support/machine.js';
import { processTree } from '../support/process-tree.js';
import type { Contestant } from './contestant.js';

/** Where to find what is served, and where to listen. */
export interface Place {
  readonly root: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** An empty folder for what the server must write. */
  readonly scratch: string;
}

/** A kind of server: one small file in lineup/. */
export interface ServerKind {
  readonly name: string;
  /** `node`: a file server in JavaScript on Node.js, to be the best of. */
  readonly family: 'sluice' | 'node' | 'native';
  /** Its version; `undefined` where it is not installed. */
  version(): string | undefined;
  /** The command line, the program first. */
  command(place: Place): readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes part only in scenarios that name it. */
  readonly onlyWhereNamed?: boolean;
}

/** A server that was started. */
export interface Launched extends Contestant {
  /** Milliseconds from the start of the process to its first answer. */
  readonly readyAfter: number;
  /** How its process ended, if it did before it was stopped. */
  maybeEnded(): string | undefined;
}

const START_TIMEOUT = 15_000;
const STOP_TIMEOUT = 3000;
/** Between two tries to reach a server that starts: what `start to ready` is exact to. */
const TRY_INTERVAL = 1;

/** Starts a server on the servers' processor, or on both; resolves once it has answered a request. */
export async function launch(
  kind: ServerKind,
  root: string,
  processor: 0 | 'both' = 0,
): Promise<Launched> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-server-'));
  const port = await freePort();
  const [program = '', ...rest] = kind.command({ root, port, scratch });
  const log = path.join(scratch, 'output');
  const output = fs.openSync(log, 'w');
  const [command, args] = pin(processor, program, rest);
  const begun = performance.now();
  // taskset becomes what it starts: the pid is the server's.
  const child = spawn(command, args, {
    stdio: ['ignore', output, output],
    env: { ...process.env, ...kind.environment, HOME: scratch },
  });
  fs.closeSync(output);
  const remove = () => fs.rmSync(scratch, { recursive: true, force: true });
  const forget = atExit(() => {
    kill(child);
    remove();
  });
  const stop = async () => {
    await end(child);
    forget();
    remove();
  };
  const lastWords = () => fs.readFileSync(log, 'utf8').trim().slice(-300);
  const maybeEnded = () => {
    if (child.exitCode === null && child.signalCode === null) return undefined;
    return `its process ended (${child.signalCode ?? child.exitCode}): ${lastWords()}`;
  };
  const failed = new Promise<Error>((resolve) => child.once('error', resolve));
  const reason = await Promise.race([failed, untilReady(port, child)]);
  const readyAfter = performance.now() - begun;
  if (reason !== undefined) {
    const said = lastWords();
    await stop();
    throw new Error(`${reason.message} ${said}`.trim());
  }
  const { name } = kind;
  return { name, pid: child.pid as number, port, readyAfter, maybeEnded, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => kill(child), STOP_TIMEOUT);
  await exited;
  clearTimeout(timer);
}

/** At once, with all that it started: workers need not notice that their master is gone. */
function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  for (const each of processTree(pid)) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

async function untilReady(port: number, child: ChildProcess): Promise<Error | undefined> {
  const deadline = performance.now() + START_TIMEOUT;
  while (performance.now() < deadline) {
    if (child.exitCode !== null)
      return new Error(`ended with ${child.exitCode} instead of serving`);
    if (await answers(port)) return undefined;
    await sleep(TRY_INTERVAL);
  }
  return new Error(`did not answer within ${START_TIMEOUT / 1000} s`);
}

/** Whether a request is answered, with whatever status. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
    probe.once('error', reject);
  });
}
