/** @fastify/static: a library, so its script is ours. */
import { fileURLToPath } from 'node:url';
import { peerVersion } from '../../support/peers.js';
import type { ServerKind } from '../server.js';

export const fastifyStatic: ServerKind = {
  name: '@fastify/static',
  family: 'node',
  version: () => peerVersion('@fastify/static'),
  command: ({ root, port }) => [
    process.execPath,
    fileURLToPath(new URL('../fastify-static.js', import.meta.url)),
    root,
    `${port}`,
  ],
};
