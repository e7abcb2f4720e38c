/** Decoded files as clients get them: fields, ranges, conditions, what is cut off, and what the log has of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { type ErrorEvent, errorChannel } from '../../lib/observe/channels.js';
import { createFileHandler } from '../../lib/site/file-handler.js';
import { loadRules } from '../../lib/site/rules/load.js';
import { UNTOUCHED } from '../../lib/source/blte.js';
import { decoding } from '../../lib/source/decoding.js';
import { SETTLE_MS } from '../../lib/source/file.js';
import type { ResourcePath } from '../../lib/source/source.js';
import {
  deflated,
  encrypted,
  file,
  KEYS,
  lz4,
  type Made,
  plain,
  prose,
  singleFile,
} from '../helpers/blte.js';
import { RawClient, request, requestBytes, until } from '../helpers/client.js';
import { canCountDescriptors, descriptorsOn } from '../helpers/counts.js';
import { sha256 } from '../helpers/files.js';
import { run, start } from '../helpers/process.js';
import { random } from '../helpers/random.js';
import { RemoteSource } from '../helpers/remote-source.js';
import { serve, serveHandler } from '../helpers/server.js';

const FIXTURES = 'test/blte/fixtures';
const NAMES = ['wow_classic_cbd15a9f67c4d28d', 'wow_classic_era_04ca19154f0c48b1'];

/** Chunks of 60,000 octets, plain and compressed in turn. */
function chunked(size: number, seed = 1): Made {
  const content = prose(size, random(seed));
  const parts = Array.from({ length: Math.ceil(size / 60_000) }, (_, index) =>
    content.subarray(index * 60_000, (index + 1) * 60_000),
  );
  return file(parts.map((part, index) => (index % 2 === 0 ? plain(part) : deflated(part))));
}

/** What is told of failures while a test runs. */
function errors(t: Test): string[] {
  const told: string[] = [];
  const listener = (message: unknown): void => {
    told.push(((message as ErrorEvent).error as Error).message);
  };
  errorChannel.subscribe(listener);
  t.teardown(() => errorChannel.unsubscribe(listener));
  return told;
}

/** As if it had been there for long. */
function untouched(root: string): void {
  const then = new Date(Date.now() - 2 * UNTOUCHED);
  fs.utimesSync(path.join(root, 'a.bin.blte'), then, then);
}

/** An octet of the chunk with that index is changed. */
function damaged(bytes: Buffer, chunk: number): Buffer {
  const copy = Buffer.from(bytes);
  let at = copy.readUInt32BE(4);
  for (let index = 0; index < chunk; index++) at += copy.readUInt32BE(12 + 24 * index);
  copy[at + 50] = (copy[at + 50] as number) ^ 1;
  return copy;
}

/** What has come of a content that is cut off. */
async function cutOff(port: number, target: string): Promise<{ head: string; body: Buffer }> {
  const client = new RawClient(port);
  client.send(requestBytes(target));
  await client.over();
  client.destroy();
  const end = client.received.indexOf('\r\n\r\n') + 4;
  const [head, body] = [client.received.subarray(0, end), client.received.subarray(end)];
  return { head: head.toString('latin1'), body };
}

t.test('real files come as what they decode to', async (t) => {
  const root = t.testdir({});
  for (const name of NAMES) {
    fs.copyFileSync(`${FIXTURES}/${name}.blte`, path.join(root, `${name}.bin.blte`));
  }
  for (const options of [{}, { streamThreshold: 0 }, { mode: 'load' }, { cacheSize: 0 }] as const) {
    const { port } = await serve(t, root, { ...options, decode: 'blte' });
    for (const name of NAMES) {
      const twin = fs.readFileSync(`${FIXTURES}/${name}.bin`);
      const stored = fs.readFileSync(`${FIXTURES}/${name}.blte`);
      const answer = await request(port, `/${name}.bin`);
      t.equal(sha256(answer.body), sha256(twin), name);
      t.equal(answer.get('content-length'), `${twin.length}`);
      t.equal(answer.get('content-type'), 'application/octet-stream');
      t.equal(answer.get('accept-ranges'), 'bytes');
      t.match(answer.get('etag'), /^"[0-9a-f]{32}"$/);
      const asItIs = await request(port, `/${name}.bin.blte`);
      t.ok(asItIs.body.equals(stored));
      t.not(asItIs.get('etag'), answer.get('etag'));
    }
  }
  const { port } = await serve(t, root);
  t.equal((await request(port, `/${NAMES[0]}.bin`)).status, 404, 'not unless it is asked for');
});

