/** What is told of exchanges and errors, held against what the client received. */
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { MessageBuffer } from '../../lib/http/message-buffer.js';
import type { Response } from '../../lib/http/response.js';
import {
  type ErrorEvent,
  type ExchangeEvent,
  errorChannel,
  exchangeChannel,
} from '../../lib/observe/channels.js';
import { MemoryBody } from '../helpers/bodies.js';
import { converse, Gate, RawClient, requestBytes, until } from '../helpers/client.js';
import { MIB, pattern } from '../helpers/files.js';
import { parseHead } from '../helpers/response.js';
import { serveHandler } from '../helpers/server.js';

const CLOSE = ['Connection: close'];
const BYTES = pattern(MIB);

/** Keeps what is published while a test runs. */
function listen(t: Test): ExchangeEvent[] {
  const events: ExchangeEvent[] = [];
  const keep = (event: unknown) => events.push(event as ExchangeEvent);
  exchangeChannel.subscribe(keep);
  t.teardown(() => exchangeChannel.unsubscribe(keep));
  return events;
}

/** Without the function that looks up fields. */
function plain({ field: _, ...event }: ExchangeEvent): Omit<ExchangeEvent, 'field'> {
  return event;
}

t.test('what a layer finds out of the user is told, with the version of the request', async (t) => {
  const { port, server } = await serveHandler(t, (head, context) => {
    context.user = 'ann';
    return answer(head.target.path);
  });
  const events = listen(t);
  const client = new RawClient(port);
  client.send('GET /a HTTP/1.0\r\nUser-Agent: b\xe9\r\n\r\n');
  await client.responses();
  await until(() => server.connections === 0);
  t.match(events, [{ user: 'ann', minorVersion: 0 }]);
  t.equal(events[0]?.field('user-agent'), 'b\xe9');
});

function errors(t: Test): ErrorEvent[] {
  const events: ErrorEvent[] = [];
  const keep = (event: unknown) => events.push(event as ErrorEvent);
  errorChannel.subscribe(keep);
  t.teardown(() => errorChannel.unsubscribe(keep));
  return events;
}

const MESSAGE = MessageBuffer.of(Buffer.from('/shared'));
const CACHED: Response = { status: 200, fields: [], body: MESSAGE.content, message: MESSAGE };

/** Answers by the path. */
function answer(path: string): Response {
  const small: Response = { status: 200, fields: [], body: Buffer.from(path) };
  switch (path) {
    case '/304':
      return { status: 304, fields: ['ETag', '"a"'], body: undefined };
    case '/shared':
      return CACHED;
    case '/large':
      return { ...small, body: BYTES };
    case '/streamed':
      return MemoryBody.of(BYTES, 16_384).response;
    case '/chunked':
      return new MemoryBody(undefined, () => MemoryBody.of(BYTES, 1000).read()).response;
    default:
      return small;
  }
}

t.test('one event an exchange, with the octets that the client received', async (t) => {
  const { port, server } = await serveHandler(t, (head) => answer(head.target.path));
  for (const [method, target, status] of [
    ['GET', '/small?a=%20b', 200],
    ['GET', '/shared', 200],
    ['GET', '/304', 304],
    ['HEAD', '/small', 200],
    ['HEAD', '/streamed', 200],
    ['GET', '/large', 200],
    ['GET', '/streamed', 200],
    ['GET', '/chunked', 200],
    ['POST', '/small', 200],
  ] as const) {
    await t.test(`${method} ${target}`, async (t) => {
      const events = listen(t);
      const client = new RawClient(port);
      client.send(requestBytes(target, CLOSE, method));
      await client.responses([method]);
      await until(() => server.connections === 0);
      const { length: sent } = client;
      const [event] = events;
      t.ok((event?.duration ?? -1) >= 0, `${event?.duration} ms`);
      const remote = '127.0.0.1';
      const { duration = 0, ttfb = -1 } = event ?? {};
      t.ok(ttfb >= 0 && ttfb <= duration, `${ttfb} ms`);
      const told = { method, target, status, complete: true, sent, duration, ttfb, remote };
      t.strictSame(events.map(plain), [{ ...told, minorVersion: 1, user: '' }]);
      t.equal(event?.field('connection'), 'close');
      t.equal(event?.field('referer'), undefined);
    });
  }
});

