/** pillarjs/send on node:http: what most static file servers for Node are made of. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCalls } from '../support/child.js';
import { loadPeer } from '../support/peers.js';

type Send = (
  request: http.IncomingMessage,
  path: string,
  options: { root: string },
) => { pipe(response: http.ServerResponse): void };

const [root = '.'] = process.argv.slice(2);
const { module: send } = loadPeer<Send>('send');
const server = http.createServer((request, response) => {
  send(request, request.url ?? '/', { root }).pipe(response);
});

answerCalls({
  listen: () =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        resolve({ host: '127.0.0.1', port, url: `http://127.0.0.1:${port}/` });
      });
    }),
});
