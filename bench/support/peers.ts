/**
 * The packages sluice is measured beside. They are no dependencies of sluice: `npm ci` in
 * bench/peers fetches them, in the versions of its lock file, when a script first needs them.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { progress } from './report.js';

// From dist/bench/support to bench/peers.
const FOLDER = fileURLToPath(new URL('../../../bench/peers/', import.meta.url));

/** Installs the peers where one is missing. @throws Error that says what to do */
export function installPeers(): void {
  const { dependencies } = JSON.parse(fs.readFileSync(`${FOLDER}package.json`, 'utf8'));
  if (Object.keys(dependencies).every((name) => peerVersion(name) === dependencies[name])) return;
  progress('installing what sluice is measured beside (npm ci in bench/peers) …');
  try {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: FOLDER,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: process.platform === 'win32',
    });
  } catch (error) {
    throw new Error(
      'the peers could not be installed; with the network up, run `npm ci` in bench/peers and try again',
      { cause: error },
    );
  }
}

/** Where a file of a peer lies. */
export function peerFile(name: string): string {
  return `${FOLDER}node_modules/${name}`;
}

/** Which version of a peer is installed; `undefined`: none. */
export function peerVersion(name: string): string | undefined {
  try {
    return JSON.parse(fs.readFileSync(peerFile(`${name}/package.json`), 'utf8')).version;
  } catch {
    return undefined;
  }
}

/** Loads a peer; its version too. */
export function loadPeer<Module>(name: string): { module: Module; version: string } {
  const require = createRequire(FOLDER);
  return { module: require(name) as Module, version: peerVersion(name) ?? 'unknown' };
}
