/** What a screen is, and whether there is one to draw on. */
import type { Settings } from './settings.js';

/** Where it is shown: `process.stdout`, or what is like it. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
}

/** From the cursor to the end of the screen. */
export const CLEAR = '\x1b[J';

/** Whether rows of downloads are drawn: where they are asked for, and somebody sees them. */
export function showsProgress(
  { atTerminal, json, quiet }: Pick<Settings, 'atTerminal' | 'json' | 'quiet'>,
  { isTTY }: Screen,
): boolean {
  const canDraw = isTTY === true && process.env.TERM !== 'dumb';
  return atTerminal.progress && canDraw && !json && !quiet;
}
