/** What the workers report, added up. Knows numbers only. */
import type { CacheStats } from '../cache/memory.js';
import type { ClusterStats } from './cluster-server.js';
import type { WorkerStats } from './messages.js';

/** One worker's answer, or that there was none. */
export interface WorkerReport {
  readonly pid: number;
  readonly stats: WorkerStats | undefined;
}

/** The sum over all workers; those that did not answer are named. */
export function sumStats(reports: readonly WorkerReport[]): ClusterStats {
  const answered = reports.flatMap(({ stats }) => stats ?? []);
  const caches = answered.flatMap(({ cache }) => cache ?? []);
  return {
    connections: answered.reduce((sum, { connections }) => sum + connections, 0),
    exchanges: answered.flatMap(({ exchanges }) => exchanges),
    cache: caches.length === 0 ? undefined : caches.reduce(add),
    pids: reports.filter(({ stats }) => stats !== undefined).map(({ pid }) => pid),
    silent: reports.filter(({ stats }) => stats === undefined).map(({ pid }) => pid),
  };
}

function add(one: CacheStats, other: CacheStats): CacheStats {
  return {
    size: one.size + other.size,
    entries: one.entries + other.entries,
    hits: one.hits + other.hits,
    misses: one.misses + other.misses,
    evictions: one.evictions + other.evictions,
  };
}
