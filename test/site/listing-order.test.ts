/** The order of a listing: what queries ask for, what comes first, and that sorting keeps nobody waiting. */
import t from 'tap';
import {
  comparison,
  type Order,
  orderQuery,
  readOrder,
  sortInTurns,
} from '../../lib/site/listing/order.js';
import type { Entry } from '../../lib/source/source.js';

const file = (name: string, size = 0, modified = 0): Entry => ({
  name,
  kind: 'resource',
  size,
  modified,
});
const folder = (name: string, modified = 0): Entry => ({
  name,
  kind: 'collection',
  size: undefined,
  modified,
});
const never = new AbortController().signal;

t.test('queries', async (t) => {
  const byName = { key: 'name', descending: false };
  for (const [query, order] of [
    ['', byName],
    ['?', byName],
    ['?sort=name', byName],
    ['?sort=size', { key: 'size', descending: false }],
    ['?sort=size&order=desc', { key: 'size', descending: true }],
    ['?order=desc&x=y&sort=date', { key: 'date', descending: true }],
    ['?sort=date&order=asc', { key: 'date', descending: false }],
    ['?order=desc', { key: 'name', descending: true }],
    ['?sort=SIZE&order=DESC', byName],
    ['?sort=size&sort=date', { key: 'size', descending: false }],
    ['?sort=constructor&order=__proto__', byName],
    ['?sort=%00&order=%', byName],
    ['?sort[]=size', byName],
    [`?${'sort&'.repeat(1600)}`, byName],
  ] as const) {
    t.same(readOrder(query), order, query.slice(0, 40));
  }
  for (const key of ['name', 'size', 'date'] as const) {
    for (const descending of [false, true]) {
      t.same(readOrder(orderQuery({ key, descending })), { key, descending });
    }
  }
});

t.test('folders first, names as people count', async (t) => {
  const entries = [
    file('file10', 5, 100),
    file('file2', 7, 300),
    file('File1', 5, 200),
    file('file01', 9, 50),
    file('file1', 9, 60),
    file('Ä', 1, 1),
    file('z', 0, 2),
    folder('zz', 3),
    folder('a10', 1),
    folder('a9', 2),
  ];
  const ordered = async (key: Order['key'], descending: boolean): Promise<string> =>
    (await sortInTurns(entries, comparison({ key, descending }), never))
      .map(({ name }) => name)
      .join(' ');
  t.equal(await ordered('name', false), 'a9 a10 zz Ä file01 file1 File1 file2 file10 z');
  t.equal(await ordered('name', true), 'zz a10 a9 z file10 file2 File1 file1 file01 Ä');
  t.equal(await ordered('size', false), 'a9 a10 zz z Ä File1 file10 file2 file01 file1');
  t.equal(await ordered('size', true), 'a9 a10 zz file01 file1 file2 File1 file10 Ä z');
  t.equal(await ordered('date', false), 'a10 a9 zz Ä z file01 file1 file10 File1 file2');
  t.equal(await ordered('date', true), 'zz a9 a10 file2 File1 file10 file1 file01 z Ä');
});

t.test('sorting in turns gives what sorting at once does', async (t) => {
  for (const count of [0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 5000]) {
    const entries = Array.from({ length: count }, (_, index) =>
      (index % 7 ? file : folder)(`n${(index * 7919) % 5003}`, index % 13, index % 17),
    );
    for (const key of ['name', 'size', 'date'] as const) {
      const compare = comparison({ key, descending: count % 2 === 0 });
      t.strictSame(
        (await sortInTurns(entries, compare, never)).map(({ name }) => name),
        [...entries].sort(compare).map(({ name }) => name),
        `${count} by ${key}`,
      );
    }
  }
});

t.test('others have their turn meanwhile', async (t) => {
  const entries = Array.from({ length: 50_000 }, (_, index) => file(`n${(index * 7919) % 50_021}`));
  let turns = 0;
  let going = true;
  const tick = (): void => {
    turns++;
    if (going) setImmediate(tick);
  };
  setImmediate(tick);
  // However fast the machine is: 50,000 take more than ten slices.
  let compared = 0;
  const compare = comparison({ key: 'name', descending: false });
  const slow: typeof compare = (a, b) => {
    if (++compared % 1000 === 0) {
      const until = performance.now() + 0.2;
      while (performance.now() < until);
    }
    return compare(a, b);
  };
  await sortInTurns(entries, slow, never);
  going = false;
  t.ok(turns > 10, `${turns} turns`);

  await t.test('and where nobody waits any more it ends', async (t) => {
    const controller = new AbortController();
    let count = 0;
    const counting: typeof compare = (a, b) => {
      if (++count === 1) controller.abort();
      return compare(a, b);
    };
    await sortInTurns(entries, counting, controller.signal);
    t.ok(count < compared * 0.6, 'long before all was merged');
  });
});
