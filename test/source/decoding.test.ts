/** Decoded files over any source: which file answers, what is read for it, what is remembered, what fails. */
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { encodeBlte } from '../../lib/blte/encode/encoder.js';
import { KeyRing } from '../../lib/blte/keys.js';
import { memoryCache } from '../../lib/cache/memory.js';
import { loadMode } from '../../lib/lab/load-mode.js';
import { UNTOUCHED } from '../../lib/source/blte.js';
import { type Decoder, decoding } from '../../lib/source/decoding.js';
import { readKeys } from '../../lib/source/decoding-keys.js';
import { directory } from '../../lib/source/directory.js';
import type { Resource, ResourcePath, Source } from '../../lib/source/source.js';
import {
  deflated,
  encrypted,
  file,
  framed,
  gathered,
  KEYS,
  lz4,
  type Made,
  plain,
  prose,
  singleFile,
} from '../helpers/blte.js';
import { until } from '../helpers/client.js';
import { canCountDescriptors, descriptorsOn } from '../helpers/counts.js';
import { MIB, pattern } from '../helpers/files.js';
import { random } from '../helpers/random.js';
import { RemoteSource } from '../helpers/remote-source.js';
import { breaches, type Holdings } from '../helpers/source-contract.js';

const keys = KeyRing.parse(KEYS);

function chunked(size: number, chunkSize: number, seed: number): Made {
  const numbers = random(seed);
  const content = prose(size, numbers);
  const makers = [];
  for (let at = 0; at < size; at += chunkSize) {
    const part = content.subarray(at, at + chunkSize);
    makers.push(
      numbers.pick([
        plain(part),
        deflated(part),
        lz4(part),
        encrypted(deflated(part)),
        framed([plain(part)]),
      ]),
    );
  }
  return file(makers);
}

/** By their decoded names. */
const FILES: Readonly<Record<string, Made>> = {
  '/empty': file([plain(Buffer.alloc(0))]),
  '/one.txt': file([plain(pattern(1))]),
  '/small.html': chunked(20_000, 3000, 1),
  '/large.bin': chunked(400_000, 30_000, 2),
  '/even.bin': file([plain(pattern(300_000)), deflated(pattern(200_000))]),
  '/single.n': singleFile(plain(pattern(150_000))),
  '/single.z': singleFile(deflated(pattern(150_000))),
  '/small.z': singleFile(deflated(prose(5000, random(3)))),
  '/folder/inside': chunked(70_000, 65_536, 4),
};

const PLAIN = { '/plain.css': pattern(1000), '/folder/plain': pattern(100_000) };

const DECODED: Holdings = {
  files: {
    ...Object.fromEntries(Object.entries(FILES).map(([name, { content }]) => [name, content])),
    ...PLAIN,
  },
};

const STORED: Holdings = {
  files: {
    ...Object.fromEntries(
      Object.entries(FILES).map(([name, { bytes }]) => [`${name}.blte`, bytes]),
    ),
    ...PLAIN,
  },
  folders: ['/', '/folder'],
};

function tree(t: Test): string {
  const root = t.testdir({ folder: {} });
  for (const [name, bytes] of Object.entries(STORED.files)) {
    fs.writeFileSync(path.join(root, name), bytes);
  }
  return root;
}

async function opened(source: Source, name: string): Promise<Resource> {
  const resource = await source.open(name as ResourcePath);
  if (resource?.kind !== 'resource') throw new Error(`${name} is no resource`);
  return resource;
}

async function contentOf(source: Source, name: string): Promise<Buffer> {
  const resource = await opened(source, name);
  try {
    return resource.bytes === undefined
      ? await gathered(resource.read())
      : Buffer.from(resource.bytes);
  } finally {
    resource.close();
  }
}

const STREAMED = { streamThreshold: 30_000 };
const OPTIONS = { keys, keep: 30_000 };

for (const [name, make] of [
  ['a directory', (root) => decoding(directory(root, STREAMED), 'blte', OPTIONS)],
  ['all streamed', (root) => decoding(directory(root, { streamThreshold: 0 }), 'blte', { keys })],
  ['cached', (root) => memoryCache(decoding(directory(root, STREAMED), 'blte', OPTIONS))],
  ['over a cache', (root) => decoding(memoryCache(directory(root, STREAMED)), 'blte', OPTIONS)],
  ['far away', () => decoding(new RemoteSource(STORED.files), 'blte', OPTIONS)],
  [
    'far away, without lengths or tags',
    () =>
      decoding(
        new RemoteSource(
          Object.fromEntries(
            Object.entries(STORED.files).map(([name, bytes]) => [
              name,
              { bytes, sized: false, etag: null },
            ]),
          ),
        ),
        'blte',
        OPTIONS,
      ),
  ],
] satisfies [string, (root: string) => Source][]) {
  t.test(`the contract of sources: ${name}`, async (t) => {
    const root = tree(t);
    t.same(await breaches(make(root), DECODED), []);
    const stored = name.startsWith('far') ? { files: STORED.files } : STORED;
    t.same(await breaches(make(root), stored), [], 'what is stored stays as it is');
    if (canCountDescriptors) {
      const real = fs.realpathSync(root);
      await until(() => descriptorsOn(real) === 0, 10_000, 'no descriptor is left');
    }
  });
}

