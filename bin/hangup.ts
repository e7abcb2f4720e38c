/**
 * What SIGHUP means: files are read anew. Where the terminal itself has hung up it ends the command, as it
 * always did. Windows has a signal of this name, which ends the process in any case.
 */
import fs from 'node:fs';
import { isatty } from 'node:tty';

/** Has `action` done at every SIGHUP, one after the other, so that what was read last counts. */
export function onHangup(action: () => Promise<void>): void {
  if (process.platform === 'win32') return;
  // Any of the three: nohup takes the terminal from all of them, and what it starts shall go on.
  const hadTerminal = [0, 1, 2].some(isatty);
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  process.on('SIGHUP', () => {
    if (hadTerminal && !hasTerminal()) {
      // Not by exiting: node aborts when it can't put the terminal back as it was.
      process.removeAllListeners('SIGHUP');
      process.kill(process.pid, 'SIGHUP');
      return;
    }
    // One that waits will read what there is by then: a second would read the same.
    if (waiting > 0) return;
    waiting++;
    last = last.then(async () => {
      waiting--;
      await action();
    });
  });
}

/** Whether the terminal is still there: it is opened anew, for a descriptor of one that has gone stays. */
function hasTerminal(): boolean {
  try {
    fs.closeSync(fs.openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
