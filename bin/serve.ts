#!/usr/bin/env node
/** The command: arguments in, a running server, and what the terminal shows of it. */
import { readFileSync, realpathSync } from 'node:fs';
import yargs from 'yargs';
import { UsageError } from './options/option.js';
import { OPTIONS } from './options/table.js';
import { inheritedPlaces } from './places.js';
import { createRunning, type Running } from './running.js';
import { hasFiles, loadCredentials } from './secure.js';
import { type Settings, toSettings } from './settings.js';
import { createTerminal, type Terminal } from './terminal.js';

async function main(argv: string[]): Promise<void> {
  const asked = await parse(argv);
  const credentials = await loadCredentials(asked.tls, asked.server);
  const settings =
    credentials === undefined ? asked : { ...asked, server: { ...asked.server, tls: credentials } };
  const terminal = createTerminal(settings.json);
  const running = await createRunning(settings, (event) => {
    if (event.kind === 'gave-up') fail(event.error);
    else terminal.worker(event);
  });
  const address = await running.listen();
  const root = realpathSync(settings.root);
  // First, so that whoever waits for the announcement can stop it at once.
  stopOnSignals(running, settings, terminal);
  restartOnSignal(running);
  if (hasFiles(settings.tls)) renewOnSignal(running, settings, terminal);
  const urls = running.addresses.map(({ url }) => url);
  const { fingerprint } = credentials ?? {};
  const { pid } = process;
  terminal.listening({ ...address, urls, root, pid, workers: running.pids, fingerprint });
}

async function parse(argv: string[]): Promise<Settings> {
  const parser = yargs(argv)
    .scriptName('serve')
    .version(version())
    .detectLocale(false)
    .usage(
      '$0 [folder]\n\nServes the files of a folder (this one by default) over HTTP/1.1. ' +
        'Sizes are octets, or end in k, m or g; times are seconds.',
    )
    .wrap(Math.min(100, process.stdout.columns || 100))
    .parserConfiguration({ 'camel-case-expansion': false, 'parse-numbers': false })
    .strictOptions()
    .alias({ help: 'h', version: 'v' })
    .example('$0 ./public', 'at http://127.0.0.1:8080/')
    .example('$0 . -p 9000 --host 0.0.0.0', 'for everybody on the network')
    .example('$0 ./public --max-age 3600', 'clients may keep files for an hour')
    .exitProcess(false)
    .fail((message, error) => {
      const missing = /^Not enough arguments following: (.*)$/.exec(message)?.[1];
      if (missing !== undefined)
        throw new UsageError(`--${missing} needs a value; see serve --help`);
      throw error ?? new UsageError(`${message}; see serve --help`);
    });
  for (const option of OPTIONS) {
    parser.option(option.name, {
      ...(option.alias === undefined ? {} : { alias: option.alias }),
      ...(option.kind === 'flag' ? { type: 'boolean' as const } : { requiresArg: true }),
      describe: option.text,
      group: option.group,
      ...(option.default === undefined
        ? {}
        : { default: option.default, defaultDescription: option.default }),
    });
  }
  const values = await parser.parse();
  if (values._.includes('')) throw new UsageError('the folder has no name; . is this one');
  if (values.help || values.version) process.exit(0);
  if (values._.length > 1) {
    throw new UsageError(
      `one folder can be served, and ${values._.length} are named: ${values._.join(' ')}`,
    );
  }
  const named = ['port', 'listen'].filter((name) => values[name] !== undefined);
  const inherited = inheritedPlaces(named);
  if (inherited.length === 0) addVariables(values);
  const settings = toSettings(String(values._[0] ?? '.'), values);
  if (inherited.length === 0) return settings;
  return { ...settings, server: { ...settings.server, listen: inherited } };
}

/** What the environment says, where the command line says nothing. */
function addVariables(values: Record<string, unknown>): void {
  for (const { name, variable } of OPTIONS) {
    // Where places are named there is no use for another port.
    if (variable === undefined || (name === 'port' && values.listen !== undefined)) continue;
    values[name] ??= process.env[variable] || undefined;
  }
}

/** That of the package: two folders up, from dist/bin as from dist/command. */
function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

/** The first signal closes within the grace period, the second at once. */
function stopOnSignals(running: Running, { grace }: Settings, terminal: Terminal): void {
  let closing = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (closing) {
      terminal.stopped(running.kill());
      process.exit(signal === 'SIGINT' ? 130 : 143);
    }
    closing = true;
    terminal.stopping(await running.exchanges(), grace);
    const { cut } = await running.close(grace);
    terminal.stopped(cut);
    process.exitCode = cut === 0 ? 0 : 1;
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
  process.on('SIGHUP', async () => {
    try {
      const credentials = await loadCredentials(tls, server);
      if (credentials !== undefined) running.setSecureContext(credentials);
      terminal.renewed();
    } catch (error) {
      terminal.renewed(error as Error);
    }
  });
}

/** One line for people: the thing, the reason, the way out. */
function explain(error: unknown): string {
  const { code, port, address, hostname, message } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
    hostname?: string;
  };
  if (code === 'EADDRINUSE' && port !== undefined)
    return `port ${port} is in use; take another with --port, or 0 for a free one`;
  if (code === 'EACCES' && port !== undefined) {
    return `port ${port} may not be used by this user; take one above 1023 with --port`;
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `this machine has no address ${address ?? hostname ?? ''}; name one it has with --host, such as 127.0.0.1`;
  }
  return message;
}

function fail(error: unknown): void {
  const message = explain(error);
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ event: 'error', message })}\n`);
  }
  process.stderr.write(`serve: ${message}\n`);
  process.exitCode = 1;
}

main(process.argv.slice(2)).catch(fail);
