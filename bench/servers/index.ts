/** The servers that can be measured, by name. What each is started with is said in its own file. */
import { installPeers } from '../support/peers.js';
import { type Contestant, startScript } from './contestant.js';
import { startNginx } from './nginx.js';

/** The server whose figures have targets. */
export const OURS = 'sluice';
/** The same server, loading each file whole. */
export const LOADING = 'sluice-load';

type Start = (root: string) => Promise<Contestant | undefined>;

const STARTS: Readonly<Record<string, Start>> = {
  [OURS]: (root) => startScript(OURS, 'servers/sluice.js', root),
  [LOADING]: (root) => startScript(LOADING, 'servers/sluice.js', root, [], ['load']),
  send: (root) => {
    installPeers();
    return startScript('send', 'servers/send.js', root);
  },
  nginx: startNginx,
};

/** Every name that {@link startServer} takes. */
export const SERVER_NAMES: readonly string[] = Object.keys(STARTS);

/**
 * Starts a server for the files below `root`; `undefined`: it is not on this machine.
 * @throws Error for a name that there is not
 */
export async function startServer(name: string, root: string): Promise<Contestant | undefined> {
  serverNames([name]);
  return STARTS[name]?.(root);
}

/** The servers to measure. @throws Error for a name that there is not */
export function serverNames(names: readonly string[]): string[] {
  const unknown = names.find((name) => !SERVER_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new Error(`no server ${unknown}; there are ${SERVER_NAMES.join(', ')}`);
  }
  return [...new Set(names)];
}
