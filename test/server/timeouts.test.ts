/** Every timeout on both sides of its edge, with short values and wide margins. */
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import type { Response } from '../../lib/http/response.js';
import { Gate, pause, RawClient, requestBytes, until } from '../helpers/client.js';
import { resources } from '../helpers/counts.js';
import { MIB, pattern } from '../helpers/files.js';
import { serveHandler } from '../helpers/server.js';

const NEVER = { head: 0, idle: 0, content: 0, stall: 0, linger: 1000 };
const SMALL: Response = { status: 200, fields: [], body: Buffer.from('x') };
const LARGE: Response = { status: 200, fields: [], body: pattern(32 * MIB) };
const GET = requestBytes('/');
/** Ends the connection, without a word of the client about it. */
const MALFORMED = 'GET / HTTP/1.1\r\n\r\n';

/** Milliseconds until the server ends the connection. */
async function lasted(client: RawClient, action: () => unknown = () => {}): Promise<number> {
  const started = performance.now();
  await action();
  await client.over();
  return performance.now() - started;
}

/** Sends octet after octet until the server has had enough. */
async function drip(client: RawClient, text: string, milliseconds: number): Promise<void> {
  for (const octet of text) {
    if (client.ended || client.closed) return;
    client.send(octet);
    await pause(milliseconds);
  }
}

t.test('head', { jobs: 4 }, async (t) => {
  const { port } = await serveHandler(t, () => SMALL, { timeouts: { ...NEVER, head: 600 } });

  t.test('a head that does not come gets 408', async (t) => {
    const client = new RawClient(port);
    const time = await lasted(client, () => client.send('GET / HTTP/1.1\r\nHost: a\r\n'));
    const [response] = await client.responses();
    t.equal(response?.status, 408);
    t.equal(response?.get('connection'), 'close');
    t.ok(time >= 590 && time < 3000, `after ${time} ms`);
  });

  t.test('octet after octet does not extend it', async (t) => {
    const client = new RawClient(port);
    const time = await lasted(client, () => drip(client, `GET /${'x'.repeat(400)}`, 20));
    t.equal((await client.responses())[0]?.status, 408);
    t.ok(time < 3000, `after ${time} ms`);
  });

  t.test('empty lines do not extend it for long', async (t) => {
    const client = new RawClient(port);
    const time = await lasted(client, () =>
      drip(client, '\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n', 300),
    );
    t.ok(time < 9000, `after ${time} ms`);
    t.equal((await client.responses())[0]?.status, 408);
  });

  t.test('it runs for each head anew, and not between them', async (t) => {
    const client = new RawClient(port);
    for (let count = 1; count <= 3; count++) {
      client.send(GET.slice(0, 5));
      await pause(300);
      client.send(GET.slice(5));
      await client.has(count * 60);
      await pause(800);
    }
    client.finish();
    t.same(
      (await client.responses()).map(({ status }) => status),
      [200, 200, 200],
    );
  });

  t.test('one that began behind another request counts from then on', async (t) => {
    const client = new RawClient(port);
    const time = await lasted(client, () => client.send(`${GET}GET / HT`));
    t.same(
      (await client.responses()).map(({ status }) => status),
      [200, 408],
    );
    t.ok(time >= 590 && time < 3000, `after ${time} ms`);
  });
});

