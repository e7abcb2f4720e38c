/** http-server, silent. */
import { peerFile, peerVersion } from '../../support/peers.js';
import type { ServerKind } from '../server.js';

export const httpServer: ServerKind = {
  name: 'http-server',
  family: 'node',
  version: () => peerVersion('http-server'),
  command: ({ root, port }) => [
    process.execPath,
    peerFile('http-server/bin/http-server'),
    root,
    '--silent',
    '-a',
    '127.0.0.1',
    '-p',
    `${port}`,
  ],
};
