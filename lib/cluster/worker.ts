/**
 * A worker: the ordinary server of a directory in a process of its own, which does what the
 * supervisor says and ends when that is gone. Signals are the supervisor's business: Ctrl-C reaches
 * every process of a terminal. Knows no other worker.
 */
import { type DirectoryServer, serveDirectory } from '../compose.js';
import type { RequestLog } from '../log/request-log.js';
import type { Metrics } from '../monitor/metrics.js';
import { type ErrorEvent, errorChannel } from '../observe/channels.js';
import { LONGEST_TIMER } from '../server/options.js';
import type { RulesConfig } from '../site/rules/config.js';
import { loadRules } from '../site/rules/load.js';
import type { TlsCredentials } from '../tls/credentials.js';
import { type Assignment, type ToSupervisor, type ToWorker, toPlain } from './messages.js';
import { SharedAdmission } from './shared-admission.js';

/**
 * How long a draining worker leaves idle connections open, in milliseconds. A connection that was
 * accepted at the last moment brings its first request within this time; one that is kept is told
 * in its next answer that it was the last, in place of being closed under the request after it.
 */
const SETTLE = 1000;

/** What a supervisor, Ctrl-C or a service manager sends to all processes of a group. */
const SUPERVISED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];

/** Runs a worker in this process; without the supervisor it ends, as node:cluster has it. */
export function startWorker(process: NodeJS.Process): void {
  for (const signal of SUPERVISED) process.on(signal, () => {});
  new WorkerSide(process);
}

class WorkerSide {
  readonly #process: NodeJS.Process;
  #parts: DirectoryServer | undefined;
  #admission: SharedAdmission | undefined;
  #credentials: TlsCredentials | undefined;
  #metrics: Metrics | undefined;
  /** Told since it began. */
  #rules: RulesConfig | undefined;
  /** What the site says itself. */
  #options: Assignment['options'] = {};
  #log: RequestLog | undefined;
  #closing = false;
  #settling: NodeJS.Timeout | undefined;

  constructor(process: NodeJS.Process) {
    this.#process = process;
    process.on('message', (message) => this.#take(message as ToWorker));
    errorChannel.subscribe((message) => {
      const { error, remote } = message as ErrorEvent;
      this.#tell({ kind: 'error', error: toPlain(error), remote });
    });
    this.#tell({ kind: 'ready' });
  }

  #take(message: ToWorker): void {
    switch (message.kind) {
      case 'serve':
        this.#serve(message.assignment).catch((error) => {
          this.#tell({ kind: 'failed', error: toPlain(error) });
        });
        break;
      case 'drain':
        this.#drain();
        break;
      case 'close':
        this.#close(message.grace);
        break;
      case 'secure':
        this.#credentials = message.credentials;
        this.#parts?.server.setSecureContext(message.credentials);
        break;
      case 'exit':
        this.#process.exit(0);
        break;
      case 'rules':
        this.#rules = message.rules;
        void this.#apply();
        break;
      case 'report':
        this.#report(message.call);
        break;
      case 'measure':
        void this.#measure(message.call);
        break;
      case 'granted':
        this.#admission?.granted(message.room);
        break;
      case 'yield': {
        const room = this.#admission?.yield(message.wanted) ?? 0;
        this.#tell({ kind: 'yielded', call: message.call, room });
        break;
      }
      case 'entered':
        this.#admission?.entered(message.call, message.admitted);
        break;
    }
  }

  async #serve(assignment: Assignment): Promise<void> {
    const { root, options, rules, room, perAddress, requestLog, metrics } = assignment;
    this.#options = options;
    if (requestLog !== undefined) {
      const { logRequests } = await import('../log/request-log.js');
      this.#log = await logRequests(requestLog);
    }
    const admission = new SharedAdmission(room, perAddress, (question) => this.#tell(question));
    this.#admission = admission;
    const site = rules === undefined ? {} : { rules: await loadRules(rules, options) };
    const parts = serveDirectory(root, { ...options, ...site, admission });
    if (metrics) {
      const { createMetrics } = await import('../monitor/metrics.js');
      this.#metrics = await createMetrics(parts);
    }
    await parts.server.listen();
    this.#parts = parts;
    // Those that came meanwhile.
    await this.#apply();
    if (this.#credentials !== undefined) parts.server.setSecureContext(this.#credentials);
    this.#tell({ kind: 'listening', addresses: parts.server.addresses });
  }

  /** The rules that were told last. The supervisor has read them before: they can be used. */
  async #apply(): Promise<void> {
    const rules = this.#rules;
    if (rules === undefined) return;
    const loaded = await loadRules(rules, this.#options);
    // Those that take long may be there after others that were told later.
    if (rules === this.#rules) this.#parts?.setRules(loaded);
  }

  #drain(): void {
    this.#parts?.server.drain();
    this.#tell({ kind: 'draining' });
    this.#settling ??= setTimeout(() => this.#close(LONGEST_TIMER), SETTLE);
  }

  #close(grace: number): void {
    clearTimeout(this.#settling);
    const parts = this.#parts;
    if (parts === undefined) {
      this.#tell({ kind: 'closed', cut: 0 });
      return;
    }
    const closed = parts.server.close(grace);
    if (this.#closing) return;
    this.#closing = true;
    closed.then(async ({ cut }) => {
      await parts.source.close();
      await this.#log?.end();
      await this.#measure(0);
      this.#tell({ kind: 'closed', cut });
    });
  }

  #report(call: number): void {
    const { server, cache } = this.#parts ?? {};
    const stats = {
      connections: server?.connections ?? 0,
      exchanges: server?.exchanges() ?? [],
      cache: cache?.stats(),
    };
    this.#tell({ kind: 'stats', call, stats });
  }

  /** Nobody waits for what was never asked to be measured. */
  async #measure(call: number): Promise<void> {
    if (this.#metrics === undefined && call === 0) return;
    // Whoever waits for this answer is not kept waiting by what can't be read.
    const families = (await this.#metrics?.read().catch(() => [])) ?? [];
    this.#tell({ kind: 'measured', call, families });
  }

  /** What can't be told is not: a supervisor that has gone ends this process anyway. */
  #tell(message: ToSupervisor): void {
    if (this.#process.connected) this.#process.send?.(message, undefined, undefined, () => {});
  }
}
