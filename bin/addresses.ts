/** Under which addresses a server can be reached, from this machine and from others. Opens nothing. */
import type { NetworkInterfaceInfo } from 'node:os';

/** The addresses to tell people. */
export interface Reach {
  /** From this machine. */
  readonly local: string;
  /** From others on the network; the one they most likely need first. */
  readonly network: readonly string[];
}

/** Of several places, what to open and to show first: what a browser takes, and what is on a network. */
export function firstOf(reaches: readonly Reach[]): { local: string; network: string | undefined } {
  const locals = reaches.map(({ local }) => local);
  return {
    local: locals.find((local) => local.startsWith('http')) ?? locals[0] ?? '',
    network: reaches.flatMap(({ network }) => network)[0],
  };
}

/** Most addresses that are shown: a machine with many containers has one for each of their networks. */
const MOST_SHOWN = 4;

/**
 * @param url where the server listens: `http://0.0.0.0:8080/`
 * @param interfaces what `os.networkInterfaces()` gives; asked for where it listens at all addresses only
 */
export function reachOf(url: string, interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>): Reach {
  if (!URL.canParse(url)) return { local: url, network: [] };
  const { protocol, hostname, port, host } = new URL(url);
  if (!protocol.startsWith('http')) return { local: url, network: [] };
  const at = (name: string): string => `${protocol}//${port === '' ? name : `${name}:${port}`}/`;
  if (hostname === '0.0.0.0' || hostname === '[::]') {
    const families = hostname === '[::]' ? ['IPv4', 'IPv6'] : ['IPv4'];
    const names = Object.values(interfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family, address }) => {
        // A link-local address of IPv6 is one only with the name of an interface.
        return !internal && families.includes(family) && !address.startsWith('fe80:');
      })
      .sort((a, b) => a.family.localeCompare(b.family))
      .map(({ family, address }) => (family === 'IPv6' ? `[${address}]` : address));
    return { local: at('localhost'), network: names.slice(0, MOST_SHOWN).map(at) };
  }
  const isLocal = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  return { local: `${protocol}//${host}/`, network: isLocal ? [] : [url] };
}
