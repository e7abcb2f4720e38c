/** Plain chunks that need not be checked: given on as they come, out of memory that is used again. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import t from 'tap';
import { slicePool } from '../../lib/blte/pool.js';
import { BlteReader, type ReadAt, readLayout } from '../../lib/blte/reader.js';
import type { BlteTable } from '../../lib/blte/table.js';
import { VerifiedChunks } from '../../lib/blte/verified.js';
import { deflated, file, type Maker, plain, prose, singleFile } from '../helpers/blte.js';
import { until } from '../helpers/client.js';
import { random } from '../helpers/random.js';

/** Written over memory once nobody may need it any more. */
const POISON = 0xee;
const BLOCK = 32_768;

/** A piece that was given. */
interface Given {
  readonly memory: Buffer;
  readonly end: number;
}

/** Gives a file in blocks as sources do: each stays as it is until it is taken, and is written over then. */
class LastingStore {
  open = 0;
  /** Octets that were given. */
  given = 0;
  /** The extents that were asked for. */
  readonly asked: (readonly [first: number, last: number])[] = [];
  /** Whether a piece of memory is one of these. */
  readonly memory = new Set<ArrayBufferLike>();
  readonly #bytes: Buffer;
  readonly #block: number;

  constructor(bytes: Buffer, block: number = BLOCK) {
    this.#bytes = bytes;
    this.#block = block;
  }

