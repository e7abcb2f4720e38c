/** Memory that is used again: chunks from the pool, slices from a lender. */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
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

t.test('what nobody needed for a while is let go, down to what is always kept', async (t) => {
  const pool = new ChunkPool(4 * MIB, 300);
  const take = (count: number): Buffer[] => Array.from({ length: count }, () => pool.take(MIB));
  const give = (buffers: readonly Buffer[]): void => {
    for (const buffer of buffers) pool.give(buffer);
  };
  const one = pool.take(MIB);
  const all = 20 * one.length;
  give(take(19));
  pool.give(one);
  t.equal(pool.spare, all, 'not at once: the next ones need it');
  // Ten are needed in each period.
  const until = performance.now() + 900;
  while (performance.now() < until) {
    const some = take(10);
    t.ok(some.length === 10 && pool.used === 10 * one.length);
    await sleep(10);
    give(some);
  }
  const left = pool.spare / one.length;
  t.ok(left >= 10 && left <= 14, `these are left, and what is always kept: ${left}`);
  await sleep(900);
  t.ok(pool.spare <= 4 * MIB && pool.spare >= 3 * MIB, 'nobody needs any');
});

t.test('a pool keeps no process alive', async (t) => {
  const pool = new URL('../../lib/blte/pool.js', import.meta.url);
  const program = `
    import { ChunkPool } from ${JSON.stringify(pool)};
    const pool = new ChunkPool(0, 60_000);
    pool.give(pool.take(100));
  `;
  const started = performance.now();
  execFileSync(process.execPath, ['--input-type=module', '--eval', program], { timeout: 30_000 });
  t.ok(performance.now() - started < 30_000);
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
