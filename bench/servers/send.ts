/**
 * pillarjs/send on node:http: what most static file servers for Node are made of. A program by
 * itself (`node send.js ROOT PORT`), or without a port a child that is told to listen.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '../../lib/index.js';
import { answerCalls } from '../support/child.js';
import { loadPeer } from '../support/peers.js';

type Send = (
  request: http.IncomingMessage,
  path: string,
  options: { root: string },
) => { pipe(response: http.ServerResponse): void };

const [root = '.', port] = process.argv.slice(2);
const { module: send } = loadPeer<Send>('send');
const server = http.createServer((request, response) => {
  send(request, request.url ?? '/', { root }).pipe(response);
});

function listen(at: number): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ host: '127.0.0.1', port, url: `http://127.0.0.1:${port}/` });
    });
  });
}

if (port === undefined) answerCalls({ listen: () => listen(0) });
else await listen(Number(port));
