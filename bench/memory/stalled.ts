/** Clients that take the first octets of a download and then nothing: what each of them costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LOADING, OURS } from '../servers/index.js';
import { memoryBudget, mostDescriptors } from '../support/machine.js';
import { octets } from '../support/report.js';
import type { Figures } from '../support/results.js';
import { type Bench, MIB } from './bench.js';
import { MOST_EACH } from './targets.js';
import type { Visit } from './visit.js';

const SIZE = 100 * MIB;
/** How long after the last client came the resident set is looked at, in milliseconds. */
const WAIT = 3000;
/** Descriptors of a process beside two for each client. */
const OTHERS = 200;

/** Measures each number of clients, in a process of its own. */
export async function stalled(bench: Bench): Promise<void> {
  for (const clients of bench.settings.stalled) {
    const count = clients.toLocaleString('en');
    const title = `${count} stalled downloads of 100 MiB`;
    if (2 * clients + OTHERS > mostDescriptors()) {
      bench.note(`${title}: needs ${2 * clients + OTHERS} descriptors; raise ulimit -n`);
      continue;
    }
    const id = `stalled-${clients}`;
    const predicted = { [OURS]: { rssPerClient: 32e3 }, [LOADING]: { rssPerClient: SIZE } };
    bench.begin({ id, title, predicted });
    await bench.visits(async (visit, round) => {
      const most = visit.server.name === LOADING ? Math.floor(memoryBudget() / SIZE) : clients;
      const some = Math.min(clients, most);
      if (some < clients) {
        bench.note(`${title}, loading: ${some} clients instead, for each holds ${octets(SIZE)}`);
      }
      const seen = await visit.observe(() => hold(visit, some));
      bench.record(id, visit, round, seen);
      bench.checks.holdings(title, visit.server.name, seen);
    });
    const each = bench.figures(id, OURS, 'rssPerClient');
    bench.checks.most(`${title}: RSS each`, each, MOST_EACH);
  }
}

async function hold(visit: Visit, clients: number): Promise<Figures> {
  await visit.call('stall', { path: '/100m.bin', clients });
  await sleep(WAIT);
  const rssPerClient = (visit.resident - visit.idle) / clients;
  // Asked while they are held: once they are gone there is nothing to see.
  const use = await visit.memory();
  await visit.call('release');
  return { rssPerClient, ...use };
}
