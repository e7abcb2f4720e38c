/** The memory benchmark's figures as text. */
import { figure, octets, print, printTable } from '../support/report.js';
import type { Measurement, MetricName, ResultLine, ScenarioHeader } from '../support/results.js';
import { median, spread } from '../support/statistics.js';
import { type Check, HOLDINGS } from './checks.js';

const COLUMNS: readonly (readonly [string, MetricName, (values: readonly number[]) => string])[] = [
  ['RSS peak', 'rssPeak', sized],
  ['over idle', 'rssGrowth', sized],
  ['per client', 'rssPerClient', sized],
  ['heap', 'heap', sized],
  ['external', 'external', sized],
  ['throughput/s', 'bytesPerSecond', sized],
  ['requests/s', 'requestsPerSecond', counted],
  ['descriptors after', 'descriptors', counted],
];

/** Prints a table for each scenario: the servers' medians, and behind ± half their spread. */
export function printScenarios(lines: readonly ResultLine[]): void {
  const measurements = lines.filter((line) => line.kind === 'measurement');
  for (const line of lines) {
    if (line.kind !== 'scenario') continue;
    printScenario(
      line,
      measurements.filter(({ scenario }) => scenario === line.id),
    );
  }
}

function printScenario(header: ScenarioHeader, measurements: readonly Measurement[]): void {
  const rows = new Map<string, Measurement[]>();
  for (const one of measurements) {
    const name = one.at === undefined ? one.server : `${octets(one.at)}, ${one.server}`;
    rows.set(name, [...(rows.get(name) ?? []), one]);
  }
  const has = (metric: MetricName) =>
    measurements.some(({ figures }) => figures[metric] !== undefined);
  const columns = COLUMNS.filter(([, metric]) => has(metric));
  const { predicted } = header;
  const cells = [...rows].map(([name, some]) => {
    const values = (metric: MetricName) => some.flatMap(({ figures }) => figures[metric] ?? []);
    const said = Object.values(predicted?.[some[0]?.server ?? ''] ?? {})[0];
    return [
      name,
      ...columns.map(([, metric, show]) => (values(metric).length ? show(values(metric)) : '')),
      ...(predicted === undefined ? [] : [said === undefined ? '' : octets(said)]),
    ];
  });
  print(header.title);
  const titles = columns.map(([title]) => title);
  const [said] = Object.values(predicted ?? {}).flatMap((figures) => Object.keys(figures));
  const column = COLUMNS.find(([, metric]) => metric === said)?.[0];
  printTable(['server', ...titles, ...(predicted ? [`predicted ${column}`] : [])], cells);
  print();
}

/** ± half the spread, where there is more than one round. */
function around(values: readonly number[]): string {
  const share = Math.abs(spread(values));
  return values.length > 1 && Number.isFinite(share) ? ` ±${Math.round(share * 50)} %` : '';
}

function sized(values: readonly number[]): string {
  return octets(median(values)) + around(values);
}

function counted(values: readonly number[]): string {
  return figure(median(values)) + around(values);
}

/** Prints what was held against a target, and what was left out. */
export function printChecks(checks: readonly Check[], notes: readonly string[]): void {
  // Dozens, and all of one kind: each is shown only where something was left behind.
  const shown = checks.filter(({ what, met }) => !met || !what.includes(HOLDINGS));
  const holdings = checks.filter(({ what }) => what.includes(HOLDINGS));
  printTable(
    ['targets', 'figure', 'target', ''],
    shown.map(({ what, figure: value, target, met }) => [
      what,
      value,
      target,
      met ? 'met' : 'MISSED',
    ]),
  );
  const same = holdings.filter(({ met }) => met).length;
  print(`${HOLDINGS}: after ${same} of ${holdings.length} loads as before`);
  for (const note of notes) print(`skipped: ${note}`);
  const missed = checks.filter(({ met }) => !met).length;
  if (missed > 0) print(`${missed} target${missed === 1 ? '' : 's'} missed`);
}