t.test('the contract of sources, once files have settled, and loaded', async (t) => {
  const root = tree(t);
  await new Promise((resolve) => setTimeout(resolve, 2600));
  const cache = memoryCache(decoding(directory(root, STREAMED), 'blte', OPTIONS));
  t.same(await breaches(cache, DECODED), []);
  t.ok(cache.stats().hits > 10);
  const { '/single.z': _, '/small.z': __, ...files } = DECODED.files;
  t.same(await breaches(loadMode(decoding(directory(root), 'blte', { keys })), { files }), []);
});

t.test('which file answers', async (t) => {
  const { bytes, content } = FILES['/small.html'] as Made;
  const twice = file([plain(bytes)]).bytes;
  const root = t.testdir({
    'both.txt': 'plain',
    folder: {},
    'encoded.blte': { 'x.blte': bytes },
    '.blte': bytes,
  });
  for (const name of ['both.txt', 'folder', 'index.html', '.hidden']) {
    fs.writeFileSync(path.join(root, `${name}.blte`), bytes);
  }
  fs.writeFileSync(path.join(root, 'twice.blte.blte'), twice);
  const source = decoding(directory(root), 'blte', { keys });
  const at = (name: string) => source.open(name as ResourcePath);
  t.equal(String(await contentOf(source, '/both.txt')), 'plain', 'what is plain comes first');
  t.ok((await contentOf(source, '/both.txt.blte')).equals(bytes), 'as it is');
  t.equal((await at('/folder'))?.kind, 'collection');
  t.ok((await contentOf(source, '/index.html')).equals(content));
  t.ok((await contentOf(source, '/twice.blte')).equals(bytes), 'by one step');
  t.equal(await at('/twice'), null, 'not by two');
  t.equal(await at('/encoded'), null, 'a folder is not decoded');
  t.equal(await at('/.hidden'), null);
  t.equal(await at('/nowhere'), null);
  t.equal((await at('/'))?.kind, 'collection');
  const { type } = await opened(source, '/index.html');
  t.equal(type, 'text/html; charset=utf-8', 'by the plain name');
  await source.close();
});

t.test('what is known without decoding, and what is read for an extent', async (t) => {
  const { bytes, content } = chunked(400_000, 30_000, 5);
  for (const verify of ['always', 'once'] as const)
    await t.test(verify, (t) => extentsOf(t, verify));

  async function extentsOf(t: Test, verify: 'always' | 'once'): Promise<void> {
    const remote = new RemoteSource({ '/a.bin.blte': bytes });
    const source = decoding(remote, 'blte', { keys, verify });
    // Of a plain chunk that was right what is wanted is all that is read.
    const isMost = (given: number, touched: number): boolean =>
      verify === 'always' ? given === touched : given > 0 && given <= touched;
    const first = await opened(source, '/a.bin');
    t.same(remote.opened, ['/a.bin', '/a.bin.blte']);
    const headerSize = 12 + 14 * 24;
    t.equal(remote.given, headerSize, 'the header and nothing else');
    t.equal(first.size, content.length);
    t.equal(first.modified, Date.UTC(2024, 0, 2));
    const table = (await import('../../lib/blte/header.js')).parseHeader(
      bytes,
      (await import('../../lib/blte/limits.js')).DEFAULT_LIMITS,
    );
    if (table.kind !== 'table') throw new Error('no table');
    t.equal(first.etag, `"${table.ekey}"`);
    first.close();
    remote.reset();
    const again = await opened(source, '/a.bin');
    t.equal(again.etag, first.etag);
    t.equal(remote.given, 0, 'the table is remembered');
    const { below } = random(6);
    for (let round = 0; round < 500; round++) {
      const from = below(content.length);
      const last = Math.min(content.length - 1, from + below(2) * below(90_000));
      remote.reset();
      const whole = Buffer.concat(await again.read({ first: from, last }).toArray());
      if (!whole.equals(content.subarray(from, last + 1))) t.fail(`${from}-${last}`);
      const [start, end] = [table.chunk(table.find(from)), table.chunk(table.find(last))];
      const touched = end.offset + end.encodedSize - start.offset;
      if (!isMost(remote.given, touched)) t.fail(`${from}-${last}: ${remote.given} for ${touched}`);
      if (last - from >= 65_536) continue;
      const small = await opened(source, '/a.bin');
      const message = await small.readBytes?.({ first: from, last });
      if (!message?.content.equals(content.subarray(from, last + 1))) t.fail(`${from}-${last}`);
      if (!isMost(remote.given, 2 * touched)) t.fail(`${from}-${last}: ${remote.given} for two`);
    }
    again.close();
    t.equal(remote.held, 0, 'all is closed');
    await source.close();
    t.ok(remote.closed);
  }
});

