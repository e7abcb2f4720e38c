/**
 * How this process is: memory, processor time, descriptors, how late its event loop comes round. The
 * names are those that dashboards for Node know. What a system does not tell is left out.
 */
import { readdirSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import type { PrometheusClient } from './metrics.js';

/** Where the descriptors of a process can be listed: Linux, macOS. */
const DESCRIPTORS: Readonly<Record<string, string>> = { linux: '/proc/self/fd', darwin: '/dev/fd' };

/** How often the event loop is looked at, in milliseconds: fifty times a second. */
const RESOLUTION = 20;

/** Adds the metrics of this process. Gives what ends the measuring. */
export function addProcess(client: PrometheusClient, registry: Registry): () => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new client.Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('sluice_processes', 'Processes that were asked.', () => 1);
  gauge(
    'process_resident_memory_bytes',
    'Memory in use by all processes.',
    process.memoryUsage.rss,
  );
  // One look for all: the rest of what it tells takes longer.
  gauge(
    'nodejs_heap_size_total_bytes',
    'Heap that V8 has taken.',
    () => process.memoryUsage().heapTotal,
  );
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
  gauge(
    'nodejs_external_memory_bytes',
    'Memory of buffers and the like, outside the heap.',
    () => process.memoryUsage().external,
  );
  new client.Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, of users and of the system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  if (openDescriptors() !== undefined) {
    gauge('process_open_fds', 'Open descriptors.', () => openDescriptors() ?? 0);
  }
  return addEventLoop(client, registry);
}

function addEventLoop(client: PrometheusClient, registry: Registry): () => void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  delays.enable();
  const seen: Seen = { mean: 0, p99: 0, max: 0 };
  const gauge = (name: keyof Seen, help: string): void => {
    new client.Gauge({
      name: `nodejs_eventloop_lag_${name}_seconds`,
      help: `${help} since the last look; of several processes the highest.`,
      registers: [registry],
      aggregator: 'max',
      collect() {
        // The first of three that are asked takes the reading for all.
        if (name === 'mean') take(delays, seen);
        this.set(seen[name]);
      },
    });
  };
  gauge('mean', 'How late the event loop comes round on average');
  gauge('p99', 'How late the event loop comes round at most in 99 of 100 rounds');
  gauge('max', 'How late the event loop comes round at most');
  return () => {
    delays.disable();
  };
}

interface Seen {
  mean: number;
  p99: number;
  max: number;
}

function take(delays: IntervalHistogram, seen: Seen): void {
  seen.mean = late(delays.mean);
  seen.p99 = late(delays.percentile(99));
  seen.max = late(delays.max);
  delays.reset();
}

/** Nanoseconds between two looks become seconds beyond the time that was meant; none yet: 0. */
function late(nanoseconds: number): number {
  const seconds = nanoseconds / 1e9 - RESOLUTION / 1000;
  return seconds > 0 ? seconds : 0;
}

function openDescriptors(): number | undefined {
  const folder = DESCRIPTORS[process.platform];
  if (folder === undefined) return undefined;
  try {
    // But for the one that listing them takes.
    return readdirSync(folder).length - 1;
  } catch {
    return undefined;
  }
}
