/** Figures in the unit that fits, in words and on axes. */
import { figure } from '../support/report.js';
import { METRICS, type MetricName } from '../support/results.js';
import type { Summary } from './model.js';

/** A unit that figures of a metric are shown in: the figure divided by `divisor`. */
export interface Unit {
  readonly name: string;
  readonly divisor: number;
}

const STEPS = [
  { least: 1e9, prefix: 'G' },
  { least: 1e6, prefix: 'M' },
  { least: 1e3, prefix: 'K' },
];

/** The unit in which figures up to `most` are best read. */
export function unitFor(metric: MetricName, most: number): Unit {
  const { unit } = METRICS[metric];
  if (!unit.startsWith('B')) return { name: unit, divisor: 1 };
  const step = STEPS.find(({ least }) => Math.abs(most) >= least);
  return { name: `${step?.prefix ?? ''}${unit}`, divisor: step?.least ?? 1 };
}

/** What a column or a chart of a metric is called, such as `requests/s` or `CPU per request, µs`. */
export function headingOf(metric: MetricName, unit: Unit): string {
  const { label } = METRICS[metric];
  if (unit.name.startsWith('/')) return label + unit.name;
  return unit.name === '' ? label : `${label}, ${unit.name}`;
}

/** Which way is better, for under a heading. */
export function directionOf(metric: MetricName): string {
  return `${METRICS[metric].better} is better`;
}

/** A figure without its unit; what has none is counted, and so a whole number. */
export function inUnit(value: number, unit: Unit): string {
  return unit.name === '' ? Math.round(value).toLocaleString('en') : figure(value / unit.divisor);
}

/** A median with half the distance from the least to the greatest round, such as `15,900 ±4 %`. */
export function withSpread(summary: Summary | undefined, unit: Unit): string {
  if (summary === undefined) return '–';
  const { median, least, most, rounds } = summary;
  const text = inUnit(median, unit);
  if (rounds === 1 || median === 0) return text;
  const share = ((most - least) / Math.abs(median)) * 50;
  return `${text} ±${share > 0 && share < 0.5 ? '<1' : Math.round(share)} %`;
}

/** A figure with its unit, such as `1.24 GB/s`. */
export function withUnit(metric: MetricName, value: number): string {
  const unit = unitFor(metric, value);
  return `${inUnit(value, unit)}${unit.name.startsWith('/') ? '' : ' '}${unit.name}`.trim();
}

/** A figure as short as an axis wants it: `100k`, `0.5`, `2M`. */
export function onAxis(value: number): string {
  const step = STEPS.find(({ least }) => Math.abs(value) >= least);
  const scaled = Number((value / (step?.least ?? 1)).toPrecision(3));
  return `${scaled}${step === undefined ? '' : step.prefix === 'K' ? 'k' : step.prefix}`;
}

/** A place on the axis of a scaling law; octets (whatever the axis calls them) in their units. */
export function placeOn(axis: string | undefined, value: number): string {
  if (!/octets|bytes|size/i.test(axis ?? '')) return value.toLocaleString('en');
  for (const [unit, octets] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 1024],
    ['GB', 1e9],
    ['MB', 1e6],
    ['KB', 1000],
  ] as const) {
    if (value >= octets && value % octets === 0) return `${value / octets} ${unit}`;
  }
  return `${value.toLocaleString('en')} B`;
}
