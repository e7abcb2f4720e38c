/** Random access: extents against slices, what is read for them, memory that is lent, and ends of all kinds. */
import { Readable } from 'node:stream';
import t from 'tap';
import { BlteError } from '../../lib/blte/error.js';
import { KeyRing } from '../../lib/blte/keys.js';
import { chunkPool, slicePool } from '../../lib/blte/pool.js';
import { BlteReader, openBlte, type ReadAt, readLayout } from '../../lib/blte/reader.js';
import type { BlteChunk, BlteTable } from '../../lib/blte/table.js';
import { VerifiedChunks } from '../../lib/blte/verified.js';
import {
  deflated,
  encrypted,
  file,
  framed,
  gathered,
  KEYS,
  lz4,
  type Maker,
  md5,
  plain,
  prose,
  singleFile,
} from '../helpers/blte.js';
import { until } from '../helpers/client.js';
import { random } from '../helpers/random.js';

const keys = KeyRing.parse(KEYS);

/** A file in memory that keeps an account of what is read, and writes over what it gave before. */
class Store {
  /** Extents that were asked for. */
  readonly asked: [number, number][] = [];
  /** Octets that were given. */
  given = 0;
  open = 0;
  readonly #bytes: Buffer;
  readonly #piece: number;

  constructor(bytes: Buffer, piece = 1000) {
    this.#bytes = bytes;
    this.#piece = piece;
  }

  readonly readAt: ReadAt = (first, last) => {
    this.asked.push([first, last]);
    return this.#read(first, last);
  };

  async *#read(first: number, last: number): AsyncGenerator<Buffer> {
    const memory = Buffer.alloc(this.#piece);
    this.open++;
    try {
      for (let at = first; at <= last && at < this.#bytes.length; at += this.#piece) {
        const count = this.#bytes.copy(memory, 0, at, Math.min(at + this.#piece, last + 1));
        this.given += count;
        yield memory.subarray(0, count);
        memory.fill(0xee);
      }
    } finally {
      this.open--;
    }
  }
}

/** Chunks of many sizes and modes, some empty. */
function mixed(count: number, seed: number): Maker[] {
  const numbers = random(seed);
  const { below, pick } = numbers;
  return Array.from({ length: count }, () => {
    const content = prose(below(5) === 0 ? 0 : below(3000), numbers);
    const simple = pick([plain, deflated, lz4])(content);
    return pick([simple, simple, encrypted(simple), framed([simple, plain(content)])]);
  });
}

t.test('what is known of a file without decoding it', async (t) => {
  const { bytes, content } = file(mixed(300, 1));
  const store = new Store(bytes);
  const reader = await openBlte(store.readAt, bytes.length, { keys });
  const headerSize = 12 + 300 * 24;
  t.same(store.asked, [
    [0, 11],
    [12, headerSize - 1],
  ]);
  t.equal(store.given, headerSize);
  t.equal(reader.size, content.length);
  t.equal(reader.ekey, md5(bytes.subarray(0, headerSize)).toString('hex'));
  t.equal(reader.chunks?.count, 300);
  t.equal(reader.layout, reader.chunks);
});

t.test('random extents equal slices, and read no more than their chunks', async (t) => {
  const { bytes, content } = file(mixed(300, 2), { format: 0x10 });
  const store = new Store(bytes, 777);
  const reader = await openBlte(store.readAt, bytes.length, { keys });
  const table = reader.chunks as BlteTable;
  t.ok((await gathered(reader.read())).equals(content));
  const { below } = random(3);
  for (let round = 0; round < 2000; round++) {
    const first = below(content.length);
    const last = Math.min(content.length - 1, first + below(2) * below(20_000));
    store.asked.length = 0;
    store.given = 0;
    let taken = 0;
    const stream = reader.read({ first, last }, round % 2 ? { taken: () => taken } : {});
    const parts: Buffer[] = [];
    for await (const part of stream) {
      parts.push(Buffer.from(part));
      taken += part.length;
    }
    if (!Buffer.concat(parts).equals(content.subarray(first, last + 1))) t.fail(`${first}-${last}`);
    const from = table.chunk(table.find(first));
    const to = table.chunk(table.find(last));
    const touched = to.offset + to.encodedSize - from.offset;
    if (store.given !== touched) t.fail(`${first}-${last}: ${store.given} instead of ${touched}`);
    if (store.asked.length !== 1) t.fail(`${store.asked.length} reads`);
  }
  t.equal(store.open, 0);
});

