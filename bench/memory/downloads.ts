/** Many whole downloads at once at full speed: the stress tests of the documents. */

import { LOADING, OURS } from '../servers/index.js';
import { memoryBudget } from '../support/machine.js';
import { octets } from '../support/report.js';
import type { Figures } from '../support/results.js';
import { type Bench, MIB } from './bench.js';
import { MOST_GROWTH } from './targets.js';

interface Downloads {
  readonly id: string;
  readonly title: string;
  readonly clients: number;
  readonly size: number;
  /** Over idle, as the documents say. */
  readonly predicted: { readonly streaming: number; readonly loading: number };
}

/** From little to much, for what a process once took it may keep. */
const CASES: readonly Downloads[] = [
  {
    id: 'download-1x10m',
    title: 'one download of 10 MB',
    clients: 1,
    size: 10e6,
    predicted: { streaming: 2e6, loading: 10e6 },
  },
  {
    id: 'download-10x10m',
    title: '10 downloads of 10 MB at once',
    clients: 10,
    size: 10e6,
    predicted: { streaming: 20e6, loading: 100e6 },
  },
  {
    id: 'download-1x100m',
    title: 'one download of 100 MiB',
    clients: 1,
    size: 100 * MIB,
    predicted: { streaming: 10e6, loading: 100e6 },
  },
  {
    id: 'download-10x50m',
    title: '10 downloads of 50 MB at once',
    clients: 10,
    size: 50e6,
    predicted: { streaming: 0.32e6, loading: 500e6 },
  },
  {
    id: 'download-50x100m',
    title: '50 downloads of 100 MiB at once',
    clients: 50,
    size: 100 * MIB,
    predicted: { streaming: 1.6e6, loading: 5e9 },
  },
];

/** Measures all cases, each in the same process of a server. */
export async function downloads(bench: Bench): Promise<void> {
  for (const { id, title, predicted } of CASES) {
    const { streaming, loading } = predicted;
    const figures = { [OURS]: { rssGrowth: streaming }, [LOADING]: { rssGrowth: loading } };
    bench.begin({ id, title, predicted: figures });
  }
  const paths = new Map(CASES.map(({ size }) => [size, bench.corpus.file(`d${size}.bin`, size)]));
  await bench.visits(async (visit, round) => {
    for (const { id, title, clients, size } of CASES) {
      if (visit.server.name === LOADING && clients * size > memoryBudget()) {
        bench.note(`${title}, loading: ${octets(clients * size)} is too much for this machine`);
        continue;
      }
      const load = { path: paths.get(size) as string, status: 200, length: size };
      const seen = await visit.observe(async (): Promise<Figures> => {
        const result = await visit.requests({ ...load, connections: clients, requests: clients });
        return { bytesPerSecond: result.octets / result.seconds };
      });
      bench.record(id, visit, round, seen);
      bench.checks.holdings(title, visit.server.name, seen);
    }
  });
  for (const { id, title } of CASES) {
    const growth = bench.figures(id, OURS, 'rssGrowth');
    bench.checks.most(`${title}: growth over idle`, growth, MOST_GROWTH);
  }
}