t.test('HEAD, conditions and ranges, over what is far away', async (t) => {
  const { bytes, content } = chunked(400_000);
  const remote = new RemoteSource({ '/a.txt.blte': bytes, '/bad.txt.blte': damaged(bytes, 0) });
  const { port } = await serveHandler(t, createFileHandler(decoding(remote, 'blte')));
  const headerSize = bytes.readUInt32BE(4);
  const head = await request(port, '/a.txt', [], 'HEAD');
  t.equal(remote.given, headerSize, 'the header alone');
  t.equal(head.get('content-length'), `${content.length}`);
  t.equal(head.get('content-type'), 'text/plain; charset=utf-8');
  t.equal((await request(port, '/bad.txt', [], 'HEAD')).status, 200, 'nothing is decoded');
  const etag = head.get('etag') as string;
  remote.reset();
  const unchanged = await request(port, '/a.txt', [`If-None-Match: ${etag}`]);
  t.equal(unchanged.status, 304);
  t.equal((await request(port, '/a.txt', ['If-Match: "other"'])).status, 412);
  t.equal((await request(port, '/a.txt', ['Range: bytes=400000-'])).status, 416);
  t.equal(remote.given, 0, 'nothing is read');
  const small = await request(port, '/a.txt', ['Range: bytes=100-199']);
  t.equal(small.status, 206);
  t.equal(small.get('content-range'), 'bytes 100-199/400000');
  t.ok(small.body.equals(content.subarray(100, 200)));
  t.equal(remote.given, bytes.readUInt32BE(12), 'one chunk');
  const large = await request(port, '/a.txt', ['Range: bytes=50000-250000', `If-Range: ${etag}`]);
  t.equal(large.status, 206);
  t.ok(large.body.equals(content.subarray(50_000, 250_001)));
  const other = await request(port, '/a.txt', ['Range: bytes=0-9', 'If-Range: "other"']);
  t.equal(other.status, 200);
  t.ok(other.body.equals(content));
  remote.reset();
  const several = await request(port, '/a.txt', ['Range: bytes=0-9,390000-390009,-5']);
  t.match(several.get('content-type'), /^multipart\/byteranges/);
  for (const part of [content.subarray(0, 10), content.subarray(390_000, 390_010)]) {
    t.ok(several.body.includes(part));
  }
  t.equal(remote.reads.length, 3);
  await until(() => remote.held === 0, 2000, 'all is closed');
});

t.test('random ranges, over a directory', async (t) => {
  const { bytes, content } = chunked(2_000_000, 2);
  const root = t.testdir({ 'a.bin.blte': bytes });
  const { port } = await serve(t, root, { decode: 'blte' });
  const { below } = random(3);
  let wrong = 0;
  for (let round = 0; round < 200; round++) {
    const first = below(content.length);
    const last = Math.min(content.length - 1, first + below(2) * below(300_000));
    const answer = await request(port, '/a.bin', [`Range: bytes=${first}-${last}`]);
    if (!answer.body.equals(content.subarray(first, last + 1))) wrong++;
  }
  t.equal(wrong, 0);
  if (!canCountDescriptors) return;
  await until(() => descriptorsOn(fs.realpathSync(root)) === 0, 2000, 'no descriptor is left');
});

