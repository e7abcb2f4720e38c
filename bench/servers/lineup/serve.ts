/** vercel/serve, without its log of requests and without asking the network for a newer version. */
import { peerFile, peerVersion } from '../../support/peers.js';
import type { ServerKind } from '../server.js';

export const serve: ServerKind = {
  name: 'serve',
  family: 'node',
  version: () => peerVersion('serve'),
  command: ({ root, port }) => [
    process.execPath,
    peerFile('serve/build/main.js'),
    '--no-request-logging',
    '--no-port-switching',
    '--listen',
    `tcp://127.0.0.1:${port}`,
    root,
  ],
  // The question would be part of its time to start, and of nobody else's.
  environment: { NO_UPDATE_CHECK: '1' },
};
