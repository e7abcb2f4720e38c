/** Many requests that end early or have no content: nothing of them may be left behind. */

import { LOADING } from '../servers/index.js';
import type { Figures } from '../support/results.js';
import type { Bench } from './bench.js';
import type { Visit } from './visit.js';

const CONNECTIONS = 50;
/** A server that loads is asked for so many times fewer downloads. */
const LOADED = 100;

interface Storm {
  readonly id: string;
  readonly what: string;
  run(visit: Visit, count: number): Promise<Figures>;
}

/** Equal small requests over kept connections. */
async function many(
  visit: Visit,
  requests: number,
  status: number,
  fields: readonly string[],
  method: 'GET' | 'HEAD' = 'GET',
): Promise<Figures> {
  const load = { path: '/1k.bin', method, status, fields, connections: CONNECTIONS, requests };
  const { responses, seconds } = await visit.requests(load);
  return { requestsPerSecond: responses / seconds };
}

const STORMS: readonly Storm[] = [
  {
    id: 'storm-aborts',
    what: 'aborted downloads',
    async run(visit, count) {
      // Each is read whole before it can be broken off.
      const downloads = visit.server.name === LOADING ? Math.ceil(count / LOADED) : count;
      await visit.call('aborts', { path: '/100m.bin', downloads, connections: CONNECTIONS });
      return {};
    },
  },
  {
    id: 'storm-304',
    what: '304s',
    async run(visit, count) {
      return many(visit, count, 304, [`If-None-Match: ${await visit.etag('/1k.bin')}`]);
    },
  },
  {
    id: 'storm-416',
    what: '416s',
    run: (visit, count) => many(visit, count, 416, ['Range: bytes=5000-']),
  },
  {
    id: 'storm-head',
    what: 'HEADs',
    run: (visit, count) => many(visit, count, 200, [], 'HEAD'),
  },
];

/** All storms go over the same process of a server. */
export async function storms(bench: Bench): Promise<void> {
  const { count } = bench.settings;
  const title = ({ what }: Storm) => `${count.toLocaleString('en')} ${what}`;
  for (const storm of STORMS) bench.begin({ id: storm.id, title: title(storm) });
  await bench.visits(async (visit, round) => {
    if (visit.server.name === LOADING) {
      bench.note(
        `downloads broken off, loading: ${LOADED} times fewer, for each is read whole first`,
      );
    }
    for (const storm of STORMS) {
      const seen = await visit.observe(() => storm.run(visit, count));
      bench.record(storm.id, visit, round, seen);
      bench.checks.holdings(title(storm), visit.server.name, seen);
    }
  });
}