t.test('without a table: chunked at first, then by the length that was learnt', async (t) => {
  const { bytes, content } = singleFile(deflated(prose(3_000_000, random(4))));
  const root = t.testdir({ 'a.bin.blte': bytes, 'n.bin.blte': singleFile(plain(content)).bytes });
  const { port } = await serve(t, root, { decode: 'blte' });
  const plainly = await request(port, '/n.bin', [], 'HEAD');
  t.equal(plainly.get('content-length'), '3000000', 'plain octets tell how many they are');
  await new Promise((resolve) => setTimeout(resolve, 2600));
  const head = await request(port, '/a.bin', [], 'HEAD');
  t.equal(head.get('content-length'), undefined);
  t.equal(head.get('accept-ranges'), 'none');
  t.match(head.get('etag'), /^"[^"]+-decoded"$/);
  const whole = await request(port, '/a.bin', ['Range: bytes=0-9']);
  t.equal(whole.status, 200, 'nobody knows what a range would be');
  t.equal(whole.get('transfer-encoding'), 'chunked');
  t.ok(whole.body.equals(content));
  const later = await request(port, '/a.bin', ['Range: bytes=2999990-']);
  t.equal(later.status, 206);
  t.equal(later.get('etag'), whole.get('etag'));
  t.ok(later.body.equals(content.subarray(2_999_990)));
  t.ok((await request(port, '/a.bin')).body.equals(content));
  const loading = await serve(t, root, { decode: 'blte', mode: 'load' });
  t.equal((await request(loading.port, '/a.bin')).status, 503, 'what is loaded has a length');
  t.ok((await request(loading.port, '/n.bin')).body.equals(content));
});

t.test('what is damaged ends the connection, and the log says why', async (t) => {
  const { bytes, content } = chunked(600_000, 5);
  const secret = file([
    plain(content.subarray(0, 200_000)),
    encrypted(lz4(content.subarray(200_000))),
  ]);
  const root = t.testdir({
    'a.bin.blte': damaged(bytes, 7),
    's.bin.blte': secret.bytes,
    'text.txt.blte': 'Hello',
  });
  const told = errors(t);
  for (const options of [{}, { streamThreshold: 0 }] as const) {
    const { port } = await serve(t, root, { ...options, decode: 'blte' });
    const { head, body } = await cutOff(port, '/a.bin');
    t.match(head, /^HTTP\/1\.1 200 OK\r\n.*Content-Length: 600000\r\n/s);
    t.ok(body.length >= 60_000 && body.length <= 420_000);
    t.ok(body.equals(content.subarray(0, body.length)), 'what is before it, and nothing of it');
    t.match(told.pop(), /^\/a\.bin\.blte: chunk 7 \(mode Z\): its MD5 is not that of the table/);
    const part = await request(port, '/a.bin', ['Range: bytes=430000-430009']);
    t.equal(part.status, 500);
    t.notMatch(part.body.toString(), /blte|chunk|MD5/);
    t.match(told.pop(), /^\/a\.bin\.blte: chunk 7/);
    t.equal((await request(port, '/a.bin', ['Range: bytes=0-9'])).status, 206);
    const locked = await cutOff(port, '/s.bin');
    t.ok(locked.body.equals(content.subarray(0, Math.min(200_000, locked.body.length))));
    t.match(told.pop(), /^\/s\.bin\.blte: chunk 1 \(mode E\): it is encrypted with the key FA505/);
    const text = await request(port, '/text.txt');
    t.equal(text.status, 500);
    t.notMatch(text.body.toString(), /blte/i);
    t.match(told.pop(), /^\/text\.txt\.blte: header: it does not begin with "BLTE"/);
    t.equal((await request(port, '/text.txt.blte')).body.toString(), 'Hello');
    t.same(told, []);
    const open = await serve(t, root, { ...options, decode: 'blte', keys: [KEYS] });
    t.ok((await request(open.port, '/s.bin')).body.equals(content));
  }
  if (canCountDescriptors) t.equal(descriptorsOn(fs.realpathSync(root)), 0);
});

