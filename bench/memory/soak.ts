/** All kinds of traffic for a long time: neither memory nor descriptors may go up and up. */
import type { SoakLoad, SoakResult } from '../clients/soak.js';
import { LOADING, OURS } from '../servers/index.js';
import { Child } from '../support/child.js';
import { SAMPLE_INTERVAL } from '../support/sampler.js';
import { type Bench, MIB } from './bench.js';
import type { Visit } from './visit.js';

const ID = 'soak';

/** Of each kind of client. */
const CLIENTS = 8;
/** As many looks as a chart can show. */
const MOST_SAMPLES = 3000;
const MEDIUM = 5e6;
/** Seconds. */
const WARM_UP = 10;

/** Visits each server once: rounds of an hour would take a day. */
export async function soak(bench: Bench): Promise<void> {
  const { minutes } = bench.settings;
  const title = `mixed traffic for ${minutes} min`;
  bench.begin({ id: ID, title });
  const medium = { path: bench.corpus.file('5m.bin', MEDIUM), length: MEDIUM };
  const interval = Math.max(2 * SAMPLE_INTERVAL, Math.round((minutes * 60_000) / MOST_SAMPLES));
  await bench.visits(async (visit, round) => {
    if (visit.server.name === LOADING) {
      bench.note(`${title}, loading: each range and each download broken off would load 100 MiB`);
      return;
    }
    // The same for a while beforehand: what V8 takes once to be at work is no growth.
    await traffic(visit, medium, WARM_UP);
    let counts: SoakResult | undefined;
    const seen = await visit.observe(async () => {
      counts = await traffic(visit, medium, minutes * 60);
      return { requestsPerSecond: counts.exchanges / (minutes * 60), errors: 0 };
    }, interval);
    const told = Object.entries(counts ?? {}).map(([kind, count]) => `${count} ${kind}`);
    bench.bar.note(`${visit.server.name}: ${told.join(', ')}`);
    bench.record(ID, visit, round, seen);
    if (visit.server.name !== OURS) return;
    bench.checks.holdings(title, visit.server.name, seen);
    bench.checks.trends(title, seen);
  }, 1);
}

async function traffic(
  visit: Visit,
  medium: SoakLoad['medium'],
  seconds: number,
): Promise<SoakResult> {
  const load: SoakLoad = {
    port: visit.server.port,
    seconds,
    small: { path: '/1k.bin', length: 1024 },
    medium,
    large: { path: '/100m.bin', length: 100 * MIB },
    etag: await visit.etag('/1k.bin'),
    clients: CLIENTS,
  };
  const client = new Child('clients/soak.js', 1);
  try {
    return await client.call<SoakResult>('run', load);
  } finally {
    await client.stop();
  }
}
