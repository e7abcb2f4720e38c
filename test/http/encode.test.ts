import fc from 'fast-check';
import t from 'tap';
import {
  CHUNK_END,
  CONTINUE,
  chunkHead,
  encodeHead,
  type HeadContext,
  LAST_CHUNK,
  responseFraming,
} from '../../lib/http/encode.js';
import { hasContent, type Response, streamedBody } from '../../lib/http/response.js';
import { reasonPhrase } from '../../lib/http/status.js';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const KEEP: HeadContext = { date: DATE, persist: true, minorVersion: 1 };
const CLOSE: HeadContext = { ...KEEP, persist: false };
const KEEP_1_0: HeadContext = { ...KEEP, minorVersion: 0 };
const CLOSE_1_0: HeadContext = { ...CLOSE, minorVersion: 0 };

const bytes = Buffer.from('hello');
function streamed(length: number | undefined): Response['body'] {
  return { length, pieces: undefined, read: () => t.fail('not read') as never, close: () => {} };
}
function response(status: number, body: Response['body'], fields: string[] = []): Response {
  return { status, fields, body };
}

t.test('heads', async (t) => {
  for (const [what, given, context, statusLine, fields] of [
    ['bytes', response(200, bytes), KEEP, '200 OK', ['Content-Length: 5']],
    ['no octets', response(200, Buffer.alloc(0)), KEEP, '200 OK', ['Content-Length: 0']],
    ['no body', response(412, undefined), KEEP, '412 Precondition Failed', ['Content-Length: 0']],
    ['a stream', response(206, streamed(7)), KEEP, '206 Partial Content', ['Content-Length: 7']],
    [
      'a large one',
      response(200, streamed(1e15)),
      KEEP,
      '200 OK',
      ['Content-Length: 1000000000000000'],
    ],
    [
      'unknown length',
      response(200, streamed(undefined)),
      KEEP,
      '200 OK',
      ['Transfer-Encoding: chunked'],
    ],
    [
      'unknown length, 1.0',
      response(200, streamed(undefined)),
      CLOSE_1_0,
      '200 OK',
      ['Connection: close'],
    ],
    ['204', response(204, undefined), KEEP, '204 No Content', []],
    ['204 with a body', response(204, bytes), KEEP, '204 No Content', []],
    ['304', response(304, undefined), KEEP, '304 Not Modified', []],
    ['304 with a stream', response(304, streamed(9)), KEEP, '304 Not Modified', []],
    ['close', response(200, bytes), CLOSE, '200 OK', ['Content-Length: 5', 'Connection: close']],
    [
      'close, 1.0',
      response(200, bytes),
      CLOSE_1_0,
      '200 OK',
      ['Content-Length: 5', 'Connection: close'],
    ],
    [
      'keep, 1.0',
      response(200, bytes),
      KEEP_1_0,
      '200 OK',
      ['Content-Length: 5', 'Connection: keep-alive'],
    ],
    ['204, close', response(204, undefined), CLOSE, '204 No Content', ['Connection: close']],
    ['a status not known', response(299, bytes), KEEP, '299 ', ['Content-Length: 5']],
    [
      'fields',
      response(200, bytes, ['A', 'b', 'A', 'c\t\xe9']),
      KEEP,
      '200 OK',
      ['A: b', 'A: c\t\xe9', 'Content-Length: 5'],
    ],
    [
      'an empty value',
      response(200, bytes, ['A', '']),
      KEEP,
      '200 OK',
      ['A: ', 'Content-Length: 5'],
    ],
  ] as const) {
    const lines = [`HTTP/1.1 ${statusLine}`, 'Server: sluice', `Date: ${DATE}`, ...fields, '', ''];
    t.equal(encodeHead(given, context), lines.join('\r\n'), what);
  }
});

