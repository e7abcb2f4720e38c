/**
 * Every scenario on one scale: how many times a reference in the same run. Each ratio is turned so
 * that more is better: the rate over the reference's, the reference's processor time over one's own.
 */
import { METRICS, type MetricName } from '../support/results.js';
import { firstMetric, orderServers, type Scenario, type Suite, summarize } from './model.js';

/** The figures that a column of ratios is made of, in the order they are preferred. */
const COLUMNS: Readonly<Record<Column, readonly MetricName[]>> = {
  // Octets where they count: of long downloads only some end within a round.
  rate: ['bytesPerSecond', 'requestsPerSecond'],
  cpu: ['cpuPerGigabyte', 'cpuPerRequest'],
};

export type Column = 'rate' | 'cpu';

/** A median as a ratio to the reference's median, and its rounds to the same. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** One scenario's ratios; a server without figures, or without a reference's, has none. */
export interface RatioRow {
  readonly scenario: Scenario;
  readonly ratios: Readonly<Record<Column, ReadonlyMap<string, Ratio>>>;
}

export interface Ratios {
  readonly reference: string;
  readonly servers: readonly string[];
  readonly rows: readonly RatioRow[];
  /** Titles of scenarios that have a rate but no ratio, for want of the reference. */
  readonly without: readonly string[];
}

/** The ratios of a suite, to nginx where it took part; `undefined` where there is nobody to compare with. */
export function ratiosOf(suite: Suite): Ratios | undefined {
  const comparable = suite.scenarios.filter(
    (scenario) => scenario.places.length === 0 && firstMetric(scenario, COLUMNS.rate) !== undefined,
  );
  const reference = referenceOf(comparable);
  if (reference === undefined) return undefined;
  const rows = comparable
    .map((scenario) => ({
      scenario,
      ratios: {
        rate: columnOf(scenario, 'rate', reference),
        cpu: columnOf(scenario, 'cpu', reference),
      },
    }))
    .filter(({ ratios }) => ratios.rate.size > 1);
  const compared = new Set(rows.map(({ scenario }) => scenario));
  return {
    reference,
    servers: orderServers(rows.flatMap(({ ratios }) => [...ratios.rate.keys()])),
    rows,
    without: comparable
      .filter((scenario) => !compared.has(scenario))
      .map((scenario) => scenario.title),
  };
}

/** nginx, else the peer that took part most often. */
function referenceOf(scenarios: readonly Scenario[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { servers } of scenarios) {
    for (const name of servers) {
      if (!name.startsWith('sluice')) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  if (counts.has('nginx')) return 'nginx';
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function columnOf(scenario: Scenario, column: Column, reference: string): Map<string, Ratio> {
  const ratios = new Map<string, Ratio>();
  const metric = firstMetric(scenario, COLUMNS[column]);
  if (metric === undefined) return ratios;
  const base = summarize(scenario, reference, metric)?.median;
  if (base === undefined || base <= 0) return ratios;
  for (const server of scenario.servers) {
    const own = summarize(scenario, server, metric);
    if (own === undefined || own.least <= 0) continue;
    ratios.set(
      server,
      METRICS[metric].better === 'more'
        ? { median: own.median / base, least: own.least / base, most: own.most / base }
        : { median: base / own.median, least: base / own.most, most: base / own.least },
    );
  }
  return ratios;
}
