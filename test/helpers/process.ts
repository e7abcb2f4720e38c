/** The command as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { until } from './client.js';

/** The packed command: what is installed. */
export const PACKED: string = fileURLToPath(new URL('../../command/serve.js', import.meta.url));

/** The compiled command: coverage is counted by its files, and it starts in twice the time. */
const COMPILED: string = fileURLToPath(new URL('../../bin/serve.js', import.meta.url));

let driven = PACKED;

/** The command that tests drive. */
export function program(): string {
  return driven;
}

/** Has this file of tests drive the compiled command, where coverage is counted: enough do so for all of bin/. */
export function driveCompiled(): void {
  if (process.env.TEST_QUICK !== '1') driven = COMPILED;
}

/**
 * What stands before a command line so that the process is one of its own. tap has every process load what counts
 * coverage, whatever its environment says: that takes three times as long as the packed command, of which none is counted.
 */
export function without(file: string, options = ''): string[] {
  return file === PACKED && process.platform !== 'win32'
    ? ['/usr/bin/env', `NODE_OPTIONS=${options}`]
    : [];
}

/** What a process ended with. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to start it. */
export interface StartOptions {
  /** Descriptors it may have. */
  readonly descriptors?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Largest file that it may write, in blocks of 512 octets. */
  readonly fileBlocks?: number;
  /** `pipe`: something will be written to its stdin; nothing is there otherwise. */
  readonly stdin?: 'pipe';
  /** Listening sockets that it is given from descriptor 3 on, as a service manager does. */
  readonly sockets?: readonly number[];
  /** The folder it works in. */
  readonly cwd?: string;
  /** The program, where it is not {@link program}. */
  readonly program?: string;
}

/** A process that was started. */
export class Command {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  #outcome: Outcome | undefined;

  constructor(args: readonly string[], options: StartOptions = {}) {
    const { descriptors, env = {}, fileBlocks, cwd, sockets } = options;
    const file = options.program ?? driven;
    const line = [...without(file, env.NODE_OPTIONS), process.execPath, file, ...args];
    const first = [
      ...(descriptors === undefined ? [] : [`ulimit -n ${descriptors};`]),
      ...(fileBlocks === undefined ? [] : [`ulimit -f ${fileBlocks};`]),
      ...(sockets === undefined ? [] : [`LISTEN_FDS=${sockets.length} LISTEN_PID=$$`]),
    ].join(' ');
    const command = first === '' ? line : ['sh', '-c', `${first} exec "$@"`, 'sh', ...line];
    this.child = spawn(command[0] as string, command.slice(1), {
      stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe', ...(sockets ?? [])],
      env: { ...cleanEnvironment(), ...env },
      cwd,
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.on('close', (code, signal) => {
      this.#outcome = { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get running(): boolean {
    return this.#outcome === undefined;
  }

  /** The events printed so far, with --json. */
  get events(): Record<string, unknown>[] {
    const lines = this.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** What it said of where it listens, with --json; workers may have died, or others knocked, before that. */
  get listening(): Record<string, unknown> | undefined {
    return this.events.find(({ event }) => event === 'listening');
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async ended(milliseconds = 20_000): Promise<Outcome> {
    await until(() => this.#outcome !== undefined, milliseconds, 'the process ends');
    return this.#outcome as Outcome;
  }
}

/** The command, serving. */
export interface Serving {
  readonly command: Command;
  readonly port: number;
}

/** Runs the command to its end. */
export function run(args: readonly string[], options?: StartOptions): Promise<Outcome> {
  return new Command(args, options).ended();
}

/** Starts the command on a free port and waits until it serves; killed with the test. */
export async function start(
  t: Test,
  root: string,
  args: readonly string[] = [],
  options?: StartOptions,
): Promise<Serving> {
  const command = new Command([root, '--json', '--port', '0', ...args], options);
  t.teardown(async () => {
    if (command.running) command.signal('SIGKILL');
    await command.ended();
  });
  await until(
    () => command.listening !== undefined || !command.running,
    20_000,
    'the command says that it listens',
  );
  if (!command.running) throw new Error(`the command ended: ${command.stderr}`);
  const [first] = command.events;
  if (first !== command.listening) t.comment(first);
  return { command, port: command.listening?.port as number };
}

/** Without what a test runner or a terminal puts there. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of ['NODE_OPTIONS', 'FORCE_COLOR', 'NO_COLOR', 'PORT', 'HOST']) delete env[name];
  return env;
}