t.test('entity tags', async (t) => {
  const content = prose(9000, random(7));
  const checked = file([deflated(content)]).bytes;
  const unchecked = file([deflated(content), plain(content)], {
    lie: (entry, index) => {
      if (index === 1) entry.md5 = Buffer.alloc(16);
    },
  }).bytes;
  const single = singleFile(deflated(content)).bytes;
  const ekey = async (etag: string | null) =>
    (
      await opened(
        decoding(new RemoteSource({ '/a.blte': { bytes: checked, etag } }), 'blte'),
        '/a',
      )
    ).etag;
  const strong = await ekey('"a"');
  t.match(strong, /^"[0-9a-f]{32}"$/);
  t.equal(await ekey('W/"a"'), strong, 'by the header, whatever the file is called');
  t.equal(await ekey(null), strong);
  for (const [bytes, etag, expected] of [
    [unchecked, '"a"', '"a-decoded"'],
    [unchecked, 'W/"a"', 'W/"a-decoded"'],
    [single, '"a"', '"a-decoded"'],
    [single, 'W/"a"', 'W/"a-decoded"'],
    [single, null, undefined],
  ] as const) {
    const source = decoding(new RemoteSource({ '/a.blte': { bytes, etag } }), 'blte');
    t.equal((await opened(source, '/a')).etag, expected);
    t.equal((await opened(source, '/a')).etag, expected, 'again');
  }
});

t.test('tables are remembered for versions with a name of their own', async (t) => {
  const one = chunked(40_000, 10_000, 8).bytes;
  const other = chunked(40_000, 8000, 9);
  const remote = new RemoteSource({
    '/strong.blte': one,
    '/weak.blte': { bytes: one, etag: 'W/"a"' },
    '/none.blte': { bytes: one, etag: null },
  });
  const source = decoding(remote, 'blte', { keys });
  for (const [name, reads] of [
    ['/strong', 2],
    ['/weak', 4],
    ['/none', 4],
  ] as const) {
    remote.reset();
    (await opened(source, name)).close();
    (await opened(source, name)).close();
    t.equal(remote.reads.length, reads, name);
  }
  remote.files.set('/strong.blte', { bytes: other.bytes });
  remote.reset();
  t.ok((await contentOf(source, '/strong')).equals(other.content), 'another version');
  remote.reset();
  await Promise.all(
    Array.from({ length: 50 }, async () => (await opened(source, '/weak')).close()),
  );
  t.equal(remote.reads.length, 100, 'each by itself, not all at a time');
  t.equal(remote.held, 0);
});

t.test('who asks for one version at the same time has what the first finds out', async (t) => {
  const { bytes, content } = chunked(40_000, 10_000, 8);
  const broken = Buffer.from(bytes);
  broken[0] = 0x33;
  const remote = new RemoteSource({ '/a.blte': bytes, '/b.blte': broken });
  // Long enough for all to have asked.
  const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 30));
  const many = (source: Source, name: string) => {
    remote.waits = wait();
    return Array.from({ length: 30 }, async () => (await opened(source, name)).close());
  };
  const source = decoding(remote, 'blte', { keys });
  await Promise.all(many(source, '/a'));
  t.equal(remote.reads.length, 2, 'the header, once');
  remote.reset();
  const outcomes = await Promise.allSettled(many(source, '/b'));
  t.ok(outcomes.every(({ status }) => status === 'rejected'));
  t.equal(remote.reads.length, 1, 'and what is wrong with it');
  const other = decoding(remote, 'blte', { keys });
  remote.reset();
  remote.waits = wait();
  const leaving = new AbortController();
  const { signal } = leaving;
  const first = Promise.resolve(other.open('/a' as ResourcePath, { signal }));
  const rest = Array.from({ length: 10 }, () => contentOf(other, '/a'));
  const impatient = AbortSignal.timeout(0);
  const gone = t.rejects(Promise.resolve(other.open('/a' as ResourcePath, { signal: impatient })), {
    message: 'the client has gone',
  });
  await until(() => remote.reads.length === 1);
  leaving.abort();
  await t.rejects(first, { message: 'the client has gone' });
  await gone;
  for (const found of await Promise.all(rest)) t.ok(found.equals(content), 'who stays has it');
  t.equal(remote.held, 0);
});

