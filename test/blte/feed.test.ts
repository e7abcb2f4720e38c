/** Octets by number, whatever their pieces; and the end of what they come from. */
import { Readable } from 'node:stream';
import t from 'tap';
import { ByteFeed } from '../../lib/blte/feed.js';
import { pause } from '../helpers/client.js';

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

t.test(
  'what is wanted later comes once it goes on, of a stream and of what iterates',
  async (t) => {
    const inputs: [string, () => Iterable<Buffer> | Readable][] = [
      ['a stream', () => Readable.from(pieces, { objectMode: false })],
      ['what iterates', () => pieces.values()],
    ];
    for (const [name, input] of inputs) {
      const feed = new ByteFeed(input());
      t.equal(await filled(feed, 1), 'a');
      const given: string[] = [];
      const giving = feed.each(
        5,
        (piece) => {
          given.push(Buffer.from(piece).toString());
          return 'later';
        },
        false,
      ) as Promise<number>;
      // What is at hand is given at once: it takes no more memory.
      for (const expected of [['b'], ['b', 'cdef']]) {
        await pause(5);
        t.same(given, expected, `${name}: no more than was asked for`);
        feed.resume();
      }
      t.equal(await giving, 5);
      t.same(await feed.some(), Buffer.from('g'), 'the next is as it was');
      await feed.close();
    }
  },
);

t.test('of what comes first nothing is given before it is wanted', async (t) => {
  for (const input of [Readable.from(pieces, { objectMode: false }), pieces.values()]) {
    const feed = new ByteFeed(input);
    let given = 0;
    const count = (): 'more' => {
      given++;
      return 'more';
    };
    const giving = feed.each(7, count, false) as Promise<number>;
    await pause(5);
    t.equal(given, 0);
    feed.resume();
    t.equal(await giving, 7);
    t.equal(given, 3);
  }
});

t.test('who waits to go on hears of the end', async (t) => {
  const inputs = () => [Readable.from(pieces, { objectMode: false }), pieces.values()];
  for (const input of inputs()) {
    const abort = new AbortController();
    const feed = new ByteFeed(input, abort.signal);
    const giving = feed.each(7, () => 'later') as Promise<number>;
    await pause(5);
    abort.abort(new Error('not wanted'));
    await t.rejects(giving, { message: 'not wanted' });
  }
  for (const input of inputs()) {
    const feed = new ByteFeed(input);
    const giving = feed.each(7, () => 'later') as Promise<number>;
    await pause(5);
    void feed.close();
    await t.rejects(giving, { message: /was closed before its end/ });
  }
});