t.test('extents at the edges, and none', async (t) => {
  const { bytes, content } = file([
    plain(Buffer.alloc(0)),
    plain(Buffer.from('abc')),
    plain(Buffer.alloc(0)),
    deflated(Buffer.from('defg')),
    plain(Buffer.alloc(0)),
  ]);
  const reader = await openBlte(new Store(bytes).readAt, bytes.length);
  for (let first = 0; first < 7; first++) {
    for (let last = first; last < 7; last++) {
      const part = await gathered(reader.read({ first, last }));
      t.ok(part.equals(content.subarray(first, last + 1)), `${first}-${last}`);
    }
  }
  for (const [first, last] of [
    [0, 7],
    [7, 7],
    [3, 2],
    [-1, 2],
    [0.5, 2],
    [0, Number.NaN],
    [0, Number.POSITIVE_INFINITY],
  ] as const) {
    t.throws(() => reader.read({ first, last }), { name: 'RangeError' }, `${first}-${last}`);
  }
  const none = file([plain(Buffer.alloc(0)), plain(Buffer.alloc(0))]);
  const store = new Store(none.bytes);
  const empty = await openBlte(store.readAt, none.bytes.length);
  t.equal(empty.size, 0);
  t.equal((await gathered(empty.read())).length, 0);
  t.throws(() => empty.read({ first: 0, last: 0 }), RangeError);
  t.equal(store.asked.length, 2, 'the header alone');
});

t.test('a layout is read once for many readers', async (t) => {
  const { bytes, content } = file(mixed(50, 4));
  const store = new Store(bytes);
  const layout = await readLayout(store.readAt, bytes.length);
  store.given = 0;
  const readers = [1, 2, 3].map(() => new BlteReader(store.readAt, layout, { keys }));
  const all = await Promise.all(readers.map((reader) => gathered(reader.read())));
  t.ok(all.every((one) => one.equals(content)));
  t.equal(store.given, 3 * (bytes.length - layout.encodedSize + (bytes.length - 12 - 50 * 24)));
});

t.test('many readers at a time share memory, not content', async (t) => {
  const numbers = random(5);
  const makers = Array.from({ length: 30 }, () =>
    numbers.pick([plain, deflated])(prose(90_000, numbers)),
  );
  const { bytes, content } = file(makers);
  const reader = await openBlte(new Store(bytes, 50_000).readAt, bytes.length);
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      let taken = 0;
      const held: Buffer[] = [];
      let at = 0;
      for await (const part of reader.read(undefined, { taken: () => taken })) {
        held.push(part);
        // What is not yet said to be taken stays as it is.
        if (held.length > index % 4) {
          for (const one of held.splice(0)) {
            if (!one.equals(content.subarray(at, at + one.length)))
              t.fail(`reader ${index} at ${at}`);
            at += one.length;
            taken = at;
          }
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      for (const one of held) {
        if (!one.equals(content.subarray(at, at + one.length))) t.fail(`reader ${index} at ${at}`);
        at += one.length;
      }
      t.equal(at, content.length);
    }),
  );
});

t.test('what is lent uses little memory again and again', async (t) => {
  const content = prose(2_000_000, random(6));
  const { bytes } = file([deflated(content)]);
  const reader = await openBlte(new Store(bytes).readAt, bytes.length);
  let taken = 0;
  const memories = new Set<unknown>();
  for await (const part of reader.read(undefined, { taken: () => taken })) {
    memories.add(part.buffer);
    taken += part.length;
  }
  t.equal(taken, content.length);
  t.ok(memories.size <= 4, `${memories.size} buffers for ${content.length} octets`);
});

