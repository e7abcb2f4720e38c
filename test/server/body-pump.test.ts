/** Streamed bodies over real sockets: parked and resumed, cut short, failing in every place. */
import { Readable } from 'node:stream';
import t from 'tap';
import type { Response } from '../../lib/http/response.js';
import { type ErrorEvent, errorChannel } from '../../lib/observe/channels.js';
import { chunks, MemoryBody } from '../helpers/bodies.js';
import { Gate, pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { MIB, pattern, sha256 } from '../helpers/files.js';
import { parseResponses } from '../helpers/response.js';
import { serve, serveHandler } from '../helpers/server.js';

/** More than the kernel's buffers on both sides take from a server whose client reads nothing. */
const BEYOND_BUFFERS = 24 * MIB;
const QUICK_SWEEP = { linger: 100 };

t.test('a client that stalls and goes on gets every octet, from streams opened anew', async (t) => {
  const bytes = pattern(BEYOND_BUFFERS);
  const body = MemoryBody.of(bytes, 32_768);
  const { port } = await serveHandler(t, () => body.response, { timeouts: QUICK_SWEEP });
  const client = new RawClient(port, { paused: true });
  client.send(requestBytes('/', ['Connection: close']));
  for (let stalls = 1; stalls <= 4; stalls++) {
    await until(() => body.reads.length >= stalls);
    await pause(150);
    client.resume();
    await client.has(Math.min(stalls * 5 * MIB, bytes.length));
    client.socket.pause();
  }
  await pause(150);
  client.resume();
  const [response] = await client.responses();
  t.equal(sha256(response?.body as Buffer), sha256(bytes));
  t.ok(body.reads.length >= 3, `${body.reads.length} streams`);
  const firsts = body.reads.map((range) => range?.first ?? -1);
  t.same(
    firsts,
    [...new Set(firsts)].sort((a, b) => a - b),
    'each goes on where the last one stopped',
  );
  await until(() => body.closed > 0);
  t.equal(body.closed, 1);
});

t.test('a client that stalls when all has been read and not all is taken', async (t) => {
  const bytes = pattern(BEYOND_BUFFERS);
  // One chunk: its write is under way when there is nothing left to read.
  const body = MemoryBody.of(bytes, bytes.length);
  const { port } = await serveHandler(t, () => body.response, { timeouts: QUICK_SWEEP });
  const client = new RawClient(port, { paused: true });
  client.send(requestBytes('/', ['Connection: close']));
  await until(() => body.reads.length > 0);
  await pause(300);
  client.resume();
  const [response] = await client.responses();
  t.equal(sha256(response?.body as Buffer), sha256(bytes));
  t.same(
    body.reads.filter((range) => range !== undefined && range.first > range.last),
    [],
    'no empty range is read',
  );
});

t.test('the same with a file, whose stream refuses an empty range', async (t) => {
  const bytes = pattern(BEYOND_BUFFERS);
  const root = t.testdir({ 'large.bin': bytes });
  const { port } = await serve(t, root, {
    chunkSize: BEYOND_BUFFERS,
    readAhead: 0,
    timeouts: QUICK_SWEEP,
  });
  const client = new RawClient(port, { paused: true });
  client.send(requestBytes('/large.bin', ['Connection: close']));
  await pause(500);
  client.resume();
  const [response] = await client.responses();
  t.equal(sha256(response?.body as Buffer), sha256(bytes));
});

t.test('a part of a multipart body that stalls at its end', async (t) => {
  const bytes = pattern(BEYOND_BUFFERS);
  const cut = bytes.length / 2;
  const pieces = [
    Buffer.from('one'),
    { first: 0, last: cut - 1 },
    Buffer.from('two'),
    { first: cut, last: bytes.length - 1 },
    Buffer.from('three'),
  ];
  const body = MemoryBody.of(bytes, cut, pieces);
  const { port } = await serveHandler(t, () => body.response, { timeouts: QUICK_SWEEP });
  const client = new RawClient(port, { paused: true });
  client.send(requestBytes('/', ['Connection: close']));
  await pause(300);
  client.resume();
  await client.has(cut);
  client.socket.pause();
  await pause(300);
  client.resume();
  const [response] = await client.responses();
  const whole = Buffer.concat([
    Buffer.from('one'),
    bytes.subarray(0, cut),
    Buffer.from('two'),
    bytes.subarray(cut),
    Buffer.from('three'),
  ]);
  t.equal(sha256(response?.body as Buffer), sha256(whole));
});

/** A body of 100,000 octets declared, whose stream ends in some way of its own. */
function broken(open: () => Readable): MemoryBody {
  return new MemoryBody(100_000, open);
}

function give(bytes: Buffer, then: (stream: Readable) => void): Readable {
  let given = false;
  return new Readable({
    read() {
      if (given) then(this);
      else this.push(bytes);
      given = true;
    },
  });
}

const HALF = pattern(50_000);

for (const [name, make] of [
  ['ends too early', () => broken(() => give(HALF, (stream) => stream.push(null)))],
  ['fails', () => broken(() => give(HALF, (stream) => stream.destroy(new Error('broken'))))],
  ['is destroyed without an error', () => broken(() => give(HALF, (stream) => stream.destroy()))],
  [
    'of unknown length fails',
    () =>
      new MemoryBody(undefined, () => give(HALF, (stream) => stream.destroy(new Error('broken')))),
  ],
  [
    'of unknown length is destroyed without an error',
    () => new MemoryBody(undefined, () => give(HALF, (stream) => stream.destroy())),
  ],
  [
    "can't be opened",
    () =>
      broken(() => {
        throw new Error('no stream');
      }),
  ],
  [
    "can't be opened for its second part",
    () =>
      new MemoryBody(
        100_000,
        (range) => {
          if (range?.first !== 0) throw new Error('no stream');
          return chunks(HALF, 1000, range);
        },
        [
          { first: 0, last: 49_999 },
          { first: 50_000, last: 99_999 },
        ],
      ),
  ],
] satisfies [string, () => MemoryBody][]) {
  t.test(`a stream that ${name} ends its connection, cut short, and no other`, async (t) => {
    let body: MemoryBody | undefined;
    const { port } = await serveHandler(t, (head): Response => {
      if (head.target.path === '/fine') return { status: 200, fields: [], body: HALF };
      body = make();
      return body.response;
    });
    const other = await new RawClient(port).connected();
    other.send(requestBytes('/fine'));
    const client = new RawClient(port);
    client.send(requestBytes('/broken') + requestBytes('/fine'));
    await client.over(3000);
    t.throws(() => parseResponses(client.received), 'what came is no complete response');
    t.ok(client.length < 60_000, 'nothing is sent in place of the rest');
    t.equal(body?.closed, 1, 'the body is closed once');
    other.send(requestBytes('/fine', ['Connection: close']));
    t.equal((await other.responses()).length, 2);
  });
}

t.test('a body that fails when it is closed costs no more than its exchange', async (t) => {
  const failures: string[] = [];
  const listen = (event: unknown) => failures.push(String((event as ErrorEvent).error));
  errorChannel.subscribe(listen);
  t.teardown(() => errorChannel.unsubscribe(listen));
  const gate = new Gate();
  const { port, server } = await serveHandler(t, async (head): Promise<Response> => {
    const { path } = head.target;
    if (path === '/fine') return { status: 200, fields: [], body: HALF };
    if (path === '/late') await gate.opened;
    const body = broken(() => give(HALF, () => {}));
    body.close = () => {
      throw new Error('does not close');
    };
    return body.response;
  });
  const aborted = new RawClient(port);
  aborted.send(requestBytes('/aborted'));
  await aborted.has(1);
  aborted.reset();
  await until(() => failures.length === 1);
  const gone = new RawClient(port);
  gone.send(requestBytes('/late'));
  await until(() => server.exchanges().length === 1);
  gone.reset();
  await until(() => server.connections === 0);
  gate.open();
  await until(() => failures.length === 2);
  t.equal((await request(port, '/aborted', [], 'HEAD')).status, 200);
  t.same(failures, Array(3).fill('Error: does not close'));
  t.equal((await request(port, '/fine')).status, 200);
  await until(() => server.connections === 0);
});

t.test('a file whose reader stalls and goes on arrives whole', async (t) => {
  const bytes = pattern(BEYOND_BUFFERS);
  const root = t.testdir({ 'large.bin': bytes });
  for (const readAhead of [0, 8 * MIB]) {
    const { port } = await serve(t, root, { readAhead, timeouts: QUICK_SWEEP });
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/large.bin') + requestBytes('/none', ['Connection: close']));
    for (let taken = 0; taken < bytes.length; taken += 6 * MIB) {
      await pause(150);
      client.resume();
      await client.has(Math.min(taken + 6 * MIB, bytes.length));
      client.socket.pause();
    }
    client.resume();
    const [response, next] = await client.responses();
    t.equal(sha256(response?.body as Buffer), sha256(bytes), `read-ahead ${readAhead}`);
    t.equal(next?.status, 404, 'what follows is in its place');
  }
});

t.test('thousands of pipelined bodies that need no stream', async (t) => {
  const body = Buffer.from('x');
  const { port } = await serveHandler(
    t,
    () => ({
      status: 200,
      fields: [],
      body: { length: 1, pieces: [body], read: () => Readable.from([]), close() {} },
    }),
    { limits: { pipeline: 4 * MIB } },
  );
  const count = 20_000;
  const client = new RawClient(port);
  client.send(requestBytes('/').repeat(count - 1) + requestBytes('/', ['Connection: close']));
  const responses = await client.responses();
  t.equal(responses.length, count);
  t.ok(responses.every((response) => response.status === 200));
});

t.test(
  'a resource that gives more than it said is cut off before the surplus leaves',
  async (t) => {
    const said = Buffer.alloc(100, 'a');
    const surplus = Buffer.alloc(100, 'b');
    const response: Response = {
      status: 200,
      fields: [],
      body: {
        length: said.length,
        pieces: undefined,
        read: () => Readable.from([said, surplus]),
        close: () => {},
      },
    };
    const { port } = await serveHandler(t, () => response);
    const client = new RawClient(port);
    client.send(requestBytes('/'));
    await client.gone();
    t.notOk(client.received.includes('b'.repeat(10)));
  },
);
