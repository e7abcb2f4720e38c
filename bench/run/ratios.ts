/** How sluice stands to its peers, then and now. Numbers in, numbers out. */
import { mainMetrics } from '../scenarios/scenario.js';
import { METRICS, type MetricName } from '../support/results.js';
import { median, spread } from '../support/statistics.js';
import type { Outcome } from './rounds.js';
import { advantage, generatorsOf, valuesOf } from './table.js';

/** sluice beside one peer: above 1 sluice is ahead, whichever way the figure goes. */
export interface Ratio {
  readonly scenario: string;
  readonly metric: MetricName;
  readonly peer: string;
  /** With another one the ratio is another, too: a weak generator levels. */
  readonly generator: string;
  readonly ratio: number;
  /** By how much the rounds of both differ: half the distances from least to most, as shares, added. */
  readonly spread: number;
}

/** The ratios of a time and a machine. */
export interface Baseline {
  readonly date: string;
  readonly machine: string;
  readonly ratios: readonly Ratio[];
}

/** A ratio then and now. */
export interface Comparison {
  readonly name: string;
  readonly scenario: string;
  readonly before: number;
  readonly now: number;
  /** As a share of what it was; below 0: lost. */
  readonly change: number;
  /**
   * Whether the rounds differ by more than could be told as a loss. Only of figures by the clock:
   * processor time does not depend on who else is running.
   */
  readonly unsteady: boolean;
}

/** The ratios that an outcome gives: by rate and by processor time, to each peer. */
export function ratiosOf({ scenario, measurements }: Outcome): Ratio[] {
  const { rate, cpu } = mainMetrics(scenario);
  const peers = new Set(measurements.map(({ server }) => server));
  peers.delete('sluice');
  const ratios: Ratio[] = [];
  for (const generator of generatorsOf(measurements)) {
    for (const metric of cpu === undefined ? [rate] : [rate, cpu]) {
      const own = valuesOf(measurements, metric, 'sluice', generator);
      for (const peer of peers) {
        const its = valuesOf(measurements, metric, peer, generator);
        if (own.length === 0 || its.length === 0) continue;
        ratios.push({
          scenario: scenario.id,
          metric,
          peer,
          generator: generator ?? 'none',
          ratio: Number(advantage(metric, median(own), median(its)).toFixed(3)),
          spread: Number(((spread(own) + spread(its)) / 2).toFixed(3)),
        });
      }
    }
  }
  return ratios;
}

/** Those measured both times. */
export function compare(
  before: readonly Ratio[],
  now: readonly Ratio[],
  tolerated: number,
): Comparison[] {
  return now.flatMap((ratio) => {
    const old = before.find((each) => nameOf(each) === nameOf(ratio));
    if (old === undefined) return [];
    const change = ratio.ratio / old.ratio - 1;
    const { scenario, metric } = ratio;
    const unsteady = !metric.startsWith('cpu') && ratio.spread > tolerated;
    const name = nameOf(ratio);
    return [{ name, scenario, before: old.ratio, now: ratio.ratio, change, unsteady }];
  });
}

function nameOf({ scenario, metric, peer, generator }: Ratio): string {
  return `${scenario}, ${METRICS[metric].label} to ${peer} (${generator})`;
}

/** Whether more than the tolerated share is gone, and that is no accident of the clock. */
export function lost({ change, unsteady }: Comparison, tolerated: number): boolean {
  return !unsteady && !(change >= -tolerated);
}
