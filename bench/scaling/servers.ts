/** The servers that laws are measured of, by name. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { type Contestant, startScript } from '../servers/contestant.js';
import { startNginx } from '../servers/nginx.js';
import { installPeers, loadPeer } from '../support/peers.js';

interface Entry {
  /** `undefined`: it is not installed. */
  version(): string | undefined;
  start(root: string): Promise<Contestant | undefined>;
}

const SERVERS: Readonly<Record<string, Entry>> = {
  sluice: {
    // From dist/bench/scaling.
    version: () =>
      JSON.parse(fs.readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
        .version,
    start: (root) => startScript('sluice', 'servers/sluice.js', root),
  },
  nginx: {
    // It says so on stderr.
    version: () =>
      /nginx\/([0-9.]+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr ?? '')?.[1],
    start: startNginx,
  },
  send: {
    version() {
      installPeers();
      return loadPeer('send').version;
    },
    start: (root) => startScript('send', 'servers/send.js', root),
  },
};

/** The versions of those that are installed. @throws Error where there is no such server */
export function installedVersions(names: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of names) {
    const entry = SERVERS[name];
    if (entry === undefined) {
      throw new Error(`no server ${name}; there are ${Object.keys(SERVERS).join(', ')}`);
    }
    const version = entry.version();
    if (version !== undefined) versions[name] = version;
  }
  return versions;
}

/** Starts servers that are installed. */
export async function startServers(names: readonly string[], root: string): Promise<Contestant[]> {
  const servers: Contestant[] = [];
  for (const name of names) {
    const server = await SERVERS[name]?.start(root);
    if (server !== undefined) servers.push(server);
  }
  return servers;
}
