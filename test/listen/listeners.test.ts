/** A server at several places: ports that move, unix sockets of the living and the dead, all or none. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { type Endpoint, MOST_SOCKET_PATH } from '../../lib/listen/endpoint.js';
import { MOST_PORTS } from '../../lib/listen/listeners.js';
import type { ServerOptions } from '../../lib/server/options.js';
import { createServer, type Server } from '../../lib/server/server.js';
import { RawClient, request, requestBytes, until } from '../helpers/client.js';
import { permissionsHold } from '../helpers/files.js';

const HOST = '127.0.0.1';
const UNIX = { skip: process.platform === 'win32' && 'no unix sockets here' };

function make(options: Omit<ServerOptions, 'handler'>): Server {
  const handler = () => ({ status: 200, fields: [], body: Buffer.from('yes') });
  return createServer({ handler, ...options });
}

async function started(t: Test, options: Omit<ServerOptions, 'handler'>): Promise<Server> {
  const server = make(options);
  t.teardown(() => server.close(0));
  await server.listen();
  return server;
}

function at(...listen: Endpoint[]): { listen: readonly Endpoint[] } {
  return { listen };
}

/** Short: the path of a test's own folder may be longer than a socket's may be. */
function folder(t: Test): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'socket-'));
  t.teardown(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A port of which this process holds `count` from there on. */
async function block(t: Test, count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const held: net.Server[] = [];
    const first = 20_000 + Math.floor(Math.random() * 20_000);
    const isFree = await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const server = net.createServer();
        held.push(server);
        return new Promise<boolean>((resolve) => {
          server.once('error', () => resolve(false));
          server.listen(first + index, HOST, () => resolve(true));
        });
      }),
    );
    const free = (): void => {
      for (const server of held) server.close();
    };
    if (isFree.every(Boolean)) {
      t.teardown(free);
      return first;
    }
    free();
  }
  throw new Error('no ports in a row are free');
}

t.test('several places, one server', UNIX, async (t) => {
  const file = path.join(folder(t), 'a.sock');
  const server = make({
    ...at({ host: HOST, port: 0 }, { path: file }, { host: HOST, port: 0 }),
    limits: { connections: 2 },
  });
  const first = await server.listen();
  t.teardown(() => server.close(0));
  t.equal(server.addresses.length, 3);
  t.equal(server.addresses[0], first);
  const [one, socket, other] = server.addresses;
  t.match(socket, { host: '', port: 0, url: `unix:${file}` });
  t.not(one?.port, other?.port);
  for (const place of [one?.port as number, file, other?.port as number]) {
    t.equal((await request(place, '/')).body.toString(), 'yes');
  }
  await until(() => server.connections === 0);

  const clients = [await new RawClient(one?.port as number).connected(), new RawClient(file)];
  await until(() => server.connections === 2);
  t.equal((await request(other?.port as number, '/')).status, 503, 'limits hold over all');
  clients[1]?.send(requestBytes('/'));
  await clients[1]?.has(1);
  const closed = server.close(5000);
  t.same(await closed, { cut: 0 });
  t.notOk(fs.existsSync(file), 'its file is gone');
  for (const place of [one?.port as number, file, other?.port as number]) {
    await t.rejects(new RawClient(place).connected());
  }
});

t.test('connections over a unix socket have no address to be counted by', UNIX, async (t) => {
  const file = path.join(folder(t), 'a.sock');
  const server = await started(t, { ...at({ path: file }), limits: { connectionsPerAddress: 1 } });
  const clients = [1, 2, 3].map(() => new RawClient(file).send(requestBytes('/')));
  for (const client of clients) t.equal((await client.head()).status, 200);
  t.equal(server.connections, 3);
  for (const client of clients) client.destroy();
});

t.test('all or none', async (t) => {
  const taken = await block(t, 1);
  const free = await block(t, 1);
  const server = make(at({ host: HOST, port: 0 }, { host: HOST, port: taken }));
  await t.rejects(server.listen(), { code: 'EADDRINUSE', port: taken });
  t.same(server.addresses, []);
  t.same(await server.close(0), { cut: 0 });
  t.ok(free !== taken);
});

