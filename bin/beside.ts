/**
 * What the command does beside serving where somebody looks on: a QR code, a browser, the clipboard. All of
 * it is loaded when it is needed, and none of it can fail the run.
 */
import { printable } from './printable.js';
import type { Screen } from './screen.js';
import type { Settings } from './settings.js';

/** Lines that the banner takes beside the code. */
const BANNER_LINES = 9;

/**
 * The code of an address, black on white whatever the terminal's colours are: not every camera reads the
 * opposite. `undefined` where the terminal is too small: a code that is cut can't be read.
 */
export async function qrCode(
  url: string,
  { rows = 0, columns = 0 }: Screen,
): Promise<string | undefined> {
  const { renderUnicodeCompact } = await import('uqr');
  const lines = renderUnicodeCompact(url, { border: 2, invert: true }).split('\n');
  const width = lines[0]?.length ?? 0;
  if (lines.length + BANNER_LINES > rows || width + INDENT.length > columns) return undefined;
  return lines.map((line) => `${INDENT}${BLACK_ON_WHITE}${line}${RESET}\n`).join('');
}

const INDENT = '          ';
const BLACK_ON_WHITE = '\x1b[30;107m';
const RESET = '\x1b[0m';

/**
 * Does what was asked for, once the banner is out.
 * @param local the address from this machine
 * @param network that from others, if there is one
 * @param note tells what failed of what was asked for by name
 */
export async function besideServing(
  { atTerminal, json, quiet }: Pick<Settings, 'atTerminal' | 'json' | 'quiet'>,
  { local, network }: { readonly local: string; readonly network: string | undefined },
  screen: Screen,
  note: (text: string) => void,
): Promise<void> {
  if (atTerminal.open) await openBrowser(local, note);
  if (json || quiet || screen.isTTY !== true) return;
  if (atTerminal.qr && network !== undefined) {
    const code = await qrCode(network, screen);
    if (code !== undefined) screen.write(`${code}\n`);
  }
  // Nobody asked for it by name: where there is no clipboard nothing is said.
  if (atTerminal.clipboard && local.startsWith('http')) await copy(local).catch(() => {});
}

async function copy(text: string): Promise<void> {
  const { default: clipboard } = await import('clipboardy');
  await clipboard.write(text);
}

async function openBrowser(url: string, note: (text: string) => void): Promise<void> {
  if (!url.startsWith('http')) {
    note(`a browser can't open ${printable(url)}`);
    return;
  }
  try {
    const { default: open } = await import('open');
    const opening = await open(url);
    // What opens it ends at once, and says by its code whether it found a browser.
    opening.once('exit', (code) => {
      if (code !== 0 && code !== null)
        note(`no browser was found (${code}); the address is ${url}`);
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'found' : `opened (${printable(message)})`;
    note(`no browser was ${reason}; the address is ${url}`);
  }
}
