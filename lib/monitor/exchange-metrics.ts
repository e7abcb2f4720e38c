/**
 * What is counted of exchanges, from the channel that tells of them. What clients send becomes a label
 * only where it is one of a few known words: nobody can fill the memory with names.
 */
import type { Registry } from 'prom-client';
import { isKnownMethod } from '../http/method.js';
import { type ExchangeEvent, exchangeChannel } from '../observe/channels.js';
import type { PrometheusClient } from './metrics.js';

/** Upper bounds in seconds: an answer from memory takes tens of microseconds, a download minutes. */
const BUCKETS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  30, 60, 300,
];

/** Counts exchanges from now on. Gives what ends that. */
export function countExchanges(client: PrometheusClient, registry: Registry): () => void {
  const registers = [registry];
  const buckets = [...BUCKETS];
  const counts = new Map<string, Map<number, number>>();
  let octets = 0;
  let cut = 0;
  // Counted by hand: a look into two maps, in place of a text made of all labels for each exchange.
  new client.Counter({
    name: 'sluice_http_requests_total',
    help: 'Requests by method, status code and class of status; method none: no request could be read.',
    labelNames: ['method', 'code', 'class'],
    registers,
    collect() {
      this.reset();
      for (const [method, codes] of counts) {
        for (const [status, count] of codes) this.inc({ method, ...statusLabels(status) }, count);
      }
    },
  });
  new client.Counter({
    name: 'sluice_http_responses_cut_total',
    help: 'Requests of which the connection went before all of the response was handed over.',
    registers,
    collect() {
      this.reset();
      this.inc(cut);
    },
  });
  new client.Counter({
    name: 'sluice_http_sent_bytes_total',
    help: 'Octets of responses handed to sockets, heads included.',
    registers,
    collect() {
      this.reset();
      this.inc(octets);
    },
  });
  const duration = new client.Histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'Time from the end of a request head until all of the response is handed over.',
    buckets,
    registers,
  });
  const ttfb = new client.Histogram({
    name: 'sluice_http_ttfb_seconds',
    help: 'Time from the end of a request head until the response begins to be handed over.',
    buckets,
    registers,
  });
  const count = (message: unknown): void => {
    const event = message as ExchangeEvent;
    const method = methodLabel(event.method);
    let codes = counts.get(method);
    if (codes === undefined) {
      codes = new Map();
      counts.set(method, codes);
    }
    const status = boundedStatus(event.status);
    codes.set(status, (codes.get(status) ?? 0) + 1);
    octets += event.sent;
    if (!event.complete) cut++;
    duration.observe(event.duration / 1000);
    if (event.status !== 0) ttfb.observe(event.ttfb / 1000);
  };
  exchangeChannel.subscribe(count);
  return () => {
    exchangeChannel.unsubscribe(count);
  };
}

function methodLabel(method: string): string {
  if (method === '') return 'none';
  return isKnownMethod(method) ? method : 'other';
}

/** A status of three digits, or 0: a handler of somebody's own could give any number. */
function boundedStatus(status: number): number {
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : 0;
}

function statusLabels(status: number): { code: string; class: string } {
  if (status === 0) return { code: 'none', class: 'none' };
  return { code: String(status), class: `${Math.floor(status / 100)}xx` };
}
