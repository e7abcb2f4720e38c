/** Figures in the unit that fits, in words and on axes. */
import { figure } from '../support/report.js';
import { METRICS, type MetricName } from '../support/results.js';
import type { Summary } from './model.js';

/** A unit that figures of a metric are shown in: the figure divided by `divisor`. */
export interface Unit {
  readonly name: string;
  readonly divisor: number;
  /** Figures lie too far apart for one unit: as text, each has its own. */
  readonly own?: boolean;
}

/** Each figure as text in the unit that suits it. */
export const OWN_UNIT: Unit = { name: 'its own', divisor: 1, own: true };

const STEPS = [
  { least: 1e9, prefix: 'G' },
  { least: 1e6, prefix: 'M' },
  { least: 1e3, prefix: 'K' },
];

/** Octets that differ more than this have no unit in common that suits them all. */
const TOO_FAR = 100;

/** The unit in which these figures are best read. */
export function unitFor(metric: MetricName, values: readonly number[]): Unit {
  const { unit } = METRICS[metric];
  if (!unit.startsWith('B')) return { name: unit, divisor: 1 };
  const sizes = values.map(Math.abs).filter((value) => value > 0);
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  const least = sizes.reduce((a, b) => Math.min(a, b), most);
  const step = STEPS.find((each) => most >= each.least);
  return {
    name: `${step?.prefix ?? ''}${unit}`,
    divisor: step?.least ?? 1,
    ...(most / least > TOO_FAR ? { own: true } : {}),
  };
}

/** What a column or a chart of a metric is called, such as `requests/s` or `CPU per request, µs`. */
export function headingOf(metric: MetricName, unit: Unit): string {
  const { label } = METRICS[metric];
  if (unit.own) return label;
  if (unit.name.startsWith('/')) return label + unit.name;
  return unit.name === '' ? label : `${label}, ${unit.name}`;
}

/** Which way is better, for under a heading. */
export function directionOf(metric: MetricName): string {
  return `${METRICS[metric].better} is better`;
}

/** A figure for below a heading: without its unit, unless figures have units of their own. */
export function inUnit(metric: MetricName, value: number, unit: Unit): string {
  // What has no unit is counted, and so a whole number.
  if (unit.name === '') return Math.round(value).toLocaleString('en');
  return unit.own ? withUnit(metric, value) : short(value / unit.divisor);
}

/** A median with half the distance from the least to the greatest round, such as `15,900 ±4 %`. */
export function withSpread(metric: MetricName, summary: Summary | undefined, unit: Unit): string {
  if (summary === undefined) return '–';
  const { median, least, most, rounds } = summary;
  const text = inUnit(metric, median, unit);
  if (rounds === 1 || median === 0) return text;
  const share = ((most - least) / Math.abs(median)) * 50;
  return `${text} ±${Math.round(share)} %`;
}

/** A figure with its unit, such as `1.24 GB/s`. */
export function withUnit(metric: MetricName, value: number): string {
  const { name, divisor } = unitFor(metric, [value]);
  if (name === '') return Math.round(value).toLocaleString('en');
  return `${short(value / divisor)}${name.startsWith('/') ? '' : ' '}${name}`;
}

/** Three digits, below a tenth two: 0.0042 is not nothing. */
function short(value: number): string {
  const small = value !== 0 && Math.abs(value) < 0.1;
  return small ? `${Number(value.toPrecision(2))}` : figure(value);
}

/** A figure as short as an axis wants it: `100k`, `0.5`, `2M`. */
export function onAxis(value: number): string {
  const step = STEPS.find(({ least }) => Math.abs(value) >= least);
  const scaled = Number((value / (step?.least ?? 1)).toPrecision(3));
  return `${scaled}${step === undefined ? '' : step.prefix === 'K' ? 'k' : step.prefix}`;
}

const SIZES = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
  ['GB', 1e9],
  ['MB', 1e6],
  ['KB', 1e3],
] as const;

/** A place on the axis of a scaling law; sizes in the unit, binary or decimal, that is shortest. */
export function placeOn(axis: string | undefined, value: number): string {
  const plain = value.toLocaleString('en');
  if (!/octets|bytes|size/i.test(axis ?? '')) return plain;
  const texts = SIZES.filter(([, octets]) => value > 0 && value % octets === 0).map(
    ([unit, octets]) => `${value / octets} ${unit}`,
  );
  return texts.sort((a, b) => a.length - b.length)[0] ?? `${plain} B`;
}
