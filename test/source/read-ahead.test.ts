/** Reading ahead: the pool's budget, chunks equal to the file, buffers never used again too early. */
import fs from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import t, { type Test } from 'tap';
import { directory } from '../../lib/source/directory.js';
import { BufferPool, ReadAhead } from '../../lib/source/read-ahead.js';
import type { Resource, ResourcePath } from '../../lib/source/source.js';
import { MIB, pattern, sha256 } from '../helpers/files.js';

const CHUNK = 64;

/** Takes all that a pool has to give, and puts it back. */
function drain(pool: BufferPool): Set<Buffer> {
  const all = new Set<Buffer>();
  for (;;) {
    const taken = pool.take(4);
    if (taken.length === 0) break;
    for (const buffer of taken) all.add(buffer);
  }
  for (const buffer of all) pool.give(buffer);
  return all;
}

t.test('the pool keeps its budget', async (t) => {
  for (const [budget, size, most] of [
    [0, 10, 0],
    [9, 10, 0],
    [10, 10, 1],
    [105, 10, 10],
    [1000, 10, 100],
  ] as const) {
    const pool = new BufferPool(budget, size);
    const all = drain(pool);
    t.equal(all.size, most, `${budget} / ${size}`);
    t.ok([...all].every((buffer) => buffer.length === size));
    t.same(drain(pool), all, 'what was given back comes again, and no more');
    for (const buffer of pool.take(1)) {
      t.ok(all.has(buffer));
      pool.forget();
    }
    const later = drain(pool);
    t.equal(later.size, most, 'in the place of a forgotten one comes another');
    t.equal([...later].filter((buffer) => !all.has(buffer)).length, Math.min(1, most));
  }
});

t.test('the pool shares: an eighth of what is left, at least one', async (t) => {
  const pool = new BufferPool(40, 1);
  const counts: number[] = [];
  for (let left = 40; left > 0; left -= counts.at(-1) as number) counts.push(pool.take(4).length);
  const fours = [4, 4, 4, 3, 3, 2, 2, 2, 2];
  t.same(counts.slice(0, fours.length), fours);
  t.ok(counts.slice(fours.length).every((count) => count === 1));
  t.same(pool.take(4), []);
  t.equal(new BufferPool(1000, 1).take(4).length, 4, 'never more than was asked for');
});

/** A file of some size with a descriptor on it. */
function opened(t: Test, size: number): { descriptor: number; bytes: Buffer; name: string } {
  const bytes = pattern(size, size + 1);
  const name = path.join(t.testdirName, `${size}`);
  fs.mkdirSync(t.testdirName, { recursive: true });
  fs.writeFileSync(name, bytes);
  const descriptor = fs.openSync(name, 'r');
  t.teardown(() => fs.closeSync(descriptor));
  return { descriptor, bytes, name };
}

/** One read, as a stream asks for it. */
function readOne(ahead: ReadAhead, descriptor: number, position: number): Promise<Buffer> {
  const untouched = Buffer.alloc(CHUNK, '!');
  return new Promise((resolve, reject) => {
    ahead.read(descriptor, untouched, 0, CHUNK, position, (error, count, buffer) => {
      if (error) reject(error);
      else if (count > buffer.length) reject(new Error('more than the buffer holds'));
      else resolve(buffer.subarray(0, count));
      if (!untouched.equals(Buffer.alloc(CHUNK, '!'))) reject(new Error('touched'));
    });
  });
}

/**
 * Reads `first` to `last` and holds each chunk, and the one before it, against the file once the
 * next read is through: until then a socket may use them.
 */
