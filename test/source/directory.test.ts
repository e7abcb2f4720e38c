/** What of a directory tree can be seen, and what is never opened. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import t from 'tap';
import { directory } from '../../lib/source/directory.js';
import type { ResourcePath } from '../../lib/source/source.js';
import { converse, request, requestBytes } from '../helpers/client.js';
import { canCountDescriptors, descriptors, descriptorsDownTo } from '../helpers/counts.js';
import { MIB, pattern } from '../helpers/files.js';
import { serve } from '../helpers/server.js';

/** Tests that count descriptors need a system that tells them. */
const COUNTING = { skip: !canCountDescriptors && 'this system does not tell its descriptors' };

t.test('hidden names', async (t) => {
  const root = t.testdir({
    '.secret': 'x',
    '.git': { config: 'x' },
    '.well-known': { 'security.txt': 'w', '.hidden': 'x', a: { '.b': 'x' } },
    '.well-known-not': 'x',
    folder: { '.secret': 'x', '.well-known': { a: 'x' }, 'index.html': 'f' },
    '..double': 'x',
    'a.b': 'visible',
  });
  const targets = [
    '/.secret',
    '/%2esecret',
    '/%2Esecret',
    '/.git/config',
    '/.git/',
    '/.git',
    '/%2egit/config',
    '/folder/.secret',
    '/folder/%2esecret',
    '/folder/.well-known/a',
    '/.well-known/.hidden',
    '/.well-known/a/.b',
    '/.well-known-not',
    '/..double',
    '/%2e%2edouble',
    '/folder/../.secret',
    '//.secret',
    '/./.secret',
  ];
  const { port } = await serve(t, root);
  for (const target of targets) t.equal((await request(port, target)).status, 404, target);
  t.equal((await request(port, '/.well-known/security.txt')).body.toString(), 'w');
  t.equal((await request(port, '/.well-known')).get('location'), '/.well-known/');
  t.equal((await request(port, '/a.b')).status, 200);

  const shown = await serve(t, root, { dotfiles: true });
  for (const target of targets) {
    const { status } = await request(shown.port, target);
    t.ok(status === 200 || status === 301 || target === '/.git/', `${target} ${status}`);
  }
});

t.test('symbolic links', async (t) => {
  const base = t.testdir({
    root: { 'a.txt': 'inside', folder: { 'b.txt': 'deep', 'index.html': 'index' } },
    'root-secret': { 'a.txt': 'secret' },
    'outside.txt': 'secret',
  });
  const root = path.join(base, 'root');
  const link = (name: string, target: string): void =>
    fs.symlinkSync(target, path.join(root, name));
  link('inside', 'a.txt');
  link('inside-absolute', path.join(root, 'a.txt'));
  link('inside-folder', 'folder');
  link('inside-twice', 'inside');
  link('out-and-in', '../root/a.txt');
  link('outside', '../outside.txt');
  link('outside-absolute', path.join(base, 'outside.txt'));
  link('sibling', '../root-secret');
  link('sibling-file', '../root-secret/a.txt');
  link('outside-twice', 'outside');
  link('up', '..');
  link('self', '.');
  link('dangling', 'nothing');
  link('loop', 'loop');
  link('loop-a', 'loop-b');
  link('loop-b', 'loop-a');
  link('system', '/etc/passwd');

  const inside = [
    ['/inside', 'inside'],
    ['/inside-absolute', 'inside'],
    ['/inside-twice', 'inside'],
    ['/out-and-in', 'inside'],
    ['/inside-folder/b.txt', 'deep'],
    ['/inside-folder/', 'index'],
    ['/self/a.txt', 'inside'],
    ['/self/self/a.txt', 'inside'],
  ] as const;
  const outside = [
    ['/outside', 'secret'],
    ['/outside-absolute', 'secret'],
    ['/outside-twice', 'secret'],
    ['/sibling/a.txt', 'secret'],
    ['/sibling-file', 'secret'],
    ['/up/outside.txt', 'secret'],
    ['/up/root-secret/a.txt', 'secret'],
  ] as const;
  const nowhere = ['/dangling', '/loop', '/loop-a', '/loop/x', '/dangling/x', '/a.txt/x'];

  const closed = await serve(t, root);
  const open = await serve(t, root, { symlinks: true });
  for (const [target, text] of inside) {
    for (const { port } of [closed, open]) {
      const response = await request(port, target);
      t.equal(response.body.toString(), text, target);
    }
  }
  for (const [target, text] of outside) {
    t.equal((await request(closed.port, target)).status, 404, target);
    t.equal((await request(open.port, target)).body.toString(), text, target);
  }
  t.equal((await request(closed.port, '/sibling')).status, 404, 'not even that it is a folder');
  t.equal((await request(closed.port, '/up/')).status, 404);
  t.equal((await request(closed.port, '/system')).status, 404);
  for (const target of nowhere) {
    for (const { port } of [closed, open])
      t.equal((await request(port, target)).status, 404, target);
  }

  await t.test('a root that is a link itself', async (t) => {
    fs.symlinkSync('root', path.join(base, 'alias'));
    const { port } = await serve(t, path.join(base, 'alias'));
    t.equal((await request(port, '/a.txt')).body.toString(), 'inside');
    t.equal((await request(port, '/outside')).status, 404);
  });

  await t.test('a root with a slash at its end', async (t) => {
    const { port } = await serve(t, `${root}/`);
    t.equal((await request(port, '/a.txt')).body.toString(), 'inside');
    t.equal((await request(port, '/sibling-file')).status, 404);
  });
});

