/**
 * Targets as the report shows them. What they are and when they are met is the business of whoever
 * gives them; here the figures of the results are looked up for that, and put into words.
 */
import { figure } from '../support/report.js';
import type { MetricName } from '../support/results.js';
import { type Suite, summarize } from './model.js';
import { OWN_UNIT, withSpread } from './units.js';

/** A target and what became of it. */
export interface Verdict {
  readonly title: string;
  /** In words, such as `≥ 1.15 × nginx`. */
  readonly target: string;
  /** In words; `undefined`: not measured. */
  readonly measured: string | undefined;
  readonly met: boolean | undefined;
}

/** A server's median in a scenario; `undefined`: not measured. */
export type Lookup = (scenario: string, server: string, metric: MetricName) => number | undefined;

/** What a target has to say of itself. */
export interface Judged {
  readonly scenario: string;
  readonly metric: MetricName;
}

/** Targets and their judge. */
export interface Judging<Target extends Judged> {
  readonly targets: readonly Target[];
  textOf(target: Target): string;
  /** The ratio that was reached, and whether it will do; `undefined`: not measured. */
  judge(target: Target, lookup: Lookup): { ratio: number; met: boolean } | undefined;
}

/**
 * The verdict on each target, in the figures of one suite: the ratio of medians, and sluice's own median
 * with the spread of its rounds.
 */
export function verdictsOn<Target extends Judged>(
  suite: Suite | undefined,
  { targets, textOf, judge }: Judging<Target>,
): Verdict[] {
  const find = (id: string) => suite?.scenarios.find((scenario) => scenario.id === id);
  const lookup: Lookup = (id, server, metric) => {
    const scenario = find(id);
    return scenario && summarize(scenario, server, metric)?.median;
  };
  return targets.map((target) => {
    const found = judge(target, lookup);
    const scenario = find(target.scenario);
    const own = scenario && summarize(scenario, 'sluice', target.metric);
    return {
      title: scenario?.title ?? target.scenario,
      target: textOf(target),
      measured: found && `${figure(found.ratio)} ×, at ${withSpread(target.metric, own, OWN_UNIT)}`,
      met: found?.met,
    };
  });
}
