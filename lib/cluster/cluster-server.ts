/** What a cluster offers to whoever runs it: the shape of a Server, over processes. */
import type { CacheStats } from '../cache/memory.js';
import type { RequestLogOptions } from '../log/options.js';
import type { Family } from '../observe/families.js';
import type { ExchangeProgress } from '../server/exchange.js';
import type { Address, CloseResult } from '../server/server.js';
import type { RulesConfig } from '../site/rules/config.js';
import type { TlsCredentials } from '../tls/credentials.js';
import type { WorkerCount } from './budget.js';
import type { PlainOptions } from './plain-options.js';

/** What {@link serveCluster} takes. The limits hold over all workers together. */
export interface ClusterOptions extends PlainOptions {
  /** Redirects, rewrites and more, by path. */
  readonly rules?: RulesConfig;
  /** How many processes serve, from 1 to 1024, or one for each processor. `auto`. */
  readonly workers?: WorkerCount;
  /** Whether workers measure what they do, for {@link ClusterServer.measure}. */
  readonly metrics?: boolean;
  /** Each worker logs its requests so, all to the same place. They log none. */
  readonly requestLog?: RequestLogOptions | undefined;
  /** Told of what happens to workers. */
  readonly onEvent?: (event: ClusterEvent) => void;
}

/** What happens to workers; `worker` is a number from 1 up, which a replacement takes over. */
export type ClusterEvent =
  | {
      readonly kind: 'died';
      readonly worker: number;
      readonly pid: number;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      /** Why, where it could tell. */
      readonly error: Error | undefined;
      /** Milliseconds until the next one starts; `undefined`: it isn't replaced. */
      readonly wait: number | undefined;
    }
  | { readonly kind: 'replaced'; readonly worker: number; readonly pid: number }
  | { readonly kind: 'restarting' }
  | { readonly kind: 'restarted'; readonly pids: readonly number[] }
  | { readonly kind: 'restart-failed'; readonly error: Error }
  /** No worker can be started any more; nothing is served. */
  | { readonly kind: 'gave-up'; readonly error: Error };

/** How all workers together are. */
export interface ClusterStats {
  readonly connections: number;
  readonly exchanges: readonly ExchangeProgress[];
  /** `undefined`: there is no cache. */
  readonly cache: CacheStats | undefined;
  /** The processes that answered. */
  readonly pids: readonly number[];
  /** Those that did not in time: the sums are without them. */
  readonly silent: readonly number[];
}

/** Several processes that serve one directory at one address. */
export interface ClusterServer {
  /** Resolves once all workers accept connections. Rejects as one server's `listen` does. */
  listen(): Promise<Address>;
  /** Where they can be reached, in the order in which the places were named. */
  readonly addresses: readonly Address[];
  /**
   * Stops accepting, lets exchanges under way finish for `grace` milliseconds (10,000), then cuts
   * them off. Resolves when all workers have ended. A second call can only shorten the time.
   */
  close(grace?: number): Promise<CloseResult>;
  /** Asks all workers how they are, and adds it up. */
  stats(): Promise<ClusterStats>;
  /** What was measured: of each worker, and of all that have ended; empty unless that was asked for. */
  measure(): Promise<readonly (readonly Family[])[]>;
  /**
   * Replaces the workers one after the other: each stops accepting when its successor listens, and
   * ends when its last exchange has. Resolves when no old one accepts any more. A call during a
   * restart asks for one more after it; all such calls share that one.
   */
  restart(): Promise<void>;
  /**
   * Shows another certificate to those who connect from now on.
   * @throws Error with a message for people; then all stays as it was
   */
  setSecureContext(credentials: TlsCredentials): void;
  /**
   * Has all workers go by other rules from now on.
   * @throws RuleError (rejects with it) for the first one that can't be used: then nothing changes
   */
  setRules(rules: RulesConfig): Promise<void>;
  /** Ends all workers at once. */
  kill(): void;
  /** The processes that accept connections. */
  readonly pids: readonly number[];
}
