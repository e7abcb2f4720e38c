/**
 * One worker's process as the supervisor sees it: what state it is in, what it is asked and answers.
 * Knows nothing of the other workers, and decides nothing.
 */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { ToSupervisor, ToWorker, WorkerStats } from './messages.js';

const PROGRAM = fileURLToPath(new URL('./worker-process.js', import.meta.url));

/** `starting` -> `listening` -> `draining` or `closing` -> `gone`, each of which may be left out. */
export type MemberState = 'starting' | 'listening' | 'draining' | 'closing' | 'gone';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Who is told. */
export interface MemberHost {
  told(member: Member, message: ToSupervisor): void;
  gone(member: Member, ending: Ending): void;
}

/** A worker's process. */
export class Member {
  /** Which of the workers it is, from 1 up; a replacement has the number of the one before it. */
  readonly place: number;
  /** Unique among the processes of this supervisor. */
  readonly key: number;
  state: MemberState = 'starting';
  /** When it began to listen, by `performance.now()`. */
  since: number | undefined;
  /** Whether it has said that it is done: its end is then no death. */
  ended = false;
  readonly #worker: Worker;
  readonly #calls = new Map<number, (answer: WorkerStats | number | undefined) => void>();
  #lastCall = 0;

  constructor(place: number, host: MemberHost) {
    this.place = place;
    this.#worker = fork();
    this.key = this.#worker.id;
    this.#worker.on('message', (message: ToSupervisor) => {
      if (message.kind === 'stats') this.#answer(message.call, message.stats);
      else host.told(this, message);
      if (message.kind === 'yielded') this.#answer(message.call, message.room);
    });
    // A message that can't be sent to a dying process; its end is told all the same.
    this.#worker.on('error', () => {});
    this.#worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
      this.state = 'gone';
      for (const call of [...this.#calls.keys()]) this.#answer(call, undefined);
      host.gone(this, { code, signal: signal || null });
    });
  }

  get pid(): number {
    return this.#worker.process.pid as number;
  }

  tell(message: ToWorker): void {
    if (!this.#worker.isConnected()) return;
    this.#worker.send(message, () => {});
  }

  /** Has it finish what is there, and nothing more. */
  drain(): void {
    this.state = 'draining';
    this.tell({ kind: 'drain' });
  }

  close(grace: number): void {
    this.state = 'closing';
    this.tell({ kind: 'close', grace });
  }

  /** Asks how the worker is; `undefined` when it does not answer in time. */
  report(milliseconds: number): Promise<WorkerStats | undefined> {
    return this.#call((call) => ({ kind: 'report', call }), milliseconds);
  }

  /** Asks for room that it doesn't use; resolves when it has answered, or won't in time. */
  async yield(wanted: number, milliseconds: number): Promise<void> {
    await this.#call<number>((call) => ({ kind: 'yield', call, wanted }), milliseconds);
  }

  /** Ends the process at once. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #call<T extends WorkerStats | number>(
    message: (call: number) => ToWorker,
    milliseconds: number,
  ): Promise<T | undefined> {
    const call = ++this.#lastCall;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(call, undefined), milliseconds);
      this.#calls.set(call, (answer) => {
        clearTimeout(timer);
        resolve(answer as T | undefined);
      });
      this.tell(message(call));
    });
  }

  #answer(call: number, answer: WorkerStats | number | undefined): void {
    this.#calls.get(call)?.(answer);
    this.#calls.delete(call);
  }
}

function fork(): Worker {
  // Workers accept by themselves from the shared socket, see ARCHITECTURE.md, "Workers". Only the
  // first fork of a process decides; who set the variable has decided.
  if (process.env.NODE_CLUSTER_SCHED_POLICY === undefined) {
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }
  cluster.setupPrimary({
    exec: PROGRAM,
    args: [],
    execArgv: withoutScript(process.execArgv),
    serialization: 'advanced',
  });
  return cluster.fork();
}

/** Options of node, but for a program given on the command line: the workers have their own. */
export function withoutScript(options: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < options.length; index++) {
    const option = options[index] as string;
    if (/^(?:-e|-p|-pe|--eval|--print|--input-type)$/.test(option)) index++;
    else if (!/^--(?:input-type|eval|print)=/.test(option)) kept.push(option);
  }
  return kept;
}
