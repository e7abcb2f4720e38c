/** Memory that is used again: chunks from the pool, slices from a lender. */
import t from 'tap';
import { Lender, SLICE } from '../../lib/blte/lender.js';
import { ChunkPool } from '../../lib/blte/pool.js';

const MIB = 1_048_576;

t.test('a pool gives what fits', async (t) => {
  const pool = new ChunkPool();
  for (const octets of [0, 1, 4096, 4097, 65_537, 262_145, 300_000, 5 * MIB]) {
    const buffer = pool.take(octets);
    t.ok(buffer.length >= octets && buffer.length <= Math.max(4096, octets * 1.04 + 4096));
    t.equal(pool.used, buffer.length);
    pool.lose(buffer);
    t.equal(pool.used, 0);
  }
  const first = pool.take(100_000);
  const second = pool.take(100_000);
  t.not(first, second, 'what is in use is not given again');
  pool.give(first);
  t.equal(pool.take(99_000), first);
  pool.give(first);
  pool.give(second);
  t.equal(pool.take(100_001), second, 'the last that was given back');
  t.not(pool.take(10_000), first, 'too large');
  t.equal(pool.spare, first.length);
});

t.test('what was used at a time is kept while some of it is used', async (t) => {
  const pool = new ChunkPool();
  const buffers = Array.from({ length: 20 }, () => pool.take(MIB));
  const last = buffers.pop() as Buffer;
  for (const buffer of buffers) pool.give(buffer);
  t.equal(pool.spare, 19 * (buffers[0] as Buffer).length);
  pool.give(last);
  t.ok(pool.spare <= 4 * MIB, 'and not when none is');
  t.ok(pool.spare >= 3 * MIB);
});

t.test('what nobody needed for a while is let go', async (t) => {
  const pool = new ChunkPool();
  const used = pool.take(8 * MIB);
  const many = Array.from({ length: 20 }, () => pool.take(MIB));
  for (const buffer of many) pool.give(buffer);
  // Two periods with ten in use.
  for (let round = 0; round < 210; round++) {
    const some = Array.from({ length: 10 }, () => pool.take(MIB));
    for (const buffer of some) pool.give(buffer);
  }
  t.ok(pool.spare <= 11 * MIB && pool.spare >= 10 * MIB, `${pool.spare / MIB} MiB`);
  pool.give(used);
});

t.test('small buffers are counted too', async (t) => {
  const pool = new ChunkPool();
  const held = pool.take(1);
  const many = Array.from({ length: 1000 }, () => pool.take(4000));
  for (const buffer of many) pool.give(buffer);
  t.equal(pool.spare, 256 * 4096);
  pool.give(held);
});

t.test('a lender waits for its slices', async (t) => {
  let taken = 0;
  const lender = new Lender(() => taken);
  const lend = (octets: number, value: number): Buffer => {
    t.equal(lender.add(Buffer.alloc(octets, value), 0), octets);
    return lender.lend() as Buffer;
  };
  const one = lend(SLICE, 1);
  const two = lend(100, 2);
  t.same([one.length, two.length], [SLICE, 100]);
  t.not(two.buffer, one.buffer);
  taken = SLICE - 1;
  const three = lend(SLICE, 3);
  t.ok(
    one.every((octet) => octet === 1),
    'not all of it is taken',
  );
  taken = SLICE;
  const four = lend(SLICE, 4);
  t.equal(four.buffer, one.buffer);
  t.ok(two.every((octet) => octet === 2) && three.every((octet) => octet === 3));
  taken = SLICE + 100;
  t.equal(lend(5, 5).buffer, two.buffer);
});

t.test('a lender fills its slices', async (t) => {
  const lender = new Lender(() => 0);
  t.equal(lender.lend(), undefined);
  t.equal(lender.add(Buffer.alloc(20_000, 1), 0), 20_000);
  t.notOk(lender.isFull);
  const more = Buffer.alloc(20_000, 2);
  t.equal(lender.add(more, 0), SLICE - 20_000);
  t.ok(lender.isFull);
  const full = lender.lend();
  t.same([full?.length, full?.[19_999], full?.[20_000], full?.[SLICE - 1]], [SLICE, 1, 2, 2]);
  t.equal(lender.add(more, SLICE - 20_000), 40_000 - SLICE);
  t.equal(lender.lend()?.length, 40_000 - SLICE);
  t.equal(lender.lend(), undefined);
});
