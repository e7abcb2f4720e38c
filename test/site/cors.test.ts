/** Sharing with scripts of other origins: preflights, answers, errors, and who is none of them. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { MessageBuffer } from '../../lib/http/message-buffer.js';
import type { Response } from '../../lib/http/response.js';
import { corsLayer } from '../../lib/site/cors.js';
import type { ExchangeContext } from '../../lib/site/handler.js';
import { request } from '../helpers/client.js';
import { requestHead } from '../helpers/head.js';
import { serve } from '../helpers/server.js';

const context: ExchangeContext = { signal: new AbortController().signal, remote: '' };
const PREFLIGHT = ['Origin: https://a.example', 'Access-Control-Request-Method: GET'];
const ALLOWED_HEADERS =
  '*, Authorization, Cache-Control, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range';
const EXPOSED_HEADERS =
  '*, Accept-Ranges, Content-Encoding, Content-Range, Date, ETag, Retry-After';

t.test('every origin: the same on every answer', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello', folder: { 'index.html': '' } });
  fs.writeFileSync(path.join(root, 'large'), Buffer.alloc(2_000_000));
  const { port } = await serve(t, root, { cors: '*' });
  for (const [target, lines, status, method] of [
    ['/a.txt', [], 200],
    ['/a.txt', ['Origin: null'], 200],
    ['/a.txt', ['Origin: null'], 200, 'HEAD'],
    ['/a.txt', ['Range: bytes=0-1'], 206],
    ['/a.txt', ['If-None-Match: *'], 304],
    ['/large', [], 200],
    ['/large', ['Range: bytes=0-1'], 206],
    ['/folder', [], 301],
    ['/none', [], 404],
    ['/%2f', [], 400],
    ['/a.txt', [], 405, 'POST'],
    ['/a.txt', ['Range: bytes=9-'], 416],
    ['/a.txt', [], 204, 'OPTIONS'],
  ] as const) {
    const answer = await request(port, target, lines, method);
    t.equal(answer.status, status, target);
    t.equal(answer.get('access-control-allow-origin'), '*');
    t.equal(answer.get('access-control-expose-headers'), EXPOSED_HEADERS);
    t.equal(answer.get('access-control-allow-credentials'), undefined);
    t.notMatch(answer.get('vary') ?? '', /Origin/, 'the same for all');
  }
});

t.test('preflights', async (t) => {
  const { port } = await serve(t, t.testdir({}), { cors: '*', auth: { users: ['a:b'] } });
  const answer = await request(port, '/none', PREFLIGHT, 'OPTIONS');
  t.equal(answer.status, 204, 'whatever is there, and without a password');
  t.equal(answer.get('access-control-allow-origin'), '*');
  t.equal(answer.get('access-control-allow-methods'), 'GET, HEAD');
  t.equal(answer.get('access-control-allow-headers'), ALLOWED_HEADERS);
  t.equal(answer.get('access-control-max-age'), '7200');
  t.equal(answer.get('access-control-allow-private-network'), undefined);
  const field = 'Access-Control-Request-Private-Network: true';
  const asked = await request(port, '/', [...PREFLIGHT, field], 'OPTIONS');
  t.equal(asked.get('access-control-allow-private-network'), 'true');
  for (const line of PREFLIGHT) {
    const other = await request(port, '/', [line], 'OPTIONS');
    t.equal(other.status, 401, 'an OPTIONS of another kind');
    t.equal(other.get('access-control-allow-origin'), '*', 'whose error can be read');
  }
});

t.test('named origins', async (t) => {
  const origins = ['https://a.example', 'http://localhost:3000'];
  const { port } = await serve(t, t.testdir({ 'a.txt': 'hello' }), { cors: origins });
  for (const [origin, allowed] of [
    ['https://a.example', 'https://a.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://a.example', undefined],
    ['https://a.example.evil.example', undefined],
    ['https://b.a.example', undefined],
    ['https://a.example:443', undefined],
    ['https://A.example', undefined],
    ['null', undefined],
    ['*', undefined],
    ['https://a.example, https://a.example', undefined],
    ['constructor', undefined],
  ] as const) {
    for (const target of ['/a.txt', '/none']) {
      const answer = await request(port, target, [`Origin: ${origin}`]);
      t.equal(answer.get('access-control-allow-origin'), allowed, origin);
      t.ok(answer.fields.some(([name, value]) => name === 'Vary' && value === 'Origin'));
      t.equal(answer.get('access-control-expose-headers'), allowed && EXPOSED_HEADERS);
    }
    const preflight = await request(
      port,
      '/',
      [`Origin: ${origin}`, PREFLIGHT[1] as string],
      'OPTIONS',
    );
    t.equal(preflight.status, 204);
    t.equal(preflight.get('vary'), 'Origin');
    t.equal(preflight.get('access-control-allow-origin'), allowed);
    t.equal(preflight.get('access-control-allow-methods'), allowed && 'GET, HEAD');
  }
  const none = await request(port, '/a.txt');
  t.equal(none.get('access-control-allow-origin'), undefined);
  t.equal(none.get('vary'), 'Origin', 'a cache must ask again for those who have one');
});

t.test('a response in memory stays one for each origin', async (t) => {
  const message = MessageBuffer.of(Buffer.from('x'));
  const kept: Response = { status: 200, fields: [], body: message.content, message };
  const handler = corsLayer(['https://a.example'])(() => kept);
  const named = requestHead('/', ['Origin: https://a.example']);
  t.equal(handler(named, context), handler(named, context));
  t.equal(handler(requestHead(), context), handler(requestHead(), context));
});

t.test('what is no origin', async (t) => {
  for (const origin of [
    '',
    'a.example',
    'https://',
    'https://a.example/',
    'https://a.example/path',
    'https://A.example',
    'HTTPS://a.example',
    'https://a.example:0',
    'https://a.example:123456',
    'https://user@a.example',
    'https://*.a.example',
    'https://a.example\r\nX-B: 1',
    'https://a.example https://b.example',
    'null',
  ]) {
    t.throws(() => corsLayer([origin]), { name: 'TypeError', message: /is no origin/ }, origin);
  }
  t.throws(() => corsLayer([]), { message: /there are 0/ });
  for (const origin of ['http://[::1]:8080', 'chrome-extension://abc', 'https://a.example:8443']) {
    t.doesNotThrow(() => corsLayer([origin]), origin);
  }
});
