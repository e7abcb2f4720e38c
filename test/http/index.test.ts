import t from 'tap';
import * as http from '../../lib/http/index.js';

t.test('the public names of sluice/http', async (t) => {
  t.same(Object.keys(http).sort(), [
    'CONTENT_CODINGS',
    'CONTINUE',
    'DEFAULT_HTTP_LIMITS',
    'DEFAULT_MAX_RANGES',
    'Fields',
    'HttpClock',
    'HttpError',
    'RequestHead',
    'RequestParser',
    'acceptedCodings',
    'contentRange',
    'encodeHead',
    'errorResponse',
    'evaluatePreconditions',
    'formatHttpDate',
    'frameBody',
    'hasContent',
    'isEntityTag',
    'isKnownMethod',
    'isSafeMethod',
    'parseEntityTags',
    'parseHttpDate',
    'parseRange',
    'parseTarget',
    'planMultipart',
    'prefersHtml',
    'rangeApplies',
    'responseFraming',
    'strongMatch',
    'weakMatch',
  ]);
});

t.test('an exchange with them alone, without a socket', async (t) => {
  const parser = new http.RequestParser();
  parser.push(Buffer.from('GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2\r\n\r\n'));
  const request = parser.next();
  if (!(request instanceof http.RequestHead)) throw new Error('no head');
  const content = Buffer.from('hello');
  const outcome = http.parseRange(request.fields.get('range'), content.length);
  if (outcome.kind !== 'ranges') throw new Error('no ranges');
  const [range] = outcome.ranges;
  const response = {
    status: 206,
    fields: ['Content-Range', http.contentRange(range, content.length)],
    body: content.subarray(range.first, range.last + 1),
  };
  const clock = new http.HttpClock(() => 0);
  const context = {
    date: clock.date,
    persist: request.persistent,
    minorVersion: request.minorVersion,
  };
  t.equal(
    http.encodeHead(response, context) + response.body,
    [
      'HTTP/1.1 206 Partial Content',
      'Server: sluice',
      'Date: Thu, 01 Jan 1970 00:00:00 GMT',
      'Content-Range: bytes 1-2/5',
      'Content-Length: 2',
      '',
      'el',
    ].join('\r\n'),
  );
});
