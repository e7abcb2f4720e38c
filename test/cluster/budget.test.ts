/** What each of several workers gets. */
import os from 'node:os';
import t from 'tap';
import { DEFAULT_CACHE_SIZE } from '../../lib/cache/memory.js';
import { MOST_WORKERS, shareOf, workerCount } from '../../lib/cluster/budget.js';
import { DEFAULT_READ_AHEAD } from '../../lib/source/block-pool.js';

t.test('how many', async (t) => {
  t.equal(workerCount(1), 1);
  t.equal(workerCount(MOST_WORKERS), MOST_WORKERS);
  t.equal(workerCount('auto'), os.availableParallelism());
  for (const count of [0, -1, 1.5, MOST_WORKERS + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => workerCount(count), RangeError, `${count}`);
  }
});

t.test('memory is divided, and never more than was given', async (t) => {
  for (const workers of [1, 2, 3, 7, MOST_WORKERS]) {
    for (const [given, whole] of [
      [{}, { cacheSize: DEFAULT_CACHE_SIZE, readAhead: DEFAULT_READ_AHEAD }],
      [
        { cacheSize: 100_001, readAhead: 65_537 },
        { cacheSize: 100_001, readAhead: 65_537 },
      ],
      [
        { cacheSize: 0, readAhead: 0 },
        { cacheSize: 0, readAhead: 0 },
      ],
    ] as const) {
      const { cacheSize = -1, readAhead = -1 } = shareOf(given, workers);
      t.ok(cacheSize * workers <= whole.cacheSize && (cacheSize + 1) * workers > whole.cacheSize);
      t.ok(readAhead * workers <= whole.readAhead && (readAhead + 1) * workers > whole.readAhead);
    }
  }
  t.match(shareOf({ maxAge: 7, limits: { fields: 3 } }, 2), { maxAge: 7, limits: { fields: 3 } });
});

t.test('compressions are divided, and one is left to each', async (t) => {
  for (const [given, workers, each] of [
    [undefined, 1, 16],
    [undefined, 4, 4],
    [7, 2, 4],
    [1, 8, 1],
    [0, 8, 0],
  ] as const) {
    const options = given === undefined ? {} : { maxCompressions: given };
    t.equal(shareOf(options, workers).maxCompressions, each, `${given} over ${workers}`);
  }
});

t.test('so are the places of listings that are not sorted', async (t) => {
  for (const [given, workers, each] of [
    [undefined, 1, 64],
    [undefined, 3, 22],
    [1, 8, 1],
    [0, 8, 0],
  ] as const) {
    const options = given === undefined ? {} : { maxUnsorted: given };
    t.equal(shareOf(options, workers).maxUnsorted, each, `${given} over ${workers}`);
  }
});

t.test('a cache that leaves a worker nothing is refused', async (t) => {
  t.equal(shareOf({ cacheSize: 4 }, 4).cacheSize, 1);
  t.throws(
    () => shareOf({ cacheSize: 3 }, 4),
    /cache of 3 octets leaves nothing.*at least 4, or 0/,
  );
  t.equal(shareOf({ cacheSize: 0 }, 4).cacheSize, 0);
});
