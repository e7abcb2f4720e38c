/** A scaling law as lines: a panel for each figure over the axis, a line for each server. */
import type { CustomSeriesRenderItem } from 'echarts';
import { METRICS, type MetricName } from '../support/results.js';
import { type Scenario, type Summary, summarize } from './model.js';
import type { Chart } from './svg.js';
import { isOwn, type Theme } from './theme.js';
import { directionOf, headingOf, onAxis, placeOn, type Unit, unitFor, withUnit } from './units.js';

const WIDTH = 960;
const LEGEND = 34;
const PANEL = { width: 400, height: 170 };
const LEFT = 62;
const ROW = 270;
const COLUMN = 480;

/** From this ratio of the greatest to the least on, an axis is logarithmic. */
const LOGARITHMIC = 20;

const NOT_DRAWN: readonly MetricName[] = ['errors', 'descriptors', 'p50'];

interface Panel {
  readonly metric: MetricName;
  readonly unit: Unit;
  readonly logarithmic: boolean;
  /** A line for each server: place and rounds. */
  readonly lines: readonly {
    server: string;
    points: readonly (readonly [number, Summary])[];
    predicted: number | undefined;
  }[];
}

/** The chart, or `undefined` where nothing varies. */
export function scalingChart(scenario: Scenario, theme: Theme): Chart | undefined {
  if (scenario.places.length === 0) return undefined;
  const panels = scenario.metrics
    .filter((metric) => !NOT_DRAWN.includes(metric))
    .map((metric) => panelOf(scenario, metric));
  if (panels.length === 0) return undefined;
  const boxes = panels.map((_, i) => ({
    left: LEFT + (i % 2) * COLUMN,
    top: LEGEND + Math.floor(i / 2) * ROW + 48,
    ...PANEL,
  }));
  return {
    width: WIDTH,
    height: LEGEND + Math.ceil(panels.length / 2) * ROW,
    title: scenario.title,
    caption:
      'Points: medians. Lines across: from the least to the greatest round. Places on the axis stand at equal distances.',
    description: describe(scenario, panels),
    option: {
      legend: {
        top: 4,
        left: LEFT - 5,
        data: [...scenario.servers],
        textStyle: { color: theme.ink },
        itemWidth: 28,
        itemGap: 22,
      },
      title: panels.map(({ metric, unit, logarithmic }, i) => ({
        text: headingOf(metric, unit),
        subtext: directionOf(metric) + (logarithmic ? '; logarithmic' : ''),
        left: (boxes[i]?.left ?? 0) - 5,
        top: (boxes[i]?.top ?? 0) - 44,
        itemGap: 2,
        padding: [0, 5],
        textStyle: { fontSize: 13, fontWeight: 600, color: theme.ink },
        subtextStyle: { fontSize: 11, color: theme.muted },
      })),
      grid: boxes,
      xAxis: panels.map((_, i) => placeAxis(scenario, i, theme)),
      yAxis: panels.map((panel, i) => valueAxis(panel, i, theme)),
      series: panels.flatMap((panel, i) => seriesOf(panel, i, scenario.places, theme)),
    },
  };
}

function panelOf(scenario: Scenario, metric: MetricName): Panel {
  const lines = scenario.servers.map((server) => ({
    server,
    predicted: scenario.predicted[server]?.[metric],
    points: scenario.places.flatMap((place) => {
      const summary = summarize(scenario, server, metric, place);
      return summary === undefined ? [] : [[place, summary] as const];
    }),
  }));
  const all = lines.flatMap(({ points, predicted }) => [
    ...points.map(([, { median }]) => median),
    ...(predicted === undefined ? [] : [predicted]),
  ]);
  const most = Math.max(...all);
  const least = Math.min(...all);
  return {
    metric,
    unit: { ...unitFor(metric, all), own: false },
    logarithmic: least > 0 && most / least >= LOGARITHMIC,
    lines,
  };
}

function placeAxis({ places, axis }: Scenario, gridIndex: number, theme: Theme): object {
  // Places are chosen by hand and few: each is named, at equal distances.
  return {
    gridIndex,
    type: 'category',
    data: places.map((place) => placeOn(axis, place)),
    boundaryGap: false,
    name: axis,
    nameLocation: 'middle',
    nameGap: 26,
    nameTextStyle: { color: theme.muted, fontSize: 11 },
    axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true },
    axisLine: { lineStyle: { color: theme.muted } },
  };
}

function valueAxis({ logarithmic }: Panel, gridIndex: number, theme: Theme): object {
  return {
    gridIndex,
    type: logarithmic ? 'log' : 'value',
    ...(logarithmic ? {} : { min: 0 }),
    splitNumber: 4,
    axisLabel: { color: theme.muted, fontSize: 11, formatter: onAxis },
    splitLine: { lineStyle: { color: theme.grid } },
  };
}

function seriesOf(panel: Panel, index: number, places: readonly number[], theme: Theme): object[] {
  const { lines, unit } = panel;
  const axes = { xAxisIndex: index, yAxisIndex: index, silent: true };
  return lines.flatMap(({ server, points, predicted }) => {
    const own = isOwn(server);
    const at = new Map(points);
    const color = theme.colourOf(server);
    return [
      {
        ...axes,
        name: server,
        type: 'line',
        color,
        symbol: own ? 'circle' : 'emptyCircle',
        symbolSize: own ? 7 : 6,
        lineStyle: { width: own ? 3 : 1.75 },
        z: own ? 3 : 2,
        // What was not measured leaves a gap.
        data: places.map((place) => (at.get(place)?.median ?? Number.NaN) / unit.divisor),
      },
      ...(predicted === undefined
        ? []
        : [
            {
              ...axes,
              type: 'line',
              color,
              symbol: 'none',
              lineStyle: { width: 1.5, type: 'dotted' },
              data: places.map(() => predicted / unit.divisor),
            },
          ]),
      {
        ...axes,
        type: 'custom',
        data: places.map((_, i) => [i, 0]),
        renderItem: rangeOf((i) => at.get(places[i] as number), unit, color),
      },
    ];
  });
}

/** A vertical line from the least to the greatest round of a place. */
function rangeOf(
  summaryAt: (index: number) => Summary | undefined,
  unit: Unit,
  colour: string,
): CustomSeriesRenderItem {
  return ({ dataIndex }, api) => {
    const summary = summaryAt(dataIndex);
    if (summary === undefined || summary.rounds === 1) return null;
    const end = (value: number) => api.coord([dataIndex, value / unit.divisor]) as [number, number];
    const [x1, y1] = end(summary.least);
    const [x2, y2] = end(summary.most);
    return {
      type: 'line',
      shape: { x1, y1, x2, y2 },
      style: { stroke: colour, lineWidth: 1.5, opacity: 0.6 },
    };
  };
}

function describe({ axis, places }: Scenario, panels: readonly Panel[]): string {
  const [from, to] = [places[0] ?? 0, places.at(-1) ?? 0];
  const parts = panels.map(({ metric, lines }) => {
    const each = lines.flatMap(({ server, points }) => {
      const [first, last] = [points[0], points.at(-1)];
      if (first === undefined || last === undefined) return [];
      return [
        `${server} ${withUnit(metric, first[1].median)} to ${withUnit(metric, last[1].median)}`,
      ];
    });
    return `${METRICS[metric].label} (${directionOf(metric)}): ${each.join(', ')}`;
  });
  return `Lines over ${axis}, from ${placeOn(axis, from)} to ${placeOn(axis, to)}, first and last medians. ${parts.join('. ')}.`;
}
