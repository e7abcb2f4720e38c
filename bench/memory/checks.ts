/** What was seen of sluice, held against what may be. Knows no servers and no loads. */
import { LOADING, OURS } from '../servers/index.js';
import { octets } from '../support/report.js';
import { median } from '../support/statistics.js';
import { linearTrend, riseOfLows, secondHalf } from '../support/trend.js';
import { MOST_DESCRIPTORS_RISE, MOST_RISE } from './targets.js';
import type { Holdings, Seen } from './visit.js';

/** What {@link Checks.holdings} counts. */
export const HOLDINGS = 'descriptors + timers + other resources';

/** A figure held against its target. */
export interface Check {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly met: boolean;
}

/** The checks of a run, in order. */
export class Checks {
  readonly all: Check[] = [];

  /** Whether nothing was missed. */
  get met(): boolean {
    return this.all.every(({ met }) => met);
  }

  add(check: Check): void {
    this.all.push(check);
  }

  /** Holds the median of some rounds against the most that it may be, in octets. */
  most(what: string, values: readonly number[], most: number): void {
    if (values.length === 0) return;
    const value = median(values);
    this.add({ what, figure: octets(value), target: `≤ ${octets(most)}`, met: value <= most });
  }

  /** What must be after a load as before: of our servers everything, in every round. */
  holdings(what: string, server: string, { before, after }: Seen): void {
    if (server !== OURS && server !== LOADING) return;
    const met = JSON.stringify(after) === JSON.stringify(before);
    const name = `${what}, ${server}: ${HOLDINGS} after`;
    this.add({ what: name, figure: summary(after), target: summary(before), met });
  }

  /** Neither memory nor descriptors may go up and up. */
  trends(what: string, { samples }: Seen): void {
    const resident = riseOfLows(samples.resident);
    this.add({
      what: `${what}: rise of the lowest RSS from the first half to the second`,
      figure: octets(resident),
      target: `≤ ${octets(MOST_RISE)}`,
      met: resident <= MOST_RISE,
    });
    const { rise } = linearTrend(secondHalf(samples.descriptors));
    this.add({
      what: `${what}: rise of descriptors over the second half`,
      figure: rise.toFixed(1),
      target: `≤ ${MOST_DESCRIPTORS_RISE}`,
      met: rise <= MOST_DESCRIPTORS_RISE,
    });
  }
}

function summary({ descriptors, resources }: Holdings): string {
  const { Timeout = 0, ...others } = resources ?? {};
  const rest = Object.values(others).reduce((sum, count) => sum + count, 0);
  return `${descriptors} + ${Timeout} + ${rest}`;
}
