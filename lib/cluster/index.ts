/** What of this folder others may use. */
export { MOST_WORKERS, type WorkerCount, workerCount } from './budget.js';
export type {
  ClusterEvent,
  ClusterOptions,
  ClusterServer,
  ClusterStats,
} from './cluster-server.js';
export { serveCluster } from './supervisor.js';
