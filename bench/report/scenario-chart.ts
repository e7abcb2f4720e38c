/** One scenario as bars: a panel for each figure, a bar for each server, whiskers over its rounds. */
import type { CustomSeriesRenderItem } from 'echarts';
import { METRICS, type MetricName } from '../support/results.js';
import { type Scenario, type Summary, summarize } from './model.js';
import { type Chart, FONT } from './svg.js';
import { isOwn, type Theme } from './theme.js';
import {
  directionOf,
  headingOf,
  onAxis,
  type Unit,
  unitFor,
  withSpread,
  withUnit,
} from './units.js';

/** What is drawn, most telling first; the table beside the chart has the rest. */
const DRAWN: readonly MetricName[] = [
  'requestsPerSecond',
  'bytesPerSecond',
  'cpuPerRequest',
  'cpuPerGigabyte',
  'timeToFirstByte',
  'startToReady',
  'p99',
  'rssPeak',
  'rssGrowth',
  'rssPerClient',
  'heap',
  'external',
];

const WIDTH = 960;
const PER_ROW = 4;
const NAMES = 130;
const GAP = 24;
const BAR = 26;
const HEAD = 44;
const AXIS = 30;
/** Room for a label behind a bar. */
const LABEL = 100;

interface Panel {
  readonly metric: MetricName;
  readonly unit: Unit;
  readonly bars: readonly { server: string; summary: Summary | undefined; predicted?: number }[];
  /** The end of the longest bar or whisker. */
  readonly most: number;
}

/** The chart, or `undefined` where the scenario has nothing to draw as bars. */
export function scenarioChart(scenario: Scenario, theme: Theme): Chart | undefined {
  const panels = DRAWN.filter((metric) => scenario.metrics.includes(metric)).map((metric) =>
    panelOf(scenario, metric),
  );
  if (panels.length === 0 || scenario.places.length > 0) return undefined;
  const rows = Math.ceil(panels.length / PER_ROW);
  const columns = Math.ceil(panels.length / rows);
  const columnWidth = (WIDTH - NAMES - GAP * columns) / columns;
  const rowHeight = HEAD + BAR * scenario.servers.length + AXIS;
  const boxes = panels.map((_, i) => ({
    left: NAMES + (i % columns) * (columnWidth + GAP),
    top: Math.floor(i / columns) * rowHeight + HEAD,
    width: columnWidth,
    height: BAR * scenario.servers.length,
  }));
  return {
    width: WIDTH,
    height: rows * rowHeight,
    title: scenario.title,
    caption: 'Bars: medians. Lines across: from the least to the greatest round.',
    description: describe(scenario, panels),
    option: {
      title: panels.map((panel, i) => titleOf(panel, boxes[i] as Box, theme)),
      grid: boxes,
      xAxis: panels.map((panel, i) => valueAxis(panel, i, columnWidth, theme)),
      yAxis: panels.map((_, i) => nameAxis(scenario.servers, i, i % columns === 0, theme)),
      series: panels.flatMap((panel, i) => seriesOf(panel, i, theme)),
    },
  };
}

type Box = Readonly<Record<'left' | 'top' | 'width' | 'height', number>>;

function panelOf(scenario: Scenario, metric: MetricName): Panel {
  const bars = scenario.servers.map((server) => {
    const predicted = scenario.predicted[server]?.[metric];
    return {
      server,
      summary: summarize(scenario, server, metric),
      ...(predicted === undefined ? {} : { predicted }),
    };
  });
  const values = bars.flatMap(({ summary, predicted }) => [summary?.most ?? 0, predicted ?? 0]);
  const most = Math.max(...values);
  return { metric, unit: unitFor(metric, values), bars, most };
}

function titleOf({ metric, unit }: Panel, box: Box, theme: Theme): object {
  return {
    text: headingOf(metric, { ...unit, own: false }),
    subtext: directionOf(metric),
    left: box.left - 5,
    top: box.top - HEAD + 2,
    itemGap: 2,
    padding: [0, 5],
    textStyle: { fontSize: 13, fontWeight: 600, color: theme.ink },
    subtextStyle: { fontSize: 11, color: theme.muted },
  };
}

