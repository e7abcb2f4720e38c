/** One run: one server, one scenario, once. Which runs there are, and in which order: rounds.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedLoad, VisitLoad } from '../clients/loads.js';
import type { Generator, RateLoad } from '../clients/rate.js';
import type { LoadFigures } from '../clients/tally.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Child } from '../support/child.js';
import { maybeUsage } from '../support/process-tree.js';
import type { Figures } from '../support/results.js';
import { ANSWER_TIMEOUT, Faulty, type Prepared } from './prepare.js';
import { type Sighting, watched } from './watch.js';

/** Browsers of the scenario `visits` at a time. */
const BROWSERS = 4;
/** How long a server may take to close what the clients left. */
const SETTLE_TIMEOUT = 1500;
const SETTLE_INTERVAL = 20;
/** By how much answers may differ in size under load: Content-Range, and samples of many files. */
const SIZE_TOLERANCE = 0.05;

/** What asks. */
export interface Clients {
  /** clients/checked.ts */
  readonly checked: Child;
  /** For scenarios of the client `rate`. */
  readonly generator: Generator;
}

/** Figures of a run. @throws Faulty when something was wrong with it: then there are none */
export async function measure(
  scenario: Scenario,
  prepared: Prepared,
  clients: Clients,
  seconds: number,
  /** How many descriptors the server has when it is idle. */
  idleDescriptors: number | undefined,
): Promise<Figures> {
  const { server, requests, answerSize } = prepared;
  const asked = scenario.client === 'rate' ? requests.slice(0, 64) : [];
  const { result, seen } = await watched(server, asked, ANSWER_TIMEOUT, () =>
    load(scenario, prepared, clients, seconds),
  );
  const faults = [...result.faults, ...seen.faults];
  const errors = result.errors + seen.faults.length;
  if (errors > 0) throw new Faulty(errors, faults);
  if (result.responses === 0) throw new Faulty(1, ['no answer in the whole run']);
  if (scenario.client === 'rate' && answerSize !== undefined) {
    checkSize(scenario, result, answerSize);
  }
  const left = await descriptorsLeft(server.pid, idleDescriptors);
  return figures(scenario, result, seen, left);
}

function load(
  scenario: Scenario,
  { server: { port }, requests }: Prepared,
  { generator, checked }: Clients,
  seconds: number,
): Promise<LoadFigures> {
  const { connections } = scenario;
  const timeout = ANSWER_TIMEOUT;
  if (scenario.client === 'rate') {
    const { pipelining = 1, close = false } = scenario;
    const rate: RateLoad = { port, requests, connections, pipelining, close, seconds };
    return generator.run(rate);
  }
  if (scenario.client === 'visits') {
    const visits: VisitLoad = {
      port,
      page: requests,
      browsers: BROWSERS,
      connections,
      seconds,
      timeout,
    };
    return checked.call('visit', visits);
  }
  const amount = scenario.client === 'together' ? { count: connections } : { seconds };
  const downloads: CheckedLoad = { port, requests, connections, timeout, ...amount };
  return checked.call('run', downloads);
}

/** Generators count answers without comparing them: their size must be what it was before. */
function checkSize(scenario: Scenario, result: LoadFigures, answerSize: number): void {
  const expected = result.responses * answerSize;
  // Answers that were under way at the end are octets, but no answers.
  const underWay = scenario.connections * (scenario.pipelining ?? 1) * answerSize;
  const least = expected * (1 - SIZE_TOLERANCE) - underWay;
  const most = expected * (1 + SIZE_TOLERANCE) + underWay;
  if (result.octets >= least && result.octets <= most) return;
  throw new Faulty(1, [
    `under load ${Math.round(result.octets / result.responses)} octets an answer, before ${Math.round(answerSize)}`,
  ]);
}

/** Descriptors over those of the idle server, once what is to be closed is closed. */
export async function descriptorsLeft(
  pid: number,
  idle: number | undefined,
): Promise<number | undefined> {
  if (idle === undefined) return undefined;
  const deadline = performance.now() + SETTLE_TIMEOUT;
  for (;;) {
    const left = (maybeUsage(pid)?.descriptors ?? idle) - idle;
    if (left <= 0 || performance.now() > deadline) return left;
    await sleep(SETTLE_INTERVAL);
  }
}

function figures(
  { transfer }: Scenario,
  { responses, octets, seconds, p50, p99 }: LoadFigures,
  { cpu, peak, growth }: Sighting,
  descriptors: number | undefined,
): Figures {
  return {
    requestsPerSecond: responses / seconds,
    ...(transfer ? { bytesPerSecond: octets / seconds } : {}),
    ...(cpu === undefined ? {} : { cpuPerRequest: (cpu / responses) * 1e6 }),
    ...(cpu === undefined || !transfer ? {} : { cpuPerGigabyte: (cpu / octets) * 1e9 }),
    p50,
    p99,
    ...(peak === undefined ? {} : { rssPeak: peak }),
    ...(growth === undefined ? {} : { rssGrowth: growth }),
    ...(descriptors === undefined ? {} : { descriptors }),
    errors: 0,
  };
}
