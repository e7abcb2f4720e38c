/** Where results are written, and the line that a run's file begins with. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeMachine, maybeOutput } from './machine.js';
import { peerVersion } from './peers.js';
import { ResultsFile } from './results.js';

// From dist/bench/support to bench/results, and to the package.
const FOLDER = fileURLToPath(new URL('../../../bench/results/', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../../package.json', import.meta.url));

/** Starts the results file of a suite anew. */
export function openResults(suite: string, servers: readonly string[]): ResultsFile {
  fs.mkdirSync(FOLDER, { recursive: true });
  const versions = Object.fromEntries(servers.map((name) => [name, version(name)]));
  return new ResultsFile(`${FOLDER}${suite}.jsonl`, {
    kind: 'run',
    suite,
    date: new Date().toISOString(),
    machine: describeMachine(),
    versions,
  });
}

function version(name: string): string {
  if (name.startsWith('sluice')) return JSON.parse(fs.readFileSync(PACKAGE, 'utf8')).version;
  return peerVersion(name) ?? maybeOutput(name, ['-v'])?.trim() ?? '';
}
