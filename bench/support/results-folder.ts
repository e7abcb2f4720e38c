/** Where results are written, and the line that a run's file begins with. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverVersion } from '../servers/index.js';
import { describeMachine } from './machine.js';
import { ResultsFile } from './results.js';

// From dist/bench/support to bench/results.
const FOLDER = fileURLToPath(new URL('../../../bench/results/', import.meta.url));

/** Starts the results file of a suite anew. */
export function openResults(
  suite: string,
  servers: readonly string[],
  file: string = `${FOLDER}${suite}.jsonl`,
): ResultsFile {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const versions = Object.fromEntries(
    servers.flatMap((name) => {
      const version = serverVersion(name);
      return version === undefined ? [] : [[name, version]];
    }),
  );
  return new ResultsFile(file, {
    kind: 'run',
    suite,
    date: new Date().toISOString(),
    machine: describeMachine(),
    versions,
  });
}
