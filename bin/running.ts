/** The server of a run: in this process, or with `--workers` in several. The command sees no difference. */
import { workerCount } from '../lib/cluster/budget.js';
import type { ClusterEvent, ClusterServer } from '../lib/cluster/cluster-server.js';
import { type DirectoryServer, serveDirectory } from '../lib/compose.js';
import type { RequestLogOptions } from '../lib/log/options.js';
import type { RequestLog } from '../lib/log/request-log.js';
import type { ExchangeProgress } from '../lib/server/exchange.js';
import type { Address, CloseResult } from '../lib/server/server.js';
import type { AddressOptions } from '../lib/site/paths/addresses.js';
import type { RulesConfig } from '../lib/site/rules/config.js';
import { loadRules } from '../lib/site/rules/load.js';
import type { TlsCredentials } from '../lib/tls/credentials.js';
import { UsageError } from './options/option.js';
import type { Settings } from './settings.js';

/** What the command does with a server. */
export interface Running {
  listen(): Promise<Address>;
  /** Everywhere it listens; empty before it does. */
  readonly addresses: readonly Address[];
  /** Resolves when everything has ended. */
  close(grace: number): Promise<CloseResult>;
  exchanges(): Promise<readonly ExchangeProgress[]>;
  /** Replaces the workers one after the other; `undefined` where there are none. */
  readonly restart: (() => Promise<void>) | undefined;
  /** Shows another certificate from now on. @throws Error with a message for people */
  setSecureContext(credentials: TlsCredentials): void;
  /** Goes by other rules from now on. */
  setRules(rules: RulesConfig): Promise<void>;
  /** Ends everything but this process at once; gives how many exchanges that cut off. */
  kill(): number;
  /** The workers' processes; `undefined` where there are none. */
  readonly pids: readonly number[] | undefined;
  /** Where metrics are offered, once it listens; `undefined`: nowhere. */
  readonly metrics: string | undefined;
}

/** Makes the server; it does nothing before `listen`. */
export async function createRunning(
  settings: Settings,
  requestLog: RequestLogOptions | undefined,
  onEvent: (event: ClusterEvent) => void,
): Promise<Running> {
  const { root, server, monitor, rules } = settings;
  const workers = workerCount(settings.workers);
  if (server.watch && workers > 1) {
    throw new UsageError(
      '--watch and --workers do not go together, for one process tells the pages; leave one of them out',
    );
  }
  if (workers === 1) {
    const site = rules === undefined ? {} : { rules: await loadRules(rules, server) };
    const parts = serveDirectory(root, { ...server, ...site });
    const running = await inThisProcess(parts, server, requestLog);
    if (monitor === undefined) return running;
    const { monitored } = await import('./monitored.js');
    return monitored(running, { ...monitor, subject: parts, others: async () => [] });
  }
  // Only now: whoever needs no workers should not wait for what they need.
  const { serveCluster } = await import('../lib/cluster/supervisor.js');
  const metrics = monitor !== undefined;
  const options = { ...server, ...(rules === undefined ? {} : { rules }) };
  const cluster = serveCluster(root, { ...options, workers, requestLog, onEvent, metrics });
  if (monitor === undefined) return inWorkers(cluster);
  const { monitored } = await import('./monitored.js');
  const others = () => cluster.measure();
  return monitored(inWorkers(cluster), { ...monitor, subject: undefined, others });
}

async function inThisProcess(
  { server, source, setRules }: DirectoryServer,
  own: AddressOptions,
  requestLog: RequestLogOptions | undefined,
): Promise<Running> {
  const log = requestLog && (await startLog(requestLog));
  return {
    listen: () => server.listen(),
    get addresses() {
      return server.addresses;
    },
    async close(grace) {
      const result = await server.close(grace);
      await source.close();
      await log?.end();
      return result;
    },
    exchanges: async () => server.exchanges(),
    restart: undefined,
    setSecureContext: (credentials) => server.setSecureContext(credentials),
    async setRules(changed) {
      setRules(await loadRules(changed, own));
    },
    kill: () => server.exchanges().length,
    pids: undefined,
    metrics: undefined,
  };
}

async function startLog(options: RequestLogOptions): Promise<RequestLog> {
  const { logRequests } = await import('../lib/log/request-log.js');
  return logRequests(options);
}

function inWorkers(cluster: ClusterServer): Running {
  // What was under way when last asked: at the end there is no time to ask.
  let known = 0;
  return {
    listen: () => cluster.listen(),
    get addresses() {
      return cluster.addresses;
    },
    close: (grace) => cluster.close(grace),
    async exchanges() {
      const { exchanges } = await cluster.stats();
      known = exchanges.length;
      return exchanges;
    },
    restart: () => cluster.restart(),
    setSecureContext: (credentials) => cluster.setSecureContext(credentials),
    setRules: (rules) => cluster.setRules(rules),
    kill() {
      cluster.kill();
      return known;
    },
    get pids() {
      return cluster.pids;
    },
    metrics: undefined,
  };
}
