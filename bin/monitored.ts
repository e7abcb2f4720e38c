/**
 * A run beside which metrics are offered. They come up once files are served, and go when nothing is
 * served any more. Loaded only where that is asked for.
 */
import { createMetrics, type Metrics } from '../lib/monitor/metrics.js';
import { createMonitor } from '../lib/monitor/monitor.js';
import type { Subject } from '../lib/monitor/state-metrics.js';
import type { Family } from '../lib/observe/families.js';
import type { Running } from './running.js';

/** Where metrics come from, and where they are offered. */
export interface Monitoring {
  readonly port: number;
  readonly host: string;
  /** What this process serves with; `undefined`: others serve. */
  readonly subject: Subject | undefined;
  /** What other processes have measured. */
  readonly others: () => Promise<readonly (readonly Family[])[]>;
}

/** `running`, with the metrics beside it. */
export async function monitored(running: Running, monitoring: Monitoring): Promise<Running> {
  const { port, host, subject, others } = monitoring;
  const metrics: Metrics = await createMetrics(subject);
  const monitor = createMonitor({
    port,
    host,
    read: async () => [await metrics.read(), ...(await others())],
  });
  let url: string | undefined;
  return {
    ...running,
    async listen() {
      const address = await running.listen();
      try {
        url = new URL('/metrics', (await monitor.listen()).url).href;
      } catch (error) {
        metrics.close();
        await running.close(0);
        throw error;
      }
      return address;
    },
    async close(grace) {
      monitor.stopping();
      const result = await running.close(grace);
      metrics.close();
      await monitor.close();
      return result;
    },
    get pids() {
      return running.pids;
    },
    get metrics() {
      return url;
    },
  };
}
