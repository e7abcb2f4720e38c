/** pillarjs/send on node:http: a library, so its script is ours. */
import { fileURLToPath } from 'node:url';
import { peerVersion } from '../../support/peers.js';
import type { ServerKind } from '../server.js';

export const send: ServerKind = {
  name: 'send',
  family: 'node',
  version: () => peerVersion('send'),
  command: ({ root, port }) => [
    process.execPath,
    fileURLToPath(new URL('../send.js', import.meta.url)),
    root,
    `${port}`,
  ],
};
