import fc from 'fast-check';
import t from 'tap';
import { HttpError } from '../../lib/http/error.js';
import { RequestParser } from '../../lib/http/parser.js';
import { feed, limits, octets, randomChunks, whole } from '../helpers/feed.js';
import { pattern } from '../helpers/files.js';
import { random } from '../helpers/random.js';
import { validRequest } from '../helpers/requests.js';

/** Pieces of requests, in no order: more errors, and deeper ones, than noise gives. */
const noise = fc
  .array(
    fc.oneof(
      fc.constantFrom('GET / HTTP/1.1\r\n', 'POST /a?b HTTP/1.1\r\n', 'Host: a\r\n', '\r\n', '\r'),
      fc.constantFrom('Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', ' ', ':', '\n'),
      fc.constantFrom('3\r\nabc\r\n', '0\r\n', '3;a="b"\r\n', '\0', 'HTTP/1.0', 'X', '*', '%zz'),
      fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array).toString('latin1')),
    ),
    { maxLength: 14 },
  )
  .map((pieces) => Buffer.from(pieces.join(''), 'latin1'));

/** A valid request with an octet changed, added or taken away. */
const damaged = fc
  .tuple(validRequest, fc.nat(), fc.nat(255), fc.nat(2))
  .map(([{ bytes }, place, octet, how]) => {
    const at = place % bytes.length;
    const rest = bytes.subarray(how === 0 ? at : at + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(how === 2 ? [] : [octet]), rest]);
  });

const anything = fc.oneof(noise, damaged);
const small = limits({
  target: 20,
  head: 90,
  fields: 3,
  emptyLines: 1,
  content: 9,
  chunkExtensions: 6,
  trailers: 12,
});
const someLimits = fc.constantFrom(limits({}), small, limits({ head: 12 }), limits({ target: 0 }));

t.test('any cut of the same bytes gives the same events and the same error', async () => {
  fc.assert(
    fc.property(anything, someLimits, fc.nat(), (bytes, limits, seed) => {
      const expected = JSON.stringify(feed(whole(bytes), new RequestParser(limits)));
      return [octets(bytes), randomChunks(bytes, random(seed))].every(
        (chunks) => JSON.stringify(feed(chunks, new RequestParser(limits))) === expected,
      );
    }),
    { numRuns: 3000 },
  );
});

t.test(
  'whatever the bytes, nothing but HttpError is thrown, and every step takes some',
  async () => {
    // `feed` lets any other error through, and throws when the parser makes no progress.
    fc.assert(
      fc.property(fc.oneof(anything, fc.uint8Array().map(Buffer.from)), (bytes) => {
        feed(whole(bytes));
      }),
      { numRuns: 3000 },
    );
  },
);

t.test('a valid request gives its own events, cut or whole', async () => {
  fc.assert(
    fc.property(validRequest, fc.nat(), ({ bytes, events }, seed) => {
      const expected = JSON.stringify(events);
      return [whole(bytes), octets(bytes), randomChunks(bytes, random(seed))].every(
        (chunks) => JSON.stringify(feed(chunks)) === expected,
      );
    }),
    { numRuns: 500 },
  );
});

