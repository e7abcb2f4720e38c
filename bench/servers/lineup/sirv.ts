/** sirv-cli, quiet. It reads the tree once at its start, and sends no ETag unless asked to. */
import { peerFile, peerVersion } from '../../support/peers.js';
import type { ServerKind } from '../server.js';

export const sirv: ServerKind = {
  name: 'sirv-cli',
  family: 'node',
  version: () => peerVersion('sirv-cli'),
  command: ({ root, port }) => [
    process.execPath,
    peerFile('sirv-cli/bin.js'),
    root,
    '--quiet',
    '--host',
    '127.0.0.1',
    '--port',
    `${port}`,
  ],
};