t.test('sizes that do not fit the file', async (t) => {
  const { bytes } = file([plain(Buffer.from('abc'))]);
  for (const [given, offset, message] of [
    [bytes.subarray(0, -1), 39, /the file has 39 octets, by its table 40/],
    [Buffer.concat([bytes, Buffer.from('x')]), 40, /the file has 41 octets, by its table 40/],
    [bytes.subarray(0, 35), 35, /ends after 35 octets, its header needs 36/],
    [bytes.subarray(0, 11), 11, /ends after 11 octets, its header needs 12/],
    [bytes.subarray(0, 3), 3, /ends after 3 octets, its header needs 8/],
    [bytes.subarray(0, 0), 0, /ends after 0 octets/],
    [Buffer.from('<html>'), 0, /no BLTE file/],
  ] as const) {
    await t.rejects(openBlte(new Store(given).readAt, given.length), { message, offset });
  }
  // Shorter than somebody said.
  await t.rejects(openBlte(new Store(bytes.subarray(0, 20)).readAt, 40), /ends after 20/);
  const reader = new BlteReader(
    new Store(bytes.subarray(0, 38)).readAt,
    await readLayout(new Store(bytes).readAt, 40),
  );
  await t.rejects(gathered(reader.read()), {
    message: 'chunk 0 (mode N): the file ends after 2 of its 4 octets',
    chunk: 0,
  });
});

t.test(
  'a damaged chunk ends the stream; what is before can be read, and what is behind',
  async (t) => {
    const parts = [0, 1, 2].map((seed) => prose(1000, random(seed)));
    const { bytes } = file(parts.map((part) => deflated(part)));
    const store = new Store(bytes);
    const reader = await openBlte(store.readAt, bytes.length);
    const { offset } = (reader.chunks as BlteTable).chunk(1);
    bytes[offset + 20] = (bytes[offset + 20] as number) ^ 1;
    const given: Buffer[] = [];
    const failed = (async () => {
      for await (const part of reader.read()) given.push(part);
    })();
    await t.rejects(failed, { name: 'BlteError', chunk: 1, mode: 'Z', offset });
    t.ok(Buffer.concat(given).equals(parts[0] as Buffer));
    t.ok((await gathered(reader.read({ first: 0, last: 999 }))).equals(parts[0] as Buffer));
    t.ok((await gathered(reader.read({ first: 2000, last: 2999 }))).equals(parts[2] as Buffer));
    await t.rejects(gathered(reader.read({ first: 999, last: 1000 })), BlteError);
    t.equal(store.open, 0);
  },
);

t.test('without a table', async (t) => {
  const content = prose(50_000, random(8));
  const zipped = deflated(content, 0);
  for (const [maker, size] of [
    [plain(content), content.length],
    [deflated(content), undefined],
    [zipped, undefined],
    [lz4(content), undefined],
    [encrypted(deflated(content)), undefined],
  ] as const) {
    const { bytes } = singleFile(maker);
    const store = new Store(bytes);
    const reader = await openBlte(store.readAt, bytes.length, { keys });
    t.equal(reader.size, size);
    t.equal(reader.ekey, undefined);
    t.equal(reader.chunks, undefined);
    t.equal(store.given, 12);
    t.ok((await gathered(reader.read())).equals(content));
    for (const [first, last] of [
      [0, 0],
      [0, 49_999],
      [777, 33_333],
      [49_999, 49_999],
    ] as const) {
      store.given = 0;
      const part = await gathered(reader.read({ first, last }));
      t.ok(part.equals(content.subarray(first, last + 1)), `${bytes[8]}: ${first}-${last}`);
      if (size !== undefined) t.equal(store.given, last - first + 1);
      if (maker === zipped && last === 0)
        t.ok(store.given < bytes.length / 2, 'and not to its end');
    }
    if (size === undefined) {
      const beyond = await gathered(reader.read({ first: 49_990, last: 60_000 }));
      t.ok(beyond.equals(content.subarray(49_990)), 'ends with the content');
    } else {
      t.throws(() => reader.read({ first: 0, last: size }), RangeError);
      const shorter = new BlteReader(new Store(bytes.subarray(0, 20)).readAt, reader.layout);
      await t.rejects(
        gathered(shorter.read()),
        /chunk 0 \(mode N\): the file ends 49989 octets before/,
      );
    }
    t.equal(store.open, 0);
  }
  const none = singleFile(plain(Buffer.alloc(0))).bytes;
  t.equal((await openBlte(new Store(none).readAt, none.length)).size, 0);
  const cut = none.subarray(0, 8);
  await t.rejects(openBlte(new Store(cut).readAt, 8), /no octets, not even its mode/);
  const limits = { maxSize: 9 };
  const ten = singleFile(plain(Buffer.alloc(10))).bytes;
  await t.rejects(openBlte(new Store(ten).readAt, ten.length, { limits }), /10 octets, 9 are/);
  for (const size of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const said = `the size of a file is a number of octets, not ${size}`;
    await t.rejects(openBlte(new Store(ten).readAt, size), { name: 'RangeError', message: said });
  }
});