t.test('how much is given at a time, and that it is one version that is read', async (t) => {
  const content = prose(100_000, random(31));
  const plainFile = file([plain(content.subarray(0, 60_000)), plain(content.subarray(60_000))]);
  const mixed = file([plain(content.subarray(0, 60_000)), deflated(content.subarray(60_000))]);
  const remote = new RemoteSource({ '/p.blte': plainFile.bytes, '/z.blte': mixed.bytes });
  for (const [verify, name, expected] of [
    ['once', '/p', undefined],
    ['once', '/z', 98_304],
    ['always', '/p', 98_304],
  ] as const) {
    const source = decoding(remote, 'blte', { keys, verify });
    for (const end of [59_999, 99_999]) {
      const resource = await opened(source, name);
      t.equal(resource.ahead, 98_304, 'what may have to be decoded has memory of its own');
      let taken = 0;
      for await (const piece of resource.read({ first: 0, last: end }, { taken: () => taken })) {
        taken += piece.length;
      }
      resource.close();
    }
    const resource = await opened(source, name);
    t.equal(resource.ahead, expected, `${name}, ${verify}`);
    resource.close();
  }
  t.ok(remote.ways.length > 6 && remote.ways.every((way) => way?.strict === true));

  // What goes through is the source's own memory.
  const source = decoding(remote, 'blte', { verify: 'once' });
  for (const [time, isPassed] of [
    ['first', false],
    ['later', true],
  ] as const) {
    const resource = await opened(source, '/p');
    const pieces: Buffer[] = await resource.read(undefined, { taken: () => 0 }).toArray();
    resource.close();
    t.ok(Buffer.concat(pieces).equals(content));
    const { buffer } = plainFile.bytes;
    t.equal(
      pieces.some((piece) => piece.buffer === buffer),
      isPassed,
      time,
    );
  }
});

t.test('sixteen headers are read at a time, and who goes does not wait for them', async (t) => {
  const { bytes, content } = chunked(40_000, 10_000, 8);
  const files = Array.from({ length: 41 }, (_, index) => [`/${index}.blte`, bytes] as const);
  const remote = new RemoteSource(Object.fromEntries(files));
  let go: (() => void) | undefined;
  remote.waits = new Promise((resolve) => {
    go = resolve;
  });
  const source = decoding(remote, 'blte', { keys });
  const all = files.slice(1).map((_, index) => contentOf(source, `/${index}`));
  await until(() => remote.reads.length === 16);
  const leaving = new AbortController();
  const { signal } = leaving;
  const late = Promise.resolve(source.open('/40' as ResourcePath, { signal }));
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(remote.reads.length, 16);
  leaving.abort();
  await t.rejects(late, { message: 'the client has gone' });
  go?.();
  for (const found of await Promise.all(all)) t.ok(found.equals(content));
  t.equal(remote.held, 0);
});

t.test('a length that is not known is learnt', async (t) => {
  const { bytes, content } = singleFile(deflated(prose(90_000, random(10))));
  const remote = new RemoteSource({ '/a.blte': bytes });
  const source = decoding(remote, 'blte', { keep: 1_000_000 });
  const first = await opened(source, '/a');
  t.equal(first.size, undefined);
  const given: Buffer[] = [];
  for await (const piece of first.read()) {
    given.push(piece as Buffer);
    if (given.length === 1) t.equal((await opened(source, '/a')).size, undefined, 'not yet');
  }
  t.ok(Buffer.concat(given).equals(content));
  const later = await opened(source, '/a');
  t.equal(later.size, content.length);
  t.equal(later.bytes, undefined, 'what it is made of is not in memory');
  t.equal(later.etag, first.etag);
  const part = await gathered(later.read({ first: 50_000, last: 50_099 }));
  t.ok(part.equals(content.subarray(50_000, 50_100)));
  // A range is decoded from the beginning on: it shall cost no more than a chunk may.
  for (const [maxChunkSize, size] of [
    [90_000, 90_000],
    [89_999, undefined],
  ] as const) {
    const limited = decoding(remote, 'blte', { limits: { maxChunkSize } });
    t.ok((await contentOf(limited, '/a')).equals(content));
    t.equal((await opened(limited, '/a')).size, size);
  }
});