t.test('closed while it begins', async (t) => {
  const server = make(at({ host: HOST, port: 0 }, { host: HOST, port: 0 }));
  const listening = server.listen();
  const closed = server.close(0);
  await t.rejects(listening, { message: 'closed before it listened' });
  await closed;
  await t.rejects(server.listen(), { message: 'closed before it listened' });
});

t.test('listening again after a failure', async (t) => {
  const taken = net.createServer();
  taken.listen(0, HOST);
  await once(taken, 'listening');
  const { port } = taken.address() as net.AddressInfo;
  const server = make({ port });
  t.teardown(() => server.close(0));
  await t.rejects(server.listen(), { code: 'EADDRINUSE' });
  taken.close();
  await once(taken, 'close');
  t.equal((await server.listen()).port, port);
  await t.rejects(server.listen(), { message: 'listen was called before' });
});

t.test('a port that moves', async (t) => {
  await t.test('past those in use', async (t) => {
    const port = await block(t, 3);
    const server = await started(t, { port, movePort: true });
    t.ok((server.addresses[0]?.port as number) >= port + 3);
  });
  await t.test('but not for ever', async (t) => {
    const port = await block(t, MOST_PORTS);
    await t.rejects(make({ port, movePort: true }).listen(), { code: 'EADDRINUSE' });
  });
  await t.test('nor where that was not asked for', async (t) => {
    const port = await block(t, 1);
    await t.rejects(make({ port }).listen(), { code: 'EADDRINUSE', port });
  });
  await t.test('nor for any other reason', async (t) => {
    const server = make({ host: '192.0.2.1', port: 1024, movePort: true });
    await t.rejects(server.listen(), { code: 'EADDRNOTAVAIL', port: 1024 });
  });
});

t.test('the file of a unix socket', UNIX, async (t) => {
  await t.test('of a dead server is taken over', async (t) => {
    const file = path.join(folder(t), 'a.sock');
    const code = `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', code]), 'close');
    t.ok(fs.lstatSync(file).isSocket(), 'it was left behind');
    await started(t, at({ path: file }));
    t.equal((await request(file, '/')).status, 200);
  });
  await t.test('of a living one is left alone', async (t) => {
    const file = path.join(folder(t), 'a.sock');
    await started(t, at({ path: file }));
    await t.rejects(make(at({ path: file })).listen(), {
      message: `the socket ${file} is in use by another server; name another path`,
    });
    t.equal((await request(file, '/')).status, 200);
  });
  await t.test('what is no socket is left alone', async (t) => {
    const here = folder(t);
    const file = path.join(here, 'file');
    fs.writeFileSync(file, 'precious');
    const link = path.join(here, 'link');
    fs.symlinkSync(file, link);
    for (const name of [file, link, here]) {
      await t.rejects(make(at({ path: name })).listen(), { message: /is there and is no socket/ });
    }
    t.equal(fs.readFileSync(file, 'utf8'), 'precious');
  });
  await t.test('a path that is too long', async (t) => {
    const here = folder(t);
    const longest = path.join(here, 'x'.repeat(MOST_SOCKET_PATH - here.length - 1));
    t.equal(longest.length, MOST_SOCKET_PATH);
    await started(t, at({ path: longest }));
    t.ok(fs.existsSync(longest), 'it is not cut');
    await t.rejects(make(at({ path: `${longest}x` })).listen(), { message: /longer than the 103/ });
  });
  await t.test('a folder that is none', async (t) => {
    const here = folder(t);
    fs.writeFileSync(path.join(here, 'file'), '');
    await t.rejects(make(at({ path: path.join(here, 'no/a.sock') })).listen(), {
      message: /there is no folder/,
    });
    await t.rejects(make(at({ path: path.join(here, 'file/a.sock') })).listen(), {
      message: /there is no folder/,
    });
  });
  await t.test('a folder that may not be written', { skip: !permissionsHold }, async (t) => {
    const here = folder(t);
    fs.chmodSync(here, 0o500);
    await t.rejects(make(at({ path: path.join(here, 'a.sock') })).listen(), {
      message: /by this user/,
    });
  });
});

t.test('a descriptor that is no listening socket', UNIX, async (t) => {
  const file = fs.openSync(path.join(folder(t), 'file'), 'w');
  t.teardown(() => fs.closeSync(file));
  await t.rejects(make(at({ fd: file })).listen(), {
    message: new RegExp(`^descriptor ${file} is no socket that listens`),
  });
});
