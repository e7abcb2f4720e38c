/** autocannon in a process of its own. */
import autocannon from 'autocannon';
import { answerCalls } from '../support/child.js';
import type { RateLoad, RateResult } from './rate.js';

answerCalls({
  run: async (load: RateLoad): Promise<RateResult> => {
    const result = await autocannon({
      url: `http://127.0.0.1:${load.port}${load.path}`,
      connections: load.connections,
      pipelining: load.pipelining,
      duration: load.seconds,
      headers: load.headers,
    });
    const { statusCodeStats } = result as unknown as {
      statusCodeStats: Record<string, { count: number }>;
    };
    let wrong = result.errors + result.timeouts;
    for (const [status, { count }] of Object.entries(statusCodeStats)) {
      if (Number(status) !== load.status) wrong += count;
    }
    const requests = result.requests.total;
    return { requests, seconds: result.duration, p99: result.latency.p99, wrong };
  },
});