t.test('clients that go leave nothing open', { skip: !canCountDescriptors }, async (t) => {
  const { bytes } = chunked(8_000_000, 6);
  const root = t.testdir({ 'a.bin.blte': bytes, 's.bin.blte': singleFile(plain(bytes)).bytes });
  const real = fs.realpathSync(root);
  const told = errors(t);
  const { port } = await serve(t, root, { decode: 'blte' });
  for (const target of ['/a.bin', '/s.bin']) {
    const clients = Array.from({ length: 10 }, () => new RawClient(port, { paused: true }));
    for (const client of clients) client.send(requestBytes(target));
    await until(() => descriptorsOn(real) > 0, 5000, 'it is read');
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const client of clients) client.destroy();
    await until(() => descriptorsOn(real) === 0, 5000, 'no descriptor is left');
  }
  t.same(told, [], 'which is nobody’s failure');
});

t.test('a file that is replaced, or written over, while it is sent', async (t) => {
  const [one, other] = [chunked(6_000_000, 7), chunked(6_000_000, 8)];
  const root = t.testdir({ 'a.bin.blte': one.bytes });
  const stored = path.join(root, 'a.bin.blte');
  await new Promise((resolve) => setTimeout(resolve, 2600));
  const told = errors(t);
  const { port } = await serve(t, root, { decode: 'blte' });
  const etag = (await request(port, '/a.bin', [], 'HEAD')).get('etag');
  const begin = async (): Promise<RawClient> => {
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/a.bin', ['Connection: close']));
    await until(() => client.socket.readableLength > 0 || client.socket.bytesRead > 0, 5000);
    return client;
  };
  const early = await begin();
  fs.writeFileSync(`${stored}.new`, other.bytes);
  fs.renameSync(`${stored}.new`, stored);
  early.resume();
  const [first] = await early.responses();
  t.ok(first?.body.equals(one.content), 'who began has the old one to the end');
  const now = await request(port, '/a.bin');
  t.ok(now.body.equals(other.content));
  t.not(now.get('etag'), etag);
  t.equal((await request(port, '/a.bin', [`If-None-Match: ${etag}`])).status, 200);
  const late = await begin();
  fs.writeFileSync(stored, one.bytes);
  late.resume();
  await late.over();
  const end = late.received.indexOf('\r\n\r\n') + 4;
  const got = late.received.subarray(end);
  t.ok(got.equals(other.content.subarray(0, got.length)), 'nothing of the new one');
  late.destroy();
  if (got.length < other.content.length) t.match(told, [/^\/a\.bin\.blte: /]);
  t.ok((await request(port, '/a.bin')).body.equals(one.content));
});

t.test('of a folder chunks are checked once by default', async (t) => {
  const { bytes, content } = file([plain(prose(20_000, random(15)))]);
  const root = t.testdir({ 'a.bin.blte': bytes });
  untouched(root);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS + 100));
  for (const [verify, most] of [
    [undefined, undefined],
    ['once', undefined],
    ['always', 98_304],
  ] as const) {
    const options = { decode: 'blte', streamThreshold: 1000, ...(verify && { verify }) } as const;
    const { port, source } = await serve(t, root, options);
    t.ok((await request(port, '/a.bin')).body.equals(content));
    const known = await source.open('/a.bin' as ResourcePath);
    // What needs no more checking goes through as other files do.
    t.match(known, { kind: 'resource', ahead: most }, `${verify}`);
    if (known?.kind === 'resource') known.close();
  }
});

