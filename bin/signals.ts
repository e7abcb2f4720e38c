/**
 * What signals do to a run: the first one to stop lets exchanges end, the second does not; workers are
 * restarted, certificates read again. What SIGHUP means beside that: hangup.ts.
 */
import { EVENTS_PATH } from '../lib/reload/late.js';
import { onHangup } from './hangup.js';
import type { Running } from './running.js';
import type { Settings } from './settings.js';
import type { Terminal } from './terminal.js';
import { loadCredentials } from './tls.js';

/** What stops the rows of downloads, before the last word is said. */
export interface View {
  stop: () => void;
}

/** How long the last words wait for who reads them, in milliseconds. */
const LAST_WORD = 2000;

/** The first signal closes within the grace period, the second at once. */
export function stopOnSignals(
  running: Running,
  { grace }: Settings,
  terminal: Terminal,
  view: View,
): void {
  let closing = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (closing) {
      view.stop();
      terminal.stopped(running.kill());
      process.exit(signal === 'SIGINT' ? 130 : 143);
    }
    closing = true;
    // Streams of events end as soon as it closes: nobody has to wait for them.
    const exchanges = (await running.exchanges()).filter(({ target }) => target !== EVENTS_PATH);
    // Who reads that it stops finds nobody listening; workers are told to, and do so a moment later.
    const closed = running.close(grace);
    terminal.stopping(exchanges, grace);
    const { cut } = await closed;
    view.stop();
    terminal.stopped(cut);
    process.exitCode = cut === 0 ? 0 : 1;
    // A reader that takes nothing, or a clipboard that hangs, keeps no process that has ended.
    setTimeout(() => process.exit(), LAST_WORD).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** Windows has no such signal; elsewhere it would end a process that doesn't listen to it. */
export function restartOnSignal({ restart }: Running): void {
  if (process.platform === 'win32') return;
  process.on('SIGUSR2', () => {
    // What fails is told as an event.
    if (restart !== undefined) restart().catch(() => {});
    else process.stderr.write('serve: there are no workers to restart; start with --workers 2\n');
  });
}

/** A certificate is renewed every few weeks: its files are read again, and what is broken changes nothing. */
export function renewOnSignal(
  running: Running,
  { tls, server }: Settings,
  terminal: Terminal,
): void {
  onHangup(async () => {
    try {
      const credentials = await loadCredentials(tls, server);
      if (credentials !== undefined) running.setSecureContext(credentials);
      terminal.renewed();
    } catch (error) {
      terminal.renewed(error as Error);
    }
  });
}
