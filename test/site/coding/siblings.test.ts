/** Files that were compressed before: which are used, how they are labelled, and which are left alone. */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import t, { type Test } from 'tap';
import type { ServeDirectoryOptions } from '../../../lib/compose.js';
import { SETTLE_MS } from '../../../lib/source/file.js';
import { pause, request, until } from '../../helpers/client.js';
import { canCountDescriptors, descriptorsOn } from '../../helpers/counts.js';
import { MIB, permissionsHold } from '../../helpers/files.js';
import { type Running, serve } from '../../helpers/server.js';

const TEXT = Buffer.from('What is said here is said at some length, and again. '.repeat(100));
const GZIP = zlib.gzipSync(TEXT);
const BROTLI = zlib.brotliCompressSync(TEXT);
/** No zstd, but nobody here looks. */
const ZSTD = Buffer.from('zstandard');
const BUILT = 1_700_000_000;

/** Writes files with times in seconds after the build. */
function build(t: Test, files: Record<string, readonly [bytes: Buffer, after?: number]>): string {
  const root = t.testdir();
  for (const [name, [bytes, after = 0]] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, bytes);
    fs.utimesSync(file, BUILT + after, BUILT + after);
  }
  return root;
}

function serving(t: Test, root: string, options: ServeDirectoryOptions = {}): Promise<Running> {
  // Nothing is compressed here: what is coded was before.
  return serve(t, root, { compression: true, precompressed: true, maxCompressions: 0, ...options });
}

const all = {
  'app.js': [TEXT],
  'app.js.gz': [GZIP],
  'app.js.br': [BROTLI],
  'app.js.zst': [ZSTD],
} as const;
const accepting = (value: string): string => `Accept-Encoding: ${value}`;

t.test('which one', async (t) => {
  const { port } = await serving(
    t,
    build(t, { ...all, 'x/index.html': [TEXT], 'x/index.html.gz': [GZIP] }),
  );
  for (const [target, value, coding, bytes] of [
    ['/app.js', 'gzip, br, zstd', 'zstd', ZSTD],
    ['/app.js', 'gzip, br', 'br', BROTLI],
    ['/app.js', 'gzip', 'gzip', GZIP],
    ['/app.js', 'gzip, br;q=0.9, zstd;q=0.8', 'gzip', GZIP],
    ['/app.js', 'deflate', undefined, TEXT],
    ['/app.js', 'identity;q=0, br', 'br', BROTLI],
    ['/app.js', undefined, undefined, TEXT],
    ['/x/', 'br, gzip;q=0.1', 'gzip', GZIP],
    ['/x/index.html', 'br', undefined, TEXT],
  ] as const) {
    const got = await request(port, target, value === undefined ? [] : [accepting(value)]);
    t.equal(got.status, 200);
    t.equal(got.get('content-encoding'), coding, `${target} for ${value}`);
    t.equal(got.get('vary'), 'Accept-Encoding');
    t.match(got.get('content-type'), /^text\/(?:javascript|html)/);
    t.ok(got.body.equals(bytes));
  }
  const file = await request(port, '/app.js.gz', [accepting('gzip')]);
  t.equal(
    file.get('content-encoding'),
    undefined,
    'asked for by its name it is a file like any other',
  );
  t.equal(file.get('content-type'), 'application/gzip');
  t.ok(file.body.equals(GZIP));
  const none = await request(port, '/app.js', [accepting('identity;q=0, deflate')]);
  t.equal(none.status, 406);
});

t.test('tags, ranges and preconditions', async (t) => {
  for (const streamThreshold of [MIB, 0]) {
    // The same octets in three files: their tags differ all the same.
    const root = build(t, { 'a.js': [TEXT], 'a.js.gz': [TEXT], 'a.js.br': [TEXT] });
    const { port } = await serving(t, root, { streamThreshold });
    const tags = new Set<string | undefined>();
    for (const coding of ['gzip', 'br']) {
      const fields = [accepting(coding)];
      const whole = await request(port, '/a.js', fields);
      const tag = whole.get('etag');
      tags.add(tag);
      t.match(tag, new RegExp(`-${coding}"$`));
      t.equal(whole.get('accept-ranges'), 'bytes');
      const range = [...fields, 'Range: bytes=3-7'];
      const part = await request(port, '/a.js', [...range, `If-Range: ${tag}`]);
      // Streams of files that were just made have weak tags: no range by them.
      t.equal(part.status, tag?.startsWith('W/') ? 200 : 206);
      const free = await request(port, '/a.js', range);
      t.equal(free.status, 206);
      t.equal(free.get('content-encoding'), coding);
      t.equal(free.get('content-range'), `bytes 3-7/${TEXT.length}`);
      t.ok(free.body.equals(TEXT.subarray(3, 8)));
      const same = await request(port, '/a.js', [...fields, `If-None-Match: ${tag}`]);
      t.equal(same.status, 304);
      t.equal(same.get('vary'), 'Accept-Encoding');
      const head = await request(port, '/a.js', fields, 'HEAD');
      t.equal(head.get('content-length'), `${TEXT.length}`);
      t.equal(head.get('content-encoding'), coding);
    }
    const plain = (await request(port, '/a.js')).get('etag');
    t.equal(tags.add(plain).size, 3);
    const other = await request(port, '/a.js', [
      accepting('br'),
      'Range: bytes=3-7',
      `If-Range: ${plain}`,
    ]);
    t.equal(other.status, 200);
  }
});

