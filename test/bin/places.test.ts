/** Where the command listens: --listen, the environment, sockets that are handed over. */
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { request, until } from '../helpers/client.js';
import { Command, run, type StartOptions } from '../helpers/process.js';
import { takenPort } from '../helpers/server.js';

const UNIX = { skip: process.platform === 'win32' && 'no unix sockets here' };

/** The command once it serves. */
async function serving(t: Test, args: readonly string[], options?: StartOptions): Promise<Command> {
  const root = t.testdir({ 'index.html': 'index' });
  const command = new Command([root, '--json', ...args], options);
  t.teardown(async () => {
    if (command.running) command.signal('SIGKILL');
    await command.ended();
  });
  await until(() => command.events.length > 0 || !command.running, 20_000, 'it says something');
  return command;
}

/** A listening socket of this process, with its descriptor. */
async function listening(t: Test, where: net.ListenOptions): Promise<[net.Server, number]> {
  const server = net.createServer((socket) => socket.destroy());
  server.listen(where);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return [server, (server as unknown as { _handle: { fd: number } })._handle.fd];
}

t.test('several places', UNIX, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'places-'));
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'a.sock');
  for (const workers of ['1', '2']) {
    const command = await serving(t, ['-w', workers, '-l', '0', '--listen', `unix:${file}`]);
    const [said] = command.events as [{ url: string; urls: string[]; port: number }];
    t.same(said.urls, [`http://127.0.0.1:${said.port}/`, `unix:${file}`]);
    t.equal(said.url, said.urls[0]);
    t.equal((await request(said.port, '/')).body.toString(), 'index');
    t.equal((await request(file, '/')).body.toString(), 'index');
    command.signal('SIGTERM');
    t.match(await command.ended(), { code: 0, stderr: '' });
    t.notOk(fs.existsSync(file), `removed at the end with ${workers}`);
  }
});

t.test('the banner names all', async (t) => {
  const root = t.testdir({});
  const command = new Command([root, '-l', '0', '-l', '0']);
  t.teardown(() => command.signal('SIGKILL'));
  await until(() => command.stdout.includes('Ctrl-C'));
  t.equal(command.stdout.match(/http:\/\/127\.0\.0\.1:\d+\//g)?.length, 2);
  command.signal('SIGTERM');
  await command.ended();
});

t.test('the environment', async (t) => {
  const port = await takenPort(t);
  const root = t.testdir({});
  const taken = await run([root], { env: { PORT: `${port}` } });
  t.match(taken, { code: 1, stderr: `serve: port ${port} is in use` }, 'PORT names a port');
  t.match(await run([root], { env: { PORT: 'x' } }), {
    code: 1,
    stderr: /^serve: PORT: port x can't be used/,
  });
  const host = await serving(t, ['--port', '0'], { env: { PORT: `${port}`, HOST: '127.0.0.2' } });
  t.match(host.events[0], { url: /^http:\/\/127\.0\.0\.2:/ }, 'an option goes before PORT');
  const listen = await serving(t, ['-l', '0'], { env: { PORT: `${port}` } });
  t.ok(listen.running, 'and so does --listen');
  const empty = await serving(t, ['--port', '0'], { env: { PORT: '', HOST: '' } });
  t.match(empty.events[0], { url: /^http:\/\/127\.0\.0\.1:/ });
});

t.test('the port moves where none was named', async (t) => {
  const root = t.testdir({});
  const first = await serving(t, []);
  const second = await serving(t, []);
  const [one, other] = [first.events[0]?.port, second.events[0]?.port] as [number, number];
  t.ok(one >= 8080 && other > one, `${one}, ${other}`);
  const still = await run([root, '--no-port-switching']);
  t.match(still, { code: 1, stderr: 'port 8080 is in use' }, 'or not, where that is said');
  t.match(await run([root, '--port', `${one}`]), { code: 1, stderr: `port ${one} is in use` });
});

t.test('sockets that are handed over', UNIX, async (t) => {
  const [server, fd] = await listening(t, { port: 0, host: '127.0.0.1' });
  const { port } = server.address() as net.AddressInfo;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'places-'));
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'a.sock');
  const [, other] = await listening(t, { path: file });
  // PORT is that of a port in use: it is not asked.
  const env = { PORT: `${port}` };
  const command = await serving(t, [], { sockets: [fd, other], env });
  t.match(command.events[0], {
    port,
    urls: [`http://127.0.0.1:${port}/`, process.platform === 'linux' ? `unix:${file}` : 'fd:4'],
  });
  // This process has the sockets, too, and drops what it accepts: some of a few get to the command.
  for (const place of [port, file]) {
    let answered = false;
    for (let attempt = 0; attempt < 200 && !answered; attempt++) {
      const response = await request(place, '/').catch(() => undefined);
      answered = response?.body.toString() === 'index';
    }
    t.ok(answered, `served at ${place}`);
  }
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, stderr: '' });

  const root = t.testdir({});
  for (const [args, expected] of [
    [['--port', '1'], /--port names a place, and sockets were handed over/],
    [['-l', '1'], /--listen names a place/],
    [['-w', '2'], /workers can not share sockets that were handed over/],
  ] as const) {
    t.match(await run([root, ...args], { sockets: [fd] }), { code: 1, stderr: expected });
  }
  const log = fs.openSync(path.join(folder, 'log'), 'w');
  t.teardown(() => fs.closeSync(log));
  t.match(await run([root], { sockets: [log] }), { code: 1, stderr: /descriptor 3 is no socket/ });
});
