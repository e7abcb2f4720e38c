/** Memory that is used again: chunks from the pool, slices from a lender. */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { Lender, SLICE } from '../../lib/blte/lender.js';
import { ChunkPool } from '../../lib/blte/pool.js';
import { pause, until } from '../helpers/client.js';

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
  const first = take(20);
  const [{ length }] = first as [Buffer];
  give(first);
  t.equal(pool.spare, 20 * length, 'not at once: the next ones need it');
  // Ten are needed in each period, however little is at hand as it ends.
  let made = 0;
  await until(
    () => {
      const some = take(10);
      made += some.filter((buffer) => !first.includes(buffer)).length;
      give(some);
      return pool.spare < 20 * length;
    },
    10_000,
    'some are let go',
  );
  t.equal(pool.spare, 15 * length, 'half as many again stay');
  t.equal(made, 0, 'and what is at hand is used again');
  await until(() => pool.spare < 15 * length, 10_000, 'nobody needs any');
  t.ok(pool.spare <= 4 * MIB && pool.spare >= 3 * MIB, `${pool.spare}`);
});

t.test(
  'there is never more than half as much again as was used at a time, or is always kept',
  async (t) => {
    const pool = new ChunkPool(4 * MIB, 60_000);
    // Each is too small for the next.
    for (let octets = 8192; octets <= 16 * MIB; octets = Math.ceil(octets * 1.04)) {
      const buffer = pool.take(octets);
      t.ok(
        pool.used + pool.spare <= Math.max(1.5 * buffer.length, buffer.length + 4 * MIB),
        `${octets}`,
      );
      pool.give(buffer);
      t.ok(pool.spare <= Math.max(1.5 * buffer.length, 4 * MIB), `${octets}`);
    }
  },
);

t.test('what is held for long counts as needed', async (t) => {
  for (const { kept, held, spare } of [
    { kept: 0, held: 10, spare: 5 },
    { kept: 4, held: 1, spare: 4 },
  ]) {
    const pool = new ChunkPool(kept * MIB, 100);
    const buffers = Array.from({ length: 20 }, () => pool.take(MIB));
    for (const buffer of buffers.slice(held)) pool.give(buffer);
    t.equal(pool.spare, (20 - held) * MIB);
    await until(() => pool.spare === spare * MIB, 5000, `${spare} MiB are left`);
    await pause(300);
    t.equal(pool.spare, spare * MIB, 'and stay');
  }
});

t.test('what is longest unused goes first', async (t) => {
  const pool = new ChunkPool(0, 60_000);
  const [one, two, three] = [pool.take(MIB), pool.take(MIB), pool.take(MIB)];
  for (const buffer of [two, one, three]) pool.give(buffer);
  pool.lose(pool.take(2.5 * MIB));
  t.same([pool.take(MIB), pool.take(MIB)], [three, one]);
  t.not(pool.take(MIB), two, 'it made room');
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