t.test('a large one is streamed', async (t) => {
  const large = Buffer.alloc(3 * MIB, 'text ');
  const packed = Buffer.alloc(2 * MIB, 'packed');
  const root = build(t, { 'a.txt': [large, 10], 'a.txt.br': [packed, 10], 'a.txt.gz': [packed] });
  const { port } = await serving(t, root);
  const got = await request(port, '/a.txt', [accepting('br')]);
  t.equal(got.get('content-length'), `${packed.length}`);
  t.ok(got.body.equals(packed));
  for (const [value, status] of [
    ['br', 200],
    ['gzip', 200],
    ['gzip, identity;q=0', 406],
  ] as const) {
    t.equal((await request(port, '/a.txt', [accepting(value)], 'HEAD')).status, status);
  }
  if (canCountDescriptors) {
    await until(() => descriptorsOn(root) === 0, 5000, 'original and siblings are closed');
  }
});

t.test('those that are not used', async (t) => {
  const usual = { 'a.js': [TEXT, 10] } as const;
  for (const [what, files, coding] of [
    ['a second older', { ...usual, 'a.js.br': [BROTLI, 9] }, undefined],
    ['as old', { ...usual, 'a.js.br': [BROTLI, 10] }, 'br'],
    ['as old, but for the fraction', { 'a.js': [TEXT, 10.9], 'a.js.br': [BROTLI, 10] }, 'br'],
    ['newer', { ...usual, 'a.js.br': [BROTLI, 1000] }, 'br'],
    ['empty', { ...usual, 'a.js.br': [Buffer.alloc(0), 10] }, undefined],
    ['one stale, one not', { ...usual, 'a.js.br': [BROTLI], 'a.js.gz': [GZIP, 10] }, 'gzip'],
    ['a folder', { ...usual, 'a.js.br/index.html': [TEXT, 10] }, undefined],
  ] as const) {
    const { port } = await serving(t, build(t, files));
    for (let turn = 0; turn < 2; turn++) {
      const got = await request(port, '/a.js', [accepting('br, gzip')]);
      t.equal(got.get('content-encoding'), coding, what);
      t.ok(coding !== undefined || got.body.equals(TEXT));
    }
  }
  const { port } = await serving(
    t,
    build(t, { 'a.png': [TEXT], 'a.png.br': [BROTLI], 'b.js.br': [BROTLI] }),
  );
  const picture = await request(port, '/a.png', [accepting('br')]);
  t.equal(picture.get('content-encoding'), undefined, 'of a type that is not negotiated about');
  t.equal((await request(port, '/b.js', [accepting('br')])).status, 404, 'without an original');

  await t.test('not to be read', { skip: !permissionsHold }, async (t) => {
    const root = build(t, all);
    fs.chmodSync(path.join(root, 'app.js.br'), 0);
    const { port } = await serving(t, root);
    const got = await request(port, '/app.js', [accepting('br')]);
    t.ok(got.body.equals(TEXT));
  });
});

t.test('one that leads out of the root is none', async (t) => {
  const root = build(t, { 'site/a.js': [TEXT], 'secret.br': [BROTLI, 10] });
  fs.symlinkSync('../secret.br', path.join(root, 'site/a.js.br'));
  const { port } = await serving(t, path.join(root, 'site'));
  const got = await request(port, '/a.js', [accepting('br')]);
  t.equal(got.get('content-encoding'), undefined);
  t.ok(got.body.equals(TEXT));
});

t.test('off unless asked for; where there is none, it is compressed here', async (t) => {
  const root = build(t, { 'a.js': [TEXT], 'a.js.br': [ZSTD], 'b.js': [TEXT] });
  const { port } = await serve(t, root, { compression: true });
  const made = await request(port, '/a.js', [accepting('br')]);
  t.ok(zlib.brotliDecompressSync(made.body).equals(TEXT));
  // Until then it can't be kept.
  await pause(SETTLE_MS);
  const both = await serve(t, root, { compression: true, precompressed: true });
  t.ok((await request(both.port, '/a.js', [accepting('br')])).body.equals(ZSTD));
  for (const target of ['/b.js', '/b.js']) {
    const other = await request(both.port, target, [accepting('br')]);
    t.ok(zlib.brotliDecompressSync(other.body).equals(TEXT));
  }
  t.ok((both.cache?.stats().size as number) > 2 * TEXT.length, 'and kept');
});
