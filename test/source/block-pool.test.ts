/** The pool of blocks: its budget, how it shares what is left, what it keeps and what it lets go. */
import t from 'tap';
import { type Block, type BlockOwner, BlockPool } from '../../lib/source/block-pool.js';

/** An owner that keeps what it is told to, and writes down what is dropped. */
class Owner implements BlockOwner {
  readonly dropped: number[] = [];
  keeping = true;

  keeps(): boolean {
    return this.keeping;
  }

  drop(block: Block): void {
    this.dropped.push(block.index);
  }
}

const stranger: Owner = new Owner();

/** A block of the pool, held once. */
function held(pool: BlockPool, owner: Owner, index: number): Block {
  const [block] = pool.take(1, owner, index);
  if (block === undefined) throw new Error('the pool is empty');
  return block;
}

t.test('the pool keeps its budget', async (t) => {
  for (const [budget, size, most] of [
    [0, 10, 0],
    [9, 10, 0],
    [10, 10, 1],
    [105, 10, 10],
    [1000, 10, 100],
  ] as const) {
    const pool = new BlockPool(budget, size);
    t.equal(pool.available, most, `${budget} / ${size}`);
    const taken: Buffer[] = [];
    for (;;) {
      const got = pool.take(4, stranger, 0);
      if (got.length === 0) break;
      taken.push(...got.map(({ buffer }) => buffer));
    }
    t.equal(new Set(taken).size, most);
    t.ok(taken.every((buffer) => buffer.length === size));
    t.equal(pool.available, 0);
  }
});

t.test('the pool shares: an eighth of what is left, at least one', async (t) => {
  const pool = new BlockPool(40, 1);
  const counts: number[] = [];
  for (let left = 40; left > 0; left -= counts.at(-1) as number) {
    counts.push(pool.take(4, stranger, 0).length);
  }
  const fours = [4, 4, 4, 3, 3, 2, 2, 2, 2];
  t.same(counts.slice(0, fours.length), fours);
  t.ok(counts.slice(fours.length).every((count) => count === 1));
  t.same(pool.take(4, stranger, 0), []);
  t.equal(new BlockPool(1000, 1).take(4, stranger, 0).length, 4, 'never more than was asked for');
});

t.test(
  'what nobody holds is kept, and given up when there is no other, oldest first',
  async (t) => {
    const pool = new BlockPool(3, 1);
    const owner = new Owner();
    const blocks = [held(pool, owner, 0), held(pool, owner, 1), held(pool, owner, 2)];
    t.same(pool.take(1, stranger, 9), [], 'all are held');
    const [first, second, third] = blocks as [Block, Block, Block];
    pool.release(second);
    pool.release(first);
    pool.hold(third);
    pool.release(third);
    t.equal(pool.available, 2);
    t.same(owner.dropped, []);
    pool.hold(second);
    pool.release(second);
    t.equal(pool.take(1, stranger, 9)[0], first, 'the one that was used again is the younger');
    t.same(owner.dropped, [0]);
    t.equal(pool.take(1, stranger, 9)[0], second);
    t.same(pool.take(1, stranger, 9), [], 'the third is still held');
    pool.release(third);
    t.equal(pool.take(1, stranger, 9)[0], third);
    t.same(owner.dropped, [0, 1, 2]);
  },
);

t.test('what its owner does not keep is free at once, and what it discards too', async (t) => {
  const pool = new BlockPool(2, 1);
  const owner = new Owner();
  const [kept, other] = [held(pool, owner, 0), held(pool, owner, 1)];
  pool.release(kept);
  owner.keeping = false;
  pool.release(other);
  t.same(owner.dropped, [1]);
  t.equal(pool.available, 2);
  pool.discard(kept);
  t.equal(pool.available, 2);
  const again = [...pool.take(1, stranger, 9), ...pool.take(1, stranger, 9)];
  t.same(new Set(again.map(({ buffer }) => buffer)), new Set([kept.buffer, other.buffer]));
  t.same(owner.dropped, [1, 0], 'neither is dropped once more');
});

t.test(
  'a lost block is not used again: another takes its place when the last is done',
  async (t) => {
    const pool = new BlockPool(1, 1);
    const owner = new Owner();
    const block = held(pool, owner, 0);
    pool.hold(block);
    block.lost = true;
    pool.release(block);
    t.same(pool.take(1, stranger, 9), [], 'it counts as long as it is held');
    pool.release(block);
    const [another] = pool.take(1, stranger, 9);
    t.ok(another !== undefined && another.buffer !== block.buffer);
    t.same(pool.take(1, stranger, 9), []);
  },
);