t.test('what can not be sent is refused', async (t) => {
  for (const [name, value] of [
    ['A', 'b\r\nSet-Cookie: c'],
    ['A', 'b\n'],
    ['A', '\0'],
    ['A', '\x7f'],
    ['A', 'b\x1b'],
    ['A', '\u0100'],
    ['A', 'b\u010dc'],
    ['A b', 'c'],
    ['A:', 'c'],
    ['', 'c'],
    ['A\r\nB', 'c'],
    ['\xe9', 'c'],
  ] as const) {
    const bad = response(200, bytes, [name, value]);
    t.throws(() => encodeHead(bad, KEEP), TypeError, JSON.stringify([name, value]));
  }
});

t.test('fields that are made here, and halves of fields, are refused', async (t) => {
  for (const fields of [
    ['Content-Length', '5'],
    ['content-length', '5'],
    ['Transfer-Encoding', 'chunked'],
    ['TRANSFER-ENCODING', 'identity'],
    ['Connection', 'close'],
    ['connection', 'keep-alive'],
    ['Date', DATE],
    ['Server', 'other'],
    ['ETag', '"a"', 'date', DATE],
    ['ETag'],
    ['ETag', '"a"', 'Vary'],
    ['ETag', '"a"', ''],
  ]) {
    for (const body of [bytes, undefined, streamed(7), streamed(undefined)]) {
      for (const context of [KEEP, CLOSE, KEEP_1_0, CLOSE_1_0]) {
        const bad = response(200, body, fields);
        t.throws(() => encodeHead(bad, context), TypeError, JSON.stringify(fields));
      }
    }
  }
});

t.test(
  'whatever is put into fields, a head has as many lines as it should or is refused',
  async () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        let head: string;
        try {
          head = encodeHead(response(200, bytes, pairs.flat()), KEEP);
        } catch (error) {
          return error instanceof TypeError;
        }
        const lines = head.split('\r\n');
        return lines.length === 6 + pairs.length && !/[^\t\x20-\x7e\x80-\xff]/.test(lines.join(''));
      }),
    );
  },
);

t.test('responseFraming', async (t) => {
  for (const [status, body, minorVersion, expected] of [
    [200, bytes, 1, 'length'],
    [200, bytes, 0, 'length'],
    [200, undefined, 1, 'length'],
    [200, streamed(0), 1, 'length'],
    [200, streamed(undefined), 1, 'chunked'],
    [200, streamed(undefined), 0, 'close'],
    [100, undefined, 1, 'none'],
    [204, streamed(undefined), 0, 'none'],
    [304, streamed(undefined), 1, 'none'],
    [416, bytes, 1, 'length'],
  ] as const) {
    const framing = responseFraming(response(status, body), minorVersion);
    t.equal(framing, expected, `${status} to 1.${minorVersion}`);
  }
});

t.test('hasContent', async (t) => {
  for (const [method, status, expected] of [
    ['GET', 200, true],
    ['GET', 206, true],
    ['GET', 404, true],
    ['GET', 100, false],
    ['GET', 204, false],
    ['GET', 304, false],
    ['HEAD', 200, false],
    ['HEAD', 404, false],
    ['OPTIONS', 200, true],
    ['', 400, true],
    ['head', 200, true],
  ] as const) {
    t.equal(hasContent(method, status), expected, `${method} ${status}`);
  }
});

t.test('streamedBody', async (t) => {
  const body = streamed(3);
  t.equal(streamedBody(response(200, body)), body);
  t.equal(streamedBody(response(200, bytes)), undefined);
  t.equal(streamedBody(response(200, undefined)), undefined);
});

t.test('chunks and the interim response', async (t) => {
  const chunk = `${chunkHead(255)}${'x'.repeat(255)}${CHUNK_END}${LAST_CHUNK}`;
  t.equal(chunk, `ff\r\n${'x'.repeat(255)}\r\n0\r\n\r\n`);
  t.equal(CONTINUE, 'HTTP/1.1 100 Continue\r\n\r\n');
});

t.test('reasonPhrase', async (t) => {
  t.equal(reasonPhrase(416), 'Range Not Satisfiable');
  t.equal(reasonPhrase(299), '');
});
