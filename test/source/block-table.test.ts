/** The table of blocks against a Map. */
import t from 'tap';
import { Block } from '../../lib/source/block-pool.js';
import { BlockTable } from '../../lib/source/block-table.js';
import { random } from '../helpers/random.js';

t.test('as a Map would have it', async (t) => {
  const numbers = random(24);
  const table = new BlockTable();
  const expected = new Map<number, Block>();
  t.equal(table.get(0), undefined);
  t.same(table.all(), []);
  table.delete(new Block(Buffer.alloc(0)));
  const gone: Block[] = [];
  for (let round = 0; round < 20_000; round++) {
    const index = numbers.below(300) + (round % 3 === 0 ? 2 ** 40 : 0);
    const known = expected.get(index);
    if (table.get(index) !== known) t.fail(`${index} in round ${round}`);
    if (known !== undefined) {
      table.delete(known);
      expected.delete(index);
      gone.push(known);
    } else {
      // Used again, as a pool does.
      const block = gone.pop() ?? new Block(Buffer.alloc(0));
      block.index = index;
      table.add(block);
      expected.set(index, block);
    }
    // What is not in it changes nothing.
    const other = gone.at(-1);
    if (other !== undefined) table.delete(other);
  }
  t.ok(expected.size > 100);
  t.same(new Set(table.all()), new Set(expected.values()));
});
