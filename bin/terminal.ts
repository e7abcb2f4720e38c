/** What the command shows: for people a short banner, for programs one line of JSON per event. */
import { networkInterfaces } from 'node:os';
import { styleText } from 'node:util';
import type { ClusterEvent } from '../lib/cluster/index.js';
import { type ErrorEvent, errorChannel } from '../lib/observe/channels.js';
import type { ExchangeProgress } from '../lib/server/exchange.js';
import { reachOf } from './addresses.js';
import { messageOf } from './limit-names.js';
import { DECODING_LIMITS } from './options/decoding.js';
import { printable, printableJson } from './printable.js';
import type { Settings } from './settings.js';

/** Where the server listens, and what it serves. */
export interface Listening {
  readonly url: string;
  /** Everywhere it listens, `url` first. */
  readonly urls: readonly string[];
  readonly port: number;
  readonly pid: number;
  readonly root: string;
  /** The processes that serve; `undefined`: this one does. */
  readonly workers: readonly number[] | undefined;
  /** Of a certificate that was made for this run. */
  readonly fingerprint: string | undefined;
  /** Where metrics are offered; `undefined`: nowhere. */
  readonly metrics: string | undefined;
  /** Whether another `--host` would change where it listens. */
  readonly isHostCounted: boolean;
  /** Whether links may lead out of the folder. */
  readonly isOpen: boolean;
}

/** What is told of workers while the serving goes on. */
export type WorkerEvent = Exclude<ClusterEvent, { kind: 'gave-up' }>;

/** The events of a run, told in one of two ways. */
export interface Terminal {
  listening(where: Listening): void;
  /** @param grace milliseconds */
  stopping(exchanges: readonly ExchangeProgress[], grace: number): void;
  /** @param cut how many exchanges were cut off */
  stopped(cut: number): void;
  worker(event: WorkerEvent): void;
  /** The certificate was read again. @param error why it could not be used */
  renewed(error?: Error): void;
  /** The configuration file was read anew, and counts from now on. */
  rulesChanged(file: string): void;
  /** The configuration file can't be used; what was read before goes on. @param message steers no terminal */
  rulesFailed(message: string): void;
}

/**
 * Makes the output for people or, with `json`, for programs; failures of exchanges are told too.
 * @param clear what makes room for a text where rows are drawn; empty where there are none
 */
export function createTerminal(
  { json, quiet }: Pick<Settings, 'json' | 'quiet'>,
  clear: string,
): Terminal {
  // Whoever read the first line and closed the pipe has heard enough; the serving goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  if (json) return new JsonTerminal();
  return quiet ? new QuietTerminal(clear) : new PlainTerminal(clear);
}

class JsonTerminal implements Terminal {
  constructor() {
    errorChannel.subscribe((message) => {
      this.#print('error', { message: describe(message as ErrorEvent) });
    });
  }

  listening({ url, urls, port, pid, root, workers, fingerprint, metrics }: Listening): void {
    const places = urls.length > 1 && { urls };
    const processes = workers && { workers: workers.length, pids: workers };
    const details = { ...places, ...processes, fingerprint, metrics };
    this.#print('listening', { url, port, pid, root, ...details });
  }

  stopping(exchanges: readonly ExchangeProgress[], grace: number): void {
    this.#print('stopping', { waitingFor: exchanges, grace: grace / 1000 });
  }

  stopped(cut: number): void {
    this.#print('stopped', { cut });
  }

  worker({ kind, ...details }: WorkerEvent): void {
    const { error, wait, ...others } = { error: undefined, wait: undefined, ...details };
    this.#print('worker', {
      what: kind,
      ...others,
      ...(error === undefined ? {} : { message: error.message }),
      ...(wait === undefined ? {} : { replacedIn: wait / 1000 }),
    });
  }

  renewed(error?: Error): void {
    if (error === undefined) this.#print('renewed', {});
    else this.#print('error', { message: notRenewed(error) });
  }

  rulesChanged(file: string): void {
    this.#print('reloaded', { file });
  }

  rulesFailed(message: string): void {
    this.#print('error', { message: `${message}; ${GOES_ON}` });
    process.stderr.write(`serve: ${message}\nserve: ${GOES_ON}\n`);
  }

  #print(event: string, details: object): void {
    process.stdout.write(`${printableJson({ event, ...details })}\n`);
  }
}

/** Tells failures, and nothing else. */
class QuietTerminal implements Terminal {
  readonly #clear: string;

  constructor(clear: string) {
    this.#clear = clear;
    errorChannel.subscribe((message) => {
      this.#complain(printable(describe(message as ErrorEvent)));
    });
  }

  listening(_where: Listening): void {}

  stopping(_exchanges: readonly ExchangeProgress[], _grace: number): void {}

  stopped(_cut: number): void {}

  renewed(error?: Error): void {
    process.stderr.write(
      `serve: ${error === undefined ? 'the certificate was read again' : notRenewed(error)}\n`,
    );
  }

