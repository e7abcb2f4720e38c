/** One connection with a lot to do does not keep the others waiting till its end. */
import t, { type Test } from 'tap';
import { MessageBuffer } from '../../lib/http/message-buffer.js';
import type { Response } from '../../lib/http/response.js';
import { Gate, RawClient, requestBytes, until } from '../helpers/client.js';
import { type Running, serveHandler } from '../helpers/server.js';

const COUNT = 20_000;
const X = MessageBuffer.of(Buffer.from('x'));
const CACHED: Response = { status: 200, fields: [], body: X.content, message: X };
const LAST = requestBytes('/last', ['Connection: close']);

interface Occupied extends Running {
  /** The connection with a lot to do. */
  readonly busy: RawClient;
  readonly other: RawClient;
  /** The paths in the order in which they were handled. */
  readonly handled: string[];
}

/**
 * Gives a connection a lot to do at once: its first request is held until all of `bytes` has come
 * behind it, and in the moment it is answered the other connection sends `/other`. What is done of
 * `bytes` in one go is done before `/other` can be read.
 */
async function occupy(
  t: Test,
  bytes: string,
  answer: (path: string) => Response | Promise<Response>,
): Promise<Occupied> {
  const gate = new Gate();
  const handled: string[] = [];
  const running = await serveHandler(
    t,
    (head) => {
      const { path } = head.target;
      handled.push(path);
      if (path !== '/first') return answer(path);
      return gate.opened.then(() => {
        other.send(requestBytes('/other'));
        return CACHED;
      });
    },
    { limits: { pipeline: 2 ** 24 } },
  );
  const busy = await new RawClient(running.port, { closeOnEnd: false }).connected();
  const other = await new RawClient(running.port).connected();
  t.teardown(() => other.destroy());
  busy.send(requestBytes('/first') + bytes);
  await until(() => handled.length === 1 && busy.socket.writableLength === 0);
  // The kernel has it all: a few turns of the event loop, and the server has it too.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  gate.open();
  return { ...running, busy, other, handled };
}

/** That `/other` was handled when little of the rest was. */
async function isNotKeptWaiting(t: Test, { other, handled }: Occupied): Promise<void> {
  await until(() => other.received.includes('\r\n\r\nx'));
  const place = handled.indexOf('/other');
  t.ok(place < COUNT / 10, `its turn came after ${place} requests`);
}

for (const [name, answer] of [
  ['at once', (path: string) => numbered(path)],
  ['from memory', () => CACHED],
  ['by promises', async (path: string) => numbered(path)],
] as const) {
  t.test(`a long pipeline answered ${name} lets another connection have its turn`, async (t) => {
    const paths = Array.from({ length: COUNT }, (_, index) => `/${index}`);
    const pipeline = paths.map((path) => requestBytes(path)).join('') + LAST;
    const occupied = await occupy(t, pipeline, answer);
    await isNotKeptWaiting(t, occupied);
    const responses = await occupied.busy.responses();
    occupied.busy.destroy();
    const rest = occupied.handled.filter((path) => path !== '/other');
    t.strictSame(rest, ['/first', ...paths, '/last'], 'all are handled, in order');
    t.equal(responses.length, COUNT + 2);
    const bodies = responses.slice(1, -1).map(({ body }) => body.toString());
    const expected = name === 'from memory' ? paths.map(() => 'x') : paths;
    t.equal(bodies.join(' '), expected.join(' '), 'and answered in order');
  });
}

function numbered(path: string): Response {
  return { ...CACHED, message: undefined, body: Buffer.from(path === '/other' ? 'x' : path) };
}

t.test('a client that half-closes behind a long pipeline gets every answer', async (t) => {
  const { busy, server } = await occupy(t, requestBytes('/').repeat(COUNT), () => CACHED);
  busy.finish();
  t.equal((await busy.responses()).length, COUNT + 1);
  await busy.gone();
  await until(() => server.connections === 1);
});

for (const how of ['destroy', 'reset'] as const) {
  t.test(`a long pipeline whose client goes in the midst of it: ${how}`, async (t) => {
    const occupied = await occupy(t, requestBytes('/').repeat(COUNT), () => CACHED);
    const { busy, server, handled } = occupied;
    await until(() => handled.length > 100);
    busy[how]();
    await until(() => server.connections === 1, 10_000, 'nothing is left of it');
    const { length } = handled;
    await isNotKeptWaiting(t, occupied);
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    t.ok(handled.length <= length + 1, 'nothing is handled for it any more');
  });
}

t.test('a server that closes in the midst of a long pipeline', async (t) => {
  const { busy, server, handled } = await occupy(t, requestBytes('/').repeat(COUNT), () => CACHED);
  await until(() => handled.length > 100);
  const closed = server.close(10_000);
  const answers = await busy.responses();
  busy.destroy();
  t.same(await closed, { cut: 0 });
  t.equal(answers.length, handled.filter((path) => path !== '/other').length);
});

t.test('thousands of chunks of an octet let another connection have its turn', async (t) => {
  const head = requestBytes('/chunked', ['Transfer-Encoding: chunked']);
  const content = `${head}${'1\r\nx\r\n'.repeat(COUNT)}0\r\n\r\n`;
  const occupied = await occupy(t, content + LAST, () => CACHED);
  await isNotKeptWaiting(t, occupied);
  t.equal((await occupied.busy.responses()).length, 3);
  occupied.busy.destroy();
  t.same(occupied.handled, ['/first', '/other', '/chunked', '/last']);
});
