/** The command under TLS: certificates of its own and from files, renewed, and refused by name. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { fingerprintOf, type TlsCredentials } from '../../lib/tls/credentials.js';
import { selfSigned } from '../../lib/tls/self-signed.js';
import { request, until } from '../helpers/client.js';
import { type Command, driveCompiled, run, start } from '../helpers/process.js';

driveCompiled();

/** A folder to serve, and one with a certificate. */
async function prepare(t: Test): Promise<{ root: string; files: string[]; made: TlsCredentials }> {
  const made = await selfSigned([]);
  const folder = t.testdir({
    site: { 'index.html': 'index' },
    'a.pem': made.cert,
    'a.key': made.key,
  });
  const files = ['--tls-cert', path.join(folder, 'a.pem'), '--ssl-key', path.join(folder, 'a.key')];
  return { root: path.join(folder, 'site'), files, made };
}

/** The fingerprint of what is shown at a port. */
async function shown(port: number): Promise<string> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

function said(command: Command, text: string): Promise<void> {
  return until(() => (command.stdout + command.stderr).includes(text), 10_000, `"${text}" is said`);
}

t.test('of its own', async (t) => {
  const { root } = await prepare(t);
  for (const workers of ['1', '2']) {
    const { command, port } = await start(t, root, ['--tls', '-w', workers]);
    const { url, fingerprint } = command.listening as { url: string; fingerprint: string };
    t.equal(url, `https://127.0.0.1:${port}/`);
    for (let round = 0; round < 4; round++) t.equal(await shown(port), fingerprint);
    command.signal('SIGTERM');
    t.match(await command.ended(), { code: 0, stderr: '' });
  }
});

t.test('from files, renewed by SIGHUP', { skip: process.platform === 'win32' }, async (t) => {
  for (const workers of ['1', '2']) {
    const { root, files, made } = await prepare(t);
    const [, cert, , key] = files as [string, string, string, string];
    const { command, port } = await start(t, root, [...files, '-w', workers]);
    t.notOk('fingerprint' in (command.listening as object), 'it is known already');
    t.equal(await shown(port), fingerprintOf(made));
    const trusting = { tls: { ca: made.cert } };
    t.equal((await request(port, '/', [], 'GET', trusting)).body.toString(), 'index');

    fs.writeFileSync(cert, 'broken');
    command.signal('SIGHUP');
    await said(command, `the certificate stays as it was: the certificate ${cert} is not in PEM`);
    t.equal(await shown(port), fingerprintOf(made));

    const other = await selfSigned([]);
    fs.writeFileSync(cert, other.cert);
    fs.writeFileSync(key, other.key);
    command.signal('SIGHUP');
    await said(command, '"renewed"');
    const expected = fingerprintOf(other);
    // Workers are told one after the other.
    for (let round = 0; round < 100 && (await shown(port)) !== expected; round++);
    for (let round = 0; round < 6; round++) t.equal(await shown(port), expected);
    if (workers === '2') {
      process.kill((command.listening as { pids: [number] }).pids[0], 'SIGKILL');
      await said(command, '"replaced"');
      for (let round = 0; round < 6; round++) t.equal(await shown(port), expected, 'a new worker');
    }
    command.signal('SIGTERM');
    t.match(await command.ended(), { code: 0 });
  }
});

t.test('--secure: browsers come back by TLS where that will last', async (t) => {
  const { root, files } = await prepare(t);
  const site = await selfSigned(['files.example']);
  const [cert, key] = [path.join(root, '../b.pem'), path.join(root, '../b.key')];
  fs.writeFileSync(cert, site.cert);
  fs.writeFileSync(key, site.key);
  const named = ['--tls-cert', cert, '--tls-key', key];
  const own = ['--header', 'Strict-Transport-Security: max-age=0'];
  for (const [args, expected] of [
    [['--secure', ...named], 'max-age=63072000'],
    [['--secure', ...named, '-w', '2'], 'max-age=63072000'],
    [['--secure', ...named, ...own], 'max-age=0'],
    [named, undefined],
    [['--secure', ...files], undefined],
    [['--secure', '--tls'], undefined],
  ] as const) {
    const { port } = await start(t, root, [...args]);
    const answer = await request(port, '/', [], 'GET', { tls: { rejectUnauthorized: false } });
    t.equal(answer.status, 200);
    t.equal(answer.get('strict-transport-security'), expected, args.join(' '));
    t.equal(answer.get('x-frame-options'), args[0] === '--secure' ? 'SAMEORIGIN' : undefined);
  }
  const { port } = await start(t, root, ['--secure']);
  t.equal((await request(port, '/')).get('strict-transport-security'), undefined);
});

t.test('for people', async (t) => {
  const { root, files } = await prepare(t);
  const { command } = await start(t, root, files);
  t.notMatch(command.stdout, 'vouches');
  for (const [args, expected] of [
    [['--tls-cert', 'none.pem', '--tls-key', 'x'], /the certificate none\.pem can't be read/],
    [[...files.slice(0, 3), files[1] as string], /the key \S+a\.pem is not in PEM/],
    [['--tls-cert', 'a.pem'], /--tls-cert needs --tls-key/],
  ] as const) {
    const outcome = await run([root, '--port', '0', ...args]);
    t.match(outcome, { code: 1, stdout: '', stderr: expected });
    t.match(outcome.stderr, /^serve: [^\n]+\n$/, 'one line');
  }
});

t.test('real clients', async (t) => {
  const { root, files, made } = await prepare(t);
  fs.writeFileSync(path.join(root, 'large'), Buffer.alloc(5_000_000, 'x'));
  const { port } = await start(t, root, files);
  const ca = files[1] as string;
  const has = (program: string): boolean => {
    try {
      execFileSync(program, [program === 'curl' ? '--version' : 'version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  t.test('curl', { skip: !has('curl') && 'no curl here' }, async (t) => {
    const curl = (...args: string[]): string =>
      execFileSync('curl', ['-s', '--max-time', '20', ...args], {
        maxBuffer: 10_000_000,
      }).toString();
    t.equal(curl('-k', `https://127.0.0.1:${port}/`), 'index');
    t.equal(curl('--cacert', ca, `https://127.0.0.1:${port}/large`).length, 5_000_000);
    const there = ['--cacert', ca, '--resolve', `localhost:${port}:127.0.0.1`];
    t.equal(curl(...there, `https://localhost:${port}/`), 'index');
    t.equal(curl(...there, '--http1.0', `https://localhost:${port}/large`).length, 5_000_000);
    t.equal(curl(...there, '-r', '5-9', `https://localhost:${port}/large`), 'xxxxx');
    t.equal(
      curl(
        ...there,
        '--http2',
        '-w',
        '%{http_version}',
        '-o',
        '/dev/null',
        `https://localhost:${port}/`,
      ),
      '1.1',
    );
    t.match(curl(`http://127.0.0.1:${port}/`), /This port speaks TLS/);
  });
  t.test('openssl', { skip: !has('openssl') && 'no openssl here' }, async (t) => {
    const answer = execFileSync(
      'openssl',
      [
        's_client',
        '-quiet',
        '-verify_return_error',
        '-CAfile',
        ca,
        '-connect',
        `127.0.0.1:${port}`,
      ],
      {
        input: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    ).toString();
    t.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*index$/);
  });
  t.ok(made.cert);
});