async function readAll(
  ahead: ReadAhead,
  descriptor: number,
  bytes: Buffer,
  first: number,
  last: number,
): Promise<Buffer[]> {
  const chunks: { at: number; buffer: Buffer }[] = [];
  let at = first;
  while (at <= last) {
    const buffer = await readOne(ahead, descriptor, at);
    if (buffer.length === 0) break;
    chunks.push({ at, buffer });
    at += buffer.length;
    for (const chunk of chunks.slice(-2)) {
      if (!chunk.buffer.equals(bytes.subarray(chunk.at, chunk.at + chunk.buffer.length))) {
        throw new Error(`the chunk at ${chunk.at} is wrong once ${at} octets are read`);
      }
    }
  }
  if (at !== last + 1) throw new Error(`${first}-${last}: ended at ${at}`);
  return chunks.map(({ buffer }) => buffer);
}

t.test('chunks are the file, for all sizes and ranges', async (t) => {
  for (const buffers of [0, 1, 3, 40]) {
    const pool = new BufferPool(buffers * CHUNK, CHUNK);
    for (const chunks of [1, 2, 3, 4, 5, 8, 9, 21]) {
      for (const odd of [-1, 0, 1]) {
        const size = chunks * CHUNK + odd;
        const { descriptor, bytes } = opened(t, size);
        for (const [first, last] of [
          [0, size - 1],
          [0, 0],
          [size - 1, size - 1],
          [1, size - 2],
          [CHUNK - 1, size - 1],
          [size >> 1, size - 1],
          [0, size >> 1],
          [size >> 2, (size >> 2) + CHUNK - 1],
        ] as const) {
          if (first > last || last >= size) continue;
          const ahead = new ReadAhead(pool, last);
          await readAll(ahead, descriptor, bytes, first, last);
          ahead.end();
          ahead.end();
        }
      }
    }
    t.equal(drain(pool).size, buffers, `a pool of ${buffers} is as it was`);
  }
});

t.test('many streams over one pool', async (t) => {
  const pool = new BufferPool(16 * CHUNK, CHUNK);
  const streams = Array.from({ length: 30 }, async (_, index) => {
    const size = 40 * CHUNK + index;
    const { descriptor, bytes } = opened(t, size);
    const ahead = new ReadAhead(pool, size - 1);
    await readAll(ahead, descriptor, bytes, 0, size - 1);
    ahead.end();
  });
  await Promise.all(streams);
  t.equal(drain(pool).size, 16);
});

t.test('buffers are used again, but not the last two', async (t) => {
  for (const buffers of [0, 1, 32]) {
    const pool = new BufferPool(buffers * CHUNK, CHUNK);
    const size = 100 * CHUNK;
    const { descriptor, bytes } = opened(t, size);
    const ahead = new ReadAhead(pool, size - 1);
    const chunks = await readAll(ahead, descriptor, bytes, 0, size - 1);
    const memory = new Set(chunks.map(({ buffer }) => buffer));
    t.ok(memory.size <= 10, `${memory.size} buffers for 100 chunks of a pool of ${buffers}`);
    for (let index = 2; index < chunks.length; index++) {
      const [before, last, now] = chunks.slice(index - 2, index + 1) as [Buffer, Buffer, Buffer];
      if (before.buffer === last.buffer || last.buffer === now.buffer) t.fail(`at ${index}`);
    }
    ahead.end();
    const free = drain(pool);
    t.equal(free.size, buffers);
    for (const chunk of chunks.slice(-2)) {
      t.notOk(
        [...free].some(({ buffer }) => buffer === chunk.buffer),
        'the last two are left alone',
      );
    }
  }
});

t.test('a file that is cut off meanwhile', async (t) => {
  for (const cut of [0, 1, 5 * CHUNK, 6 * CHUNK - 1, 6 * CHUNK, 6 * CHUNK + 1]) {
    const pool = new BufferPool(32 * CHUNK, CHUNK);
    const size = 20 * CHUNK;
    const { descriptor, bytes, name } = opened(t, size);
    const ahead = new ReadAhead(pool, size - 1);
    const got = [Buffer.from(await readOne(ahead, descriptor, 0))];
    fs.truncateSync(name, cut);
    let at = CHUNK;
    for (;;) {
      const chunk = await readOne(ahead, descriptor, at);
      if (chunk.length === 0) break;
      got.push(Buffer.from(chunk));
      at += chunk.length;
    }
    // The first call filled four chunks.
    t.equal(at, Math.max(cut, 4 * CHUNK), `cut to ${cut}`);
    t.ok(Buffer.concat(got).equals(bytes.subarray(0, at)));
    ahead.end();
    t.equal(drain(pool).size, 32);
  }
});

