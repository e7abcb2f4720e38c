/** autocannon in a process of its own. */
import autocannon from 'autocannon';
import { answerCalls } from '../support/child.js';
import { seeded } from '../support/pattern.js';
import type { RateLoad } from './rate.js';
import type { LoadFigures } from './tally.js';

const SEED = 20_250_101;
/** Different requests that each connection asks in turn: every one is kept as octets. */
const VARIETY = 200;
/** Seconds after which an answer has failed. */
const TIMEOUT = 2;

answerCalls({
  run: async (load: RateLoad): Promise<LoadFigures> => {
    const random = seeded(SEED);
    const requests = load.requests.map(({ path, fields = {} }) => ({ path, headers: fields }));
    const result = await autocannon({
      url: `http://127.0.0.1:${load.port}`,
      connections: load.connections,
      pipelining: load.pipelining,
      duration: load.seconds,
      timeout: TIMEOUT,
      requests: requests.slice(0, 1),
      ...(load.close ? { reconnectRate: 1 } : {}),
      setupClient(client) {
        if (requests.length === 1) return;
        const own = Array.from({ length: VARIETY }, () => requests[random() % requests.length]);
        client.setRequests(own as autocannon.Request[]);
      },
    });
    const { statusCodeStats } = result as unknown as {
      statusCodeStats: Record<string, { count: number }>;
    };
    const status = load.requests[0]?.status;
    const faults: string[] = [];
    let wrong = 0;
    for (const [code, { count }] of Object.entries(statusCodeStats)) {
      if (Number(code) === status) continue;
      wrong += count;
      faults.push(`autocannon: status ${code} ${count}`);
    }
    // Timeouts are among the errors.
    if (result.errors > 0) {
      faults.push(`autocannon: errors ${result.errors}, of them timeouts ${result.timeouts}`);
    }
    return {
      responses: result.requests.total - wrong,
      seconds: result.duration,
      octets: result.throughput.total,
      p50: result.latency.p50,
      p99: result.latency.p99,
      errors: result.errors + wrong,
      faults,
    };
  },
});