t.test('small files that were sent whole are kept decoded, by whoever keeps', async (t) => {
  const { bytes, content } = chunked(50_000, 20_000, 11);
  const root = t.testdir({ 'a.bin.blte': bytes });
  const stored = path.join(root, 'a.bin.blte');
  const settle = () => new Promise((resolve) => setTimeout(resolve, 2600));
  await settle();
  const cache = memoryCache(decoding(directory(root), 'blte', { keys, keep: 60_000 }));
  const head = await opened(cache, '/a.bin');
  t.equal(head.bytes, undefined, 'nothing is decoded for who only looks');
  t.ok((await gathered(head.read({ first: 1, last: 9 }))).equals(content.subarray(1, 10)));
  t.equal((await opened(cache, '/a.bin')).bytes, undefined, 'nor for a part');
  const [one, two] = [await opened(cache, '/a.bin'), await opened(cache, '/a.bin')];
  await Promise.all([gathered(one.read()), gathered(two.read())]);
  const whole = await opened(cache, '/a.bin');
  t.ok(whole.bytes && content.equals(whole.bytes));
  t.equal(whole.etag, head.etag);
  t.equal(whole.modified, head.modified);
  t.equal(await opened(cache, '/a.bin'), whole, 'from the cache');
  const { size, hits } = cache.stats();
  t.equal(hits, 1);
  t.ok(size > content.length + bytes.length, 'both are counted');
  // What is plain comes first, at once.
  fs.writeFileSync(path.join(root, 'a.bin'), 'plain');
  t.equal(String((await opened(cache, '/a.bin')).bytes), 'plain');
  fs.unlinkSync(path.join(root, 'a.bin'));
  t.ok((await contentOf(cache, '/a.bin')).equals(content));
  const other = chunked(50_000, 20_000, 12);
  fs.writeFileSync(stored, other.bytes);
  for (let round = 0; round < 3; round++) {
    t.ok((await contentOf(cache, '/a.bin')).equals(other.content), 'the new one');
  }
  fs.unlinkSync(stored);
  t.equal(await cache.open('/a.bin' as ResourcePath), null);
  // Beyond the limit, and where nobody keeps.
  fs.writeFileSync(stored, bytes);
  await settle();
  for (const keep of [content.length - 1, 0]) {
    const source = decoding(directory(root), 'blte', { keys, keep });
    for (let round = 0; round < 3; round++) {
      t.ok((await contentOf(source, '/a.bin')).equals(content));
      t.equal((await opened(source, '/a.bin')).bytes, undefined);
    }
  }
});

/** A source of files in memory, of versions that are told apart. */
function inMemory(files: Readonly<Record<string, Buffer>>): Source {
  return {
    open: (name) => {
      const bytes = files[name];
      if (bytes === undefined) return null;
      return {
        kind: 'resource',
        bytes,
        size: bytes.length,
        modified: undefined,
        etag: `"${bytes.length}"`,
        type: 'application/octet-stream',
        read: ({ first, last } = { first: 0, last: bytes.length - 1 }) =>
          Readable.from([bytes.subarray(first, last + 1)]),
        close: () => {},
      };
    },
    close: async () => {},
  };
}

t.test('what is kept of a small file is a copy, whoever went away before', async (t) => {
  const contents = [41, 42].map((seed) => prose(100_000, random(seed))) as [Buffer, Buffer];
  const { bytes, content } = file([deflated(contents[0]), plain(contents[1])]);
  const source = decoding(inMemory({ '/a.blte': bytes }), 'blte', { keep: MIB });
  const broken = (await opened(source, '/a')).read(undefined, { taken: () => 0 });
  await once(broken, 'data');
  broken.destroy();
  await once(broken, 'close');
  // What was taken is memory for the next slice.
  let taken = 0;
  const whole = (await opened(source, '/a')).read(undefined, { taken: () => taken });
  whole.on('data', (piece: Buffer) => {
    taken += piece.length;
  });
  await once(whole, 'end');
  const kept = await opened(source, '/a');
  t.ok(kept.bytes !== undefined && content.equals(kept.bytes));
});

t.test('many small files that were sent once do not stay in memory', async (t) => {
  const { bytes, content } = file([deflated(Buffer.alloc(MIB)), plain(pattern(10))]);
  const names = Array.from({ length: 30 }, (_, index) => `/${index}`);
  const behind = inMemory(Object.fromEntries(names.map((name) => [`${name}.blte`, bytes])));
  const source = decoding(behind, 'blte', { keep: 2 * MIB });
  for (const name of names) {
    const resource = await opened(source, name);
    if (!(await gathered(resource.read())).equals(content)) t.fail(name);
  }
  const { tables, contents } = source.memory();
  t.ok(tables > 30 * 1024 && tables < 30 * 2048, `${tables} octets of tables`);
  t.ok(contents > 7 * MIB && contents <= 8 * MIB, `${contents} octets of contents`);
  const kept = [];
  for (const name of names) {
    const { bytes: decoded } = await opened(source, name);
    if (decoded !== undefined && content.equals(decoded)) kept.push(name);
  }
  t.same(kept, names.slice(-7), 'those that were sent last wait for whoever keeps them');
  t.same({ ...source.memory(), buffers: 0 }, { tables, contents: 0, buffers: 0 }, 'given away');
});