t.test('requests sent one behind the other come out one behind the other', async () => {
  const several = fc.array(validRequest, { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(several, fc.nat(), (requests, seed) => {
      const bytes = Buffer.concat(requests.map((request) => request.bytes));
      const events = JSON.stringify(requests.flatMap((request) => request.events));
      return (
        JSON.stringify(feed(whole(bytes))) === events &&
        JSON.stringify(feed(randomChunks(bytes, random(seed)))) === events
      );
    }),
    { numRuns: 300 },
  );
});

t.test('every beginning of a valid request waits for more, and is no error', async () => {
  fc.assert(
    fc.property(validRequest, fc.nat(), ({ bytes }, place) => {
      const start = /[^\r\n]/.exec(bytes.toString('latin1'))?.index ?? 0;
      const length = start + 1 + (place % (bytes.length - start - 1));
      return feed(whole(bytes.subarray(0, length))).at(-1) === 'more';
    }),
    { numRuns: 500 },
  );
});

t.test('after an error nothing is reported and nothing is kept', async () => {
  fc.assert(
    fc.property(anything, validRequest, (bytes, { bytes: more }) => {
      const parser = new RequestParser(small);
      if (!feed(whole(bytes), parser).at(-1)?.startsWith('error')) return true;
      for (let i = 0; i < 2; i++) {
        parser.push(more);
        try {
          parser.next();
          return false;
        } catch (error) {
          if (!(error instanceof HttpError) || parser.buffered !== 0) return false;
        }
      }
      return true;
    }),
    { numRuns: 1000 },
  );
});

t.test(
  'waiting for more, it holds no more than one line, and no view of what was pushed',
  async () => {
    const bound = small.head + 2 * (small.emptyLines + 1);
    fc.assert(
      fc.property(anything, fc.nat(), (bytes, seed) => {
        let kept = true;
        feed(randomChunks(bytes, random(seed)), new RequestParser(small), (parser) => {
          kept &&= parser.buffered <= bound;
        });
        return kept;
      }),
      { numRuns: 1000 },
    );
  },
);

t.test('buffered and midRequest', async (t) => {
  const parser = new RequestParser();
  const state = () => [parser.buffered, parser.midRequest];
  t.same(state(), [0, false]);
  t.equal(parser.next(), null, 'nothing pushed yet');
  parser.push(Buffer.alloc(0));
  t.equal(parser.next(), null);
  t.same(state(), [0, false]);
  parser.push(Buffer.from('\r\n'));
  t.same(state(), [2, true], 'not looked at yet');
  t.equal(parser.next(), null);
  t.same(state(), [0, false], 'an empty line begins no request');
  parser.push(Buffer.from('GET / HTTP/1.1\r\nHo'));
  t.equal(parser.next(), null);
  t.same(state(), [2, true], 'the first line is consumed');
  parser.push(Buffer.from('st: a\r\nContent-Length: 2\r\n\r\nabGET'));
  t.equal(parser.next()?.kind, 'head');
  t.same(state(), [5, true]);
  t.match(parser.next(), { kind: 'data', bytes: Buffer.from('ab') });
  t.same(state(), [3, true]);
  t.same(parser.next(), { kind: 'end' });
  t.equal(parser.next(), null);
  t.same(state(), [3, true]);
});

t.test('a small rest does not pin the chunk it came in', async (t) => {
  const parser = new RequestParser();
  const chunk = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /rest');
  parser.push(chunk);
  t.equal(parser.next()?.kind, 'head');
  t.equal(parser.next(), null);
  chunk.fill(0);
  parser.push(Buffer.from(' HTTP/1.1\r\nHost: a\r\n\r\n'));
  t.match(parser.next(), { kind: 'head', target: { path: '/rest' } });
});

t.test('data is a view of what was pushed: content is not copied', async (t) => {
  const parser = new RequestParser();
  const chunk = Buffer.from('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd');
  parser.push(chunk);
  parser.next();
  const event = parser.next();
  t.ok(event?.kind === 'data' && event.bytes.buffer === chunk.buffer);
});

t.test('many small pushes that nobody asks about are kept, in order', async (t) => {
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n';
  const content = pattern(70_000);
  const bytes = Buffer.concat([Buffer.from(head), content, Buffer.from('GET /next HT')]);
  for (const [name, first] of [
    ['from the start', 0],
    ['behind a request', 1],
    ['behind a rest', head.length + 10],
  ] as const) {
    const parser = new RequestParser();
    const before = Buffer.from(bytes.subarray(0, first));
    parser.push(before);
    for (const octet of octets(bytes.subarray(first))) parser.push(octet);
    t.equal(parser.buffered, bytes.length, name);
    t.same(before, bytes.subarray(0, first), 'what was pushed is not written to');
    t.match(parser.next(), { kind: 'head', method: 'POST' }, name);
    const event = parser.next();
    t.ok(
      event?.kind === 'data' && event.bytes.equals(content),
      `${name}: the content in one piece`,
    );
    t.same(parser.next(), { kind: 'end' });
    t.equal(parser.next(), null);
    t.ok(parser.midRequest);
    t.equal(parser.buffered, 'GET /next HT'.length);
    for (const octet of octets(Buffer.from('TP/1.1\r\nHost: a\r\n\r\n'))) parser.push(octet);
    t.match(parser.next(), { kind: 'head', target: { path: '/next' } }, name);
  }
});

t.test('data holds until the next push, whatever is asked before it', async (t) => {
  const parser = new RequestParser();
  const chunk = 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  for (const octet of octets(Buffer.from(`${chunk}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET`))) {
    parser.push(octet);
  }
  const views: Buffer[] = [];
  for (let event = parser.next(); event !== null; event = parser.next()) {
    if (event.kind === 'data') views.push(event.bytes);
  }
  t.same(views.map(String), ['abc', 'de']);
});

t.test('one octet at a time, the longest head takes less than a second', async (t) => {
  const head = `GET /${'a'.repeat(8000)} HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(8000)}\r\n\r\n`;
  const started = performance.now();
  t.equal(feed(octets(Buffer.from(head))).length, 3);
  t.ok(performance.now() - started < 1000);
});

t.test('the harness itself: a parser that stands still is caught', async (t) => {
  const stuck = { buffered: 0, midRequest: true, push: () => {}, next: () => ({ kind: 'end' }) };
  t.throws(() => feed(whole(Buffer.from('a')), stuck as never), /no progress/);
  const broken = { ...stuck, next: () => t.throws };
  t.throws(() => feed(whole(Buffer.from('a')), broken as never), TypeError);
});

t.test('lent bytes: what is not consumed survives their being overwritten', async (t) => {
  const text =
    'GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nxyz';
  for (let cut = 1; cut < text.length; cut++) {
    const parser = new RequestParser();
    const lent = Buffer.alloc(256);
    const seen: string[] = [];
    for (const part of [text.slice(0, cut), text.slice(cut)]) {
      const size = lent.write(part, 'latin1');
      parser.push(lent, size);
      // Not all of it at once, as a busy connection does.
      const event = parser.next();
      if (event !== null) seen.push(event.kind === 'head' ? event.target.path : event.kind);
      parser.keep();
      lent.fill('#');
    }
    for (let event = parser.next(); event !== null; event = parser.next()) {
      seen.push(event.kind === 'head' ? event.target.path : event.kind);
    }
    const heads = seen.filter((each) => each.startsWith('/'));
    t.same([heads, seen.at(-1)], [['/a', '/b'], 'end'], `cut at ${cut}`);
  }
});
