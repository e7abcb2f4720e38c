/** Resident memory over time: a line for each server or mode, on one pair of axes. */
import { octets } from '../support/report.js';
import type { Series } from '../support/results.js';
import type { Scenario } from './model.js';
import type { Chart } from './svg.js';
import { isOwn, type Theme } from './theme.js';
import { onAxis } from './units.js';

const WIDTH = 960;
const HEIGHT = 320;

/** From this ratio of the greatest peak to the least on, the axis is logarithmic. */
const LOGARITHMIC = 10;

/** What a curve comes to. */
export interface CurveSummary {
  readonly server: string;
  readonly start: number;
  readonly peak: number;
  readonly end: number;
  readonly seconds: number;
  readonly samples: number;
}

/** The curves of a scenario in figures; those without a sample are left out. */
export function curvesOf({ series }: Scenario): CurveSummary[] {
  return series.flatMap(({ server, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [
      {
        server,
        start: first[1],
        // Not by spreading: a soak has more samples than a call takes arguments.
        peak: points.reduce((most, [, value]) => Math.max(most, value), 0),
        end: last[1],
        seconds: (last[0] - first[0]) / 1000,
        samples: points.length,
      },
    ];
  });
}

/** The chart, or `undefined` where there is no curve. */
export function memoryChart(scenario: Scenario, theme: Theme): Chart | undefined {
  const curves = curvesOf(scenario);
  if (curves.length === 0) return undefined;
  const peaks = curves.map(({ peak }) => peak);
  const logarithmic = Math.max(...peaks) / Math.min(...peaks) >= LOGARITHMIC;
  return {
    width: WIDTH,
    height: HEIGHT,
    caption: 'Sampled from outside the process.',
    title: `${scenario.title}: resident memory over time`,
    description: `Lines over seconds. ${curves
      .map(
        ({ server, start, peak, end }) =>
          `${server}: from ${octets(start)} by at most ${octets(peak)} to ${octets(end)}`,
      )
      .join('. ')}.`,
    option: {
      title: {
        text: 'RSS, MB',
        subtext: `less is better${logarithmic ? '; logarithmic' : ''}`,
        left: 57,
        top: 28,
        itemGap: 2,
        padding: [0, 5],
        textStyle: { fontSize: 13, fontWeight: 600, color: theme.ink },
        subtextStyle: { fontSize: 11, color: theme.muted },
      },
      legend: { top: 2, left: 57, textStyle: { color: theme.ink }, itemWidth: 28, itemGap: 22 },
      grid: { left: 62, top: 72, width: WIDTH - 92, height: HEIGHT - 122 },
      xAxis: {
        type: 'value',
        name: 'seconds',
        nameLocation: 'middle',
        nameGap: 26,
        min: 0,
        max: 'dataMax',
        nameTextStyle: { color: theme.muted, fontSize: 11 },
        axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true, formatter: onAxis },
        axisLine: { lineStyle: { color: theme.muted } },
        splitLine: { show: false },
      },
      yAxis: {
        ...(logarithmic ? { type: 'log' } : { type: 'value', min: 0 }),
        axisLabel: { color: theme.muted, fontSize: 11, formatter: onAxis },
        splitLine: { lineStyle: { color: theme.grid } },
      },
      series: scenario.series.map((series) => curve(series, theme)),
    },
  };
}

function curve({ server, points }: Series, theme: Theme): object {
  const own = isOwn(server);
  return {
    name: server,
    type: 'line',
    silent: true,
    showSymbol: false,
    // Keeps the peaks of what falls on one pixel.
    sampling: 'minmax',
    color: theme.colourOf(server),
    lineStyle: { width: own ? 2.5 : 1.5 },
    z: own ? 3 : 2,
    data: points.map(([milliseconds, value]) => [milliseconds / 1000, value / 1e6]),
  };
}
