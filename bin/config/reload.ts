/**
 * Reads the configuration file anew on SIGHUP. A file that can't be used changes nothing: what was read
 * before goes on, and what is wrong is told.
 */
import fs from 'node:fs';
import type { RulesConfig } from '../../lib/site/rules/config.js';
import { type ConfigRequest, type Configured, findConfig } from './find.js';

/** Who is told. */
export interface ReloadHost {
  /** Goes by other rules from now on. */
  reload(rules: RulesConfig): Promise<void>;
  reloaded(file: string): void;
  /** @param error with a message for people */
  failed(error: unknown): void;
}

/**
 * Where the terminal itself has hung up, the signal ends the command as it always did. Windows has a signal of
 * this name, which ends the process in any case.
 */
export function reloadOnHangup(asked: ConfigRequest, started: Configured, host: ReloadHost): void {
  if (process.platform === 'win32') return;
  const hadTerminal = process.stdin.isTTY === true;
  // One after the other, so that the file that was read last counts.
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
      await reload(asked, started, host);
    });
  });
}

async function reload(asked: ConfigRequest, started: Configured, host: ReloadHost): Promise<void> {
  try {
    const found = await findConfig(asked);
    if (found === undefined) throw new Error(`${started.file} is no longer there`);
    if (found.root !== started.root || found.symlinks !== started.symlinks) {
      throw new Error('public and symlinks are taken at the start; restart for others');
    }
    await host.reload(found.rules);
    host.reloaded(found.file);
  } catch (error) {
    host.failed(error);
  }
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
