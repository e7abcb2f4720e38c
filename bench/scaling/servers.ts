/** The servers that laws are measured of, by name: those of the lineup that are on this machine. */
import type { Contestant } from '../servers/contestant.js';
import { serversNamed } from '../servers/lineup.js';
import { launch } from '../servers/server.js';
import { installPeers } from '../support/peers.js';

/** The versions of those that are installed. @throws Error where there is no such server */
export function installedVersions(names: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = {};
  const kinds = serversNamed(names);
  if (kinds.some(({ family }) => family === 'node')) installPeers();
  for (const kind of kinds) {
    const version = kind.version();
    if (version !== undefined) versions[kind.name] = version;
  }
  return versions;
}

/** Starts servers that are installed. */
export async function startServers(names: readonly string[], root: string): Promise<Contestant[]> {
  const servers: Contestant[] = [];
  for (const kind of serversNamed(Object.keys(installedVersions(names)))) {
    servers.push(await launch(kind, root));
  }
  return servers;
}
