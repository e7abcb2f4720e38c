/**
 * What is told to people beside an error or beside serving: a port or a command that was taken for a folder, and options
 * that change nothing as they were given. Knows no server.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { blteHint } from './blte/words.js';
import type { Choices } from './choices.js';
import { DECODING_OPTIONS } from './options/decoding.js';
import { UsageError } from './options/option.js';
import type { Settings } from './settings.js';

/**
 * A folder that is not there others tell; this is about what was no folder in other servers.
 * @throws UsageError with the way to say it here
 */
export function checkFolder(folder: string, { open }: Settings['atTerminal']): void {
  const isPort = /^[0-9]{1,5}$/.test(folder);
  const hint = isPort
    ? `a port is named by -p ${folder}`
    : (blteHint([folder]) ??
      (open ? '-o takes no path, and opens the address of the folder' : undefined));
  if (hint === undefined || existsSync(folder)) return;
  throw new UsageError(`there is no folder ${folder} (${hint})`);
}

/** Whether `--host` says where to listen: a place with an address of its own does not ask for it. */
export function hostCounts(listen: unknown, inherited: number): boolean {
  const places = listen === undefined ? [] : [listen].flat().map(String);
  return inherited === 0 && (places.length === 0 || places.some((place) => !/[:/]/.test(place)));
}

/** What says how files are decoded, where `--decode` says that they are. */
const DECODING: readonly string[] = DECODING_OPTIONS.map(({ name }) => name);

/** Options that change nothing as they were given, a line each. */
export function withoutEffect(
  choices: Choices,
  { root, server }: Pick<Settings, 'root' | 'server'>,
  isHostCounted: boolean,
): string[] {
  const notes: string[] = [];
  const host = choices.get('host')?.origin ?? 'none';
  // HOST is everybody's variable: some shells set it to the name of the machine.
  if (!isHostCounted && !['none', 'default', 'HOST'].includes(host)) {
    notes.push(`${host} has no effect, for each place to listen at has an address of its own`);
  }
  if (server.decode === undefined) {
    // Variables and files of options may be there for other runs, and keys for other commands.
    const said = DECODING.map((name) => choices.get(name)?.origin).filter((origin) =>
      origin?.startsWith('--'),
    );
    if (said.length > 0) {
      notes.push(
        `${said.join(', ')} ${said.length === 1 ? 'has' : 'have'} no effect without --decode`,
      );
    }
  }
  const { single, index = 'index.html' } = server;
  if (single && !existsSync(path.join(root, index))) {
    notes.push(`there is no ${index} in ${root}, with which --single answers where nothing is`);
  }
  return notes;
}
