/** Who a client is, and what becomes of requests of which nobody can tell that any more. */
import fs from 'node:fs';
import type { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { exchangeChannel } from '../../lib/observe/channels.js';
import { Entrance } from '../../lib/server/entrance.js';
import type { ServerOptions } from '../../lib/server/options.js';
import { isLocal, Peer, setLocal, UNKNOWN } from '../../lib/server/peer.js';
import { Room } from '../../lib/server/room.js';
import type { Handler } from '../../lib/site/handler.js';
import { RawClient, request, requestBytes, until } from '../helpers/client.js';
import { serveHandler } from '../helpers/server.js';

t.test('asked once, and only when somebody wants to know', async (t) => {
  let asked = 0;
  const socketOf = (address: string | undefined): Socket =>
    ({
      get remoteAddress() {
        asked++;
        return address;
      },
    }) as unknown as Socket;
  const peer = new Peer(socketOf('192.0.2.1'));
  t.equal(asked, 0);
  t.ok(peer.isKnown);
  t.equal(peer.address, '192.0.2.1');
  t.equal(asked, 1);
  const gone = new Peer(socketOf(undefined));
  t.notOk(gone.isKnown);
  t.equal(gone.address, UNKNOWN);
  const socket = socketOf(undefined);
  setLocal(socket);
  t.ok(isLocal(socket));
  const local = new Peer(socket);
  t.ok(local.isKnown);
  t.equal(local.address, '');
});

/** The clients of which a handler has heard. */
async function hearing(
  t: Test,
  options: Omit<ServerOptions, 'handler'>,
): Promise<{ port: number; heard: string[]; connections: () => number }> {
  const heard: string[] = [];
  const handler: Handler = (_, { remote }) => {
    heard.push(remote);
    return { status: 200, fields: [], body: Buffer.from('a') };
  };
  const { port, server } = await serveHandler(t, handler, options);
  return { port, heard, connections: () => server.connections };
}

/** Sends a request and resets the connection before anybody can have read it. */
async function sendAndReset(port: number, connections: () => number): Promise<void> {
  const client = await new RawClient(port).connected();
  await until(() => connections() === 1, 10_000, 'it is accepted');
  client.send(requestBytes('/'));
  client.reset();
  await until(() => connections() === 0, 10_000, 'its end is seen');
}

t.test('who sends and resets at once is nobody: its requests are not handled', async (t) => {
  const told: unknown[] = [];
  const note = (event: unknown): unknown => told.push(event);
  for (const options of [
    { limits: { requestsPerSecond: 1000 } },
    { asksAddresses: true },
    { logs: true },
  ] as (Omit<ServerOptions, 'handler'> & { logs?: boolean })[]) {
    const { port, heard, connections } = await hearing(t, options);
    if (options.logs) exchangeChannel.subscribe(note);
    for (let round = 0; round < 5; round++) await sendAndReset(port, connections);
    t.same(heard, [], Object.keys(options).join());
    t.same(told, []);
    t.equal((await request(port, '/')).status, 200);
    t.same(heard, ['127.0.0.1']);
  }
  t.match(told, [{ remote: '127.0.0.1' }]);
  exchangeChannel.unsubscribe(note);
});

// Elsewhere what was sent may be gone with the connection.
const onLinux = { skip: process.platform !== 'linux' };

t.test('a handler that nobody said this of is told that it is nobody', onLinux, async (t) => {
  const { port, heard, connections } = await hearing(t, {});
  await sendAndReset(port, connections);
  t.same(heard, [UNKNOWN]);
});

t.test('over a unix socket there is no address, and no limit', async (t) => {
  if (process.platform === 'win32') return;
  // Of a name short enough for a socket.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'peer-'));
  t.teardown(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 's');
  const limits = { requestsPerSecond: 1, connectionsPerAddress: 1 };
  const heard: string[] = [];
  const handler: Handler = (_, { remote }) => {
    heard.push(remote);
    return { status: 200, fields: [], body: undefined };
  };
  await serveHandler(t, handler, { listen: [{ path: file }], limits });
  for (let round = 0; round < 3; round++) t.equal((await request(file, '/')).status, 200);
  t.same(heard, ['', '', '']);
});

t.test('who was reset before it was accepted is not let in where addresses count', async (t) => {
  const limits = { connections: 0, connectionsPerAddress: 2 };
  const taken: unknown[] = [];
  const owner = {
    take: (socket: Socket, refused: boolean) => {
      taken.push([socket.remoteAddress, refused]);
      return undefined;
    },
    gone: () => {},
  };
  const enter = (limit: number, addresses: readonly (string | undefined)[]): Entrance => {
    taken.length = 0;
    const room = new Room({ ...limits, connectionsPerAddress: limit }, undefined);
    const entrance = new Entrance(room, owner);
    for (const remoteAddress of addresses) {
      let destroyed = false;
      const socket = {
        remoteAddress,
        destroy: () => {
          destroyed = true;
        },
      } as unknown as Socket;
      entrance.accept(socket);
      t.equal(destroyed, limit > 0 && remoteAddress === undefined);
    }
    return entrance;
  };
  t.equal(enter(2, [undefined, '192.0.2.1']).dropped, 1);
  t.same(taken, [['192.0.2.1', false]]);
  t.equal(enter(0, [undefined]).dropped, 0);
  t.same(taken, [[undefined, false]]);
  enter(2, ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1']);
  t.same(
    taken,
    [
      ['2001:db8::1', false],
      ['2001:db8::2', false],
      ['2001:db8::3', true],
      ['2001:db8:0:1::1', false],
    ],
    'IPv6 clients count by network',
  );
});

t.test('a network is left as it was entered', async (t) => {
  const room = new Room({ connections: 0, connectionsPerAddress: 1 }, undefined);
  t.equal(room.enter('2001:db8::1'), true);
  t.equal(room.enter('2001:db8::2'), false);
  room.leave('2001:db8::1');
  t.equal(room.enter('2001:db8::2'), true);
});
