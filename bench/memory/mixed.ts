/** A web site's hundred users at once: 50 read pages, 30 load scripts, 20 take a PDF. */
import { LOADING, OURS } from '../servers/index.js';
import type { Bench } from './bench.js';

const ID = 'mixed';
const TITLE = '50 pages, 30 scripts and 20 PDFs at once';

/** How many times each user asks. */
const TURNS = 10;

const KINDS = [
  { name: 'page', extension: 'html', count: 50, size: 20e3 },
  { name: 'script', extension: 'js', count: 30, size: 100e3 },
  { name: 'paper', extension: 'pdf', count: 20, size: 5e6 },
] as const;

/** Each user has a file of their own, and a connection that is kept. */
export async function mixed(bench: Bench): Promise<void> {
  const predicted = { [OURS]: { rssGrowth: 4.64e6 }, [LOADING]: { rssGrowth: 104e6 } };
  bench.begin({ id: ID, title: TITLE, predicted });
  const loads = KINDS.flatMap(({ name, extension, count, size }) =>
    Array.from({ length: count }, (_, index) => ({
      path: bench.corpus.file(`${name}-${index}.${extension}`, size),
      status: 200,
      length: size,
      connections: 1,
      requests: TURNS,
    })),
  );
  await bench.visits(async (visit, round) => {
    const seen = await visit.observe(async () => {
      const result = await visit.several(loads);
      return {
        bytesPerSecond: result.octets / result.seconds,
        requestsPerSecond: result.responses / result.seconds,
      };
    });
    bench.record(ID, visit, round, seen);
    bench.checks.holdings(TITLE, visit.server.name, seen);
  });
}