t.test('a read that fails gives its error and its buffers back', async (t) => {
  const pool = new BufferPool(32 * CHUNK, CHUNK);
  const ahead = new ReadAhead(pool, 100 * CHUNK);
  const folder = fs.openSync(t.testdir({}), 'r');
  t.teardown(() => fs.closeSync(folder));
  await t.rejects(readOne(ahead, folder, 0), { code: 'EISDIR' });
  ahead.end();
  t.equal(drain(pool).size, 32);
});

t.test('an end while a read is under way waits for it', async (t) => {
  const pool = new BufferPool(32 * CHUNK, CHUNK);
  const { descriptor } = opened(t, 20 * CHUNK);
  const ahead = new ReadAhead(pool, 20 * CHUNK - 1);
  const before = drain(pool);
  const reading = readOne(ahead, descriptor, 0);
  ahead.end();
  ahead.end();
  const free = drain(pool);
  t.equal(free.size, 28, 'the four that are being filled are not free');
  const chunk = await reading;
  const after = drain(pool);
  t.equal(after.size, 32);
  t.equal([...after].filter((buffer) => before.has(buffer)).length, 31, 'but for the one lent');
  t.notOk([...after].some(({ buffer }) => buffer === chunk.buffer));
});

async function resourceAt(t: Test, size: number, readAhead?: number): Promise<Resource> {
  const root = t.testdir({ large: pattern(size) });
  const source = directory(root, readAhead === undefined ? {} : { readAhead });
  const resource = await source.open('/large' as ResourcePath);
  if (resource?.kind !== 'resource' || resource.bytes !== undefined) throw new Error('no stream');
  t.teardown(() => resource.close());
  return resource;
}

// Node documents `fs` of createReadStream, but not that the buffer its callback names is the one
// that is delivered: a Node that delivers its own would serve garbage, and must fail here.
t.test('createReadStream delivers the buffer that the callback names', async (t) => {
  const size = 3 * MIB + 12_345;
  const expected = sha256(pattern(size));
  for (const readAhead of [undefined, 0, 32_768]) {
    const name = `read-ahead ${readAhead ?? 'by default'}`;
    const resource = await resourceAt(t, size, readAhead);

    await t.test(`${name}: a consumer that is done at once`, async (t) => {
      const copies: Buffer[] = [];
      const memory = new Set<ArrayBufferLike>();
      const stream = resource.read(undefined, { reuse: true });
      stream.on('data', (chunk: Buffer) => {
        copies.push(Buffer.from(chunk));
        memory.add(chunk.buffer);
      });
      await new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
      t.equal(sha256(Buffer.concat(copies)), expected);
      t.ok(memory.size < copies.length / 2, `${memory.size} buffers for ${copies.length} chunks`);
    });

    await t.test(`${name}: a pipe that waits for each chunk`, async (t) => {
      const copies: Buffer[] = [];
      const slow = new Writable({
        highWaterMark: 32_768,
        write(chunk: Buffer, _encoding, callback) {
          setImmediate(() => {
            copies.push(Buffer.from(chunk));
            callback();
          });
        },
      });
      await pipeline(resource.read(undefined, { reuse: true }), slow);
      t.equal(sha256(Buffer.concat(copies)), expected);
    });

    await t.test(`${name}: chunks that are kept, without reuse`, async (t) => {
      const kept = (await resource.read().toArray()) as Buffer[];
      t.equal(sha256(Buffer.concat(kept)), expected);
    });
  }
});
