/** Answers that no handler is asked for have the fields of every answer, as far as these ask for nothing. */
import t, { type Test } from 'tap';
import type { ServeDirectoryOptions } from '../../lib/compose.js';
import { errorResponse } from '../../lib/http/error-response.js';
import { changeableSite } from '../../lib/site/site.js';
import type { Source } from '../../lib/source/source.js';
import { converse, RawClient, request } from '../helpers/client.js';
import type { WireResponse } from '../helpers/response.js';
import { serve, serveHandler } from '../helpers/server.js';

/** What is refused before there is a request to answer, by the status that says why. */
const REFUSED: readonly (readonly [status: number, message: string])[] = [
  [400, 'GET / HTTP/1.1\r\n\r\n'],
  [400, '\x16\x03\x01\r\n\r\n'],
  [400, 'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
  [413, 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n'],
  [414, `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  [417, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n'],
  [431, `GET / HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`],
  [501, 'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  [505, 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'],
];

async function eachRefused(
  t: Test,
  options: ServeDirectoryOptions,
  look: (response: WireResponse, name: string) => void,
): Promise<void> {
  const root = t.testdir({ 'a.txt': 'hello' });
  const limits = { requestsPerSecond: 1 };
  const { port } = await serve(t, root, { ...options, limits });
  for (const [status, message] of REFUSED) {
    const [response] = await converse(port, message);
    t.equal(response?.status, status, message.slice(0, 60));
    look(response as WireResponse, `${status}`);
  }
  await request(port, '/a.txt');
  const often = await request(port, '/a.txt');
  t.equal(often.status, 429);
  look(often, '429');
  const brief = await serve(t, root, { ...options, timeouts: { head: 20 } });
  const [late] = await converse(brief.port, 'GET / ');
  t.equal(late?.status, 408);
  look(late as WireResponse, '408');
  const narrow = await serve(t, root, { ...options, limits: { connections: 1 } });
  const first = await new RawClient(narrow.port).connected();
  t.teardown(() => first.destroy());
  const [crowded] = await converse(narrow.port, '');
  t.equal(crowded?.status, 503);
  look(crowded as WireResponse, '503');
}

t.test('fields that are set, --secure and CORS for all', async (t) => {
  const headers = [
    ['X-A', '1'],
    ['Cache-Control', 'max-age=60'],
  ] as const;
  await eachRefused(t, { headers, secure: { transport: true }, cors: '*' }, (response, name) => {
    t.equal(response.get('x-a'), '1', name);
    t.equal(response.get('cache-control'), 'no-store', 'what an error says of itself holds');
    t.equal(response.get('x-frame-options'), 'SAMEORIGIN');
    t.equal(response.get('cross-origin-resource-policy'), 'cross-origin');
    t.equal(response.get('strict-transport-security'), 'max-age=63072000');
    t.equal(response.get('access-control-allow-origin'), '*');
    t.match(response.get('access-control-expose-headers'), 'Retry-After');
    t.equal(response.get('x-content-type-options'), 'nosniff');
  });
});

t.test('what depends on who asks is not said to whom nobody knows', async (t) => {
  await eachRefused(t, { cors: ['https://a.example'] }, (response, name) => {
    t.equal(response.get('access-control-allow-origin'), undefined, name);
  });
});

t.test('what is refused of a request is said to named origins', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello' });
  const limits = { requestsPerSecond: 1 };
  for (const [cors, named] of [
    [['https://a.example'], true],
    ['*', false],
  ] as const) {
    const { port } = await serve(t, root, { cors, limits, headers: [['X-A', '1']] });
    const ask = (origin: string, more: readonly string[] = [], method = 'GET') =>
      request(port, '/a.txt', [`Origin: ${origin}`, ...more], method);
    t.equal((await ask('https://a.example')).status, 200);
    for (const [status, more] of [
      [429, []],
      [417, ['Expect: x']],
      [413, ['Content-Length: 9999999']],
    ] as const) {
      const answer = await ask('https://a.example', more);
      t.equal(answer.status, status);
      t.equal(answer.get('access-control-allow-origin'), named ? 'https://a.example' : '*');
      t.match(answer.get('access-control-expose-headers'), 'Retry-After');
      t.equal(answer.get('x-a'), '1');
      if (status === 429) t.equal(answer.get('retry-after'), '1');
      const other = await ask('https://b.example', more);
      t.equal(other.status, status);
      t.equal(other.get('access-control-allow-origin'), named ? undefined : '*');
      if (named) t.match(other.fields.filter(([name]) => name === 'Vary').join(), 'Origin');
    }
    const preflight = await ask(
      'https://a.example',
      ['Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: Authorization'],
      'OPTIONS',
    );
    t.equal(preflight.status, 204, 'a preflight beyond the limit');
    t.match(preflight.get('access-control-allow-headers'), 'Authorization');
    t.equal((await ask('https://a.example', [], 'OPTIONS')).status, 429, 'what is no preflight');
  }
});

t.test('nothing is added where nothing is asked for', async (t) => {
  const { refused } = changeableSite({} as Source);
  const response = errorResponse(400);
  t.equal(refused(response), response);
  const { port } = await serveHandler(t, () => ({ status: 204, fields: [], body: undefined }));
  const [answer] = await converse(port, 'x\r\n\r\n');
  t.equal(answer?.status, 400, 'a handler alone is enough for a server');
});

t.test('an answer that is given again and again is completed once', async (t) => {
  const { refused } = changeableSite({} as Source, { secure: true, cors: '*' });
  const response = errorResponse(400);
  t.equal(refused(response), refused(response));
  t.not(refused(response), response);
});
