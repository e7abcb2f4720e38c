/** Requests of an address beyond its rate, on the wire. */
import t from 'tap';
import type { Handler } from '../../lib/site/handler.js';
import { converse, request, requestBytes } from '../helpers/client.js';
import { serveHandler } from '../helpers/server.js';

const yes: Handler = () => ({ status: 200, fields: [], body: Buffer.from('yes') });

t.test('429 with Retry-After, on a connection that is kept', async (t) => {
  const { port } = await serveHandler(t, yes, { limits: { requestsPerSecond: 5 } });
  const requests = requestBytes('/').repeat(9) + requestBytes('/', ['Connection: close']);
  const answers = await converse(port, requests);
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200, 429, 429, 429, 429, 429],
  );
  t.equal(answers[9]?.get('retry-after'), '1');
  t.match(answers[9]?.body.toString(), /^429 Too Many Requests\n/);
  const head = await request(port, '/', [], 'HEAD');
  t.equal(head.status, 429);
  t.equal(head.body.length, 0);
});

t.test('content of a refused request is read past', async (t) => {
  const { port } = await serveHandler(t, yes, { limits: { requestsPerSecond: 1 } });
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';
  const answers = await converse(port, post + post + requestBytes('/', ['Connection: close']));
  t.same(
    answers.map(({ status }) => status),
    [200, 429, 429],
  );
});

t.test('without a limit there is none', async (t) => {
  const { port, server } = await serveHandler(t, yes);
  const requests = requestBytes('/').repeat(500) + requestBytes('/', ['Connection: close']);
  t.ok((await converse(port, requests)).every(({ status }) => status === 200));
  t.equal((server as unknown as { handler: Handler }).handler, yes, 'nothing is in the way');
});
