/** Any Source behind the handler: sizes that are not known, streams that fail, bodies closed once. */
import t from 'tap';
import { type ErrorEvent, errorChannel } from '../../lib/observe/channels.js';
import { createFileHandler } from '../../lib/site/file-handler.js';
import { type Opened, type Source, SourceError } from '../../lib/source/source.js';
import { MemorySource } from '../helpers/bodies.js';
import { converse, Gate, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { MIB, pattern, sha256 } from '../helpers/files.js';
import { parseResponses } from '../helpers/response.js';
import { serveHandler } from '../helpers/server.js';

const BYTES = pattern(300_000);
const MODIFIED = Date.UTC(2020, 0, 1);

function source(): MemorySource {
  return new MemorySource({
    '/sized': { bytes: BYTES, etag: '"s"', modified: MODIFIED },
    '/unsized': { bytes: BYTES, sized: false, etag: 'W/"u"' },
    '/empty': { bytes: Buffer.alloc(0), sized: false },
    '/empty-sized': { bytes: Buffer.alloc(0) },
    '/fails': { bytes: BYTES, failAt: 100_000 },
    '/fails-unsized': { bytes: BYTES, sized: false, failAt: 100_000 },
    '/large': { bytes: pattern(24 * MIB) },
    '/large-unsized': { bytes: pattern(24 * MIB), sized: false },
    '/index.html': { bytes: Buffer.from('index') },
  });
}

t.test('a size that is not known', async (t) => {
  const files = source();
  const { port } = await serveHandler(t, createFileHandler(files));

  await t.test('1.1: chunked, and the connection goes on', async (t) => {
    const responses = await converse(
      port,
      requestBytes('/unsized') +
        requestBytes('/empty') +
        requestBytes('/unsized', [], 'HEAD') +
        requestBytes('/large-unsized') +
        requestBytes('/sized', ['Connection: close']),
      ['GET', 'GET', 'HEAD', 'GET', 'GET'],
    );
    const [unsized, empty, head, large, sized] = responses;
    t.equal(unsized?.get('transfer-encoding'), 'chunked');
    t.equal(unsized?.get('accept-ranges'), 'none');
    t.ok(unsized?.body.equals(BYTES));
    t.equal(empty?.body.length, 0);
    t.equal(head?.get('transfer-encoding'), 'chunked');
    t.equal(sha256(large?.body as Buffer), sha256(pattern(24 * MIB)));
    t.ok(sized?.body.equals(BYTES));
  });

  await t.test('1.0: ended by closing', async (t) => {
    const bytes = 'GET /unsized HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    const [response] = await converse(port, bytes);
    t.equal(response?.get('transfer-encoding'), undefined);
    t.equal(response?.get('content-length'), undefined);
    t.equal(response?.get('connection'), 'close');
    t.ok(response?.body.equals(BYTES));
  });

  await t.test('no ranges', async (t) => {
    const response = await request(port, '/unsized', ['Range: bytes=0-0']);
    t.equal(response.status, 200);
    t.ok(response.body.equals(BYTES));
  });

  t.same(
    files.given.map(({ closed }) => closed),
    files.given.map(() => 1),
    'each closed once',
  );
});

t.test('every resource is closed once, whatever becomes of the exchange', async (t) => {
  for (const late of [false, true]) {
    const files = source();
    if (late) files.gate = Promise.resolve();
    const { port, server } = await serveHandler(t, createFileHandler(files), {
      timeouts: { linger: 200 },
    });
    for (const [target, fields, method, status] of [
      ['/sized', [], 'GET', 200],
      ['/sized', [], 'HEAD', 200],
      ['/unsized', [], 'HEAD', 200],
      ['/empty-sized', [], 'GET', 200],
      ['/sized', ['If-None-Match: "s"'], 'GET', 304],
      ['/sized', ['If-None-Match: "s"'], 'HEAD', 304],
      ['/sized', ['If-Match: "x"'], 'GET', 412],
      ['/sized', ['Range: bytes=0-9'], 'GET', 206],
      ['/sized', ['Range: bytes=0-9,20-29,100-200000'], 'GET', 206],
      ['/sized', ['Range: bytes=999999-'], 'GET', 416],
      ['/', [], 'GET', 200],
    ] as const) {
      const before = files.given.length;
      const response = await request(port, target, fields, method);
      t.equal(response.status, status);
      t.equal(files.given.length, before + 1);
      await until(() => files.given[before]?.closed === 1);
      for (const stream of files.given[before]?.streams ?? []) t.ok(stream.destroyed);
    }
    for (const target of ['/fails', '/fails-unsized']) {
      const client = new RawClient(port);
      client.send(requestBytes(target) + requestBytes('/sized'));
      await client.over();
      t.throws(() => parseResponses(client.received), `${target} is not complete`);
      t.ok(client.length > 90_000, 'what there was is sent');
    }
    for (const target of ['/large', '/large-unsized']) {
      for (const end of ['destroy', 'reset'] as const) {
        const client = new RawClient(port);
        client.send(requestBytes(target).repeat(3));
        await client.has(1);
        client[end]();
        await until(() => server.connections === 0);
      }
    }
    t.same(
      files.given.map(({ closed }) => closed),
      files.given.map(() => 1),
    );
    t.ok(
      files.given.every(({ streams }) => streams.every((stream) => stream.destroyed)),
      'no stream is left',
    );
    t.ok(files.signals.every((signal) => signal !== undefined));
  }
});

t.test('opened after the client has gone', async (t) => {
  const gate = new Gate();
  const files = source();
  files.gate = gate.opened;
  const { port, server } = await serveHandler(t, createFileHandler(files));
  for (const target of ['/sized', '/unsized', '/large']) {
    const client = new RawClient(port);
    client.send(requestBytes(target));
    await until(() => server.exchanges().length === 1);
    client.reset();
    await until(() => server.connections === 0);
  }
  t.same(
    files.signals.map((signal) => signal?.aborted),
    [true, true, true],
  );
  gate.open();
  await until(() => files.given.length === 3);
  await until(() => files.given.every(({ closed }) => closed === 1));
  t.same(
    files.given.map(({ streams }) => streams.length),
    [0, 0, 0],
    'nothing was read',
  );
});

t.test('the failures of a source', async (t) => {
  const failures: Record<string, () => Opened | Promise<Opened>> = {
    '/forbidden': () => {
      throw new SourceError('forbidden', '/home/secret');
    },
    '/forbidden-late': () => Promise.reject(new SourceError('forbidden', '/home/secret')),
    '/exhausted': () => Promise.reject(new SourceError('busy', '/home/secret')),
    '/unavailable': () => Promise.reject(new SourceError('unavailable', '/home/secret')),
    '/exhausted-at-once': () => {
      throw new SourceError('busy', '/home/secret');
    },
    '/unavailable-at-once': () => {
      throw new SourceError('unavailable', '/home/secret');
    },
    '/defect': () => {
      throw new TypeError('/home/secret');
    },
    '/defect-late': () => Promise.reject(new TypeError('/home/secret')),
    '/none': () => null,
    '/none-late': () => Promise.resolve(null),
    '/folder': () => ({ kind: 'collection' }),
  };
  const files: Source = {
    open: (path) => failures[path]?.() ?? null,
    close: async () => {},
  };
  const { port } = await serveHandler(t, createFileHandler(files));
  const reported: unknown[] = [];
  const note = (event: unknown): void => {
    reported.push((event as ErrorEvent).error);
  };
  errorChannel.subscribe(note);
  t.teardown(() => errorChannel.unsubscribe(note));
  for (const [target, status] of [
    ['/forbidden', 403],
    ['/forbidden-late', 403],
    ['/exhausted', 503],
    ['/exhausted-at-once', 503],
    ['/unavailable', 500],
    ['/unavailable-at-once', 500],
    ['/defect', 500],
    ['/defect-late', 500],
    ['/none', 404],
    ['/none-late', 404],
    ['/folder', 301],
  ] as const) {
    const client = new RawClient(port);
    client.send(requestBytes(target) + requestBytes('/none', ['Connection: close']));
    const responses = await client.responses();
    t.same(
      responses.map((response) => response.status),
      [status, 404],
      target,
    );
    t.equal(responses[0]?.get('retry-after'), status === 503 ? '1' : undefined);
    t.notMatch(client.received.toString(), 'secret');
    t.equal(reported.length, status === 500 ? 1 : 0, `${target}: only a 500 is reported`);
    if (status === 500) t.match(reported.pop(), { message: '/home/secret' }, 'with its reason');
  }
});

t.test('a resource without validators', async (t) => {
  const { port } = await serveHandler(t, createFileHandler(source()));
  for (const [fields, status] of [
    [[], 200],
    [['If-None-Match: "x"'], 200],
    [['If-None-Match: *'], 304],
    [['If-Match: *'], 200],
    [['If-Match: "x"'], 412],
    [['If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT'], 200],
    [['If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT'], 200],
    [['Range: bytes=0-0', 'If-Range: "x"'], 200],
    [['Range: bytes=0-0'], 206],
  ] as const) {
    const response = await request(port, '/large', fields);
    t.equal(response.status, status, fields.join(', '));
    t.equal(response.get('etag'), undefined);
    t.equal(response.get('last-modified'), undefined);
  }
});

t.test('modification times that no HTTP date can say are none', async (t) => {
  const year1 = Date.parse('0001-01-01T00:00:00Z');
  const year10000 = Date.parse('+010000-01-01T00:00:00Z');
  for (const [modified, expected] of [
    [year1 - 1, undefined],
    [-8.64e15, undefined],
    [year10000, undefined],
    [8.64e15, undefined],
    [8.65e15, undefined],
    [Number.NaN, undefined],
    [Number.NEGATIVE_INFINITY, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [year1, 'Mon, 01 Jan 0001 00:00:00 GMT'],
    [-1, 'Wed, 31 Dec 1969 23:59:59 GMT'],
    [year10000 - 1, 'Sun, 06 Nov 1994 08:49:37 GMT'],
  ] as const) {
    const files = new MemorySource({ '/a': { bytes: BYTES, etag: '"a"', modified } });
    const now = (): number => Date.UTC(1994, 10, 6, 8, 49, 37);
    const { port } = await serveHandler(t, createFileHandler(files, { now }));
    for (const [fields, status] of [
      [[], 200],
      [['If-None-Match: "a"'], 304],
      [['Range: bytes=0-0'], 206],
      [['If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT'], expected === undefined ? 200 : 304],
      [['If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT'], 200],
    ] as const) {
      const response = await request(port, '/a', fields);
      t.equal(response.status, status, `${modified} ${fields}`);
      t.equal(response.get('last-modified'), expected, `${modified} ${fields}`);
    }
  }
});
