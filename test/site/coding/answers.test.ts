/** Answers that are made for one request, such as listings, in a content coding. */
import fs from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import zlib from 'node:zlib';
import t from 'tap';
import { acceptedCodings } from '../../../lib/http/accept-encoding.js';
import type { Response, StreamedBody } from '../../../lib/http/response.js';
import { codeAnswer } from '../../../lib/site/coding/answers.js';
import { Compressions } from '../../../lib/site/coding/compressions.js';
import { MemoryBody, MemorySource } from '../../helpers/bodies.js';
import { RawClient, request, requestBytes, until } from '../../helpers/client.js';
import { pattern } from '../../helpers/files.js';
import { serve } from '../../helpers/server.js';

const TEXT = Buffer.from('What is said here is said again and again. '.repeat(2000));
const GZIP = acceptedCodings('gzip');

function answer(body: Response['body'], fields: string[] = [], status = 200): Response {
  return { status, fields: ['Content-Type', 'text/html; charset=utf-8', ...fields], body };
}

t.test('what is left as it is', async (t) => {
  const compressions = new Compressions(new MemorySource({}));
  for (const other of [
    answer(TEXT, [], 404),
    answer(TEXT, [], 206),
    answer(TEXT, ['content-encoding', 'br']),
    { ...answer(TEXT), fields: ['Content-Type', 'image/png'] },
    { ...answer(TEXT), fields: [] },
  ]) {
    t.equal(codeAnswer(other, GZIP, compressions), other);
  }
  for (const [what, plain, accepted] of [
    ['nothing is asked for', answer(TEXT), acceptedCodings('')],
    ['nothing can be made', answer(TEXT), acceptedCodings('identity;q=0')],
    ['short', answer(TEXT.subarray(0, 1023)), GZIP],
    ['no gain', answer(pattern(5000)), GZIP],
    ['no content', answer(undefined), GZIP],
    ['ranges', answer(MemoryBody.of(TEXT, 999, [{ first: 0, last: 9 }])), GZIP],
    ['unchanged', answer(undefined, ['ETag', '"a"'], 304), GZIP],
  ] as const) {
    const got = await codeAnswer(plain, accepted, compressions);
    t.equal(got.body, plain.body, what);
    t.same(got.fields, [...plain.fields, 'Vary', 'Accept-Encoding'], what);
  }
});

t.test('in memory and streamed', async (t) => {
  const compressions = new Compressions(new MemorySource({}), 1);
  const fields = ['ETag', '"a"', 'Accept-Ranges', 'bytes'];
  const labels = ['ETag', 'W/"a"', 'Accept-Ranges', 'none', 'Vary', 'Accept-Encoding'];
  const expected = [
    'Content-Type',
    'text/html; charset=utf-8',
    ...labels,
    'Content-Encoding',
    'gzip',
  ];

  const whole = codeAnswer(answer(TEXT, fields), GZIP, compressions);
  const second = await codeAnswer(answer(TEXT, fields), GZIP, compressions);
  t.equal(second.body, TEXT, 'one at a time');
  t.same((await whole).fields, expected);
  t.ok(zlib.gunzipSync((await whole).body as Buffer).equals(TEXT));

  const body = MemoryBody.of(TEXT, 999);
  const coded = await codeAnswer(answer(body, fields), GZIP, compressions);
  t.same(coded.fields, expected);
  const other = await codeAnswer(answer(MemoryBody.of(TEXT, 999)), GZIP, compressions);
  t.notOk(other.fields.includes('Content-Encoding'), 'one stream at a time');
  const stream = coded.body as StreamedBody;
  t.equal(stream.length, undefined);
  t.ok(zlib.gunzipSync(await buffer(stream.read())).equals(TEXT));
  stream.close();
  stream.close();
  t.ok(body.closed > 0);
  t.same(compressions.running, { whole: 0, streams: 0 });

  const short = new MemoryBody(TEXT.length + 1, () => MemoryBody.of(TEXT, 999).read());
  const cut = await codeAnswer(answer(short), GZIP, compressions);
  await t.rejects(buffer((cut.body as StreamedBody).read()), /became shorter/);
});

t.test('listings', async (t) => {
  const root = t.testdir({ few: { 'a.txt': 'a' }, many: {} });
  for (let i = 0; i < 3000; i++) fs.writeFileSync(path.join(root, 'many', `${i}.txt`), '');
  const options = { listing: true, compression: true, maxCompressions: 1 };
  const { port, server } = await serve(t, root, options);
  for (const target of ['/few/', '/many/', '/']) {
    for (const accept of ['text/html', 'application/json']) {
      const plain = await request(port, target, [`Accept: ${accept}`]);
      const fields = [`Accept: ${accept}`, 'Accept-Encoding: gzip'];
      const got = await request(port, target, fields);
      t.equal(got.status, 200);
      const vary = got.fields.filter(([name]) => name === 'Vary').map(([, value]) => value);
      t.same(vary, ['Accept', 'Accept-Encoding']);
      const isCoded = got.get('content-encoding') === 'gzip';
      t.equal(isCoded, plain.body.length >= 1024, `${target} as ${accept}`);
      t.ok((isCoded ? zlib.gunzipSync(got.body) : got.body).equals(plain.body));
      t.equal(got.get('etag'), plain.get('etag'), 'weak, and so of all codings');
      const head = await request(port, target, fields, 'HEAD');
      t.equal(head.get('content-encoding'), got.get('content-encoding'));
      const same = await request(port, target, [...fields, `If-None-Match: ${got.get('etag')}`]);
      t.equal(same.status, 304);
      t.ok(same.fields.some(([name, value]) => name === 'Vary' && value === 'Accept-Encoding'));
    }
  }
  t.equal((await request(port, '/few', ['Accept-Encoding: gzip'])).status, 301);
  t.equal((await request(port, '/none/', ['Accept-Encoding: gzip'])).status, 404);

  for (let round = 0; round < 5; round++) {
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/many/', ['Accept-Encoding: gzip']));
    await until(() => server.exchanges().length > 0 || client.closed);
    client.reset();
    await until(() => server.connections === 0);
  }
  const after = await request(port, '/many/', ['Accept-Encoding: gzip']);
  t.equal(after.get('content-encoding'), 'gzip', 'places of clients that left are free');
});
