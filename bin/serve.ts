#!/usr/bin/env node
/** The command: arguments in, a running server, and what the terminal shows of it. */
import { readFileSync, realpathSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { tuneMemory } from '../lib/cluster/v8.js';
import { firstOf, reachOf } from './addresses.js';
import { readArguments } from './arguments.js';
import { besideServing } from './beside.js';
import { isBlteCommand } from './blte/words.js';
import {
  type Choices,
  choose,
  type FileEntry,
  readOptionsFile,
  strayVariables,
} from './choices.js';
import { findConfig } from './config/find.js';
import { rulesOnHangup } from './config/rules-on-hangup.js';
import { explain } from './explain.js';
import { checkFolder, hostCounts, withoutEffect } from './hints.js';
import { convert } from './options/convert.js';
import { type Option, UsageError, variableOf } from './options/option.js';
import { OPTIONS } from './options/table.js';
import { namedValues, settlePlaces } from './places.js';
import { printConfig } from './print-config.js';
import { printable, printableJson } from './printable.js';
import { privateFiles } from './private-files.js';
import { requestLog } from './request-log.js';
import { createRunning } from './running.js';
import { CLEAR, showsProgress } from './screen.js';
import { type Settings, toSettings, withConfig } from './settings.js';
import { passwordWarning } from './sharing.js';
import type { Shell } from './shells.js';
import { renewOnSignal, restartOnSignal, stopOnSignals, type View } from './signals.js';
import { createTerminal, hasColors } from './terminal.js';
import { hasFiles, loadCredentials, withCredentials } from './tls.js';

/** Whether events are told as JSON: as the command line has it, until all is known. */
let isJson = process.argv.includes('--json');

async function main(argv: string[]): Promise<void> {
  if (isBlteCommand(argv)) {
    const { blteCommand } = await import('./blte/command.js');
    process.exitCode = await blteCommand(argv.slice(1), version());
    return;
  }
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
  const name = given.get('options') ?? (process.env[variableOf('options')] || undefined);
  const file = await optionsFile(name);
  const choices = choose(OPTIONS, { given, environment: process.env, file });
  if (given.get('print-config') === true) {
    isJson = toSettings(folder, namedValues(choices)).json;
    process.stdout.write(printConfig(folder, OPTIONS, choices, isJson));
    return;
  }
  const { values, inherited } = settlePlaces(choices);
  const settings = toSettings(folder, values);
  isJson = settings.json;
  checkFolder(folder, settings.atTerminal);
  const said: Said = {
    choices,
    isHostCounted: hostCounts(values.listen, inherited.length),
    // Of what such a file may say only that is a secret.
    secrets: file.has('auth') || file.has('key') ? String(name) : undefined,
  };
  if (inherited.length === 0) await serve(settings, said);
  else await serve({ ...settings, server: { ...settings.server, listen: inherited } }, said);
}

/** What was said, and by whom. */
interface Said {
  readonly choices: Choices;
  /** Whether another `--host` would change where it listens. */
  readonly isHostCounted: boolean;
  /** The file of options, where it holds passwords or keys. */
  readonly secrets: string | undefined;
}

async function serve(given: Settings, { choices, isHostCounted, secrets }: Said): Promise<void> {
  const asked = {
    root: given.root,
    config: given.config,
    symlinks: given.server.symlinks === true,
    addresses: given.server,
  };
  const configured = await findConfig(asked);
  const plain = withSecretsKept(
    configured === undefined ? given : withConfig(given, configured),
    secrets,
  );
  // A secret in the arguments is shown to all users of the machine no longer than this takes.
  if (plain.server.auth !== undefined || plain.server.keys !== undefined) process.title = 'serve';
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
  tuneMemory();
  const root = realpathSync(settings.root);
  // First, so that whoever waits for the announcement can stop it at once.
  const view: View = { stop: () => {} };
  stopOnSignals(running, settings, terminal, view);
  restartOnSignal(running);
  if (hasFiles(settings.tls)) renewOnSignal(running, settings, terminal);
  rulesOnHangup(asked, configured, {
    setRules: (rules) => running.setRules(rules),
    changed: (file) => terminal.rulesChanged(file),
    absent: () => {
      // The certificate tells of itself.
      if (!hasFiles(settings.tls)) note(`there is nothing to read anew: no serve.json in ${root}`);
    },
    failed: (error) => terminal.rulesFailed(explain(error)),
  });
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

/** With the files of the run that are never served. @throws UsageError where one would be */
function withSecretsKept(settings: Settings, options: string | undefined): Settings {
  const { root, server, tls, log } = settings;
  const files = {
    'tls-key': tls.key,
    'tls-pass': tls.pass,
    'auth-file': server.auth?.file,
    keys: server.keyFile,
    'log-file': log.file,
    options,
  };
  const withheld = privateFiles(files, { root, dotfiles: server.dotfiles === true });
  return withheld.length === 0 ? settings : { ...settings, server: { ...server, withheld } };
}

/** An error of a place where nothing can listen says who named it. */
async function placed(error: unknown, choices: Choices): Promise<unknown> {
  const { placeError } = await import('./place-errors.js');
  return placeError(error, choices);
}

function note(text: string): void {
  process.stderr.write(`serve: ${printable(text)}\n`);
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
  const { BLTE_COMMANDS } = await import('./blte/options.js');
  const commands = BLTE_COMMANDS.map(({ word, options }) => ({ word, forms: formsOf(options) }));
  return completion(convert(option, shell) as Shell, formsOf(OPTIONS), [
    { name: 'blte', commands },
  ]);
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

function fail(error: unknown): void {
  const message = explain(error);
  if (isJson) {
    process.stdout.write(`${printableJson({ event: 'error', message })}\n`);
  }
  process.stderr.write(`serve: ${message}\n`);
  process.exitCode = 1;
}

main(process.argv.slice(2)).catch(fail);
