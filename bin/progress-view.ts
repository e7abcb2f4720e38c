/**
 * The rows of large downloads at the bottom of a terminal, drawn anew a few times a second. The cursor rests
 * where they begin: whoever prints something there, in this process or another, first clears the screen
 * from there ({@link CLEAR}), and the rows come back below it. Knows nothing of downloads but their rows.
 */
import fs from 'node:fs';
import type { ExchangeProgress } from '../lib/server/exchange.js';
import { CLEAR, type Screen } from './screen.js';
import { Transfers } from './transfers.js';

/** Between two looks, in milliseconds. */
const INTERVAL = 300;

/** Most rows; fewer in a low terminal, of which half is left to what is printed. */
const MOST_ROWS = 10;

/** Writes without waiting: a terminal that is held by Ctrl-S may not hold the server. */
export type Draw = (text: string, done: () => void) => void;

/** To a descriptor. */
export function drawTo(descriptor: number): Draw {
  return (text, done) => fs.write(descriptor, text, done);
}

/** Rows that follow what is asked for until they are stopped. */
export class ProgressView {
  readonly #ask: () => Promise<readonly ExchangeProgress[]>;
  readonly #screen: Screen;
  readonly #draw: Draw;
  readonly #transfers = new Transfers();
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  #drawing = false;
  #stopped = false;

  constructor(ask: () => Promise<readonly ExchangeProgress[]>, screen: Screen, draw: Draw) {
    this.#ask = ask;
    this.#screen = screen;
    this.#draw = draw;
    this.#wait();
  }

  /** Clears the rows; nothing is drawn any more. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#drawn > 0) this.#screen.write(CLEAR);
    this.#drawn = 0;
    this.#stopped = true;
  }

  /** Keeps no process alive. */
  #wait(): void {
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), INTERVAL).unref();
  }

  async #look(): Promise<void> {
    try {
      const exchanges = await this.#ask();
      if (!this.#drawing && !this.#stopped) this.#show(exchanges);
    } catch {
      // Workers that don't answer are told of by others.
    }
    this.#wait();
  }

  #show(exchanges: readonly ExchangeProgress[]): void {
    // A terminal that does not know how big it is says 0.
    const rows = this.#screen.rows || 24;
    const columns = this.#screen.columns || 80;
    const most = Math.max(1, Math.min(MOST_ROWS, Math.floor(rows / 2)));
    // A row that fills the last column would begin another line.
    const lines = this.#transfers.rows(exchanges, performance.now(), columns - 1, most);
    if (lines.length === 0 && this.#drawn === 0) return;
    this.#drawn = lines.length;
    const back = lines.length > 1 ? `\x1b[${lines.length - 1}A` : '';
    this.#drawing = true;
    this.#draw(`${CLEAR}${lines.join('\n')}${back}\r`, () => {
      this.#drawing = false;
    });
  }
}
