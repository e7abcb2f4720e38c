/** Sockets with one buffer for all, and sockets as node makes them where that can't be had. */
import type { AddressInfo, Server, Socket } from 'node:net';
import t, { type Test } from 'tap';
import { type Accept, makeServer, READ_BUFFER, shareReads } from '../../lib/server/accept.js';
import { RawClient, until } from '../helpers/client.js';

const OPTIONS = { highWaterMark: 32_768 };

/** What the server read on each connection, with the buffers it was lent. */
class Record {
  readonly texts: string[] = [];
  readonly buffers = new Set<Buffer>();
  readonly sockets: Socket[] = [];

  readonly accept: Accept = (socket) => {
    const index = this.sockets.push(socket) - 1;
    this.texts.push('');
    socket.on('error', () => {});
    return {
      receive: (bytes, size) => {
        this.buffers.add(bytes);
        this.texts[index] += bytes.toString('latin1', 0, size);
      },
    };
  };
}

async function listen(t: Test, accept: Accept, share: boolean): Promise<number> {
  const server: Server = makeServer(OPTIONS, accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  if (share) t.equal(shareReads(server, OPTIONS, accept), true, 'this node can');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

for (const share of [true, false]) {
  t.test(share ? 'one buffer' : 'as ever', async (t) => {
    const record = new Record();
    const port = await listen(t, record.accept, share);
    const clients = ['a', 'b', 'c'].map((letter) => new RawClient(port).send(letter));
    await until(() => record.texts.join('').length === 3);
    for (const [index, client] of clients.entries()) client.send(`${index}`);
    await until(() => record.texts.join('').length === 6);
    t.same(
      record.texts.map((text) => text.length),
      [2, 2, 2],
    );
    if (share) t.equal(record.buffers.size, 1);
    else t.ok(record.buffers.size >= 3);
    for (const socket of record.sockets) {
      t.equal(socket.writableHighWaterMark, OPTIONS.highWaterMark);
      t.equal(socket.allowHalfOpen, true);
      socket.destroy();
    }
    await Promise.all(clients.map((client) => client.over()));
  });

  t.test('nothing is read before it is known who reads', async (t) => {
    const record = new Record();
    let admit: () => void = () => {};
    const admitted = new Promise<void>((resolve) => {
      admit = resolve;
    });
    const port = await listen(
      t,
      async (socket) => {
        await admitted;
        return record.accept(socket) as Awaited<ReturnType<Accept>>;
      },
      share,
    );
    const client = await new RawClient(port).send('hello').connected();
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.same(record.texts, []);
    admit();
    await until(() => record.texts[0] === 'hello');
    client.destroy();
    await until(
      () => record.sockets[0]?.destroyed === true || record.sockets[0]?.readableEnded === true,
    );
    record.sockets[0]?.destroy();
  });

  t.test('a socket that is refused is not read', async (t) => {
    const port = await listen(
      t,
      (socket) => {
        socket.destroy();
        return undefined;
      },
      share,
    );
    await new RawClient(port).send('hello').over();
    t.pass('closed');
  });
}

t.test('a server that does not listen has nothing to share', async (t) => {
  const server = makeServer(OPTIONS, () => undefined);
  t.equal(
    shareReads(server, OPTIONS, () => undefined),
    false,
  );
  t.equal(READ_BUFFER, 65_536);
});
