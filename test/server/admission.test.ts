/** Connections that others count, and a server that drains. */
import t, { type Test } from 'tap';
import { type ErrorEvent, errorChannel } from '../../lib/observe/channels.js';
import type { Admission } from '../../lib/server/options.js';
import { MOST_WAITING } from '../../lib/server/options.js';
import type { Handler } from '../../lib/site/handler.js';
import { RawClient, requestBytes, until } from '../helpers/client.js';
import { serveHandler } from '../helpers/server.js';

const handler: Handler = () => ({ status: 200, fields: [], body: Buffer.from('yes') });

/** Answers when the test does. */
class Door implements Admission {
  readonly asked: ((admitted: boolean) => void)[] = [];
  readonly left: string[] = [];
  /** What is answered at once; `undefined`: nothing is. */
  atOnce: boolean | undefined;

  enter(): boolean | Promise<boolean> {
    return this.atOnce ?? new Promise((resolve) => this.asked.push(resolve));
  }

  leave(address: string): void {
    this.left.push(address);
  }
}

function visit(t: Test, port: number): RawClient {
  const client = new RawClient(port);
  t.teardown(() => client.destroy());
  return client.send(requestBytes('/'));
}

t.test('who is asked', async (t) => {
  const door = new Door();
  // Its own limits would let nobody in a second time.
  const limits = { connections: 1, connectionsPerAddress: 1 };
  const { server, port } = await serveHandler(t, handler, { admission: door, limits });
  door.atOnce = true;
  const clients = [visit(t, port), visit(t, port)];
  for (const client of clients) t.equal((await client.head()).status, 200);
  door.atOnce = false;
  t.equal((await visit(t, port).head()).status, 503);
  for (const client of clients) client.destroy();
  await until(() => door.left.length === 2);
  t.same(door.left, ['127.0.0.1', '127.0.0.1'], 'the one that was refused never was in');
  await until(() => server.connections === 0);
});

t.test('a late answer', async (t) => {
  const door = new Door();
  const { server, port } = await serveHandler(t, handler, { admission: door });
  const clients = Array.from({ length: 4 }, () => visit(t, port));
  await until(() => door.asked.length === 4);
  t.equal(server.connections, 0);
  t.ok(
    clients.every(({ length }) => length === 0),
    'they wait',
  );
  door.asked[0]?.(true);
  door.asked[1]?.(false);
  await until(() => clients.filter(({ length }) => length > 0).length === 2);
  const answered = clients.filter(({ length }) => length > 0);
  const statuses = await Promise.all(answered.map((client) => client.head()));
  t.same(statuses.map(({ status }) => status).sort(), [200, 503]);
  const waiting = clients.filter((client) => !answered.includes(client));
  for (const client of waiting) client.reset();
  await until(() => waiting.every(({ closed }) => closed));
  // A reset is seen when the socket is read, which it is on the way to its buffer.
  await new Promise((resolve) => setTimeout(resolve, 50));
  door.asked[2]?.(true);
  door.asked[3]?.(false);
  await until(() => door.left.length === 1);
  t.equal(server.connections, 1);
});

t.test('only so many wait', async (t) => {
  const door = new Door();
  const { port } = await serveHandler(t, handler, { admission: door });
  const clients: RawClient[] = [];
  // Not all at once: what the system does not keep ready is tried again much later.
  while (clients.length < MOST_WAITING) {
    clients.push(...Array.from({ length: 128 }, () => new RawClient(port)));
    await until(() => door.asked.length === clients.length);
  }
  clients.push(new RawClient(port));
  await until(() => clients.some(({ closed }) => closed), 20_000);
  t.equal(door.asked.length, MOST_WAITING);
  t.equal(clients.filter(({ closed }) => closed).length, 1);
  for (const client of clients) client.destroy();
});

t.test('those that wait are closed with the server', async (t) => {
  const door = new Door();
  const { server, port } = await serveHandler(t, handler, { admission: door });
  const client = visit(t, port);
  await until(() => door.asked.length === 1);
  t.same(await server.close(50), { cut: 0 });
  await client.over();
  door.asked[0]?.(true);
  await until(() => door.left.length === 1);
});

t.test('draining: every connection has one more answer', async (t) => {
  const { server, port } = await serveHandler(t, handler);
  const kept = visit(t, port);
  await kept.head();
  const fresh = await new RawClient(port).connected();
  const silent = await new RawClient(port).connected();
  await until(() => server.connections === 3);
  server.drain();
  await t.rejects(new RawClient(port).connected(), { code: 'ECONNREFUSED' });
  t.notOk(kept.ended || fresh.ended || silent.ended);
  kept.send(requestBytes('/'));
  fresh.send(requestBytes('/'));
  t.equal((await kept.responses())[1]?.get('connection'), 'close');
  t.equal((await fresh.responses())[0]?.get('connection'), 'close');
  t.notOk(silent.ended);
  t.same(await server.close(5000), { cut: 0 }, 'then those without a request are closed');
  t.equal(await silent.over(), 'end');
});

t.test('an admission that fails lets nobody in, and ends nothing', async (t) => {
  const told: ErrorEvent[] = [];
  const note = (event: unknown) => told.push(event as ErrorEvent);
  errorChannel.subscribe(note);
  t.teardown(() => errorChannel.unsubscribe(note));
  const failures: (() => boolean | Promise<boolean>)[] = [
    () => {
      throw new Error('at once');
    },
    () => Promise.reject(new Error('late')),
  ];
  const left: string[] = [];
  const admission: Admission = {
    enter: () => failures.shift()?.() ?? true,
    leave: (address) => left.push(address),
  };
  const { server, port } = await serveHandler(t, handler, { admission });
  t.equal((await visit(t, port).head()).status, 503);
  t.equal((await visit(t, port).head()).status, 503);
  t.same(
    told.map(({ error, remote }) => [(error as Error).message, remote]),
    [
      ['at once', '127.0.0.1'],
      ['late', '127.0.0.1'],
    ],
  );
  t.equal((await visit(t, port).head()).status, 200);
  await server.close(0);
  t.equal(left.length, 1, 'only who was in');
});