t.test('a range that ends within a chunk, of a file that is written over meanwhile', async (t) => {
  const contents = [9, 10].map((seed) => prose(12_000_000, random(seed)));
  const [one, other] = contents.map((content) => {
    const makers = [];
    for (let at = 0; at < content.length; at += 40_000) {
      makers.push(plain(content.subarray(at, at + 40_000)));
    }
    return file(makers).bytes;
  }) as [Buffer, Buffer];
  const root = t.testdir({ 'a.bin.blte': one });
  untouched(root);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS + 100));
  const told = errors(t);
  const { port } = await serve(t, root, { decode: 'blte', verify: 'once' });
  t.ok((await request(port, '/a.bin')).body.equals(contents[0] as Buffer));
  const client = new RawClient(port, { paused: true });
  client.send(requestBytes('/a.bin', ['Range: bytes=0-11960010', 'Connection: close']));
  await until(() => client.socket.readableLength > 0 || client.socket.bytesRead > 0, 5000);
  fs.writeFileSync(path.join(root, 'a.bin.blte'), other, { flag: 'r+' });
  client.resume();
  await client.over();
  const start = client.received.indexOf('\r\n\r\n') + 4;
  t.match(client.received.toString('latin1', 0, start), 'Content-Length: 11960011\r\n');
  t.ok(client.received.length - start < 11_960_011, 'nothing of two versions is whole');
  t.match(told, [/^\/a\.bin\.blte: /]);
});

t.test('with all else that a site does', async (t) => {
  const { bytes, content } = file([deflated(prose(20_000, random(9)))]);
  const root = t.testdir({
    'index.html.blte': bytes,
    'about.html.blte': bytes,
    'app.js.blte': bytes,
    'both.txt': 'plain',
    'both.txt.blte': bytes,
    docs: { 'index.html.blte': bytes },
  });
  const rules = await loadRules({
    redirects: [{ source: '/old', destination: '/app.js' }],
    rewrites: [{ source: '/app/**', destination: '/index.html' }],
    headers: [{ source: '**/*.js', headers: [{ key: 'X-A', value: '1' }] }],
  });
  const site = { decode: 'blte', cleanUrls: true, compression: true, listing: true } as const;
  const { port } = await serve(t, root, { ...site, rules });
  t.equal((await request(port, '/')).get('content-type'), 'text/html; charset=utf-8');
  t.ok((await request(port, '/about')).body.equals(content), 'clean URLs');
  t.equal((await request(port, '/about.html')).get('location'), '/about');
  t.ok((await request(port, '/docs/')).body.equals(content));
  t.equal((await request(port, '/docs')).get('location'), '/docs/');
  t.equal((await request(port, '/old')).get('location'), '/app.js');
  t.ok((await request(port, '/app/x/y')).body.equals(content), 'rewritten');
  t.equal((await request(port, '/both.txt')).body.toString(), 'plain');
  for (let round = 0; round < 3; round++) {
    const js = await request(port, '/app.js', ['Accept-Encoding: gzip']);
    t.equal(js.get('content-encoding'), 'gzip');
    t.equal(js.get('vary'), 'Accept-Encoding');
    t.equal(js.get('x-a'), '1');
    const { gunzipSync } = await import('node:zlib');
    t.ok(gunzipSync(js.body).equals(content));
    t.ok((await request(port, '/app.js')).body.equals(content));
  }
  const plainSite = await serve(t, root, { decode: 'blte', listing: true, index: 'none' });
  const list = await request(plainSite.port, '/', ['Accept: application/json']);
  t.match(list.body.toString(), '"app.js.blte"');
  t.notMatch(list.body.toString(), '"app.js"', 'listed as it is stored');
});

t.test('compressed while it is decoded, then out of memory: both tags are known', async (t) => {
  const { bytes } = file([deflated(prose(20_000, random(9)))]);
  const root = t.testdir({ 'app.js.blte': bytes });
  // Of files that changed just now nothing is kept.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS + 100));
  const { port } = await serve(t, root, { decode: 'blte', compression: true });
  const gzip = 'Accept-Encoding: gzip';
  const tags = new Set<string>();
  for (let round = 0; round < 4; round++) {
    tags.add((await request(port, '/app.js', [gzip])).get('etag') as string);
  }
  t.match([...tags], [/^W\/.*-gzip"$/, /^"/]);
  for (const tag of tags) {
    t.equal((await request(port, '/app.js', [gzip, `If-None-Match: ${tag}`])).status, 304, tag);
    t.equal((await request(port, '/app.js', [`If-None-Match: ${tag}`])).status, 200, tag);
  }
});