t.test('traversal', async (t) => {
  const base = t.testdir({
    root: { 'a.txt': 'a' },
    'root-secret': { 'a.txt': 'secret' },
    secret: 'secret',
  });
  const { port } = await serve(t, path.join(base, 'root'));
  for (const target of [
    '/../secret',
    '/..%2fsecret',
    '/%2e%2e/secret',
    '/%2e%2e%2fsecret',
    '/.%2e/secret',
    '/..%5csecret',
    '/..\\secret',
    '/a/../../secret',
    '/%252e%252e/secret',
    '/..%c0%afsecret',
    '/%c0%ae%c0%ae/secret',
    '/..;/secret',
    '/.../secret',
    '/..%00/secret',
    '/a.txt%00.html',
    '/a.txt/../../secret',
    '//../secret',
    '/../root-secret/a.txt',
    '/C:/windows/win.ini',
    '/a.txt::$DATA',
    '/%ff',
    '/%zz',
    '/%',
    'http://a/../secret',
  ]) {
    const response = await request(port, target);
    t.ok(response.status === 400 || response.status === 404, `${target} ${response.status}`);
    t.notMatch(response.body.toString(), /^secret$/);
  }
});

t.test('what is no file is never opened', async (t) => {
  const root = t.testdir({ 'a.txt': 'a', index: {} });
  try {
    execFileSync('mkfifo', [path.join(root, 'fifo'), path.join(root, 'index', 'index.html')]);
  } catch {
    t.pass('named pipes', { skip: 'no mkfifo here' });
    return;
  }
  const socket = net.createServer();
  const short = fs.mkdtempSync('/tmp/sluice-');
  t.teardown(() => {
    socket.close();
    fs.rmSync(short, { recursive: true, force: true });
  });
  await new Promise<void>((resolve) => {
    socket.listen(path.join(short, 's'), resolve);
  });
  fs.symlinkSync(path.join(short, 's'), path.join(root, 'socket'));
  for (const device of ['zero', 'null', 'tty', 'stdin']) {
    fs.symlinkSync(`/dev/${device}`, path.join(root, device));
  }
  fs.symlinkSync('fifo', path.join(root, 'fifo-link'));
  const { port } = await serve(t, root, { symlinks: true });
  const targets = ['/fifo', '/fifo-link', '/index/', '/socket', '/zero', '/null', '/tty'];
  const started = performance.now();
  for (const target of targets) {
    for (const method of ['GET', 'HEAD']) {
      t.equal((await request(port, target, [], method)).status, 404, `${method} ${target}`);
    }
  }
  // More of them than the thread pool has threads: one that blocked would show now.
  await Promise.all(Array.from({ length: 32 }, () => request(port, '/fifo')));
  t.equal((await request(port, '/a.txt')).body.toString(), 'a');
  t.ok(performance.now() - started < 5000, 'nothing hangs');
});

t.test('roots that can not be served', async (t) => {
  const root = t.testdir({ file: 'x' });
  t.throws(() => directory(path.join(root, 'none')), /does not exist/);
  t.throws(() => directory(path.join(root, 'file')), /is a file/);
  t.throws(() => directory(path.join(root, 'file', 'x')), /can't be read|does not exist/);
});

t.test('no descriptor is left, whatever is opened', COUNTING, async (t) => {
  const root = t.testdir({ small: 'x', large: pattern(MIB + 1), folder: {} });
  const source = directory(root);
  const before = descriptors();
  for (let count = 0; count < 50; count++) {
    for (const name of ['/small', '/large', '/folder', '/none', '/']) {
      const opened = await source.open(name as ResourcePath);
      if (opened?.kind !== 'resource') continue;
      if (name === '/large' && count % 3 === 1) {
        const stream = opened.read();
        stream.on('error', () => {});
        stream.resume();
        stream.once('data', () => stream.destroy());
      }
      opened.close();
      opened.close();
    }
  }
  t.ok((await descriptorsDownTo(before)) <= before, 'no more than before');
});

t.test('a stream of a resource that was closed reads nothing', async (t) => {
  const root = t.testdir({ large: pattern(MIB + 1), other: pattern(MIB + 1, 2) });
  const source = directory(root);
  const opened = await source.open('/large' as ResourcePath);
  if (opened?.kind !== 'resource') throw new Error('not there');
  const early = opened.read();
  opened.close();
  const late = opened.read({ first: 0, last: 9 });
  // Takes the descriptor that has become free.
  const other = await source.open('/other' as ResourcePath);
  for (const stream of [early, late]) {
    await t.rejects(stream.toArray(), /closed/);
  }
  if (other?.kind === 'resource') other.close();
});

t.test('pipelined: file N+1 is not opened before N is written', COUNTING, async (t) => {
  const bytes = pattern(3 * MIB);
  const root = t.testdir({ large: bytes });
  const { port } = await serve(t, root);
  const before = descriptors();
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, descriptors());
  }, 1);
  const responses = await converse(
    port,
    requestBytes('/large').repeat(30) + requestBytes('/large', ['Connection: close']),
  );
  clearInterval(timer);
  t.equal(responses.length, 31);
  t.ok(responses.every(({ body }) => body.equals(bytes)));
  // Two sockets, the file under way, and one that is just being closed.
  t.ok(most <= before + 5, `${most - before} more than before`);
});
