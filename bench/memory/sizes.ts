/** One download at a time, of files of 1 MB to 10 GB: memory must not follow the size. */
import { DEFAULT_LOAD_LIMIT } from '../../lib/index.js';
import { LOADING, OURS } from '../servers/index.js';
import { memoryBudget } from '../support/machine.js';
import { octets } from '../support/report.js';
import { median } from '../support/statistics.js';
import type { Bench } from './bench.js';
import { MOST_DIFFERENCE } from './targets.js';

const ID = 'sizes';
const SIZES = [1e6, 1e7, 1e8, 1e9, 1e10];

/** Measures all sizes in the same process of a server. */
export async function sizes(bench: Bench): Promise<void> {
  bench.begin({ id: ID, title: 'one download, by size of the file', axis: 'size of the file' });
  const paths = SIZES.map((size) => bench.corpus.sparseFile(`s${size}.bin`, size));
  await bench.visits(async (visit, round) => {
    for (const [index, size] of SIZES.entries()) {
      if (visit.server.name === LOADING && size > Math.min(DEFAULT_LOAD_LIMIT, memoryBudget())) {
        bench.note(`one download of ${octets(size)}, loading: more than it may load here`);
        continue;
      }
      const load = { path: paths[index] as string, status: 200, length: size };
      const seen = await visit.observe(async () => {
        const result = await visit.requests({ ...load, connections: 1, requests: 1 });
        return { bytesPerSecond: result.octets / result.seconds };
      });
      bench.record(ID, visit, round, seen, size);
      bench.checks.holdings(`one download of ${octets(size)}`, visit.server.name, seen);
    }
  });
  const peaks = SIZES.flatMap((size) => {
    const values = bench.figures(ID, OURS, 'rssGrowth', size);
    return values.length === 0 ? [] : [median(values)];
  });
  if (peaks.length === 0) return;
  const difference = Math.max(...peaks) - Math.min(...peaks);
  bench.checks.most('1 MB to 10 GB: least to greatest peak', [difference], MOST_DIFFERENCE);
}