  readonly readAt: ReadAt = (first, last, _signal, taken) => {
    const lent: Given[] = [];
    let at = first;
    const takeBack = (): void => {
      while (lent.length > 0 && (lent[0] as Given).end <= taken()) {
        (lent.shift() as Given).memory.fill(POISON);
      }
    };
    this.open++;
    this.asked.push([first, last]);
    const stream = new Readable({
      highWaterMark: this.#block,
      read: (): void => {
        takeBack();
        // Blocks are aligned, whatever was asked for.
        const end = Math.min(this.#bytes.length, last + 1, at - (at % this.#block) + this.#block);
        if (at >= end) {
          stream.push(null);
          return;
        }
        const memory = Buffer.allocUnsafeSlow(end - at);
        this.#bytes.copy(memory, 0, at, end);
        this.given += memory.length;
        this.memory.add(memory.buffer);
        at = end;
        lent.push({ memory, end: at - first });
        setImmediate(() => stream.push(memory));
      },
      destroy: (error, done) => {
        this.open--;
        takeBack();
        done(error);
      },
    });
    return stream;
  };
}

/** A reader whose chunks were all found right before. */
async function readerOf(bytes: Buffer, store: LastingStore): Promise<BlteReader> {
  const layout = await readLayout(store.readAt, bytes.length);
  if (layout.kind !== 'table') return new BlteReader(store.readAt, layout, { lasts: true });
  const verified = new VerifiedChunks(layout.count);
  for (const { index, offset } of layout) verified.add(index, bytes[offset] === 0x4e);
  return new BlteReader(store.readAt, layout, { verified, lasts: true });
}

/** What a consumer gets that takes octets long after it was given them, in steps. */
async function collected(
  reader: BlteReader,
  extent: { first: number; last: number },
  behind: number,
): Promise<{ content: Buffer; pieces: Buffer[] }> {
  let taken = 0;
  let given = 0;
  const held: Buffer[] = [];
  const pieces: Buffer[] = [];
  const out: Buffer[] = [];
  const take = (most: number): void => {
    while (held.length > 0 && given - taken > most) {
      const piece = held.shift() as Buffer;
      out.push(Buffer.from(piece));
      taken += piece.length;
    }
  };
  const stream = reader.read(extent, { taken: () => taken });
  stream.on('data', (piece: Buffer) => {
    pieces.push(piece);
    held.push(piece);
    given += piece.length;
    if (given - taken <= behind) return;
    stream.pause();
    setImmediate(() => {
      take(behind >> 1);
      stream.resume();
    });
  });
  await once(stream, 'end');
  take(0);
  return { content: Buffer.concat(out), pieces };
}

const numbers = random(23);
const CONTENT: Buffer = prose(700_000, numbers);

/** The content in chunks of some sizes, in turn. */
function encoded(sizes: readonly number[], modes: readonly ((content: Buffer) => Maker)[]): Buffer {
  const makers: Maker[] = [];
  for (let at = 0, i = 0; at < CONTENT.length; i++) {
    const size = sizes[i % sizes.length] as number;
    makers.push((modes[i % modes.length] ?? plain)(CONTENT.subarray(at, at + size)));
    at += size;
  }
  return file(makers).bytes;
}

const FILES: Readonly<Record<string, Buffer>> = {
  'chunks of two blocks': encoded([65_536], [plain]),
  'chunks of all sizes': encoded([1, 8191, 8192, 100_000, 7, 40_000, 32_767], [plain]),
  'plain and compressed ones': encoded([65_536, 20_000, 3], [plain, deflated]),
  'more chunks than are passed on in one go': encoded([1000], [plain]),
  'one chunk': singleFile(plain(CONTENT)).bytes,
};

for (const [name, bytes] of Object.entries(FILES)) {
  t.test(`${name}: what is taken late is right`, async (t) => {
    const store = new LastingStore(bytes);
    const reader = await readerOf(bytes, store);
    const before = slicePool.used;
    for (const behind of [0, 1, 32_768, 100_000]) {
      for (let round = 0; round < 12; round++) {
        const first = round === 0 ? 0 : numbers.below(CONTENT.length);
        const most = round < 6 ? CONTENT.length - first : Math.min(50_000, CONTENT.length - first);
        const last = round === 0 ? CONTENT.length - 1 : first + numbers.below(most);
        const { content } = await collected(reader, { first, last }, behind);
        t.ok(content.equals(CONTENT.subarray(first, last + 1)), `${first}-${last}, ${behind}`);
      }
    }
    await until(() => store.open === 0 && slicePool.used === before);
  });
}

t.test('plain chunks are not copied, but for what is small', async (t) => {
  const bytes = FILES['chunks of two blocks'] as Buffer;
  const store = new LastingStore(bytes);
  const reader = await readerOf(bytes, store);
  const extent = { first: 0, last: CONTENT.length - 1 };
  const { pieces } = await collected(reader, extent, 100_000);
  const passed = pieces.filter(({ buffer }) => store.memory.has(buffer));
  const octets = passed.reduce((sum, { length }) => sum + length, 0);
  t.ok(octets > 0.9 * CONTENT.length, `${octets} of ${CONTENT.length}`);
  t.ok(passed.every(({ length }) => length >= 8192));
  const small = encoded([8191], [plain]);
  const other = new LastingStore(small);
  const copied = await collected(await readerOf(small, other), extent, 100_000);
  t.notOk(copied.pieces.some(({ buffer }) => other.memory.has(buffer)));
  const kept = await new BlteReader(store.readAt, reader.layout, { lasts: true })
    .read(extent, { taken: () => 0 })
    .toArray();
  t.notOk(
    kept.some(({ buffer }: Buffer) => store.memory.has(buffer)),
    'what is to be checked is',
  );
});

t.test('who takes nothing is given no more than a stream holds', async (t) => {
  const bytes = FILES['chunks of two blocks'] as Buffer;
  const store = new LastingStore(bytes);
  const reader = await readerOf(bytes, store);
  const stream = reader.read(undefined, { taken: () => 0 });
  stream.read(0);
  await until(() => stream.readableLength > 0);
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.ok(stream.readableLength <= 2 * BLOCK, `${stream.readableLength} octets`);
  t.ok(store.memory.size <= 6, `${store.memory.size} blocks`);
  const got = (await stream.toArray()) as Buffer[];
  t.ok(Buffer.concat(got).equals(CONTENT));
});

t.test('the source is asked for what is wanted, whoever reads', async (t) => {
  const bytes = FILES['chunks of two blocks'] as Buffer;
  const store = new LastingStore(bytes);
  const reader = await readerOf(bytes, store);
  const table = reader.chunks as BlteTable;
  for (const [first, last] of [
    [0, 9],
    [65_530, 65_535],
    [65_530, 65_536],
    [70_000, 400_000],
    [0, CONTENT.length - 1],
  ] as const) {
    const expected = CONTENT.subarray(first, last + 1);
    const from = table.chunk(table.find(first)).offset;
    const to = table.chunk(table.find(last));
    store.asked.length = 0;
    const { content } = await collected(reader, { first, last }, 100_000);
    t.ok(content.equals(expected));
    t.ok(Buffer.concat(await reader.read({ first, last }).toArray()).equals(expected));
    const target = Buffer.alloc(expected.length);
    await reader.readInto(target, first);
    t.ok(target.equals(expected));
    const asked = [from, to.offset + 1 + last - to.start] as const;
    t.same(store.asked, [asked, asked, asked], `${first}-${last}`);
  }
});

t.test('nothing is passed on of memory that does not last', async (t) => {
  const bytes = FILES['chunks of two blocks'] as Buffer;
  const memory = Buffer.alloc(BLOCK);
  const readAt: ReadAt = async function* (first, last) {
    for (let at = first; at <= last; at += BLOCK) {
      const end = Math.min(at + BLOCK, last + 1);
      yield memory.subarray(0, bytes.copy(memory, 0, at, end));
    }
  };
  const table = (await readLayout(readAt, bytes.length)) as BlteTable;
  const verified = new VerifiedChunks(table.count);
  for (const { index } of table) verified.add(index, true);
  const reader = new BlteReader(readAt, table, { verified });
  const pieces = (await reader.read(undefined, { taken: () => 0 }).toArray()) as Buffer[];
  t.ok(Buffer.concat(pieces).equals(CONTENT));
});

t.test(
  'what was begun as a whole is read to its end, whatever is found out meanwhile',
  async (t) => {
    const bytes = FILES['chunks of two blocks'] as Buffer;
    const store = new LastingStore(bytes);
    const table = (await readLayout(store.readAt, bytes.length)) as BlteTable;
    const extent = { first: 0, last: 2 * 65_536 + 9 };
    for (const options of [{ taken: () => 0 }, {}]) {
      const verified = new VerifiedChunks(table.count);
      const reader = new BlteReader(store.readAt, table, { verified, lasts: true });
      const stream = reader.read(extent, options);
      stream.read(0);
      for (const { index } of table) verified.add(index, true);
      store.given = 0;
      const got = Buffer.concat((await stream.toArray()) as Buffer[]);
      t.ok(got.equals(CONTENT.subarray(0, extent.last + 1)));
      t.equal(store.given, 3 * 65_537, 'the last chunk, of which ten octets are wanted');
    }
  },
);

t.test('no more is read than is wanted of a plain chunk', async (t) => {
  const bytes = file([plain(CONTENT)]).bytes;
  const store = new LastingStore(bytes);
  const reader = await readerOf(bytes, store);
  const stream = reader.read({ first: 0, last: 9999 }, { taken: () => 0 });
  stream.read(0);
  await until(() => stream.readableLength === 10_000);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.ok(store.memory.size <= 4, `${store.memory.size} blocks`);
  t.ok((stream.read() as Buffer).equals(CONTENT.subarray(0, 10_000)));
  await once(stream.resume(), 'end');
});

t.test('a file that has become shorter: what was there, and where it ended', async (t) => {
  for (const [size, chunk, within] of [
    [65_536, 4, 3000],
    [65_536, 4, 0],
    [65_536, 0, 65_536],
    [1000, 255, 700],
    [1000, 256, 1],
    [1000, 300, 0],
    [1000, 513, 1000],
  ] as const) {
    const bytes = encoded([size], [plain]);
    const whole = await readerOf(bytes, new LastingStore(bytes));
    const table = whole.chunks as BlteTable;
    const cut = table.chunk(chunk).offset + within;
    const store = new LastingStore(bytes.subarray(0, cut));
    const verified = new VerifiedChunks(table.count);
    for (const { index } of table) verified.add(index, true);
    const shorter = new BlteReader(store.readAt, table, { verified, lasts: true });
    let got = 0;
    let right = true;
    const stream = shorter.read(undefined, { taken: () => got });
    stream.on('data', (piece: Buffer) => {
      right &&= piece.equals(CONTENT.subarray(got, got + piece.length));
      got += piece.length;
    });
    const [error] = await once(stream, 'error');
    t.ok(right);
    const said = new RegExp(
      `chunk ${chunk}( .*)?: the file ends after ${within} of its ${size + 1} oc`,
    );
    t.match(error.message, said);
    t.equal(got, chunk * size + Math.max(0, within - 1), 'all octets but modes');
    await until(() => store.open === 0);
  }
});

for (const block of [5000, BLOCK])
  t.test(`a consumer that goes away, with blocks of ${block}`, async (t) => {
    const bytes = FILES['plain and compressed ones'] as Buffer;
    const store = new LastingStore(bytes, block);
    const reader = await readerOf(bytes, store);
    const before = slicePool.used;
    for (let pieces = 0; pieces < 25; pieces++) {
      for (const paused of [false, true]) {
        let left = pieces;
        const stream = reader.read(undefined, { taken: () => 0 });
        await new Promise<void>((resolve) => {
          stream.once('close', resolve);
          stream.on('data', () => {
            if (left-- > 0) return;
            if (paused) {
              stream.pause();
              setTimeout(() => stream.destroy(), 2);
            } else stream.destroy();
          });
        });
        t.ok(stream.destroyed);
      }
    }
    await until(() => store.open === 0 && slicePool.used === before);
  });