t.test('pipelined exchanges have an event each, in order', async (t) => {
  const { port } = await serveHandler(t, (head) => answer(head.target.path));
  const events = listen(t);
  const targets = ['/a', '/streamed', '/shared', '/304', '/shared', '/chunked', '/b'];
  const client = new RawClient(port);
  for (const target of targets) client.send(requestBytes(target));
  client.send(requestBytes('/last', CLOSE));
  const responses = await client.responses();
  await until(() => events.length === responses.length);
  t.same(
    events.map(({ target }) => target),
    [...targets, '/last'],
  );
  t.same(
    events.map(({ status }) => status),
    responses.map(({ status }) => status),
  );
  let at = 0;
  for (const { target, sent, complete } of events) {
    t.ok(complete);
    const { response } = parseHead(client.received, at);
    at += sent;
    t.ok(
      at === client.length || client.received.toString('latin1', at, at + 5) === 'HTTP/',
      target,
    );
    if (response.get('content-length') !== undefined) {
      t.equal(sent, response.head.length + Number(response.get('content-length')), target);
    }
  }
  t.equal(at, client.length, 'together they are all that came');
});

t.test('a download that the client breaks off is not complete', async (t) => {
  let given = 0;
  const body = new MemoryBody(32 * MIB, () => {
    const read = function (this: Readable): void {
      given += 65_536;
      this.push(given > 32 * MIB ? null : BYTES.subarray(0, 65_536));
    };
    return new Readable({ read });
  });
  const { port, server } = await serveHandler(t, () => body.response);
  const events = listen(t);
  const client = new RawClient(port, { paused: true });
  client.send(requestBytes('/a') + requestBytes('/b'));
  await new Promise((resolve) => client.socket.once('readable', resolve));
  client.reset();
  await until(() => events.length === 1);
  t.match(events, [{ method: 'GET', target: '/a', status: 200, complete: false }]);
  t.equal(events[0]?.remote, '127.0.0.1');
  const sent = events[0]?.sent ?? 0;
  t.ok(sent > 0 && sent < 32 * MIB, `${sent} octets`);
  await until(() => server.connections === 0);
  t.same([body.reads.length, body.closed], [1, 1], 'closed, and the next request is not handled');
  t.equal(events.length, 1);
  t.ok(given < 32 * MIB, `and ${given} octets are all that was read`);
});

t.test('a client that goes before the answer: status 0', async (t) => {
  const gate = new Gate();
  const { port, server } = await serveHandler(t, () => gate.opened.then(() => answer('/')));
  const events = listen(t);
  const client = new RawClient(port);
  client.send(requestBytes('/a'));
  await until(() => server.exchanges().length === 1);
  client.reset();
  await until(() => events.length === 1);
  t.match(events, [{ target: '/a', status: 0, sent: 0, complete: false }]);
  gate.open();
  await new Promise(setImmediate);
  t.equal(events.length, 1);
});

t.test('who listens from the midst of an exchange hears of the next ones only', async (t) => {
  const gate = new Gate();
  const { port, server } = await serveHandler(t, async (head) => {
    if (head.target.path === '/early') await gate.opened;
    return answer('/');
  });
  const client = new RawClient(port);
  client.send(requestBytes('/early') + requestBytes('/next', CLOSE));
  await until(() => server.exchanges().length === 1);
  const events = listen(t);
  gate.open();
  t.equal((await client.responses()).length, 2);
  await until(() => server.connections === 0);
  t.same(
    events.map(({ target }) => target),
    ['/next'],
  );
});

t.test('progress counts the streamed response under way, and none before it', async (t) => {
  const gate = new Gate();
  const body = new MemoryBody(2 * MIB, () => {
    const stream = MemoryBody.of(BYTES, 16_384).read();
    return Readable.from(slowly(stream, gate));
  });
  const { port, server } = await serveHandler(t, (head) =>
    head.target.path === '/slow' ? body.response : answer(head.target.path),
  );
  const client = new RawClient(port);
  client.send(requestBytes('/large') + requestBytes('/streamed'));
  await client.has(2 * MIB);
  t.same(server.exchanges(), [], 'none under way');
  const before = await settled(client);
  client.send(requestBytes('/slow?x'));
  await until(() => client.received.indexOf('HTTP/1.1', before, 'latin1') === before);
  const head = parseHead(client.received, before).response.head.length;
  await client.has(before + head + MIB);
  const [progress] = server.exchanges();
  const slow = { method: 'GET', target: '/slow?x', remote: '127.0.0.1' };
  t.same(progress, { ...slow, id: progress?.id, sent: head + MIB, total: 2 * MIB });
  t.match(progress?.id, new RegExp(`^${process.pid}\\.\\d+$`));
  t.same(server.exchanges(), [progress], 'it is the same one when asked again');
  gate.open();
  await client.has(before + head + 2 * MIB);
  await until(() => server.exchanges().length === 0);
  client.destroy();
});

