/**
 * What supervisor and workers say to each other, and errors on their way between processes. Channels
 * keep the order. Knows nobody's reasons.
 */
import type { CacheStats } from '../cache/memory.js';
import type { Address } from '../listen/endpoint.js';
import type { RequestLogOptions } from '../log/options.js';
import type { Family } from '../observe/families.js';
import type { ExchangeProgress } from '../server/exchange.js';
import type { RulesConfig } from '../site/rules/config.js';
import type { TlsCredentials } from '../tls/credentials.js';
import type { PlainOptions } from './plain-options.js';

/** What a worker is given to serve. */
export interface Assignment {
  readonly root: string;
  readonly options: PlainOptions;
  readonly rules?: RulesConfig | undefined;
  /** Connections that it may have before it asks for more. */
  readonly room: number;
  /** Whether the supervisor counts connections by address. */
  readonly perAddress: boolean;
  /** Whether it measures what it does. */
  readonly metrics: boolean;
  /** Where and how it logs requests; `undefined`: it does not. */
  readonly requestLog?: RequestLogOptions | undefined;
}

/** How one worker is. */
export interface WorkerStats {
  readonly connections: number;
  readonly exchanges: readonly ExchangeProgress[];
  /** `undefined`: it has no cache. */
  readonly cache: CacheStats | undefined;
}

/** An error as data. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  /** `code`, `port` and the like. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** From the supervisor to a worker. */
export type ToWorker =
  | { readonly kind: 'serve'; readonly assignment: Assignment }
  /** Stop accepting; finish what is there, without a limit of time. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'close'; readonly grace: number }
  /** Show another certificate. */
  | { readonly kind: 'secure'; readonly credentials: TlsCredentials }
  /** All has been said: end. */
  | { readonly kind: 'exit' }
  /** Go by these from now on. */
  | { readonly kind: 'rules'; readonly rules: RulesConfig }
  | { readonly kind: 'report'; readonly call: number }
  | { readonly kind: 'measure'; readonly call: number }
  | { readonly kind: 'granted'; readonly room: number }
  | { readonly kind: 'yield'; readonly call: number; readonly wanted: number }
  | { readonly kind: 'entered'; readonly call: number; readonly admitted: boolean };

/** From a worker to the supervisor. */
export type ToSupervisor =
  /** The process is there and wants to know what to serve. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly addresses: readonly Address[] }
  /** It can't serve. */
  | { readonly kind: 'failed'; readonly error: PlainError }
  /** It accepts no more. */
  | { readonly kind: 'draining' }
  /** All its connections have ended. */
  | { readonly kind: 'closed'; readonly cut: number }
  | { readonly kind: 'stats'; readonly call: number; readonly stats: WorkerStats }
  /** The answer to `measure`; with call 0 the last word, unasked. */
  | { readonly kind: 'measured'; readonly call: number; readonly families: readonly Family[] }
  | { readonly kind: 'more'; readonly wanted: number }
  | { readonly kind: 'yielded'; readonly call: number; readonly room: number }
  | { readonly kind: 'enter'; readonly call: number; readonly address: string }
  | { readonly kind: 'leave'; readonly address: string }
  /** An exchange failed. */
  | { readonly kind: 'error'; readonly error: PlainError; readonly remote: string };

/** An error as data: its own texts and numbers go along. */
export function toPlain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), details: {} };
  const details: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(error)) {
    if (typeof value === 'string' || typeof value === 'number') details[name] = value;
  }
  return { name: error.name, message: error.message, details };
}

/** The error again, as it was thrown but for where. */
export function fromPlain({ name, message, details }: PlainError): Error {
  const error = Object.assign(new Error(message), details);
  error.name = name;
  return error;
}
