/**
 * All that is measured in one process, in one registry. prom-client is loaded when this is made and not
 * before: who wants no metrics does not wait for it.
 */
import type { Family } from '../observe/families.js';
import { countExchanges } from './exchange-metrics.js';
import { addProcess } from './process-metrics.js';
import { addState, type Subject } from './state-metrics.js';

/** prom-client, once it is loaded. */
export type PrometheusClient = typeof import('prom-client');

/** What one process measures. */
export interface Metrics {
  read(): Promise<readonly Family[]>;
  /** Stops measuring. */
  close(): void;
}

/**
 * Measures this process, and from now on the exchanges in it.
 * @param subject what it serves with; `undefined` where it serves nothing itself
 */
export async function createMetrics(subject: Subject | undefined): Promise<Metrics> {
  const client = await loadClient();
  const registry = new client.Registry();
  const endings: (() => void)[] = [];
  if (subject !== undefined) {
    endings.push(countExchanges(client, registry));
    addState(client, registry, subject);
  }
  endings.push(addProcess(client, registry));
  return {
    async read() {
      return (await registry.getMetricsAsJSON()) as unknown as Family[];
    },
    close() {
      for (const end of endings) end();
    },
  };
}

/** The text that Prometheus reads, with its type. */
export async function exposition(families: readonly Family[]): Promise<Exposition> {
  const { AggregatorRegistry } = await loadClient();
  const registry = AggregatorRegistry.aggregate([families]);
  return { type: registry.contentType, text: await registry.metrics() };
}

/** What is answered to a scrape. */
export interface Exposition {
  readonly type: string;
  readonly text: string;
}

/** As an ES module sees it, packed or not. */
async function loadClient(): Promise<PrometheusClient> {
  const client = (await import('prom-client')) as PrometheusClient & { default: PrometheusClient };
  return client.default;
}