t.test('whoever stops ends what is read for him', async (t) => {
  const { bytes, content } = file(mixed(200, 9));
  const signals: AbortSignal[] = [];
  const streams: Readable[] = [];
  /** Gives the first half, then nothing. */
  const readAt: ReadAt = (first, last, signal) => {
    signals.push(signal);
    let at = first;
    const half = (first + last) >> 1;
    const stream = new Readable({
      read() {
        if (at > half && first >= 12 + 200 * 24) return;
        const end = Math.min(at + 500, last + 1);
        this.push(at > last ? null : bytes.subarray(at, end));
        at = end;
      },
    });
    streams.push(stream);
    return stream;
  };
  const reader = await openBlte(readAt, bytes.length, { keys });
  const { used } = chunkPool;
  t.ok(streams.every((stream) => stream.destroyed));
  const ends: [string, (stream: Readable, abort: AbortController) => void][] = [
    ['destroyed', (stream) => stream.destroy()],
    ['destroyed with an error', (stream) => stream.destroy(new Error('enough'))],
    ['aborted', (_stream, abort) => abort.abort()],
  ];
  for (const [name, end] of ends) {
    for (const when of ['before it is read', 'in the middle', 'while it waits']) {
      const abort = new AbortController();
      const stream = reader.read(undefined, { signal: abort.signal });
      let failure: unknown;
      stream.on('error', (error) => {
        failure = error;
      });
      const closed = new Promise((resolve) => stream.once('close', resolve));
      if (when === 'in the middle') {
        await new Promise((resolve) => stream.once('readable', resolve));
      } else if (when === 'while it waits') {
        let count = 0;
        stream.on('data', (part: Buffer) => {
          count += part.length;
        });
        await until(() => count > content.length / 4, 2000, 'a quarter');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      end(stream, abort);
      await closed;
      await until(() => streams.every((one) => one.destroyed), 2000, `${name} ${when}`);
      t.equal(failure === undefined, name === 'destroyed', `${name} ${when}`);
    }
  }
  t.ok(
    signals.slice(2).every((signal) => signal.aborted),
    'each was told',
  );
  await until(() => chunkPool.used === used, 2000, 'memory is given back');
  t.equal(chunkPool.used, used);
  const early = reader.read(undefined, { signal: AbortSignal.abort() });
  await t.rejects(gathered(early), { name: 'AbortError' });
  await t.rejects(openBlte(readAt, bytes.length, { signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
  const never: ReadAt = () => new Readable({ read() {} });
  const late = new AbortController();
  setTimeout(() => late.abort(new Error('enough')), 20);
  await t.rejects(openBlte(never, 100, { signal: late.signal }), { message: 'enough' });
});

t.test('what the source says is what is heard', async (t) => {
  const { bytes } = file([plain(Buffer.alloc(1000))]);
  const layout = await readLayout(new Store(bytes).readAt, bytes.length);
  const broken: ReadAt = () => {
    const stream = new Readable({ read() {} });
    stream.push(bytes.subarray(36, 100));
    setTimeout(() => stream.destroy(new Error('the disk is on fire')), 5);
    return stream;
  };
  const reader = new BlteReader(broken, layout);
  await t.rejects(gathered(reader.read()), { message: 'the disk is on fire' });
  const throwing = new BlteReader(() => {
    throw new Error('closed');
  }, layout);
  await t.rejects(gathered(throwing.read()), { message: 'closed' });
});

t.test('chunks that were right once are not checked again, where that is asked for', async (t) => {
  const numbers = random(20);
  const makers = Array.from({ length: 40 }, (_, index) =>
    numbers.pick([plain, deflated, lz4])(prose(index === 7 ? 0 : 70_000, numbers)),
  );
  const { bytes, content } = file(makers, { format: 0x10 });
  const verified = new VerifiedChunks(40);
  t.equal(verified.memory, 10);
  const store = new Store(bytes, 10_000);
  const reader = await openBlte(store.readAt, bytes.length, { verified });
  const table = reader.chunks as BlteTable;
  const first = table.chunk(3);
  await gathered(reader.read({ first: first.start, last: first.start + 10 }));
  t.same(
    [2, 3, 4].map((index) => verified.has(index)),
    [false, true, false],
  );
  t.ok((await gathered(reader.read())).equals(content));
  t.ok(Array.from({ length: 40 }, (_, index) => verified.has(index)).every(Boolean));
  t.ok(verified.isComplete);
  for (const { index, offset } of table) t.equal(verified.isPlain(index), bytes[offset] === 0x4e);
  for (let round = 0; round < 200; round++) {
    const from = numbers.below(content.length);
    const last = Math.min(content.length - 1, from + numbers.below(200_000));
    let taken = 0;
    const parts: Buffer[] = [];
    const options = round % 2 ? { taken: () => taken } : {};
    for await (const part of reader.read({ first: from, last }, options)) {
      parts.push(Buffer.from(part));
      taken += part.length;
    }
    if (!Buffer.concat(parts).equals(content.subarray(from, last + 1))) t.fail(`${from}-${last}`);
  }
  // What is plain and was changed since would pass, by the word of who asked for it; without it does not.
  const target = [...table].find(({ offset }) => bytes[offset] === 0x4e && offset > 1000);
  const { offset, start } = target as BlteChunk;
  bytes[offset + 1] = (bytes[offset + 1] as number) ^ 1;
  const extent = { first: start, last: start + 9 };
  t.equal((await gathered(reader.read(extent))).length, 10);
  const strict = new BlteReader(store.readAt, reader.layout);
  await t.rejects(gathered(strict.read(extent)), { name: 'BlteError' });
  const cutShort = new BlteReader(
    new Store(bytes.subarray(0, offset + 100)).readAt,
    reader.layout,
    {
      verified,
    },
  );
  await t.rejects(
    gathered(cutShort.read({ first: start, last: start + 500 })),
    /mode N\): the file ends after 100 of its/,
  );
  t.equal(store.open, 0);
});

t.test('memory of large chunks is not given for slices', async (t) => {
  const content = prose(65_000 * 8, random(21));
  const parts = Array.from({ length: 8 }, (_, index) =>
    content.subarray(index * 65_000, (index + 1) * 65_000),
  );
  const { bytes } = file(parts.map((part) => deflated(part)));
  const reader = await openBlte(new Store(bytes, 5000).readAt, bytes.length);
  for (let round = 0; round < 5; round++) {
    let taken = 0;
    for await (const part of reader.read(undefined, { taken: () => taken })) {
      if (!content.subarray(taken, taken + part.length).equals(part)) t.fail(`at ${taken}`);
      taken += part.length;
    }
    t.equal(taken, content.length);
  }
});

t.test('after all of that no memory of chunks is in use', async (t) => {
  await until(() => chunkPool.used === 0, 2000, 'memory is given back').catch(() => {});
  t.equal(chunkPool.used, 0);
  await until(() => slicePool.used === 0, 2000, 'and that of slices').catch(() => {});
  t.equal(slicePool.used, 0);
});

t.test('a target that is longer than content of unknown length is not filled', async (t) => {
  const { bytes, content } = singleFile(deflated(prose(100, random(34))));
  const reader = await openBlte(new Store(bytes).readAt, bytes.length);
  const target = Buffer.alloc(100);
  await reader.readInto(target);
  t.ok(target.equals(content));
  for (const [length, first] of [
    [101, 0],
    [100, 1],
    [1, 100],
  ] as const) {
    const filled = reader.readInto(Buffer.alloc(length), first);
    await t.rejects(filled, { name: 'BlteError', message: /^the content ends after 100 octets$/ });
  }
});

t.test('many reads at a time are no leak of listeners', async (t) => {
  const { bytes, content } = file([plain(prose(50_000, random(33)))]);
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  const reader = await openBlte(new Store(bytes).readAt, bytes.length);
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const target = Buffer.alloc(100);
      await reader.readInto(target, index);
      t.ok(target.equals(content.subarray(index, index + 100)));
    }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warned);
  t.same(warnings, []);
});
