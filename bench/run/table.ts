/** The outcome of a scenario as people read it: a table, what was left out, targets. */
import { mainMetrics, type Scenario } from '../scenarios/scenario.js';
import type { ServerKind } from '../servers/server.js';
import { figure, octets, print, printTable, rounds } from '../support/report.js';
import { METRICS, type Measurement, type MetricName } from '../support/results.js';
import { median, spread } from '../support/statistics.js';
import { BEST_NODE_PEER, best, judge, type Lookup } from '../targets.js';
import type { Outcome } from './rounds.js';

/** Rounds that differ from the median by more than this share tell little. */
const UNSTEADY = 0.25;

/** The measurements of one server, by one generator. */
export function valuesOf(
  measurements: readonly Measurement[],
  metric: MetricName,
  server: string,
  generator?: string,
): number[] {
  return measurements.flatMap((each) => {
    const value = each.figures[metric];
    const matches = each.server === server && each.generator === generator;
    return matches && value !== undefined ? [value] : [];
  });
}

/** The median of one server's rounds, or `undefined` where there is none. */
export function maybeMedian(
  measurements: readonly Measurement[],
  metric: MetricName,
  server: string,
  generator?: string,
): number | undefined {
  const values = valuesOf(measurements, metric, server, generator);
  return values.length === 0 ? undefined : median(values);
}

/** The generators that measured, in the order they came. */
export function generatorsOf(measurements: readonly Measurement[]): (string | undefined)[] {
  const measured = measurements.filter(({ figures }) => figures.errors === 0);
  return [...new Set(measured.map(({ generator }) => generator))];
}

/** How a figure is shown: its column's title and its text. */
const COLUMNS: Readonly<
  Partial<Record<MetricName, [string, (values: readonly number[]) => string]>>
> = {
  requestsPerSecond: ['requests/s', rounds],
  bytesPerSecond: ['GB/s', (values) => rounds(values.map((value) => value / 1e9))],
  startToReady: ['start ms', rounds],
  cpuPerRequest: ['CPU µs/request', rounds],
  cpuPerGigabyte: ['CPU s/GB', rounds],
  p50: ['p50 ms', (values) => figure(median(values))],
  p99: ['p99 ms', (values) => figure(median(values))],
  rssPeak: ['RSS peak', (values) => octets(Math.max(...values))],
  descriptors: ['fds left', (values) => `${Math.max(...values)}`],
};

function columnsOf(scenario: Scenario): MetricName[] {
  const { rate, cpu } = mainMetrics(scenario);
  if (cpu === undefined) return [rate, 'rssPeak'];
  return [rate, cpu, 'p50', 'p99', 'rssPeak', 'descriptors'];
}

/** What a ratio shows: above 1 the first is better, whichever way the figure goes. */
export function advantage(metric: MetricName, own: number, other: number): number {
  return METRICS[metric].better === 'more' ? own / other : other / own;
}

/** Prints an outcome. */
export function printOutcome(outcome: Outcome, kinds: readonly ServerKind[]): void {
  const { scenario, measurements, leftOut } = outcome;
  for (const generator of generatorsOf(measurements)) {
    const by = generator === undefined ? '' : `, ${scenario.connections} connections, ${generator}`;
    print(`${scenario.id}: ${scenario.title}${by}`);
    printServers(outcome, kinds, generator);
  }
  for (const { server, reason, faulty } of leftOut) {
    print(`${server}: ${faulty ? 'NO RESULT' : 'left out'} in ${scenario.id}: ${reason}`);
  }
  print();
}

function printServers(
  { scenario, measurements }: Outcome,
  kinds: readonly ServerKind[],
  generator: string | undefined,
): void {
  const { rate, cpu } = mainMetrics(scenario);
  const { reference = 'nginx' } = scenario;
  const columns = columnsOf(scenario);
  const value = (server: string, metric: MetricName) =>
    maybeMedian(measurements, metric, server, generator);
  const nodePeers = kinds.filter(({ family }) => family === 'node').map(({ name }) => name);
  const bestNode = (metric: MetricName) =>
    best(metric, nodePeers, (server) => value(server, metric))?.server;
  const ratio = (server: string, other: string | undefined, metric: MetricName | undefined) => {
    if (other === undefined || metric === undefined) return '–';
    const [own, its] = [value(server, metric), value(other, metric)];
    return own === undefined || its === undefined
      ? '–'
      : `${figure(advantage(metric, own, its))} ×`;
  };
  const metrics = cpu === undefined ? [rate] : [rate, cpu];
  const measured = kinds.filter(({ name }) => value(name, rate) !== undefined);
  printTable(
    [
      'server',
      ...columns.map((metric) => COLUMNS[metric]?.[0] ?? metric),
      ...[reference, 'best Node'].flatMap((whom) =>
        metrics.map((metric) => (metric === cpu ? '… by CPU' : `to ${whom}`)),
      ),
    ],
    measured.map(({ name }) => [
      name,
      ...columns.map((metric) => {
        const values = valuesOf(measurements, metric, name, generator);
        return values.length === 0 ? '–' : (COLUMNS[metric]?.[1](values) ?? '–');
      }),
      ...metrics.map((metric) => ratio(name, reference, metric)),
      ...metrics.map((metric) => ratio(name, bestNode(metric), metric)),
    ]),
  );
}

/** Prints how the targets of all outcomes were met, and descriptors that sluice left open. */
export function printTargets(outcomes: readonly Outcome[], kinds: readonly ServerKind[]): void {
  const all = outcomes.flatMap(({ measurements }) => measurements);
  const nodePeers = kinds.filter(({ family }) => family === 'node').map(({ name }) => name);
  for (const { scenario, measurements } of outcomes) {
    for (const generator of generatorsOf(measurements)) {
      const lookup: Lookup = (id, server, metric) =>
        maybeMedian(
          all.filter((each) => each.scenario === id),
          metric,
          server,
          generator,
        );
      const by = generator === undefined || generator === 'raw' ? '' : ` (${generator})`;
      for (const { target, text, ratio, met } of judge(scenario.id, nodePeers, lookup)) {
        const own = valuesOf(measurements, target.metric, 'sluice', generator);
        const doubt = spread(own) / 2 > UNSTEADY ? ', but its rounds are unsteady' : '';
        const verdict = met ? 'met' : 'missed';
        print(`target ${scenario.id}${by}: ${text}: ${verdict} at ${figure(ratio)}${doubt}`);
      }
    }
    const left = valuesOfAll(measurements, 'descriptors', 'sluice');
    if (left.some((count) => count > 0)) {
      print(`target ${scenario.id}: descriptors after as before: missed at +${Math.max(...left)}`);
    }
  }
  if (outcomes.some(({ measurements }) => measurements.length > 0)) {
    print(`(${BEST_NODE_PEER}: of those that took part)`);
  }
}

function valuesOfAll(
  measurements: readonly Measurement[],
  metric: MetricName,
  server: string,
): number[] {
  return measurements.flatMap((each) => {
    const value = each.figures[metric];
    return each.server === server && value !== undefined ? [value] : [];
  });
}
