/**
 * One worker's process as the supervisor sees it: what state it is in, what it is asked and answers.
 * Knows nothing of the other workers, and decides nothing.
 */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Family } from '../observe/families.js';
import { fromPlain, type ToSupervisor, type ToWorker, type WorkerStats } from './messages.js';
import { workerOptions } from './v8.js';

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

/** A worker that does not listen after this long is ended; milliseconds. */
const START_TIMEOUT = 30_000;

/** What a worker answers. */
type Answer = WorkerStats | readonly Family[] | number;

/** A worker's process. */
export class Member {
  /** Which of the workers it is, from 1 up; a replacement has the number of the one before it. */
  readonly place: number;
  /** Unique among the processes of this supervisor. */
  readonly key: number;
  /** When it began to listen, by `performance.now()`. */
  since: number | undefined;
  /** Why it could not serve, by its own account or by that of who started it. */
  failure: Error | undefined;
  /** Whether it was told to end, or had nothing more to do: its end is then no death. */
  ended = false;
  #state: MemberState = 'starting';
  readonly #worker: Worker;
  readonly #calls = new Map<number, (answer: Answer | undefined) => void>();
  #lastCall = 0;
  /** Called when it listens, and when it no longer accepts; also when it ends instead. */
  #onListening: () => void = () => {};
  #onDraining: () => void = () => {};

  constructor(place: number, host: MemberHost) {
    this.place = place;
    this.#worker = fork();
    this.key = this.#worker.id;
    this.#worker.on('message', (message: ToSupervisor) => {
      // What a process said last may be read after its end, when its counts are already gone.
      if (this.#state === 'gone') return;
      host.told(this, message);
      this.#follow(message);
    });
    // A message that can't be sent to a dying process; its end is told all the same.
    this.#worker.on('error', () => {});
    this.#worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
      this.#state = 'gone';
      for (const call of [...this.#calls.keys()]) this.#answer(call, undefined);
      this.#onDraining();
      host.gone(this, { code, signal: signal || null });
      this.#onListening();
    });
  }

  get state(): MemberState {
    return this.#state;
  }

  get pid(): number {
    return this.#worker.process.pid as number;
  }

  tell(message: ToWorker): void {
    if (!this.#worker.isConnected()) return;
    this.#worker.send(message, () => {});
  }

  /** Resolves when it listens. Rejects when it ends before, or does not in time. */
  async listening(): Promise<void> {
    const timer = setTimeout(() => this.kill(), START_TIMEOUT);
    await new Promise<void>((resolve) => {
      this.#onListening = resolve;
    });
    clearTimeout(timer);
    if (this.#state !== 'gone') return;
    throw this.failure ?? new Error(`worker ${this.place} ended before it could serve`);
  }

  /** Has it finish what is there; resolves when it accepts no more. */
  drain(): Promise<void> {
    // One that does not serve yet has nothing to finish.
    if (this.#state === 'starting') {
      this.end();
      return Promise.resolve();
    }
    this.#state = 'draining';
    this.tell({ kind: 'drain' });
    return new Promise((resolve) => {
      this.#onDraining = resolve;
    });
  }

  /** Has it finish what is there within a grace period. */
  close(grace: number): void {
    if (this.#state === 'starting') {
      this.end();
    } else {
      this.#state = 'closing';
      this.tell({ kind: 'close', grace });
    }
  }

  /** Asks how the worker is; `undefined` when it does not answer in time. */
  report(milliseconds: number): Promise<WorkerStats | undefined> {
    return this.#call((call) => ({ kind: 'report', call }), milliseconds);
  }

  /** Asks what it measured; `undefined` when it does not answer in time. */
  measure(milliseconds: number): Promise<readonly Family[] | undefined> {
    return this.#call((call) => ({ kind: 'measure', call }), milliseconds);
  }

  /** Asks for room that it doesn't use; `undefined` when it does not answer in time. */
  yield(wanted: number, milliseconds: number): Promise<number | undefined> {
    return this.#call((call) => ({ kind: 'yield', call, wanted }), milliseconds);
  }

  /** Ends the process at once. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  /** Ends the process at once: it can't be told what to serve. */
  fail(error: Error): void {
    this.failure = error;
    this.kill();
  }

  /** Ends the process at once, as was meant. */
  end(): void {
    this.ended = true;
    this.kill();
  }

  #follow(message: ToSupervisor): void {
    if (message.kind === 'listening') {
      if (this.#state !== 'starting') return;
      this.#state = 'listening';
      this.since = performance.now();
      this.#onListening();
    } else if (message.kind === 'failed') {
      this.failure = fromPlain(message.error);
      this.tell({ kind: 'exit' });
    } else if (message.kind === 'draining') {
      this.#onDraining();
    } else if (message.kind === 'closed') {
      this.#state = 'closing';
      this.ended = true;
      this.tell({ kind: 'exit' });
    } else if (message.kind === 'stats') {
      this.#answer(message.call, message.stats);
    } else if (message.kind === 'measured') {
      this.#answer(message.call, message.families);
    } else if (message.kind === 'yielded') {
      this.#answer(message.call, message.room);
    }
  }

  #call<T extends Answer>(
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

  #answer(call: number, answer: Answer | undefined): void {
    this.#calls.get(call)?.(answer);
    this.#calls.delete(call);
  }
}

function fork(): Worker {
  // Workers accept by themselves from the shared socket, see docs/decisions/processes.md, "Workers". Only the
  // first fork of a process decides; who set the variable has decided.
  if (process.env.NODE_CLUSTER_SCHED_POLICY === undefined) {
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }
  cluster.setupPrimary({
    exec: PROGRAM,
    args: [],
    execArgv: [...workerOptions(), ...withoutScript(process.execArgv)],
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
