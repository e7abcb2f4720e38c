/** The servers that can be measured, by name. What each is started with is said in its own file. */
import { installPeers } from '../support/peers.js';
import { type Contestant, startScript } from './contestant.js';
import { startNginx } from './nginx.js';

type Start = (root: string) => Promise<Contestant | undefined>;

const STARTS: Readonly<Record<string, Start>> = {
  sluice: (root) => startScript('sluice', 'servers/sluice.js', root),
  'sluice-load': (root) => startScript('sluice-load', 'servers/sluice.js', root, [], ['load']),
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
  const start = STARTS[name];
  if (start === undefined) {
    throw new Error(`no server ${name}; there are ${SERVER_NAMES.join(', ')}`);
  }
  return start(root);
}
