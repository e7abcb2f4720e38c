/**
 * A server with a defect that a benchmark must notice: `node planted.js DEFECT [PORT]`. It prints its port.
 * It answers every request with the content of bench/support/pattern.ts, except as planted.
 */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { patternAt } from '../../bench/support/pattern.js';

const SIZE = 1024;
/** Answers that are compared before a load: one, then 2,000. */
const LOOKED_AT = 2001;
/** Milliseconds between the rounds of a benchmark, about. */
const QUIET = 150;
const [defect = 'none', port = '0'] = process.argv.slice(2);
const kept: Buffer[] = [];
let count = 0;
/** How often requests began to come after a while without any, and when the last one came. */
let bursts = 0;
let last = Number.NEGATIVE_INFINITY;

const server = http.createServer((_, response) => {
  count++;
  const now = performance.now();
  if (now - last > QUIET) bursts++;
  last = now;
  if (defect === 'descriptor') fs.openSync('/dev/null', 'r');
  if (defect === 'memory') kept.push(Buffer.alloc(200_000, 1));
  if (defect === 'stall' && count % 50 === 0) return;
  let content = patternAt(0, SIZE);
  // Right when it is started and tried, in the warm-up and in the first round.
  const lies = defect === 'late' ? bursts > 4 : defect === 'octet';
  if (lies && count % 50 === 0) {
    content = Buffer.from(content);
    content[700] = (content[700] as number) ^ 1;
  }
  // Right when looked at before the load, and other octets under it.
  if (defect === 'short' && count > LOOKED_AT) content = content.subarray(0, 100);
  if (defect === 'status' && count % 50 === 0) response.statusCode = 503;
  response.setHeader('Content-Length', content.length);
  response.end(content);
});

server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
