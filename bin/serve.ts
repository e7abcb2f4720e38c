#!/usr/bin/env node
/** The command: arguments in, a running server, and what the terminal shows of it. */
import { readFileSync, realpathSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { EVENTS_PATH } from '../lib/reload/late.js';
import { firstOf, reachOf } from './addresses.js';
import { readArguments } from './arguments.js';
import { besideServing } from './beside.js';
import {
  type Choices,
  choose,
  type FileEntry,
  readOptionsFile,
  strayVariables,
  valuesOf,
} from './choices.js';
import { ConfigError } from './config/config-error.js';
import { findConfig } from './config/find.js';
import { reloadOnHangup } from './config/reload.js';
import { onHangup } from './hangup.js';
import { checkFolder, hostCounts, withoutEffect } from './hints.js';
import { convert } from './options/convert.js';
import { type Option, UsageError, variableOf } from './options/option.js';
import { OPTIONS } from './options/table.js';
import { settlePlaces } from './places.js';
import { printConfig } from './print-config.js';
import { printable, printableJson } from './printable.js';
import { requestLog } from './request-log.js';
import { createRunning, type Running } from './running.js';
import { CLEAR, showsProgress } from './screen.js';
import { hasFiles, loadCredentials, withCredentials } from './secure.js';
import { type Settings, toSettings, withConfig } from './settings.js';
import { passwordWarning } from './sharing.js';
import type { Shell } from './shells.js';
import { createTerminal, hasColors, type Terminal } from './terminal.js';

/** Whether events are told as JSON: as the command line has it, until all is known. */
let isJson = process.argv.includes('--json');

async function main(argv: string[]): Promise<void> {
  const { folder = '.', given, asked } = await readArguments(argv, OPTIONS);
  if (asked !== undefined) {
    process.stdout.write(asked === 'version' ? `${version()}\n` : await helpText());
    return;
  }
  if (given.has('completion')) {
    process.stdout.write(await completionFor(given.get('completion')));
    return;
  }
  const stray = await strayVariables(OPTIONS, process.env);
  if (stray !== undefined) note(stray);
  const choices = choose(OPTIONS, {
    given,
    environment: process.env,
    file: await optionsFile(
      given.get('options') ?? (process.env[variableOf('options')] || undefined),
    ),
  });
  if (given.get('print-config') === true) {
    isJson = toSettings(folder, valuesOf(choices)).json;
    process.stdout.write(printConfig(folder, OPTIONS, choices, isJson));
    return;
  }
  const { values, inherited } = settlePlaces(choices);
  const settings = toSettings(folder, values);
  isJson = settings.json;
  checkFolder(folder, settings.atTerminal);
  const isHostCounted = hostCounts(values.listen, inherited.length);
  if (inherited.length === 0) await serve(settings, choices, isHostCounted);
  else {
    const server = { ...settings.server, listen: inherited };
    await serve({ ...settings, server }, choices, isHostCounted);
  }
}

/** @param isHostCounted whether another `--host` would change where it listens */
async function serve(given: Settings, choices: Choices, isHostCounted: boolean): Promise<void> {
  const asked = {
    root: given.root,
    config: given.config,
    symlinks: given.server.symlinks === true,
    addresses: given.server,
  };
  const configured = await findConfig(asked);
  const plain = configured === undefined ? given : withConfig(given, configured);
  // A password in the arguments is shown to all users of the machine no longer than this takes.
  if (plain.server.auth !== undefined) process.title = 'serve';
  const credentials = await loadCredentials(plain.tls, plain.server);
  const settings =
    credentials === undefined
      ? plain
      : { ...plain, server: withCredentials(plain.server, credentials) };
  const clear = showsProgress(settings, process.stdout) ? CLEAR : '';
  const terminal = createTerminal(settings, clear);
  const log = requestLog(settings, hasColors(process.stdout), clear);
  const running = await createRunning(settings, log, (event) => {
    if (event.kind === 'gave-up') void placed(event.error, choices).then(fail);
    else terminal.worker(event);
  });
  const address = await running.listen().catch(async (error: unknown) => {
    throw await placed(error, choices);
  });
  const root = realpathSync(settings.root);
  // First, so that whoever waits for the announcement can stop it at once.
  const view = { stop: () => {} };
  stopOnSignals(running, settings, terminal, view);
  restartOnSignal(running);
  if (hasFiles(settings.tls)) renewOnSignal(running, settings, terminal);
  if (configured !== undefined) {
    reloadOnHangup(asked, configured, {
      reload: (rules) => running.reload(rules),
      reloaded: (file) => terminal.reloaded(file),
      failed: (error) => terminal.reloadFailed(explain(error)),
    });
  }
  const { addresses, pids: workers, metrics } = running;
  const urls = addresses.map(({ url }) => url);
  const { fingerprint } = credentials ?? {};
  const { pid } = process;
  const isOpen = settings.server.symlinks === true;
  const details = { workers, fingerprint, metrics, isHostCounted, isOpen };
  terminal.listening({ ...address, urls, root, pid, ...details });
  if (clear !== '') {
    const { drawTo, ProgressView } = await import('./progress-view.js');
    const rows = new ProgressView(() => running.exchanges(), process.stdout, drawTo(1));
    view.stop = () => rows.stop();
  } else if (settings.atTerminal.progress) {
    note('there is no terminal for --progress');
  }
  withoutEffect(choices, settings, isHostCounted).forEach(note);
  const warning = passwordWarning(settings.server, addresses);
  if (warning !== undefined) note(warning);
  const reach = firstOf(urls.map((url) => reachOf(url, networkInterfaces)));
  await besideServing(settings, reach, process.stdout, note);
}

/** An error of a place where nothing can listen says who named it. */
async function placed(error: unknown, choices: Choices): Promise<unknown> {
  const { placeError } = await import('./place-errors.js');
  return placeError(error, choices);
}

function note(text: string): void {
  process.stderr.write(`serve: ${printable(text)}\n`);
}

/** What stops the rows of downloads, before the last word is said. */
interface View {
  stop: () => void;
}

/** What `--help` prints; loaded for that alone. */
async function helpText(): Promise<string> {
  const { help } = await import('./help.js');
  return help(OPTIONS, process.stdout.columns || 100);
}

/** What `--completion` prints; loaded for that alone. */
async function completionFor(shell: unknown): Promise<string> {
  const option = OPTIONS.find(({ name }) => name === 'completion') as Option;
  const { completion } = await import('./completion.js');
  const { formsOf } = await import('./options/forms.js');
  return completion(convert(option, shell) as Shell, formsOf(OPTIONS));
}

/** What the file of `--options` says; nothing where none is named: no folder sets options by itself. */
async function optionsFile(name: unknown): Promise<ReadonlyMap<string, FileEntry>> {
  // An empty variable is none; an empty argument is a mistake.
  if (name === undefined) return new Map();
  if (Array.isArray(name)) throw new UsageError('--options is given more than once; give it once');
  if (name === '') throw new UsageError("--options '' can't be used; it takes the name of a file");
  const file = String(name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`the file of options ${file} can't be read (${code}); see --options`);
  }
  return readOptionsFile(text, file, OPTIONS);
}

