/** What a scenario is: files, requests, and by which client they are asked. */
import type { PlannedRequest } from '../clients/plan.js';
import type { GeneratorName } from '../clients/rate.js';
import type { Corpus } from '../support/corpus.js';
import type { MetricName } from '../support/results.js';

/**
 * The client. `rate`: wrk or autocannon, as many requests as go into the time. `downloads`: raw
 * sockets, as many as go into the time, all completed. `together`: raw sockets, one download each.
 * `visits`: raw sockets as browsers. `start`: none, the server's start is what is timed.
 */
export type Client = 'rate' | 'downloads' | 'together' | 'visits' | 'start';

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly client: Client;
  readonly connections: number;
  /** Requests under way on a connection. 1. */
  readonly pipelining?: number;
  /** A connection for each request. */
  readonly close?: boolean;
  /** The requests are asked again with the validators of their answers: 304. */
  readonly revalidate?: boolean;
  /** Octets are what counts, not requests. */
  readonly transfer?: boolean;
  /** The servers that take part, by name, where it is not everybody. */
  readonly contestants?: readonly string[];
  /** The server that others are shown as ratios to. nginx. */
  readonly reference?: string;
  /** The only generator to measure with: without it the scenario is left out. */
  readonly generator?: GeneratorName;
  /** The least seconds of a run: for answers that take longer than those of a second. */
  readonly seconds?: number;
  /** Servers have the generator's processor as well. */
  readonly bothProcessors?: boolean;
  /**
   * Makes the files; says what to ask. For the client `rate` all answers have one status, and sizes of which
   * a sample has nearly the same average: generators count, they don't compare.
   */
  requests(corpus: Corpus): PlannedRequest[];
}

/** The two figures by which servers are compared. */
export function mainMetrics({ client, transfer }: Scenario): {
  rate: MetricName;
  cpu?: MetricName;
} {
  if (client === 'start') return { rate: 'startToReady' };
  return transfer === true
    ? { rate: 'bytesPerSecond', cpu: 'cpuPerGigabyte' }
    : { rate: 'requestsPerSecond', cpu: 'cpuPerRequest' };
}

/** A whole file, and what must come of asking for it. */
export function wholeFile(corpus: Corpus, name: string, size: number, phase = 0): PlannedRequest {
  const path = corpus.file(name, size, phase);
  return { path, status: 200, content: { position: phase, length: size } };
}