t.test('idle', { jobs: 4 }, async (t) => {
  const { port } = await serveHandler(t, () => SMALL, { timeouts: { ...NEVER, idle: 600 } });

  t.test('a connection that says nothing is closed without a word', async (t) => {
    const client = new RawClient(port);
    const time = await lasted(client);
    t.equal(client.length, 0);
    t.equal(client.error, undefined);
    t.ok(time >= 590 && time < 3000, `after ${time} ms`);
  });

  t.test('so is one that says nothing more, and each request starts the time anew', async (t) => {
    const client = new RawClient(port);
    const time = await lasted(client, async () => {
      for (let count = 0; count < 4; count++) {
        client.send(GET);
        await pause(300);
      }
    });
    t.equal((await client.responses()).length, 4);
    t.ok(time >= 1400 && time < 5000, `after ${time} ms`);
  });

  t.test('a head under way is not idle', async (t) => {
    const client = new RawClient(port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n');
    await pause(1200);
    client.send('\r\n');
    t.equal((await client.responses())[0]?.status, 200);
  });
});

t.test('a handler may take its time', async (t) => {
  const gate = new Gate();
  const timeouts = { head: 100, idle: 100, content: 100, stall: 100, linger: 100 };
  const handler = async (): Promise<Response> => {
    await gate.opened;
    return SMALL;
  };
  const { port } = await serveHandler(t, handler, { timeouts });
  const client = new RawClient(port);
  client.send(GET);
  await pause(600);
  t.notOk(client.ended);
  gate.open();
  t.equal((await client.responses())[0]?.status, 200);
});

t.test('content', { jobs: 4 }, async (t) => {
  const { port } = await serveHandler(
    t,
    (head) => (head.method === 'GET' ? SMALL : { ...SMALL, status: 405 }),
    { timeouts: { ...NEVER, content: 600 } },
  );

  t.test('content that does not come gets 408', async (t) => {
    const client = new RawClient(port);
    const time = await lasted(client, () =>
      client.send(`${requestBytes('/', ['Content-Length: 9'])}abc`),
    );
    t.equal((await client.responses())[0]?.status, 408);
    t.ok(time >= 590 && time < 3000, `after ${time} ms`);
  });

  t.test('octet after octet does not extend it', async (t) => {
    const client = new RawClient(port);
    client.send(requestBytes('/', ['Content-Length: 1000']));
    const time = await lasted(client, () => drip(client, 'x'.repeat(400), 20));
    t.equal((await client.responses())[0]?.status, 408);
    t.ok(time < 3000, `after ${time} ms`);
  });

  t.test('content that comes in time is fine', async (t) => {
    const client = new RawClient(port);
    client.send(`${requestBytes('/', ['Content-Length: 3'])}ab`);
    await pause(250);
    client.send(`c${requestBytes('/', ['Connection: close'])}`);
    t.same(
      (await client.responses()).map(({ status }) => status),
      [200, 200],
    );
  });

  t.test('once answered, missing content ends the connection', async (t) => {
    const client = new RawClient(port);
    const time = await lasted(client, () =>
      client.send(`${requestBytes('/', ['Content-Length: 9'], 'POST')}abc`),
    );
    t.equal(client.error, undefined, 'and not by a reset');
    t.same(
      (await client.responses()).map(({ status }) => status),
      [405],
    );
    t.ok(time >= 590 && time < 3000, `after ${time} ms`);
  });
});

t.test('stall', { jobs: 4 }, async (t) => {
  const streamed = (): Response => {
    let left = 512;
    const chunk = pattern(65_536);
    const read = (): Readable =>
      new Readable({
        read() {
          this.push(left-- > 0 ? chunk : null);
        },
      });
    const body = { length: 512 * 65_536, pieces: undefined, read, close() {} };
    return { status: 200, fields: [], body };
  };
  /** A server for one test alone: it counts exchanges. */
  const own = (t: Test) =>
    serveHandler(t, (head) => (head.target.path === '/streamed' ? streamed() : LARGE), {
      timeouts: { ...NEVER, stall: 800 },
    });

  for (const path of ['/', '/streamed']) {
    t.test(`a client that takes nothing is cut off: ${path}`, async (t) => {
      const { port, server } = await own(t);
      const client = await new RawClient(port, { paused: true }).connected();
      const started = performance.now();
      client.send(requestBytes(path));
      await pause(400);
      t.equal(server.exchanges().length, 1, 'not at once');
      // A reset shows only to one that reads.
      await pause(2000);
      client.resume();
      await client.gone();
      t.ok(performance.now() - started < 9000);
      t.ok(client.length < 33 * MIB, `${client.length} octets came`);
    });
  }

  t.test('a client that takes it slowly is not', async (t) => {
    const { port } = await own(t);
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/', ['Connection: close']));
    while (!client.ended && !client.closed) {
      const before = client.length;
      client.resume();
      await until(() => client.length >= before + 3 * MIB || client.ended || client.closed);
      client.socket.pause();
      await pause(300);
    }
    t.equal((await client.responses())[0]?.body.length, 32 * MIB);
  });

  t.test('a source that takes its time is not a client that stalls', async (t) => {
    const gate = new Gate();
    const slow = new Readable({ read() {} });
    slow.push('a');
    gate.opened.then(() => {
      slow.push('b');
      slow.push(null);
    });
    const body = { length: 2, pieces: undefined, read: () => slow, close() {} };
    const { port } = await serveHandler(t, () => ({ status: 200, fields: [], body }), {
      timeouts: { ...NEVER, stall: 200 },
    });
    const client = new RawClient(port);
    client.send(requestBytes('/', ['Connection: close']));
    await pause(900);
    gate.open();
    t.equal((await client.responses())[0]?.body.toString(), 'ab');
  });
});

t.test('linger', { jobs: 4 }, async (t) => {
  /** A server for one test alone: it counts connections. */
  const own = (t: Test) => serveHandler(t, () => SMALL, { timeouts: { ...NEVER, linger: 600 } });

  t.test('a client that does not close its side is left after the time', async (t) => {
    const { port, server } = await own(t);
    const client = new RawClient(port, { closeOnEnd: false });
    client.send(MALFORMED);
    await client.over();
    await pause(300);
    t.equal(server.connections, 1, 'not at once');
    await until(() => server.connections === 0, 3000);
  });

  t.test('octets that come meanwhile do not extend it', async (t) => {
    const { port } = await own(t);
    const client = new RawClient(port, { closeOnEnd: false });
    client.send(MALFORMED);
    await client.over();
    const started = performance.now();
    while (!client.closed && performance.now() - started < 5000) {
      client.send('GET / HTTP/1.1\r\n\r\n');
      await pause(20);
    }
    t.ok(performance.now() - started < 3000, 'closed in time');
  });

  t.test('a client that has said that it sends no more is not waited for', async (t) => {
    const { port, server } = await own(t);
    for (const last of [requestBytes('/', ['Connection: close']), 'GET / HTTP/1.0\r\n\r\n']) {
      const client = new RawClient(port, { closeOnEnd: false });
      client.send(GET + last);
      await until(() => server.connections === 0, 400);
      const responses = await client.responses();
      t.same(
        responses.map(({ status, body }) => [status, body.length]),
        [GET, last].map(() => [200, 1]),
      );
    }
  });

  t.test('the time runs from when the client has taken the response', async (t) => {
    const { port } = await serveHandler(t, () => LARGE, { timeouts: { ...NEVER, linger: 200 } });
    const client = new RawClient(port, { paused: true, closeOnEnd: false });
    client.send(`${GET}GET / HTTP/1.1\r\n\r\n`);
    await pause(1000);
    client.resume();
    t.equal((await client.responses())[0]?.body.length, 32 * MIB);
  });
});

t.test('one timer, whatever the number of connections, and none without', async (t) => {
  const { port, server } = await serveHandler(t, () => SMALL);
  const clients: RawClient[] = [];
  let withOne = 0;
  for (let count = 1; count <= 1000; count++) {
    const client = new RawClient(port);
    if (count % 4 === 0) client.send(GET);
    if (count % 4 === 1) client.send('GET / HT');
    if (count % 4 === 2) client.send(`${requestBytes('/', ['Content-Length: 9'])}a`);
    clients.push(client);
    if (count % 100 === 1) await until(() => server.connections === count);
    if (count === 1) withOne = await timers();
  }
  await until(() => server.connections === 1000);
  t.equal(await timers(), withOne);
  for (const client of clients) client.destroy();
  await until(() => server.connections === 0);
  t.equal(await timers(), withOne - 1);
});

/** How many timers there are when none of this file's helpers is waiting. */
async function timers(): Promise<number> {
  await new Promise(setImmediate);
  return resources('Timeout');
}
