/**
 * What each of several workers may use, so that together they stay within what was given for one
 * server. Memory is divided once, here; connections are not: they are counted over all workers
 * (ledger.ts). Knows numbers only.
 */
import { availableParallelism } from 'node:os';
import { DEFAULT_CACHE_SIZE } from '../cache/memory.js';
import { DEFAULT_MAX_COMPRESSIONS } from '../site/coding/limits.js';
import { DEFAULT_MAX_UNSORTED } from '../site/listing/limits.js';
import { DEFAULT_READ_AHEAD } from '../source/block-pool.js';
import type { PlainOptions } from './plain-options.js';

/** More processes than any machine's processors are of use; it bounds a slip of the finger. */
export const MOST_WORKERS = 1024;

/** How many workers: a number, or as many as this process may use processors. */
export type WorkerCount = number | 'auto';

/**
 * The number of workers that was asked for.
 * @throws RangeError unless it is a whole number from 1 to {@link MOST_WORKERS}
 */
export function workerCount(asked: WorkerCount): number {
  const count = asked === 'auto' ? Math.min(availableParallelism(), MOST_WORKERS) : asked;
  if (!Number.isInteger(count) || count < 1 || count > MOST_WORKERS) {
    throw new RangeError(`workers must be a whole number from 1 to ${MOST_WORKERS}, or auto`);
  }
  return count;
}

/**
 * The options of one of `workers`: an even part of the cache and of the read-ahead. A read-ahead of
 * less than a chunk each is none, as it is for one server; of compressions and of listings that are not sorted
 * each has one at least, or there are none.
 * @throws RangeError when there is a cache, and it leaves a worker nothing
 * @throws TypeError for live reload, which takes one process
 */
export function shareOf(options: PlainOptions, workers: number): PlainOptions {
  const { cacheSize = DEFAULT_CACHE_SIZE, readAhead = DEFAULT_READ_AHEAD } = options;
  if (cacheSize > 0 && cacheSize < workers) {
    throw new RangeError(
      `a cache of ${cacheSize} octets leaves nothing for each of ${workers} workers; ` +
        `give it at least ${workers}, or 0 for none`,
    );
  }
  if (options.watch === true && workers > 1) {
    throw new TypeError(
      'watch and workers do not go together, for one process tells the pages; leave one of them out',
    );
  }
  const { maxCompressions = DEFAULT_MAX_COMPRESSIONS, maxUnsorted = DEFAULT_MAX_UNSORTED } =
    options;
  return {
    ...options,
    maxCompressions: Math.ceil(maxCompressions / workers),
    maxUnsorted: Math.ceil(maxUnsorted / workers),
    cacheSize: Math.floor(cacheSize / workers),
    readAhead: Math.floor(readAhead / workers),
  };
}
