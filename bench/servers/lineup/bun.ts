/** Bun with Bun.file: from the PATH, else from the package of the peers where that has a binary. */
import { fileURLToPath } from 'node:url';
import { maybeOutput } from '../../support/machine.js';
import { peerFile } from '../../support/peers.js';
import type { ServerKind } from '../server.js';

/** The package's postinstall puts the binary at the second; where scripts may not run, the third has it. */
const CANDIDATES = [
  'bun',
  peerFile('.bin/bun'),
  peerFile(`@oven/bun-linux-${process.arch}/bin/bun`),
];

function maybeBun(): { program: string; version: string } | undefined {
  for (const program of CANDIDATES) {
    const version = maybeOutput(program, ['--version'])?.trim();
    if (version !== undefined) return { program, version };
  }
  return undefined;
}

export const bun: ServerKind = {
  name: 'bun',
  family: 'native',
  version: () => maybeBun()?.version,
  command: ({ root, port }) => [
    maybeBun()?.program ?? 'bun',
    fileURLToPath(new URL('../bun.js', import.meta.url)),
    root,
    `${port}`,
  ],
};
