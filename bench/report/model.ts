/**
 * Lines of results as suites, scenarios and summaries of rounds: what tables and charts are made
 * of. Knows nothing of how they look, and makes up nothing: what was not measured is `undefined`,
 * and `notes` says so.
 */
import {
  type Figures,
  METRICS,
  type Measurement,
  type MetricName,
  type ResultLine,
  type RunHeader,
  type Series,
} from '../support/results.js';
import { median } from '../support/statistics.js';
import { placeOn } from './units.js';

/** Rounds of one figure. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/** A scenario with all that was measured in it. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What varies, where the scenario is a scaling law. */
  readonly axis: string | undefined;
  readonly predicted: Readonly<Record<string, Figures>>;
  /** Those that have figures or a curve here, sluice first. */
  readonly servers: readonly string[];
  /** Those that at least one server has a figure of, in the order of {@link METRICS}. */
  readonly metrics: readonly MetricName[];
  /** The places on the axis, ascending; empty where nothing varies. */
  readonly places: readonly number[];
  readonly generators: readonly string[];
  readonly measurements: readonly Measurement[];
  readonly series: readonly Series[];
  /** What is missing or wrong, in sentences. */
  readonly notes: readonly string[];
}

/** One run of one suite. */
export interface Suite {
  /** `undefined`: the file has no header, so nothing is known of when and where it was made. */
  readonly header: RunHeader | undefined;
  readonly name: string;
  readonly scenarios: readonly Scenario[];
}

/** Sorts the lines of one file into suites: one for each header in it. */
export function readSuites(lines: readonly ResultLine[], fallbackName: string): Suite[] {
  const runs: { header: RunHeader | undefined; lines: ResultLine[] }[] = [];
  for (const line of lines) {
    if (line.kind === 'run') runs.push({ header: line, lines: [] });
    else {
      if (runs.length === 0) runs.push({ header: undefined, lines: [] });
      runs.at(-1)?.lines.push(line);
    }
  }
  return runs.map(({ header, lines: own }) => ({
    header,
    name: header?.suite ?? fallbackName,
    scenarios: scenariosOf(own, Object.keys(header?.versions ?? {})),
  }));
}

/** The rounds of a figure, those with errors left out; `undefined` where there is none. */
export function summarize(
  scenario: Scenario,
  server: string,
  metric: MetricName,
  at?: number,
): Summary | undefined {
  const values = scenario.measurements
    .filter(
      (each) => each.server === server && each.at === at && (metric === 'errors' || isResult(each)),
    )
    .map((each) => each.figures[metric])
    .filter(isFigure);
  if (values.length === 0) return undefined;
  return {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    rounds: values.length,
  };
}

/** The first of the metrics that the scenario has. */
export function firstMetric(
  scenario: Scenario,
  names: readonly MetricName[],
): MetricName | undefined {
  return names.find((name) => scenario.metrics.includes(name));
}

/** sluice, then its modes, then everybody else in the order they came. */
export function orderServers(names: Iterable<string>): string[] {
  const rank = (name: string) => (name === 'sluice' ? 0 : name.startsWith('sluice') ? 1 : 2);
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b));
}

function scenariosOf(lines: readonly ResultLine[], declared: readonly string[]): Scenario[] {
  // A scenario without a header still counts: what was measured is shown.
  const ids = new Set(
    lines.flatMap((line) =>
      line.kind === 'scenario' ? [line.id] : line.kind === 'run' ? [] : [line.scenario],
    ),
  );
  return [...ids].map((id) => scenarioOf(id, lines, declared));
}

function scenarioOf(
  id: string,
  lines: readonly ResultLine[],
  declared: readonly string[],
): Scenario {
  const header = lines.find((line) => line.kind === 'scenario' && line.id === id);
  const measurements = lines.filter((line) => line.kind === 'measurement' && line.scenario === id);
  const series = lines.filter((line) => line.kind === 'series' && line.scenario === id);
  const [known, own, curves] = [header, measurements, series] as [
    Extract<ResultLine, { kind: 'scenario' }> | undefined,
    Measurement[],
    Series[],
  ];
  const servers = orderServers([...own, ...curves].map(({ server }) => server));
  const places = [...new Set(own.map(({ at }) => at).filter(isFigure))].sort((a, b) => a - b);
  const scenario = {
    id,
    title: known?.title ?? id,
    axis: places.length > 0 ? (known?.axis ?? 'at') : known?.axis,
    predicted: known?.predicted ?? {},
    servers,
    metrics: metricNames().filter((name) => own.some(({ figures }) => isFigure(figures[name]))),
    places,
    generators: [...new Set(own.map(({ generator }) => generator).filter((name) => name))],
    measurements: own,
    series: curves,
  } as Omit<Scenario, 'notes'>;
  return {
    ...scenario,
    notes: notesOn(scenario, known !== undefined, known?.contestants ?? declared),
  };
}

function notesOn(
  scenario: Omit<Scenario, 'notes'>,
  headed: boolean,
  declared: readonly string[],
): string[] {
  const { servers, places, measurements, series } = scenario;
  const notes: string[] = [];
  if (!headed) notes.push('The results have no header for this scenario: its id stands for it.');
  if (measurements.length === 0 && series.length === 0) {
    notes.push('Nothing was measured: the run ended before, or the scenario was left out.');
    return notes;
  }
  const absent = declared.filter((name) => !servers.some((server) => isOf(server, name)));
  if (absent.length > 0) notes.push(`Not measured here: ${absent.join(', ')}.`);
  for (const server of servers) {
    const own = measurements.filter((each) => each.server === server);
    const gaps = places.filter((place) => !own.some((each) => each.at === place && isResult(each)));
    if (own.length > 0 && gaps.length > 0) {
      const list = gaps.map((gap) => placeOn(scenario.axis, gap)).join(', ');
      notes.push(`Not measured: ${server} at ${scenario.axis} ${list}.`);
    }
    const errors = own.reduce((sum, { figures }) => sum + (figures.errors ?? 0), 0);
    if (errors > 0)
      notes.push(`${server} had ${errors} errors: rounds with errors are no result, and left out.`);
  }
  const counts = new Set(measurements.map(({ round }) => round));
  if (measurements.length > 0 && counts.size === 1) {
    notes.push('One round only: there is no spread to show.');
  }
  return notes;
}

/** A round with errors is none. */
function isResult({ figures }: Measurement): boolean {
  return !((figures.errors ?? 0) > 0);
}

/** Whether a measured name, such as `sluice (load)`, belongs to a server of the header. */
function isOf(measured: string, server: string): boolean {
  return measured === server || measured.startsWith(`${server} (`);
}

function metricNames(): MetricName[] {
  return Object.keys(METRICS) as MetricName[];
}

// A figure that could not be had is NaN, which JSON writes as null.
function isFigure(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
