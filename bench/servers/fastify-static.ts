/** The program for lineup/fastify-static.ts: `node fastify-static.js ROOT PORT`. */
import { loadPeer } from '../support/peers.js';

interface Fastify {
  register(plugin: unknown, options: { root: string }): void;
  listen(options: { host: string; port: number }): Promise<string>;
}

const [root = '.', port = '0'] = process.argv.slice(2);
const { module: fastify } = loadPeer<(options: { logger: boolean }) => Fastify>('fastify');
const server = fastify({ logger: false });
server.register(loadPeer<unknown>('@fastify/static').module, { root });
await server.listen({ host: '127.0.0.1', port: Number(port) });