t.test('keys are not served', async (t) => {
  const root = t.testdir({ keys: KEYS, outside: { '.keys': KEYS } });
  const keyFile = path.join(root, 'keys');
  await t.rejects(serve(t, root, { decode: 'blte', keyFile }), {
    message: /^the key file .* would be served with the folder it is in; put it elsewhere$/,
  });
  await serve(t, path.join(root, 'outside'), { decode: 'blte', keyFile });
  const hidden = path.join(root, 'outside/.keys');
  await serve(t, path.join(root, 'outside'), { decode: 'blte', keyFile: hidden });
  t.ok(await serve(t, root, { keyFile }), 'not used: no matter');
});

t.test('the command, its workers, and a download that is resumed', async (t) => {
  const { bytes, content } = chunked(3_000_000, 10);
  const secret = file([encrypted(deflated(content.subarray(0, 50_000)))]).bytes;
  const folder = t.testdir({ site: { 'a.bin.blte': bytes, 's.bin.blte': secret }, keys: KEYS });
  const site = path.join(folder, 'site');
  const [name = '', key = ''] = KEYS.split(' ');
  for (const [args, env] of [
    [['--workers', '2', '--keys', path.join(folder, 'keys')], {}],
    [['--key', KEYS], {}],
    [[], { SLUICE_KEYS: path.join(folder, 'keys') }],
    [['--workers', '2'], { SLUICE_KEY: KEYS }],
    [['--keys', path.join(folder, 'keys')], { SLUICE_KEY: KEYS }],
  ] as const) {
    const { command, port } = await start(t, site, ['--decode', 'blte', ...args], { env });
    t.ok((await request(port, '/a.bin')).body.equals(content));
    t.ok((await request(port, '/s.bin')).body.equals(content.subarray(0, 50_000)));
    if (process.platform === 'linux') {
      t.notMatch(fs.readFileSync(`/proc/${command.pid}/cmdline`, 'latin1'), key);
    }
    command.signal('SIGTERM');
    const { stdout, stderr } = await command.ended();
    t.notMatch(stdout + stderr, key);
  }
  const shown = await run([site, '--decode', 'blte', '--key', KEYS, '--print-config']);
  t.notMatch(shown.stdout, key);
  const inside = await run([folder, '--decode', 'blte', '--keys', path.join(folder, 'keys')]);
  t.match(inside.stderr, /--keys .* would be served with the folder; put it elsewhere/);
  const { command, port } = await start(t, site, ['--decode', 'blte']);
  t.equal((await request(port, '/s.bin', ['Range: bytes=0-9'])).status, 500);
  await until(() => command.stdout.includes(name), 5000, 'the name of the key is told');
  t.match(command.stdout, /\/s\.bin\.blte: chunk 0 \(mode E\): it is encrypted with the key/);
  await resumed(t, `http://127.0.0.1:${port}/a.bin`, path.join(folder, 'download'), content);
});

/** What curl makes of a download of which it has the first half. */
async function resumed(t: Test, url: string, to: string, content: Buffer): Promise<void> {
  fs.writeFileSync(to, content.subarray(0, 1_500_001));
  const curl = spawn('curl', ['-s', '-S', '-f', '-C', '-', '-o', to, url], { stdio: 'ignore' });
  const isThere = await new Promise<boolean>((resolve) => {
    curl.once('spawn', () => resolve(true));
    curl.once('error', () => resolve(false));
  });
  if (!isThere) {
    t.comment('there is no curl');
    return;
  }
  const [code] = await once(curl, 'exit');
  t.equal(code, 0);
  t.ok(fs.readFileSync(to).equals(content));
}