t.test(
  'what is larger than can wait is not collected, and what is known of it stays',
  async (t) => {
    for (const [size, isKept] of [
      [8 * MIB - 8192, true],
      [8 * MIB, false],
      [17 * MIB, false],
    ] as const) {
      const { bytes, content } = singleFile(deflated(Buffer.alloc(size)));
      const source = decoding(inMemory({ '/a.blte': bytes }), 'blte', {
        keep: 32 * MIB,
        limits: { maxChunkSize: 32 * MIB },
      });
      const first = await opened(source, '/a');
      t.equal(first.size, undefined);
      t.equal((await gathered(first.read())).length, size);
      const later = await opened(source, '/a');
      t.equal(later.size, size, 'its length was learnt');
      t.equal(later.bytes !== undefined && content.equals(later.bytes), isKept, `${size} octets`);
    }
  },
);

t.test('checked each time, or once for each version', async (t) => {
  const { bytes, content } = file([plain(prose(20_000, random(14))), deflated(pattern(20_000))]);
  const changed = Buffer.from(bytes);
  changed[100] = (changed[100] as number) ^ 1;
  for (const [verify, etag, rejects] of [
    ['always', '"a"', true],
    ['once', '"a"', false],
    [undefined, '"a"', true],
    // Without a name of its own another version may look the same.
    ['once', 'W/"a"', true],
    ['once', null, true],
  ] as const) {
    const remote = new RemoteSource({ '/a.blte': { bytes, etag } });
    const source = decoding(remote, 'blte', { verify });
    t.ok((await contentOf(source, '/a')).equals(content));
    // The same by its tag, and not by its octets: what no store that has strong ones does.
    remote.files.set('/a.blte', { bytes: changed, etag });
    const again = contentOf(source, '/a');
    if (rejects) await t.rejects(again, /chunk 0 \(mode N\): its MD5/, `${verify} ${etag}`);
    else t.equal((await again).length, content.length);
  }
  // Stamps of what is still being written to may be those of the beginning.
  for (const [age, isRemembered] of [
    [UNTOUCHED - 5000, false],
    [UNTOUCHED + 5000, true],
    [-UNTOUCHED, false],
  ] as const) {
    const modified = Date.now() - age;
    const young = new RemoteSource({ '/a.blte': { bytes, etag: '"a"', modified } });
    const source = decoding(young, 'blte', { verify: 'once' });
    t.ok((await contentOf(source, '/a')).equals(content));
    young.files.set('/a.blte', { bytes: changed, etag: '"a"', modified });
    const again = contentOf(source, '/a');
    if (isRemembered) t.equal((await again).length, content.length);
    else await t.rejects(again, /its MD5/, `${age} ms old`);
  }
  // A version that is another by its tag is checked anew.
  const remote = new RemoteSource({ '/a.blte': { bytes, etag: '"a"' } });
  const source = decoding(remote, 'blte', { verify: 'once' });
  await contentOf(source, '/a');
  remote.files.set('/a.blte', { bytes: changed, etag: '"b"' });
  await t.rejects(contentOf(source, '/a'), /its MD5/);
  t.throws(() => decoding(remote, 'blte', { verify: 'never' as 'once' }), {
    message: 'verify is never; it takes always or once',
  });
  for (const none of [['423F07656CA27D23 00112233445566778899AABBCCDDEEFF'], 'text', null, 1]) {
    t.throws(() => decoding(remote, 'blte', { keys: none as unknown as KeyRing }), {
      name: 'TypeError',
      message: 'keys is no KeyRing; KeyRing.parse makes one of a text',
    });
  }
});

