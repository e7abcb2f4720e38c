/** Limits on connections, closing a server, and what it holds when everything is over. */
import net from 'node:net';
import t from 'tap';
import type { Response } from '../../lib/http/response.js';
import { createServer } from '../../lib/server/server.js';
import { Gate, pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { resources } from '../helpers/counts.js';
import { MIB, pattern } from '../helpers/files.js';
import { parseResponses } from '../helpers/response.js';
import { serveHandler } from '../helpers/server.js';

const SMALL: Response = { status: 200, fields: [], body: Buffer.from('x') };
const LARGE: Response = { status: 200, fields: [], body: pattern(24 * MIB) };

async function connect(port: number, count: number): Promise<RawClient[]> {
  const clients = Array.from({ length: count }, () => new RawClient(port));
  await Promise.all(clients.map((client) => client.connected()));
  return clients;
}

t.test('connections beyond the limit get 503; room is used again', async (t) => {
  const { port, server } = await serveHandler(t, () => SMALL, { limits: { connections: 5 } });
  const clients = await connect(port, 5);
  await until(() => server.connections === 5);
  for (let count = 0; count < 3; count++) {
    const client = new RawClient(port);
    client.send(requestBytes('/'));
    const [response] = await client.responses();
    t.equal(response?.status, 503);
    t.equal(response?.get('connection'), 'close');
    t.equal(response?.get('retry-after'), '1');
    t.equal(client.error, undefined);
  }
  t.equal(server.connections, 5, 'those refused do not count');
  clients.pop()?.destroy();
  await until(() => server.connections === 4);
  t.equal((await request(port, '/')).status, 200);
  clients[0]?.send(requestBytes('/'));
  await clients[0]?.has(1);
});

t.test('connections from one address', async (t) => {
  const { port, server } = await serveHandler(t, () => SMALL, {
    limits: { connectionsPerAddress: 2 },
  });
  const clients = await connect(port, 2);
  await until(() => server.connections === 2);
  t.equal((await request(port, '/')).status, 503);
  const elsewhere = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  elsewhere.on('error', () => {});
  await until(() => server.connections === 3);
  elsewhere.destroy();
  clients[0]?.reset();
  await until(() => server.connections === 1);
  t.equal((await request(port, '/')).status, 200);
});

t.test('a flood of refused connections', async (t) => {
  const { port, server } = await serveHandler(t, () => SMALL, {
    limits: { connections: 1 },
    timeouts: { linger: 500 },
  });
  const [first] = await connect(port, 1);
  await until(() => server.connections === 1);
  const sockets = resources('TCPSocketWrap');
  const flood = Array.from({ length: 800 }, () => new RawClient(port, { closeOnEnd: false }));
  await Promise.all(flood.map((client) => client.over()));
  const answered = flood.filter((client) => client.length > 0);
  t.ok(answered.length >= 256, `${answered.length} of 800 were told`);
  for (const client of answered) {
    t.equal(parseResponses(client.received)[0]?.status, 503);
  }
  first?.send(requestBytes('/'));
  await first?.has(1);
  for (const client of flood) client.destroy();
  await until(() => resources('TCPSocketWrap') <= sockets);
  first?.destroy();
  await until(() => server.connections === 0);
  t.equal((await request(port, '/')).status, 200);
});

t.test('closing', async (t) => {
  const start = async (handler: () => Response | Promise<Response>) => {
    const server = createServer({ handler, port: 0, timeouts: { linger: 500 } });
    const { port } = await server.listen();
    t.teardown(() => server.close(0));
    return { server, port };
  };

  await t.test('idle connections do not hold it', async (t) => {
    const { server, port } = await start(() => SMALL);
    const clients = await connect(port, 20);
    for (const client of clients.slice(0, 10)) client.send(requestBytes('/'));
    await Promise.all(clients.slice(0, 10).map((client) => client.has(1)));
    await until(() => server.connections === 20);
    const started = performance.now();
    t.same(await server.close(10_000), { cut: 0 });
    t.ok(performance.now() - started < 3000);
    for (const client of clients) {
      await client.over();
      t.equal(client.error, undefined);
    }
  });

  await t.test('what is under way is finished, and nothing new begun', async (t) => {
    const gate = new Gate();
    let calls = 0;
    const { server, port } = await start(async () => {
      calls++;
      await gate.opened;
      return SMALL;
    });
    const client = new RawClient(port);
    client.send(requestBytes('/') + requestBytes('/'));
    await until(() => calls === 1);
    const closed = server.close(10_000);
    await t.rejects(new RawClient(port).connected(), { code: 'ECONNREFUSED' });
    t.match(server.exchanges(), [{ method: 'GET', target: '/', remote: '127.0.0.1' }]);
    gate.open();
    t.same(await closed, { cut: 0 });
    t.equal((await client.responses()).length, 1);
    t.equal(calls, 1, 'the pipelined request behind it is left');
  });

  await t.test('a slow download is finished', async (t) => {
    const { server, port } = await start(() => LARGE);
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/'));
    await until(() => server.exchanges().length === 1);
    const closed = server.close(10_000);
    await pause(200);
    client.resume();
    t.equal((await client.responses())[0]?.body.length, 24 * MIB);
    t.same(await closed, { cut: 0 });
  });

  await t.test('the grace period ends what does not', async (t) => {
    const { server, port } = await start(() => LARGE);
    const clients = Array.from({ length: 3 }, () => new RawClient(port, { paused: true }));
    for (const client of clients) client.send(requestBytes('/'));
    await until(() => server.exchanges().length === 3);
    const started = performance.now();
    t.same(await server.close(400), { cut: 3 });
    const time = performance.now() - started;
    t.ok(time >= 390 && time < 3000, `after ${time} ms`);
  });

  await t.test('a second call shortens the time', async (t) => {
    const { server, port } = await start(() => LARGE);
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/'));
    await until(() => server.exchanges().length === 1);
    const first = server.close(60_000);
    await pause(50);
    t.same(await server.close(0), { cut: 1 });
    t.same(await first, { cut: 1 });
  });

  await t.test('a second call does not lengthen it', async (t) => {
    const { server, port } = await start(() => LARGE);
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/'));
    await until(() => server.exchanges().length === 1);
    const started = performance.now();
    server.close(300);
    t.same(await server.close(60_000), { cut: 1 });
    t.ok(performance.now() - started < 3000);
  });

  await t.test('a grace period longer than any timer is no short one', async (t) => {
    for (const grace of [2 ** 31, 31_536_000_000, Number.POSITIVE_INFINITY]) {
      const { server, port } = await start(() => LARGE);
      const client = new RawClient(port, { paused: true });
      client.send(requestBytes('/'));
      await until(() => server.exchanges().length === 1);
      const closed = server.close(grace);
      await pause(100);
      t.equal(server.exchanges().length, 1);
      client.resume();
      t.same(await closed, { cut: 0 });
    }
  });

  await t.test('it can be closed before it listens, and twice', async (t) => {
    const server = createServer({ handler: () => SMALL, port: 0 });
    t.same(await server.close(), { cut: 0 });
    t.same(await server.close(), { cut: 0 });
  });
});

t.test('a port that is taken is told', async (t) => {
  const { port } = await serveHandler(t, () => SMALL);
  const server = createServer({ handler: () => SMALL, port });
  await t.rejects(server.listen(), { code: 'EADDRINUSE' });
});

t.test('options out of range', async (t) => {
  for (const options of [
    { timeouts: { head: -1 } },
    { timeouts: { stall: Number.NaN } },
    { limits: { pipeline: -5 } },
    { limits: { connections: '5' as unknown as number } },
    { limits: { target: undefined as unknown as number } },
  ]) {
    t.throws(() => createServer({ handler: () => SMALL, ...options }), RangeError);
  }
});