/** That of the package: two folders up, from dist/bin as from dist/command. */
function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

/** How long the last words wait for who reads them, in milliseconds. */
const LAST_WORD = 2000;

/** The first signal closes within the grace period, the second at once. */
function stopOnSignals(
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
    terminal.stopping(exchanges, grace);
    const { cut } = await running.close(grace);
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
function restartOnSignal({ restart }: Running): void {
  if (process.platform === 'win32') return;
  process.on('SIGUSR2', () => {
    // What fails is told as an event.
    if (restart !== undefined) restart().catch(() => {});
    else process.stderr.write('serve: there are no workers to restart; start with --workers 2\n');
  });
}

/** A certificate is renewed every few weeks: its files are read again, and what is broken changes nothing. */
function renewOnSignal(running: Running, { tls, server }: Settings, terminal: Terminal): void {
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

/** For people: the thing, the reason, the way out. One line, but for a file with several mistakes. */
function explain(error: unknown): string {
  // Names of files and folders, and what stands in them, may be anybody's.
  return error instanceof ConfigError ? error.message : printable((error as Error).message);
}

function fail(error: unknown): void {
  const message = explain(error);
  if (isJson) {
    process.stdout.write(`${printableJson({ event: 'error', message })}\n`);
  }
  process.stderr.write(`serve: ${message}\n`);
  process.exitCode = 1;
}

main(process.argv.slice(2)).catch(fail);