t.test('of one open file chunks are checked again unless its tag is strong', async (t) => {
  const numbers = random(15);
  const content = Buffer.from(Array.from({ length: 5000 }, () => numbers.below(256)));
  const made = await encodeBlte(content, { spec: 'b:{2000*=4}', format: 0x10 });
  for (const [etag, isChecked] of [
    ['"a"', false],
    ['W/"a"', true],
    [null, true],
  ] as const) {
    const bytes = Buffer.from(made);
    const remote = new RemoteSource({ '/a.blte': { bytes, etag } });
    const resource = await opened(decoding(remote, 'blte', { verify: 'once' }), '/a');
    const extent = { first: 0, last: 1999 };
    t.ok((await gathered(resource.read(extent))).equals(content.subarray(0, 2000)));
    // Within what LZ4 has as it was: only checksums tell, of which that of the content goes with the other.
    const at = bytes.readUInt32BE(4) + 500;
    bytes[at] = (bytes[at] as number) ^ 1;
    const again = gathered(resource.read(extent));
    if (isChecked) await t.rejects(again, /its MD5/, `${etag}`);
    else t.equal((await again).length, 2000);
    resource.close();
  }
});

t.test('what is wrong is an error that names file, chunk and mode, and lets go', async (t) => {
  const parts = [0, 1, 2].map((seed) => prose(20_000, random(seed)));
  const { bytes, content } = file(parts.map((part) => deflated(part)));
  const damaged = Buffer.from(bytes);
  const at = damaged.length - 30;
  damaged[at] = (damaged[at] as number) ^ 1;
  const secret = file([plain(pattern(10)), encrypted(plain(pattern(10)))]).bytes;
  const remote = new RemoteSource({
    '/damaged.blte': damaged,
    '/secret.blte': secret,
    '/text.blte': Buffer.from('Hello, this is no such file.'),
    '/short.blte': bytes.subarray(0, 30),
    '/longer.blte': Buffer.concat([bytes, Buffer.from('x')]),
    '/coded.blte': { bytes, coding: 'gzip' },
    '/streamed.blte': { bytes: damaged, sized: false },
    '/large.blte': file([plain(pattern(3000))]).bytes,
  });
  const source = decoding(remote, 'blte', { limits: { maxChunkSize: 20_000 } });
  const limited = decoding(remote, 'blte', { limits: { maxSize: 2000 } });
  for (const [name, message, from] of [
    ['/text', /^\/text\.blte: header: it does not begin with "BLTE"/, source],
    ['/short', /^\/short\.blte: header: it ends after 30 octets, its header needs 84/, source],
    ['/longer', /^\/longer\.blte: the file has \d+ octets, by its table/, source],
    ['/coded', /^\/coded\.blte comes as gzip/, source],
    ['/large', /^\/large\.blte: .*2000 are the most \(maxSize\)/, limited],
  ] as const) {
    const error: unknown = await opened(from, name).catch((reason: unknown) => reason);
    const limit = from === limited ? 'maxSize' : undefined;
    t.match(error, { name: 'SourceError', kind: 'unavailable', message, limit });
  }
  const broken = /^\/damaged\.blte: chunk 2 \(mode Z\): its MD5 is not that of the table/;
  const error = { name: 'SourceError', kind: 'unavailable', message: broken };
  const resource = await opened(source, '/damaged');
  t.equal(resource.size, content.length, 'it begins like any other');
  const given: Buffer[] = [];
  const reading = (async () => {
    for await (const piece of resource.read()) given.push(piece as Buffer);
  })();
  await t.rejects(reading, error);
  t.ok(Buffer.concat(given).equals(content.subarray(0, 40_000)));
  t.ok((await gathered(resource.read({ first: 5, last: 39_999 }))).length > 0);
  resource.close();
  const small = await opened(source, '/damaged');
  await t.rejects(small.readBytes?.({ first: 45_000, last: 45_009 }) as Promise<unknown>, error);
  const streamed = await opened(source, '/streamed');
  await t.rejects(gathered(streamed.read()), /^\/streamed\.blte: chunk 2 \(mode Z\)/);
  streamed.close();
  const locked = await opened(source, '/secret');
  await t.rejects(gathered(locked.read()), {
    message: /^\/secret\.blte: chunk 1 \(mode E\): it is encrypted with the key FA505078126ACB3E/,
  });
  locked.close();
  t.equal(remote.held, 0, 'all is closed');
  remote.failure = new Error('the line is dead');
  await t.rejects(opened(source, '/a'), { message: 'the line is dead' });
});

t.test(
  'a stored file of unknown length that fails, or is given up, before it is read',
  async (t) => {
    const stored: Readable[] = [];
    const source = decoding(
      {
        async open(path) {
          if (!path.endsWith('.blte')) return null;
          return {
            kind: 'resource',
            size: undefined,
            modified: undefined,
            etag: undefined,
            type: '',
            bytes: undefined,
            read() {
              const stream = new Readable({ read() {} });
              stored.push(stream);
              return stream;
            },
            close() {},
          };
        },
        async close() {},
      },
      'blte',
    );
    const failing = await opened(source, '/a');
    const content = failing.read();
    stored[0]?.destroy(new Error('the line is dead'));
    await new Promise((resolve) => setImmediate(resolve));
    await t.rejects(gathered(content), { message: 'the line is dead' });

    (await opened(source, '/a')).read().destroy();
    t.ok(stored[1]?.destroyed);
  },
);

