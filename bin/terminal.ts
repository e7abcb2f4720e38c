/** What the command shows: for people a short banner, for programs one line of JSON per event. */
import { styleText } from 'node:util';
import { type ErrorEvent, errorChannel } from '../lib/observe/channels.js';
import type { ExchangeProgress } from '../lib/server/exchange.js';

/** Where the server listens, and what it serves. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly root: string;
}

/** The events of a run, told in one of two ways. */
export interface Terminal {
  listening(where: Listening): void;
  /** @param grace milliseconds */
  stopping(exchanges: readonly ExchangeProgress[], grace: number): void;
  /** @param cut how many exchanges were cut off */
  stopped(cut: number): void;
}

/** Makes the output for people or, with `json`, for programs; failures of exchanges are told too. */
export function createTerminal(json: boolean): Terminal {
  // Whoever read the first line and closed the pipe has heard enough; the serving goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return json ? new JsonTerminal() : new PlainTerminal();
}

class JsonTerminal implements Terminal {
  constructor() {
    errorChannel.subscribe((message) => {
      this.#print('error', { message: describe(message as ErrorEvent) });
    });
  }

  listening({ url, port, pid, root }: Listening): void {
    this.#print('listening', { url, port, pid, root });
  }

  stopping(exchanges: readonly ExchangeProgress[], grace: number): void {
    this.#print('stopping', { waitingFor: exchanges, grace: grace / 1000 });
  }

  stopped(cut: number): void {
    this.#print('stopped', { cut });
  }

  #print(event: string, details: object): void {
    process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
  }
}

class PlainTerminal implements Terminal {
  constructor() {
    errorChannel.subscribe((message) => {
      process.stderr.write(`serve: ${describe(message as ErrorEvent)}\n`);
    });
  }

  listening({ url, root }: Listening): void {
    process.stdout.write(
      `\n  ${color(['bold', 'cyan'], 'sluice')}  serves ${printable(root)}\n` +
        `          at ${color(['bold', 'underline'], url)}\n` +
        `          ${color(['dim'], 'Ctrl-C stops it')}\n\n`,
    );
  }

  stopping(exchanges: readonly ExchangeProgress[], grace: number): void {
    if (exchanges.length === 0) return;
    const lines = exchanges
      .slice(0, MOST_LISTED)
      .map(({ method, target, remote }) => `    ${method} ${printable(target)} for ${remote}\n`);
    const more = exchanges.length - lines.length;
    process.stdout.write(
      `\n  waiting up to ${grace / 1000} s for ${exchanges.length} response(s); Ctrl-C again ends at once\n` +
        `${lines.join('')}${more > 0 ? `    and ${more} more\n` : ''}`,
    );
  }

  stopped(cut: number): void {
    process.stdout.write(
      cut === 0 ? '  stopped\n' : `  stopped; ${cut} response(s) were cut off\n`,
    );
  }
}

/** How many of the responses under way are named. */
const MOST_LISTED = 5;

function describe({ error }: ErrorEvent): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Without control characters: a name can't steer the terminal. */
function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
}

/** Colour on a terminal only, and not where NO_COLOR is set. */
function color(format: Parameters<typeof styleText>[0], text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(format, text) : text;
}
