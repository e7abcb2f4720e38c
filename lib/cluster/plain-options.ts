/**
 * Options that can be sent to another process: data. Functions stay where they were made, and what has one
 * in it can't be told to a worker at all. Knows no worker.
 */
import type { ServeDirectoryOptions } from '../compose.js';

/** What a worker is told of how it serves; in place of functions of paths there are rules. */
export interface PlainOptions
  extends Omit<ServeDirectoryOptions, 'admission' | 'cleanUrls' | 'now' | 'rewrite' | 'rules'> {
  /** Whether pages go by their names without `.html`, and `index.html` by its folder. False. */
  readonly cleanUrls?: boolean;
}

/**
 * @param options by name
 * @throws TypeError naming the first one that can't be sent
 */
export function checkPlain(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    try {
      structuredClone(value);
    } catch (cause) {
      throw new TypeError(
        `${name} can't be sent to workers: they take data, and no functions; ` +
          'say it by rules, or serve from one process',
        { cause },
      );
    }
  }
}