t.test('whoever goes takes along what is read for him', async (t) => {
  const { bytes } = chunked(400_000, 30_000, 13);
  const remote = new RemoteSource({ '/a.blte': bytes });
  const source = decoding(remote, 'blte', { keys });
  const abort = new AbortController();
  abort.abort();
  await t.rejects(Promise.resolve(source.open('/a' as ResourcePath, { signal: abort.signal })), {
    message: 'the client has gone',
  });
  t.equal(remote.held, 0);
  const resource = await opened(source, '/a');
  const stream = resource.read(undefined, { taken: () => 0 });
  await new Promise((resolve) => stream.once('readable', resolve));
  stream.destroy();
  resource.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.ok(remote.given < bytes.length / 2, `${remote.given} octets were read`);
  t.equal(remote.held, 0);
});

t.test('the format is loaded late, and what fails then is told', async (t) => {
  const { bytes, content } = FILES['/small.html'] as Made;
  let loaded: (() => void) | undefined;
  const waiting = new Promise<void>((resolve) => {
    loaded = resolve;
  });
  const remote = new RemoteSource({ '/a.blte': bytes, '/b': content });
  const source = decoding(remote, 'blte', { keys }, async (options) => {
    await waiting;
    const { BlteFiles } = await import('../../lib/source/blte.js');
    return new BlteFiles(options);
  });
  t.ok((await contentOf(source, '/b')).equals(content), 'what is plain does not wait');
  const later = contentOf(source, '/a');
  loaded?.();
  t.ok((await later).equals(content));
  const failing = decoding(remote, 'blte', {}, () => Promise.reject(new Error('no such module')));
  await new Promise((resolve) => setImmediate(resolve));
  await t.rejects(opened(failing, '/a'), { message: 'no such module' });
  t.equal(remote.held, 0);
  t.throws(() => decoding(remote, 'zip' as 'blte'), { message: 'decode is zip; it takes blte' });
  t.throws(() => decoding(remote, 'blte', { limits: { maxSize: 0 } }), RangeError);
});

t.test('what is behind says what it can', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const remote = decoding(new RemoteSource({}), 'blte') as Source;
  t.equal(remote.isCurrent, undefined, 'no cache can stand before it');
  t.equal(remote.enlarge, undefined);
  const cache = memoryCache(directory(root));
  const source = decoding(cache, 'blte') as Source;
  t.type(source.enlarge, 'function');
  const a = await opened(source, '/a.txt');
  t.equal(source.enlarge?.(a, 10), cache.enlarge(a, 10));
  // A current file with an absence that takes time to see is not current.
  const stored = { kind: 'resource', bytes: Buffer.alloc(0) } as unknown as Resource;
  const held = { tables: 1, contents: 2, buffers: 3 };
  const decoder: Decoder = { open: () => stored, origin: () => stored, memory: () => held };
  for (const [plain, expected] of [
    [() => null, true],
    [() => stored, false],
    [async () => null, false],
    [() => Promise.reject(new Error('late')), false],
    [
      () => {
        throw new Error('no');
      },
      false,
    ],
  ] as const) {
    const behind: Source = {
      open: plain as Source['open'],
      isCurrent: () => true,
      close: async () => {},
    };
    const over = decoding(behind, 'blte', {}, async () => decoder);
    t.same(over.memory(), { tables: 0, contents: 0, buffers: 0 }, 'nothing is loaded yet');
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(over.memory(), held);
    Object.assign(stored, { close: () => {} });
    t.equal(over.isCurrent?.('/a' as ResourcePath, stored), expected);
  }
});

t.test('keys of files and texts together', async (t) => {
  const folder = t.testdir({ keys: `# mine\n${KEYS}\n` });
  t.equal(readKeys(undefined), undefined);
  t.throws(() => readKeys(undefined, KEYS as never), { name: 'TypeError', message: /no list/ });
  t.same(readKeys(path.join(folder, 'keys'))?.names, ['FA505078126ACB3E']);
  const other = `${'0'.repeat(16)} ${'1'.repeat(32)}`;
  t.same(
    readKeys(path.join(folder, 'keys'), [KEYS])?.names,
    ['FA505078126ACB3E'],
    'once is enough',
  );
  t.same(readKeys(path.join(folder, 'keys'), [other])?.names, ['FA505078126ACB3E', '0'.repeat(16)]);
});
