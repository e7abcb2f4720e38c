/**
 * What sluice's speed is to be, each beside something measured in the same run. Data for tables and
 * reports; and whether measured medians meet it.
 */
import { METRICS, type MetricName } from './support/results.js';

/** One bar. */
export interface Target {
  readonly scenario: string;
  readonly metric: MetricName;
  /** sluice's figure over the other's: at least this, */
  readonly least?: number;
  /** or at most. */
  readonly most?: number;
  /**
   * Whose figure: a server's, that of the best file server on Node, or sluice's own in another
   * scenario.
   */
  readonly against: string | { readonly scenario: string };
}

const RATE = 'requestsPerSecond';
const BYTES = 'bytesPerSecond';

export const BEST_NODE_PEER = 'best Node peer';

export const TARGETS: readonly Target[] = [
  { scenario: '1k', metric: RATE, least: 1.15, against: 'nginx' },
  { scenario: '1k', metric: RATE, least: 6, against: BEST_NODE_PEER },
  { scenario: 'pipelined', metric: RATE, least: 3, against: { scenario: '1k' } },
  { scenario: '304', metric: RATE, least: 1, against: 'nginx' },
  { scenario: '404', metric: RATE, least: 1, against: 'nginx' },
  { scenario: '20k', metric: RATE, least: 0.95, against: 'nginx' },
  { scenario: '1m', metric: BYTES, least: 2, against: 'nginx' },
  { scenario: '100m', metric: BYTES, least: 1.2, against: 'nginx' },
  { scenario: '100m', metric: BYTES, least: 1.2, against: BEST_NODE_PEER },
  { scenario: '100m', metric: 'cpuPerGigabyte', most: 0.8, against: 'send' },
  { scenario: '100m-wrk', metric: BYTES, least: 1.2, against: 'nginx' },
  { scenario: '100m-wrk', metric: BYTES, least: 1.2, against: BEST_NODE_PEER },
  { scenario: '100m-wrk', metric: 'cpuPerGigabyte', most: 0.8, against: 'send' },
  { scenario: 'shared', metric: BYTES, least: 2, against: 'nginx' },
  { scenario: 'shared-wrk', metric: BYTES, least: 2, against: 'nginx' },
  { scenario: 'ranges', metric: BYTES, least: 0.8, against: 'nginx' },
  { scenario: 'connections', metric: RATE, least: 0.8, against: 'nginx' },
  { scenario: 'start', metric: 'startToReady', most: 0.5, against: 'serve' },
];

/** A bar and what was reached. */
export interface Judgement {
  readonly target: Target;
  /** In words, such as `requests ≥ 1.15 × nginx`. */
  readonly text: string;
  readonly ratio: number;
  readonly met: boolean;
}

/** A server's median in a scenario; `undefined`: not measured. */
export type Lookup = (scenario: string, server: string, metric: MetricName) => number | undefined;

/** A judgement of each target of a scenario that could be measured. */
export function judge(
  scenario: string,
  nodePeers: readonly string[],
  lookup: Lookup,
  targets: readonly Target[] = TARGETS,
): Judgement[] {
  return targets.flatMap((target) => {
    if (target.scenario !== scenario) return [];
    const own = lookup(scenario, 'sluice', target.metric);
    const other = otherFigure(target, nodePeers, lookup);
    if (own === undefined || other === undefined) return [];
    const ratio = own / other;
    const met = ratio >= (target.least ?? -Infinity) && ratio <= (target.most ?? Infinity);
    return [{ target, text: targetText(target), ratio, met }];
  });
}

function otherFigure(
  { scenario, metric, against }: Target,
  nodePeers: readonly string[],
  lookup: Lookup,
): number | undefined {
  if (typeof against !== 'string') return lookup(against.scenario, 'sluice', metric);
  if (against !== BEST_NODE_PEER) return lookup(scenario, against, metric);
  return best(metric, nodePeers, (server) => lookup(scenario, server, metric))?.figure;
}

/** The best of the servers by a figure, of those that have it. */
export function best(
  metric: MetricName,
  servers: readonly string[],
  figureOf: (server: string) => number | undefined,
): { server: string; figure: number } | undefined {
  let found: { server: string; figure: number } | undefined;
  for (const server of servers) {
    const figure = figureOf(server);
    if (figure === undefined || Number.isNaN(figure)) continue;
    const more = METRICS[metric].better === 'more';
    if (found === undefined || (more ? figure > found.figure : figure < found.figure)) {
      found = { server, figure };
    }
  }
  return found;
}

/** A target in words. */
export function targetText({ metric, least, most, against }: Target): string {
  const bound = least === undefined ? `≤ ${most}` : `≥ ${least}`;
  const whose = typeof against === 'string' ? against : `its own in ${against.scenario}`;
  return `${METRICS[metric].label} ${bound} × ${whose}`;
}
