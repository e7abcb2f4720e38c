/** The server under TLS: the same answers, and what a handshake may cost. */
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import type { ServeDirectoryOptions } from '../../lib/compose.js';
import { fingerprintOf } from '../../lib/tls/credentials.js';
import { selfSigned } from '../../lib/tls/self-signed.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { canCountDescriptors, descriptorsOn, resources } from '../helpers/counts.js';
import { MIB, pattern } from '../helpers/files.js';
import { serve } from '../helpers/server.js';

const credentials = await selfSigned([]);
const trusting: tls.ConnectionOptions = { ca: credentials.cert };
const LARGE = pattern(24 * MIB);
const MIDDLE = pattern(MIB - 5);

function site(t: Test): string {
  return t.testdir({ 'small.txt': 'small', 'middle.bin': MIDDLE, 'large.bin': LARGE });
}

function secure(t: Test, root: string, options: ServeDirectoryOptions = {}) {
  return serve(t, root, { tls: credentials, ...options });
}

function client(port: number, paused = false): RawClient {
  return new RawClient(port, { tls: trusting, paused });
}

function get(port: number, target: string, fields: readonly string[] = [], method = 'GET') {
  return request(port, target, fields, method, { tls: trusting });
}

t.test('the same answers', async (t) => {
  const root = site(t);
  const { port, server } = await secure(t, root);
  t.equal(server.addresses[0]?.url, `https://127.0.0.1:${port}/`);
  for (let round = 0; round < 2; round++) {
    t.equal((await get(port, '/small.txt')).body.toString(), 'small');
    t.ok((await get(port, '/middle.bin')).body.equals(MIDDLE));
    t.ok((await get(port, '/large.bin')).body.equals(LARGE));
  }
  const part = await get(port, '/large.bin', ['Range: bytes=1000000-9999999']);
  t.equal(part.status, 206);
  t.ok(part.body.equals(LARGE.subarray(1_000_000, 10_000_000)));
  const small = await get(port, '/large.bin', ['Range: bytes=70000-119999']);
  t.ok(small.body.equals(LARGE.subarray(70_000, 120_000)), 'a range in memory of its own');
  const head = await get(port, '/middle.bin', [], 'HEAD');
  t.equal(head.get('content-length'), `${MIDDLE.length}`);
  t.equal(head.body.length, 0);
  t.equal((await get(port, '/none')).status, 404);
});

t.test('pipelined, and after one another', async (t) => {
  const { port } = await secure(t, site(t));
  const connection = client(port);
  const targets = ['/small.txt', '/middle.bin', '/large.bin', '/middle.bin', '/small.txt'];
  const requests = targets.map((target) => requestBytes(target));
  connection.send(requests.join('')).send(requestBytes('/small.txt', ['Connection: close']));
  const answers = await connection.responses([], 20_000);
  t.same(
    answers.map(({ body }) => body.length),
    [5, MIDDLE.length, LARGE.length, MIDDLE.length, 5, 5],
  );
  t.ok(answers[3]?.body.equals(MIDDLE));
});

t.test('many small ranges at once: their memory is not used again too early', async (t) => {
  const { port } = await secure(t, site(t));
  const firsts = Array.from({ length: 60 }, (_, index) => index * 300_000);
  await Promise.all(
    firsts.map(async (first) => {
      const range = `Range: bytes=${first}-${first + 59_999}`;
      const { body } = await get(port, '/large.bin', [range]);
      t.ok(body.equals(LARGE.subarray(first, first + 60_000)), `from ${first}`);
    }),
  );
});

t.test('the end is told, so that nothing can be cut off unseen', async (t) => {
  const { port } = await secure(t, site(t));
  const connection = client(port);
  connection.send(requestBytes('/small.txt', ['Connection: close']));
  t.equal(await connection.over(), 'end');
  t.equal(connection.error, undefined);
});

t.test('a client that has ended its side gets its answer', async (t) => {
  const { port } = await secure(t, site(t));
  const connection = new RawClient(port, { tls: trusting, closeOnEnd: false });
  connection.finish(requestBytes('/large.bin'));
  t.ok((await connection.responses())[0]?.body.equals(LARGE));
  connection.destroy();
});

