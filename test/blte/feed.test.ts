/** Octets by number, whatever their pieces; and the end of what they come from. */
import { Readable } from 'node:stream';
import t from 'tap';
import { ByteFeed } from '../../lib/blte/feed.js';

const pieces = ['ab', '', 'cdef', 'g'].map((piece) => Buffer.from(piece));

async function filled(feed: ByteFeed, octets: number): Promise<string> {
  const target = Buffer.alloc(octets);
  return target.toString('latin1', 0, await feed.fill(target));
}

t.test('whatever the pieces', async (t) => {
  for (const input of [pieces, Readable.from(pieces), pieces.values()]) {
    const feed = new ByteFeed(input);
    t.equal(await filled(feed, 1), 'a');
    t.equal(await filled(feed, 0), '');
    t.equal(await filled(feed, 3), 'bcd');
    t.same(await feed.some(), Buffer.from('ef'));
    t.same(await feed.some(), Buffer.from('g'));
    t.equal(await feed.some(), undefined);
    t.equal(await filled(feed, 2), '');
    await feed.close();
  }
  t.equal(await filled(new ByteFeed(pieces), 100), 'abcdefg');
});

t.test('closing ends the input, once, and nothing is read any more', async (t) => {
  let ended = 0;
  async function* input(): AsyncGenerator<Buffer> {
    try {
      yield* pieces;
    } finally {
      ended++;
    }
  }
  const feed = new ByteFeed(input());
  t.equal(await filled(feed, 1), 'a');
  await feed.close();
  await feed.close();
  t.equal(ended, 1);
  t.equal(await feed.some(), undefined);

  const failing = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ value: Buffer.from('x') }),
      return: async () => {
        throw new Error('can not end');
      },
    }),
  };
  const broken = new ByteFeed(failing as AsyncIterable<Buffer>);
  t.same(await broken.some(), Buffer.from('x'));
  await broken.close();
});

t.test('an abort is heard while it waits, and leaves no listener', async (t) => {
  const abort = new AbortController();
  let listeners = 0;
  const { signal } = abort;
  const { addEventListener: add, removeEventListener: remove } = signal;
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners++;
    add.apply(signal, given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners--;
    remove.apply(signal, given);
  };
  const done = new ByteFeed(pieces, signal);
  await filled(done, 3);
  await done.close();
  t.equal(listeners, 0);

  const stream = new Readable({ read() {} });
  const waiting = new ByteFeed(stream, signal);
  const some = waiting.some();
  setTimeout(() => abort.abort(new Error('enough')), 5);
  await t.rejects(some, { message: 'enough' });
  t.ok(stream.destroyed);
  t.equal(listeners, 0);
});
