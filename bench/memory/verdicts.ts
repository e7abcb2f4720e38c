/**
 * The bars of targets.ts held against the results of a run, for the report: by the same medians as the
 * benchmark itself holds them against.
 */
import { type Scenario, type Suite, type Summary, summarize } from '../report/model.js';
import { OWN_UNIT, withSpread } from '../report/units.js';
import type { Verdict } from '../report/verdicts.js';
import { octets } from '../support/report.js';
import type { MetricName } from '../support/results.js';
import { median } from '../support/statistics.js';
import { riseOfLows } from '../support/trend.js';
import { MOST_DIFFERENCE, MOST_EACH, MOST_GROWTH, MOST_RISE } from './targets.js';

const OURS = 'sluice';

interface MemoryTarget {
  /** How the ids of its scenarios begin. */
  readonly scenarios: string;
  /** What they are called where none was measured. */
  readonly title: string;
  /** What is held against the bar, in words. */
  readonly what: string;
  /** Octets. */
  readonly most: number;
  /** The figure of a scenario, with its rounds; `undefined`: not measured. */
  figureOf(scenario: Scenario): Summary | undefined;
}

const TARGETS: readonly MemoryTarget[] = [
  {
    scenarios: 'download-',
    title: 'downloads at once',
    what: 'RSS over idle',
    most: MOST_GROWTH,
    figureOf: (scenario) => summarize(scenario, OURS, 'rssGrowth'),
  },
  {
    scenarios: 'stalled-',
    title: 'stalled downloads',
    what: 'RSS per client',
    most: MOST_EACH,
    figureOf: (scenario) => summarize(scenario, OURS, 'rssPerClient'),
  },
  {
    scenarios: 'sizes',
    title: 'one download, by size of the file',
    what: 'least to greatest RSS',
    most: MOST_DIFFERENCE,
    figureOf: (scenario) => differences(scenario, 'rssGrowth'),
  },
  {
    scenarios: 'soak',
    title: 'mixed traffic',
    what: 'rise of the lowest RSS, first half to second',
    most: MOST_RISE,
    figureOf: rise,
  },
];

/** The verdicts on a suite's figures; `undefined`: there is no such suite. */
export function memoryVerdicts(suite: Suite | undefined): Verdict[] {
  return TARGETS.flatMap((target) => {
    const scenarios = suite?.scenarios.filter(({ id }) => id.startsWith(target.scenarios)) ?? [];
    const bar = `${target.what} ≤ ${octets(target.most)}`;
    if (scenarios.length === 0) {
      return [{ title: target.title, target: bar, measured: undefined, met: undefined }];
    }
    return scenarios.map((scenario) => {
      const found = target.figureOf(scenario);
      return {
        title: scenario.title,
        target: bar,
        measured: found && withSpread('rssGrowth', found, OWN_UNIT),
        met: found && found.median <= target.most,
      };
    });
  });
}

/** Between the places with the least and with the greatest median; and the same of each round. */
function differences(scenario: Scenario, metric: MetricName): Summary | undefined {
  const medians = scenario.places.flatMap(
    (place) => summarize(scenario, OURS, metric, place)?.median ?? [],
  );
  if (medians.length < 2) return undefined;
  const own = scenario.measurements.filter(({ server }) => server === OURS);
  const rounds = [...new Set(own.map(({ round }) => round))].map((round) =>
    distance(own.flatMap((each) => (each.round === round ? (each.figures[metric] ?? []) : []))),
  );
  return {
    median: distance(medians),
    least: Math.min(...rounds),
    most: Math.max(...rounds),
    rounds: rounds.length,
  };
}

function distance(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

/** Of the curve: a soak is one round. */
function rise({ series }: Scenario): Summary | undefined {
  const rises = series
    .filter(({ server, points }) => server === OURS && points.length > 1)
    .map(({ points }) => riseOfLows(points));
  if (rises.length === 0) return undefined;
  return {
    median: median(rises),
    least: Math.min(...rises),
    most: Math.max(...rises),
    rounds: rises.length,
  };
}