t.test('versions and protocols', async (t) => {
  const { port } = await secure(t, site(t));
  const shake = (options: tls.ConnectionOptions): Promise<string> =>
    new Promise((resolve) => {
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ...trusting,
        ...options,
      });
      socket.once('secureConnect', () => {
        resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`);
        socket.destroy();
      });
      socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)));
    });
  t.equal(await shake({}), 'TLSv1.3 false');
  t.equal(await shake({ maxVersion: 'TLSv1.2' }), 'TLSv1.2 false');
  t.match(
    await shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
    /^E/,
  );
  t.equal(await shake({ ALPNProtocols: ['h2', 'http/1.1'] }), 'TLSv1.3 http/1.1');
  t.equal(await shake({ ALPNProtocols: ['h2'] }), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
});

t.test('HTTP without TLS is told so', async (t) => {
  const { port, server } = await secure(t, site(t));
  const plain = await request(port, '/small.txt');
  t.equal(plain.status, 400);
  t.equal(
    plain.body.toString(),
    '400 Bad Request\nThis port speaks TLS, and its address begins with https.\n',
  );
  const noise = new RawClient(port).send('\x16\x03\x01\xff\xff'.repeat(20));
  await noise.over();
  t.notMatch(noise.received.toString('latin1'), 'HTTP/1.1');
  await until(() => server.connections === 0);
});

t.test('a handshake that takes too long', async (t) => {
  const { port, server } = await secure(t, site(t), { timeouts: { handshake: 300 } });
  const silent = await new RawClient(port).connected();
  const slow = new RawClient(port).send('\x16\x03\x01');
  await until(() => server.connections === 2);
  await Promise.all([silent.gone(5000), slow.gone(5000)]);
  await until(() => server.connections === 0);
  const kept = client(port);
  kept.send(requestBytes('/small.txt'));
  await kept.head();
  await pause(600);
  kept.send(requestBytes('/small.txt', ['Connection: close']));
  t.equal((await kept.responses()).length, 2, 'what has shaken hands has time');
});

t.test('connections are counted before they shake hands', async (t) => {
  const { port, server } = await secure(t, site(t), { limits: { connections: 2 } });
  const silent = [await new RawClient(port).connected(), await new RawClient(port).connected()];
  await until(() => server.connections === 2);
  const third = client(port);
  await third.over();
  t.equal(third.length, 0, 'no handshake for those who may not stay');
  for (const each of silent) each.destroy();
  await until(() => server.connections === 0);
  t.equal((await get(port, '/small.txt')).status, 200, 'and let go of');
  const [one, other] = [client(port), client(port)];
  for (const each of [one, other]) each.send(requestBytes('/small.txt'));
  await Promise.all([one.head(), other.head()]);
  const next = client(port).send(requestBytes('/small.txt'));
  await next.over();
  t.equal(next.length, 0, 'those that have shaken hands count once');
  one.destroy();
  other.destroy();
  await until(() => server.connections === 0);
});

t.test('closing', async (t) => {
  const { port, server } = await secure(t, site(t));
  const silent = await new RawClient(port).connected();
  const idle = client(port).send(requestBytes('/small.txt'));
  await idle.head();
  const loading = client(port, true).send(requestBytes('/large.bin'));
  await until(() => server.exchanges().length === 1 && server.connections === 3);
  t.equal(server.exchanges()[0]?.remote, '127.0.0.1');
  const closed = server.close(10_000);
  await silent.gone(2000);
  t.equal(await idle.over(2000), 'end');
  loading.resume();
  t.equal((await loading.responses())[0]?.body.length, LARGE.length);
  t.same(await closed, { cut: 0 });
});

t.test('a client that takes nothing is given up', async (t) => {
  const { port, server } = await secure(t, site(t), { timeouts: { stall: 400 } });
  const stalled = client(port, true).send(requestBytes('/large.bin'));
  await until(() => server.exchanges().length === 1);
  await until(() => server.connections === 0, 10_000, 'it is given up');
  stalled.destroy();
});

t.test('a slow one is not', async (t) => {
  const { port } = await secure(t, site(t), { timeouts: { stall: 1000 } });
  const slow = client(port, true).send(requestBytes('/large.bin', ['Connection: close']));
  for (let round = 0; round < 20 && !slow.ended; round++) {
    slow.resume();
    await pause(20);
    slow.socket.pause();
    await pause(150);
  }
  slow.resume();
  t.equal((await slow.responses())[0]?.body.length, LARGE.length);
});

t.test('nothing is left', { skip: !canCountDescriptors && 'no /proc here' }, async (t) => {
  const root = site(t);
  const { port, server } = await secure(t, root, {
    // With Node 24 a client that goes amid a write is now and then noticed by its stall alone.
    timeouts: { linger: 200, stall: 2000 },
  });
  await get(port, '/small.txt');
  await until(() => server.connections === 0);
  for (let round = 0; round < 10; round++) {
    const clients = Array.from({ length: 20 }, (_, index) =>
      index % 5 === 4 ? new RawClient(port).send('\x16\x03') : client(port, index % 2 === 0),
    );
    for (const [index, each] of clients.entries()) {
      if (index % 5 !== 4) each.send(requestBytes(index % 3 === 0 ? '/middle.bin' : '/large.bin'));
    }
    if (round % 2 === 0) await pause(100);
    for (const [index, each] of clients.entries()) {
      if (index % 2 === 0) each.destroy();
      else each.reset();
    }
  }
  await until(() => server.connections === 0);
  await until(() => resources('TCPSocketWrap') === 0 && resources('TLSWrap') === 0);
  await until(() => descriptorsOn(root) === 0);
  t.ok(true);
});

t.test('another certificate', async (t) => {
  const { port, server } = await secure(t, site(t));
  const shown = async (): Promise<string> => {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };
  t.equal(await shown(), fingerprintOf(credentials));
  const kept = client(port).send(requestBytes('/small.txt'));
  await kept.head();
  const other = await selfSigned([]);
  t.throws(() => server.setSecureContext({ ...other, key: credentials.key }), {
    message: /is not that of the key/,
  });
  t.equal(await shown(), fingerprintOf(credentials), 'what is broken changes nothing');
  server.setSecureContext(other);
  t.equal(await shown(), fingerprintOf(other));
  kept.send(requestBytes('/small.txt', ['Connection: close']));
  t.equal((await kept.responses()).length, 2, 'connections live on');
  const { server: without } = await serve(t, site(t));
  t.throws(() => without.setSecureContext(other), { message: /does not speak TLS/ });
});

t.test('a certificate that can not be used: nothing listens', async (t) => {
  const other = await selfSigned([]);
  const root = site(t);
  const start = serve(t, root, { tls: { ...other, key: credentials.key } });
  await t.rejects(start, { message: /is not that of the key/ });
});

t.test('over a unix socket', { skip: process.platform === 'win32' }, async (t) => {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync('/tmp'), 'secure-'));
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'a.sock');
  await secure(t, site(t), { listen: [{ path: file }] });
  const answer = await request(file, '/small.txt', [], 'GET', { tls: trusting });
  t.equal(answer.body.toString(), 'small');
});
