/** The note of chunks that were right. */
import t from 'tap';
import { VerifiedChunks } from '../../lib/blte/verified.js';

t.test('each chunk counts once, and says what it was found to be', async (t) => {
  for (const count of [1, 3, 4, 5, 9]) {
    const verified = new VerifiedChunks(count);
    const plain = (index: number): boolean => index % 3 === 1;
    for (let index = 0; index < count; index++) {
      t.notOk(verified.isComplete);
      t.notOk(verified.has(index) || verified.isPlain(index));
      verified.add(index, plain(index));
      // Two readers of one chunk.
      verified.add(index, plain(index));
    }
    t.ok(verified.isComplete);
    for (let index = 0; index < count; index++) {
      t.ok(verified.has(index));
      t.equal(verified.isPlain(index), plain(index));
    }
    t.equal(verified.memory, Math.ceil(count / 4));
  }
  t.ok(new VerifiedChunks(0).isComplete);
});
