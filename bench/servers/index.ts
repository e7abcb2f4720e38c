/**
 * The servers of the memory benchmark by name: those of lineup.ts, but sluice as a child that can be
 * asked how it is, in each of its modes.
 */
import { installPeers } from '../support/peers.js';
import { type Contestant, startScript } from './contestant.js';
import { SERVERS, serversNamed } from './lineup.js';
import { launch } from './server.js';

/** The server whose figures have targets. */
export const OURS = 'sluice';
/** The same server, loading each file whole. */
export const LOADING = 'sluice-load';

/** Every name that {@link startServer} takes. */
export const SERVER_NAMES: readonly string[] = [LOADING, ...SERVERS.map(({ name }) => name)];

/** The names, each once. @throws Error for a name that there is not */
export function serverNames(names: readonly string[]): string[] {
  const unknown = names.find((name) => !SERVER_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new Error(`no server ${unknown}; there are ${SERVER_NAMES.join(', ')}`);
  }
  return [...new Set(names)];
}

/** The version of a server, which is installed where npm can; `undefined`: not on this machine. */
export function serverVersion(name: string): string | undefined {
  const [kind] = serversNamed([name === LOADING ? OURS : name]);
  if (kind?.family === 'node') installPeers();
  return kind?.version();
}

/**
 * Starts a server for the files below `root`; `undefined`: it is not on this machine.
 * @throws Error for a name that there is not
 */
export async function startServer(name: string, root: string): Promise<Contestant | undefined> {
  serverNames([name]);
  if (name === OURS) return startScript(OURS, 'servers/sluice.js', root);
  if (name === LOADING) return startScript(LOADING, 'servers/sluice.js', root, [], ['load']);
  const [kind] = serversNamed([name]);
  return kind === undefined || serverVersion(name) === undefined ? undefined : launch(kind, root);
}
