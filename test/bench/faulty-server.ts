/**
 * A file server with a fault of choice, as a child of the benchmark: what the instruments must see.
 * Its one file is of as many octets as its name says.
 */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCalls } from '../../bench/support/child.js';

/** What is wrong with a server. */
export type Fault = 'none' | 'memory' | 'descriptors' | 'timers' | 'late' | 'never';

/** How late the content of the fault `late` is, in milliseconds. */
export const DELAY = 150;

/** Octets that the fault `memory` keeps of each request. */
const LEAK = 50_000;
const leaked: Buffer[] = [];

const fault = process.argv.at(-1) as Fault;

const server = http.createServer((request, response) => {
  const size = Number(/^\/(\d+)/.exec(request.url ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(size)) {
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  if (fault === 'memory') leaked.push(Buffer.alloc(LEAK, 1));
  response.on('close', () => {
    if (response.writableFinished) return;
    if (fault === 'descriptors') fs.openSync(process.execPath, 'r');
    if (fault === 'timers') setTimeout(() => {}, 60_000);
  });
  response.writeHead(200, { 'Content-Length': size });
  response.flushHeaders();
  if (fault === 'never') return;
  setTimeout(() => response.end(Buffer.alloc(size)), fault === 'late' ? DELAY : 0);
});

answerCalls({
  listen: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve({ port: (server.address() as AddressInfo).port });
      });
    }),
  memory: () => {
    const { heapUsed, external } = process.memoryUsage();
    return { heap: heapUsed, external };
  },
  resources: () => {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  },
});