async function* slowly(source: Readable, gate: Gate): AsyncGenerator<Buffer> {
  yield* source;
  await gate.opened;
  yield BYTES;
}

/** How much has come once nothing more does. */
async function settled(client: RawClient): Promise<number> {
  let heads = 0;
  await until(() => {
    heads = client.received.toString('latin1').split('HTTP/1.1 200').length - 1;
    return heads === 2 && client.length > 2 * MIB;
  });
  return client.length;
}

t.test('what a handler throws is published', async (t) => {
  const failure = new Error('a defect');
  const { port } = await serveHandler(t, (head) => {
    if (head.target.path === '/throws') throw failure;
    if (head.target.path === '/rejects') return Promise.reject(failure);
    return answer('/');
  });
  const failures = errors(t);
  const events = listen(t);
  for (const path of ['/throws', '/rejects', '/fine']) {
    await converse(port, requestBytes(path, CLOSE));
  }
  t.equal(failures.length, 2);
  for (const event of failures) {
    t.equal(event.error, failure);
    t.equal(event.remote, '127.0.0.1');
  }
  await until(() => events.length === 3);
  t.same(
    events.map(({ target, status, complete }) => [target, status, complete]),
    [
      ['/throws', 500, true],
      ['/rejects', 500, true],
      ['/fine', 200, true],
    ],
  );
});

t.test('what is refused before there is an exchange is told too', async (t) => {
  const { port, server } = await serveHandler(t, () => answer('/'), {
    limits: { target: 100, head: 500, connections: 20 },
    timeouts: { head: 200 },
  });
  for (const [status, bytes] of [
    [400, 'nonsense\r\n\r\n'],
    [400, 'GET / HTTP/1.1\r\n\r\n'],
    [408, 'GET / HTTP/1.1\r\n'],
    [414, requestBytes(`/${'x'.repeat(200)}`)],
    [431, requestBytes('/', [`A: ${'x'.repeat(500)}`])],
    [501, requestBytes('/', [], 'X'.repeat(100))],
    [505, 'GET / HTTP/2.0\r\n\r\n'],
  ] as const) {
    await t.test(`${status} ${JSON.stringify(bytes.slice(0, 20))}`, async (t) => {
      const events = listen(t);
      const client = new RawClient(port);
      client.send(bytes);
      const [response] = await client.responses();
      await until(() => server.connections === 0);
      t.equal(response?.status, status);
      isRefusal(t, events, status, client.length);
    });
  }

  await t.test('behind a request on the same connection', async (t) => {
    const events = listen(t);
    const client = new RawClient(port);
    client.send(`${requestBytes('/first')}nonsense\r\n\r\n`);
    const responses = await client.responses();
    t.same(
      responses.map(({ status }) => status),
      [200, 400],
    );
    await until(() => events.length === 2);
    const [first, ...refusals] = events;
    t.match(first, { target: '/first', status: 200 });
    isRefusal(t, refusals, 400, client.length - (first?.sent ?? 0));
  });

  await t.test('no second event where the request is known', async (t) => {
    const events = listen(t);
    const client = new RawClient(port, { closeOnEnd: false });
    client.finish(`${requestBytes('/known', ['Content-Length: 5'])}abc`);
    t.equal((await client.responses())[0]?.status, 400);
    await client.gone();
    t.match(events, [{ method: 'GET', target: '/known', status: 400, sent: client.length }]);
    t.equal(events.length, 1);
  });
});

t.test('a connection beyond the limit', async (t) => {
  const { port } = await serveHandler(t, () => answer('/'), { limits: { connections: 1 } });
  const first = new RawClient(port);
  first.send(requestBytes('/'));
  await first.has(1);
  const events = listen(t);
  const client = await new RawClient(port).connected();
  t.equal((await client.responses())[0]?.status, 503);
  isRefusal(t, events, 503, client.length);
  first.destroy();
});

function isRefusal(t: Test, events: ExchangeEvent[], status: number, sent: number): void {
  const { duration = -1, ttfb } = events[0] ?? {};
  t.ok(duration >= 0, `${duration} ms`);
  const [method, target, remote, complete] = ['', '', '127.0.0.1', true];
  t.equal(ttfb, 0);
  const told = { method, target, status, complete, sent, duration, ttfb, remote };
  t.strictSame(events.map(plain), [{ ...told, minorVersion: 1, user: '' }]);
  t.equal(events[0]?.field('host'), undefined);
}
