/** Fields that are set in every answer: which may be, whose word counts, and what is never passed. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { MessageBuffer } from '../../lib/http/message-buffer.js';
import type { Response } from '../../lib/http/response.js';
import { errorChannel } from '../../lib/observe/channels.js';
import type { ExchangeContext } from '../../lib/site/handler.js';
import {
  type FieldLine,
  type FieldRules,
  fieldsLayer,
  MOST_ADDED,
  parseFieldText,
  SetFields,
} from '../../lib/site/set-fields.js';
import { request } from '../helpers/client.js';
import { requestHead } from '../helpers/head.js';
import { serve } from '../helpers/server.js';

const context: ExchangeContext = { signal: new AbortController().signal, remote: '192.0.2.1' };

function fieldsOf(rules: FieldRules, fields: string[], status = 200): readonly string[] {
  return new SetFields(rules).to({ status, fields, body: undefined }).fields;
}

t.test('whose word counts', async (t) => {
  const set: FieldLine[] = [['Cache-Control', 'no-store']];
  for (const [rules, given, expected, status] of [
    [{ set: [['X-A', '1']] }, ['B', '2'], ['B', '2', 'X-A', '1']],
    [{ set }, ['CACHE-control', 'no-cache'], ['Cache-Control', 'no-store']],
    [{ set }, ['Cache-Control', 'private'], ['Cache-Control', 'private'], 404],
    [{ set }, [], ['Cache-Control', 'no-store'], 404],
    [
      {
        set: [
          ['X-A', '1'],
          ['x-a', '2'],
        ],
      },
      ['X-A', '0'],
      ['X-A', '1', 'x-a', '2'],
    ],
    [{ set: [['Vary', 'X']] }, ['Vary', 'Accept'], ['Vary', 'Accept', 'Vary', 'X']],
    [{ set: [['Link', '<b>']] }, ['Link', '<a>'], ['Link', '<a>', 'Link', '<b>'], 404],
    [{ defaults: [['X-A', '1']] }, [], ['X-A', '1']],
    [{ defaults: [['X-A', '1']] }, ['x-a', '2'], ['x-a', '2']],
    [{ set: [['x-a', '3']], defaults: [['X-A', '1']] }, [], ['x-a', '3']],
    [
      { defaults: [['Content-Security-Policy', "frame-ancestors 'self'"]] },
      ['Content-Security-Policy', "default-src 'none'"],
      [
        'Content-Security-Policy',
        "default-src 'none'",
        'Content-Security-Policy',
        "frame-ancestors 'self'",
      ],
    ],
  ] as [FieldRules, string[], string[], number?][]) {
    t.same(fieldsOf(rules, given, status), expected);
  }
});

t.test('a response that is sent many times stays one', async (t) => {
  const fields = new SetFields({ set: [['X-A', '1']] });
  const message = MessageBuffer.of(Buffer.from('x'));
  const kept: Response = { status: 200, fields: [], body: message.content, message };
  t.equal(fields.to(kept), fields.to(kept));
  t.equal(fields.to(kept).message, message);
  t.same(kept.fields, []);
});

t.test('a field as text', async (t) => {
  for (const [text, line] of [
    ['X-A: 1', ['X-A', '1']],
    ['X-A:1', ['X-A', '1']],
    ['X-A: \t a:b \t', ['X-A', 'a:b']],
    ['X-A: caf\xe9', ['X-A', 'caf\xe9']],
  ] as const) {
    t.same(parseFieldText(text), line);
  }
  for (const [text, message] of [
    ['X-A', 'has no colon'],
    ['', 'has no colon'],
    [': 1', 'is no name'],
    ['X A: 1', 'is no name'],
    ['X-A : 1', 'is no name'],
    ['X-A\r\nX-B: 1', 'is no name'],
    ['\u017fet-cookie: 1', 'is no name'],
    ['X-A:', 'has no value'],
    ['X-A: \t', 'has no value'],
    ['X-A: 1\r\nX-B: 2', 'line break'],
    ['X-A: 1\nX-B: 2', 'line break'],
    ['X-A: 1\rX-B: 2', 'line break'],
    ['X-A: 1\0', 'control character'],
    ['X-A: 1\x7f', 'control character'],
    ['X-A: \u010a', 'latin1'],
    ['X-A: \u2028', 'latin1'],
    ['Content-Length: 5', "can't be set"],
    ['content-length: 5', "can't be set"],
    ['Transfer-Encoding: chunked', "can't be set"],
    ['Connection: close', "can't be set"],
    ['Keep-Alive: timeout=5', "can't be set"],
    ['Upgrade: h2c', "can't be set"],
    ['Trailer: X', "can't be set"],
    ['Date: now', "can't be set"],
    ['Server: x', "can't be set"],
    ['Content-Range: bytes 0-1/2', "can't be set"],
    ['Content-Encoding: gzip', "can't be set"],
    ['Content-Type: text/html', "can't be set"],
    ['ETag: "x"', "can't be set"],
    ['Location: //evil.example', "can't be set"],
  ] as const) {
    t.throws(() => parseFieldText(text), { name: 'TypeError', message: new RegExp(message) }, text);
  }
});

t.test('fields are checked however they come, and all together are bounded', async (t) => {
  t.throws(() => new SetFields({ set: [['X-A', '1\r\nX-B: 2']] }), { name: 'TypeError' });
  t.throws(() => new SetFields({ set: [['Connection', 'close']] }), { name: 'TypeError' });
  const longest: FieldLine = ['X-A', 'a'.repeat(MOST_ADDED - 7)];
  t.doesNotThrow(() => new SetFields({ set: [longest] }));
  t.throws(() => new SetFields({ set: [['X-AB', longest[1]]] }), { message: /4097 octets long/ });
});

t.test('failures behind the layer get the fields, and are told', async (t) => {
  const told: unknown[] = [];
  const hear = (event: unknown): void => {
    told.push(event);
  };
  errorChannel.subscribe(hear);
  t.teardown(() => errorChannel.unsubscribe(hear));
  const layer = fieldsLayer({ set: [['X-A', '1']] });
  const error = new Error('a defect');
  const thrown = await layer(() => {
    throw error;
  })(requestHead(), context);
  const rejected = await layer(() => Promise.reject(error))(requestHead(), context);
  for (const response of [thrown, rejected]) {
    t.equal(response.status, 500);
    t.same(response.fields.slice(-2), ['X-A', '1']);
  }
  t.same(told, [
    { error, remote: '192.0.2.1' },
    { error, remote: '192.0.2.1' },
  ]);
});

t.test('on the wire', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello', folder: { 'index.html': '' } });
  fs.writeFileSync(path.join(root, 'large'), Buffer.alloc(2_000_000));
  const { port } = await serve(t, root, {
    maxAge: 60,
    headers: [
      ['Cache-Control', 'max-age=5'],
      ['X-A', '1'],
    ],
    secure: true,
  });
  for (const [target, lines, status, cacheControl, method] of [
    ['/a.txt', [], 200, 'max-age=5'],
    ['/a.txt', [], 200, 'max-age=5', 'HEAD'],
    ['/a.txt', ['Range: bytes=0-1'], 206, 'max-age=5'],
    ['/a.txt', ['If-None-Match: *'], 304, 'max-age=5'],
    ['/large', [], 200, 'max-age=5'],
    ['/folder', [], 301, 'max-age=5'],
    ['/a.txt', ['Range: bytes=9-'], 416, 'no-store'],
    ['/none', [], 404, 'no-store'],
    ['/%2f', [], 400, 'no-store'],
    ['/a.txt', [], 405, 'no-store', 'POST'],
    ['/a.txt', [], 204, 'max-age=5', 'OPTIONS'],
  ] as const) {
    const { status: sent, ...answer } = await request(port, target, lines, method);
    t.equal(sent, status, `${method} ${target}`);
    const get = (name: string): unknown =>
      answer.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
    if (target === '/%2f') continue;
    t.same(get('cache-control'), [cacheControl], `${method} ${target}`);
    t.same(get('x-a'), ['1']);
    t.same(get('x-frame-options'), ['SAMEORIGIN']);
    t.same(get('referrer-policy'), ['strict-origin-when-cross-origin']);
    t.same(get('cross-origin-resource-policy'), ['same-origin']);
    t.same(get('strict-transport-security'), []);
  }
});
