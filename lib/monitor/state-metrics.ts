/** How server, cache and file reading are, asked when somebody wants to know: nothing is counted for it. */
import type { Registry } from 'prom-client';
import type { CacheStats } from '../cache/memory.js';
import type { ServerStats } from '../server/stats.js';
import type { PrometheusClient } from './metrics.js';

/** What can be asked of a server of files: a DirectoryServer, for one. */
export interface Subject {
  readonly server: { stats(): ServerStats };
  /** `undefined`: there is no cache. */
  readonly cache: { stats(): CacheStats } | undefined;
  /** Octets that reading files takes. */
  memory(): {
    readonly blocks: { readonly used: number; readonly allocated: number };
    readonly spare: number;
    readonly loaded: number;
    /** `undefined`: nothing is decoded. */
    readonly decoding?:
      | { readonly tables: number; readonly contents: number; readonly buffers: number }
      | undefined;
  };
}

type Reading = [
  kind: 'gauge' | 'counter',
  name: string,
  help: string,
  read: () => number | undefined,
];

/** Adds the metrics of what a server is and holds. */
export function addState(client: PrometheusClient, registry: Registry, subject: Subject): void {
  new client.Gauge({
    name: 'sluice_connections',
    help: 'Open connections by what they wait for; waiting: for a place.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { connections, waiting } = subject.server.stats();
      for (const [state, count] of Object.entries(connections)) this.set({ state }, count);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  new client.Counter({
    name: 'sluice_connections_refused_total',
    help: 'Connections beyond a limit: answered with 503, or dropped without a word.',
    labelNames: ['how'],
    registers: [registry],
    collect() {
      const { refused, dropped } = subject.server.stats();
      this.reset();
      this.inc({ how: 'answered' }, refused);
      this.inc({ how: 'dropped' }, dropped);
    },
  });
  for (const reading of readings(subject)) add(client, registry, reading);
}

function readings({ server, cache, memory }: Subject): Reading[] {
  return [
    [
      'gauge',
      'sluice_requests_buffered_bytes',
      'Octets of requests that were not handled yet: partial heads, pipelines.',
      () => server.stats().requests,
    ],
    [
      'gauge',
      'sluice_responses_buffered_bytes',
      'Octets of responses that sockets hold because the system has not taken them.',
      () => server.stats().responses,
    ],
    [
      'gauge',
      'sluice_batches_reserved_bytes',
      'Octets that streams may hold in sockets beyond their first chunk.',
      () => server.stats().batches,
    ],
    [
      'gauge',
      'sluice_blocks_used_bytes',
      'Octets of blocks that streamed files are read into or sent from.',
      () => memory().blocks.used,
    ],
    [
      'gauge',
      'sluice_blocks_allocated_bytes',
      'Octets of all blocks for streamed files, those kept for the next ones too.',
      () => memory().blocks.allocated,
    ],
    [
      'gauge',
      'sluice_range_buffers_bytes',
      'Octets of buffers kept for small ranges.',
      () => memory().spare,
    ],
    [
      'gauge',
      'sluice_loaded_bytes',
      'Octets of files loaded whole for one client each; only with --mode load.',
      () => memory().loaded,
    ],
    [
      'gauge',
      'sluice_decoding_tables_bytes',
      'Octets of tables of files that are decoded; only with --decode.',
      () => memory().decoding?.tables,
    ],
    [
      'gauge',
      'sluice_decoding_contents_bytes',
      'Octets of small decoded files that wait to be cached.',
      () => memory().decoding?.contents,
    ],
    [
      'gauge',
      'sluice_decoding_buffers_bytes',
      'Octets of buffers for decoding, those kept for the next ones too.',
      () => memory().decoding?.buffers,
    ],
    [
      'gauge',
      'sluice_cache_bytes',
      'Octets that count against the budget of the cache.',
      () => cache?.stats().size,
    ],
    ['gauge', 'sluice_cache_entries', 'Files in the cache.', () => cache?.stats().entries],
    [
      'counter',
      'sluice_cache_hits_total',
      'Files found in the cache and current.',
      () => cache?.stats().hits,
    ],
    [
      'counter',
      'sluice_cache_misses_total',
      'Files that were not, or are never cached.',
      () => cache?.stats().misses,
    ],
    [
      'counter',
      'sluice_cache_evictions_total',
      'Files that left the cache to make room for others.',
      () => cache?.stats().evictions,
    ],
  ];
}

function add(
  client: PrometheusClient,
  registry: Registry,
  [kind, name, help, read]: Reading,
): void {
  const registers = [registry];
  // Without a cache it has no figures, nor has decoding where there is none: not even a zero.
  if (read() === undefined) return;
  if (kind === 'gauge') {
    new client.Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read() ?? 0);
      },
    });
  } else {
    new client.Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read() ?? 0);
      },
    });
  }
}
