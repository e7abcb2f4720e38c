/**
 * A script of this folder as a process of its own, pinned to a processor, that answers calls over
 * IPC. Ends with its parent, whatever becomes of that: a closed channel ends the child.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pin } from './machine.js';

interface Call {
  readonly command: string;
  readonly args: unknown;
}

type Answer = { readonly result: unknown } | { readonly error: string };

/** The parent's side of a script. One call at a time. */
export class Child {
  readonly #process: ChildProcess;
  #pending: { resolve(value: unknown): void; reject(error: Error): void } | undefined;

  /**
   * Starts a script.
   * @param script its path from bench/, such as `servers/send.js`
   * @param nodeArgs options of node itself
   */
  constructor(
    script: string,
    cpu: 0 | 1,
    args: readonly string[] = [],
    nodeArgs: readonly string[] = [],
  ) {
    const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
    const [command, commandArgs] = pin(cpu, process.execPath, [...nodeArgs, path, ...args]);
    // taskset becomes what it starts: the pid is node's.
    this.#process = spawn(command, commandArgs, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (answer: Answer) => {
      const pending = this.#pending;
      this.#pending = undefined;
      if ('error' in answer) pending?.reject(new Error(`${script}: ${answer.error}`));
      else pending?.resolve(answer.result);
    });
    this.#process.on('exit', (code, signal) => {
      this.#pending?.reject(new Error(`${script} ended early (${signal ?? code})`));
    });
  }

  /** The pid; processor time and memory are looked up by it. */
  get pid(): number {
    return this.#process.pid as number;
  }

  /** Runs a command in the child and waits for its result. */
  call<Result>(command: string, args: unknown = null): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve: resolve as (value: unknown) => void, reject };
      const call: Call = { command, args };
      this.#process.send(call, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  /** Ends the child. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    // Without a channel a script has nothing left to wait for, and says so itself.
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(timer);
  }
}

/** What a script answers to: commands by name. */
export type Commands = Record<string, (args: never) => unknown>;

/** The child's side: answers calls for as long as there is a parent. */
export function answerCalls(commands: Commands): void {
  process.on('message', async ({ command, args }: Call) => {
    let answer: Answer;
    try {
      answer = { result: await commands[command]?.(args as never) };
    } catch (error) {
      answer = { error: (error as Error).message };
    }
    if (process.connected) process.send?.(answer);
  });
  process.on('disconnect', () => process.exit());
}