function valueAxis({ unit, most }: Panel, gridIndex: number, width: number, theme: Theme): object {
  // Behind the longest bar there is room for its label.
  const end = ((most || 1) * width) / (width - LABEL);
  return {
    gridIndex,
    type: 'value',
    min: 0,
    max: end / unit.divisor,
    splitNumber: 3,
    axisLabel: {
      color: theme.muted,
      fontSize: 11,
      hideOverlap: true,
      showMaxLabel: false,
      formatter: onAxis,
    },
    splitLine: { showMaxLine: false, lineStyle: { color: theme.grid } },
  };
}

function nameAxis(
  servers: readonly string[],
  gridIndex: number,
  named: boolean,
  theme: Theme,
): object {
  return {
    gridIndex,
    type: 'category',
    inverse: true,
    data: [...servers],
    axisTick: { show: false },
    axisLine: { lineStyle: { color: theme.muted } },
    axisLabel: {
      show: named,
      interval: 0,
      width: NAMES - 12,
      overflow: 'truncate',
      color: theme.ink,
      fontSize: 12,
      formatter: (name: string) => (isOwn(name) ? `{own|${name}}` : name),
      rich: { own: { fontWeight: 700, fontSize: 12, color: theme.ink } },
    },
  };
}

function seriesOf(panel: Panel, index: number, theme: Theme): object[] {
  const { bars, unit } = panel;
  const axes = { xAxisIndex: index, yAxisIndex: index, silent: true };
  return [
    {
      ...axes,
      type: 'bar',
      barWidth: 15,
      data: bars.map(({ server, summary }) => ({
        value: summary === undefined ? '-' : summary.median / unit.divisor,
        itemStyle: {
          color: theme.colourOf(server),
          opacity: isOwn(server) ? 1 : 0.75,
        },
      })),
    },
    { ...axes, type: 'custom', data: bars.map((_, i) => [0, i]), renderItem: marks(panel, theme) },
  ];
}

/** A whisker from the least to the greatest round, the median's text, and what was predicted. */
function marks({ metric, bars, unit }: Panel, theme: Theme): CustomSeriesRenderItem {
  return ({ dataIndex }, api) => {
    const bar = bars[dataIndex] as Panel['bars'][number];
    const x = (value: number) => (api.coord([value / unit.divisor, dataIndex]) as number[])[0] ?? 0;
    const y = (api.coord([0, dataIndex]) as number[])[1] ?? 0;
    const { summary, predicted } = bar;
    const children: object[] = [];
    let end = x(0);
    if (summary !== undefined) {
      end = x(summary.most);
      if (summary.rounds > 1) children.push(...whisker(x(summary.least), end, y, theme.ink));
    }
    if (predicted !== undefined) {
      const at = x(predicted);
      // The label keeps out of its way, yet stays with the bar where it can.
      if (at > end - 6 && at < end + LABEL) end = Math.max(end, at + 6);
      const points = [
        [at - 6, y],
        [at, y - 6],
        [at + 6, y],
        [at, y + 6],
      ];
      children.push({
        type: 'polygon',
        shape: { points },
        style: { fill: 'none', stroke: theme.ink, lineWidth: 1.5 },
      });
    }
    children.push({
      type: 'text',
      style: {
        x: end + 6,
        y,
        text: summary === undefined ? 'not measured' : withSpread(metric, summary, unit),
        fill: summary === undefined ? theme.muted : theme.ink,
        font: `${isOwn(bar.server) ? '700 ' : ''}11px ${FONT}`,
        verticalAlign: 'middle',
      },
    });
    return { type: 'group', children } as ReturnType<CustomSeriesRenderItem>;
  };
}

/** A line with caps from one place to another. */
export function whisker(from: number, to: number, y: number, colour: string): object[] {
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: colour, lineWidth: 1 },
  });
  return [line(from, y, to, y), line(from, y - 3, from, y + 3), line(to, y - 3, to, y + 3)];
}

function describe({ servers }: Scenario, panels: readonly Panel[]): string {
  const parts = panels.map(({ metric, bars }) => {
    const each = bars.flatMap(({ server, summary }) =>
      summary === undefined ? [] : [`${server} ${withUnit(metric, summary.median)}`],
    );
    return `${METRICS[metric].label} (${directionOf(metric)}): ${each.join(', ')}`;
  });
  return `Bars for ${servers.length} servers, medians. ${parts.join('. ')}.`;
}