  worker(event: WorkerEvent): void {
    this.#complain(sentence(event));
  }

  protected print(text: string): void {
    process.stdout.write(this.#clear + text);
  }

  #complain(text: string): void {
    process.stderr.write(`${this.#clear}serve: ${text}\n`);
  }

  rulesChanged(_file: string): void {}

  rulesFailed(message: string): void {
    process.stderr.write(`serve: ${message}\nserve: ${GOES_ON}\n`);
  }
}

class PlainTerminal extends QuietTerminal {
  override listening(where: Listening): void {
    const { urls, root, pid, workers, fingerprint, metrics, isHostCounted, isOpen } = where;
    const reaches = urls.map((url) => reachOf(url, networkInterfaces));
    const isLocal = reaches.every(({ network }) => network.length === 0);
    const address = (text: string): string => color(['bold', 'underline'], printable(text));
    const lines = [
      `\n  ${color(['bold', 'cyan'], 'sluice')}  serves ${printable(root)}`,
      ...reaches.flatMap(({ local, network }) => [
        `          at ${address(local)}`,
        ...network
          .filter((each) => each !== local)
          .map((each) => `          on the network at ${address(each)}`),
      ]),
      ...(metrics === undefined
        ? []
        : [`  metrics at ${color(['underline'], printable(metrics))}`]),
      ...(fingerprint === undefined
        ? []
        : [
            `          ${color(['dim'], `its certificate, which nobody vouches for: SHA-256 ${fingerprint}`)}`,
          ]),
      `          ${color(['dim'], workers === undefined ? 'Ctrl-C stops it' : withWorkers(workers, pid))}`,
      // -S is TLS elsewhere: whoever meant that should see what it is here.
      ...(isOpen ? ['          links out of the folder are followed (-S, --symlinks)'] : []),
      ...(isHostCounted && isLocal && reaches.some(({ local }) => local.startsWith('http'))
        ? [`          ${color(['dim'], '--host 0.0.0.0 shares it on the network')}`]
        : []),
    ];
    this.print(`${lines.join('\n')}\n\n`);
  }

  override stopping(exchanges: readonly ExchangeProgress[], grace: number): void {
    if (exchanges.length === 0) return;
    const lines = exchanges
      .slice(0, MOST_LISTED)
      .map(({ method, target, remote }) => `    ${method} ${printable(target)} for ${remote}\n`);
    const more = exchanges.length - lines.length;
    this.print(
      `\n  waiting up to ${grace / 1000} s for ${responses(exchanges.length)}; Ctrl-C again ends at once\n` +
        `${lines.join('')}${more > 0 ? `    and ${more} more\n` : ''}`,
    );
  }

  override stopped(cut: number): void {
    this.print(
      cut === 0
        ? '  stopped\n'
        : `  stopped; ${responses(cut)} ${cut === 1 ? 'was' : 'were'} cut off\n`,
    );
  }

  override rulesChanged(file: string): void {
    process.stderr.write(`serve: ${printable(file)} is read anew\n`);
  }
}

function notRenewed(error: Error): string {
  return `the certificate stays as it was: ${printable(error.message)}`;
}
const GOES_ON = 'the configuration before it goes on';

function withWorkers(workers: readonly number[], pid: number): string {
  const restart = process.platform === 'win32' ? '' : `; kill -USR2 ${pid} restarts them`;
  return `by ${workers.length} workers; Ctrl-C stops them${restart}`;
}

function sentence(event: WorkerEvent): string {
  switch (event.kind) {
    case 'died': {
      const { worker, pid, code, signal, error, wait } = event;
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      const why = error === undefined ? '' : `: ${printable(error.message)}`;
      const next = wait === undefined ? '' : `; the next one starts in ${wait / 1000} s`;
      return `worker ${worker} (${pid}) ${how}${why}${next}`;
    }
    case 'replaced':
      return `worker ${event.worker} is replaced by ${event.pid}`;
    case 'restarting':
      return 'the workers are restarted, one after the other';
    case 'restarted':
      return `the workers are restarted: ${event.pids.join(', ')}`;
    case 'restart-failed':
      return `the restart failed, the workers before it go on: ${printable(event.error.message)}`;
  }
}

function responses(count: number): string {
  return `${count} ${count === 1 ? 'response' : 'responses'}`;
}

/** How many of the responses under way are named. */
const MOST_LISTED = 5;

function describe({ error }: ErrorEvent): string {
  if (!(error instanceof Error)) return String(error);
  const message = messageOf(error, DECODING_LIMITS);
  // Of a file it says all that there is to say.
  return error.name === SOURCE_ERROR ? message : `${error.name}: ${message}`;
}

const SOURCE_ERROR = 'SourceError';

/** Colour on a terminal only, and not where NO_COLOR is set. */
export function hasColors(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

function color(format: Parameters<typeof styleText>[0], text: string): string {
  return hasColors(process.stdout) ? styleText(format, text) : text;
}
