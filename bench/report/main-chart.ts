/** The chart that says it at a glance: every scenario and server as a dot, as ratios to one peer. */
import type { CustomSeriesRenderItem } from 'echarts';
import { figure } from '../support/report.js';
import type { RunHeader } from '../support/results.js';
import type { Column, Ratio, Ratios } from './ratios.js';
import { whisker } from './scenario-chart.js';
import { type Chart, FONT } from './svg.js';
import type { Theme } from './theme.js';

const WIDTH = 1040;
const LEFT = 290;
const PANEL = 300;
const FIGURE = 54;
const GAP = 26;
const TOP = 112;
const ROW = 30;
const BOTTOM = 58;

const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'];

const COLUMNS: readonly { column: Column; title: string }[] = [
  { column: 'rate', title: 'Requests (or octets) per second' },
  { column: 'cpu', title: 'Requests (or octets) per second of processor time' },
];

/** The chart. `header` gives its date and machine. */
export function mainChart(ratios: Ratios, header: RunHeader | undefined, theme: Theme): Chart {
  const { rows, servers, reference } = ratios;
  const height = TOP + rows.length * ROW + BOTTOM;
  const [least, most] = rangeOf(ratios);
  const boxes = COLUMNS.map((_, i) => ({
    left: LEFT + i * (PANEL + FIGURE + GAP),
    top: TOP,
    width: PANEL,
    height: rows.length * ROW,
  }));
  const shown = servers.filter((name) => name !== reference);
  return {
    width: WIDTH,
    height,
    caption:
      'Dots: medians of all rounds, on a logarithmic scale; a line through a dot of sluice spans its rounds.',
    title: `sluice and its peers, as ratios to ${reference}`,
    description: describe(ratios),
    option: {
      title: [
        {
          ...heading(
            `sluice and its peers, as multiples of ${reference}: right is better`,
            16,
            theme.ink,
          ),
          left: 8,
          top: 8,
        },
        ...COLUMNS.map(({ title }, i) => ({
          ...heading(title, 12.5, theme.ink),
          left: (boxes[i]?.left ?? 0) - 5,
          top: TOP - 42,
        })),
        {
          ...heading(footnotes(header), 11, theme.muted),
          left: 8,
          top: height - 38,
        },
      ],
      legend: {
        top: 36,
        left: 8,
        itemGap: 20,
        itemWidth: 12,
        itemHeight: 10,
        data: shown,
        selectedMode: false,
        textStyle: { color: theme.ink, fontSize: 12 },
      },
      grid: boxes,
      xAxis: boxes.map((_, i) => ratioAxis(least, most, i, theme)),
      yAxis: boxes.map((_, i) => scenarioAxis(ratios, i, theme)),
      series: COLUMNS.flatMap(({ column }, i) => [
        ...shown.map((server, n) => dots(ratios, column, server, n, i, theme)),
        figures(ratios, column, i, theme),
      ]),
    },
  };
}

/** Powers of two around all medians, no wider than can be read. */
function rangeOf({ rows }: Ratios): [number, number] {
  const all = rows.flatMap(({ ratios }) => [...ratios.rate.values(), ...ratios.cpu.values()]);
  const exponents = all.map(({ median }) => Math.log2(median));
  const least = Math.min(-1, Math.floor(Math.min(...exponents) - 0.1));
  const most = Math.max(1, Math.ceil(Math.max(...exponents) + 0.1));
  return [2 ** Math.max(least, -7), 2 ** Math.min(most, 7)];
}

function heading(text: string, fontSize: number, color: string): object {
  const fontWeight = fontSize > 12 ? 600 : 400;
  return { text, padding: [0, 5], textStyle: { fontSize, fontWeight, color, lineHeight: 15 } };
}

function footnotes(header: RunHeader | undefined): string {
  const source =
    header === undefined
      ? 'Date and machine were not recorded.'
      : `${header.date.slice(0, 10)}. ${header.machine}.`;
  return `Medians; logarithmic; the line through a dot of sluice spans its rounds.\n${source}`;
}

function ratioAxis(min: number, max: number, gridIndex: number, theme: Theme): object {
  return {
    gridIndex,
    type: 'log',
    logBase: 2,
    min,
    max,
    position: 'top',
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      color: theme.muted,
      fontSize: 11,
      hideOverlap: true,
      formatter: (value: number) => (value < 1 ? `1/${Math.round(1 / value)}` : `${value}×`),
    },
    splitLine: { lineStyle: { color: theme.grid } },
  };
}

function scenarioAxis({ rows }: Ratios, gridIndex: number, theme: Theme): object {
  return {
    gridIndex,
    type: 'category',
    inverse: true,
    data: rows.map(({ scenario }) => scenario.title.replace(/;.*/, '')),
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: theme.grid } },
    axisLabel: {
      show: gridIndex === 0,
      interval: 0,
      color: theme.ink,
      fontSize: 11.5,
      lineHeight: 13,
      // Fonts differ: what is measured here may be wider where it is shown.
      width: LEFT - 50,
      overflow: 'break',
    },
  };
}

function dots(
  { rows }: Ratios,
  column: Column,
  server: string,
  n: number,
  index: number,
  theme: Theme,
): object {
  const own = server === 'sluice';
  return {
    name: server,
    type: 'scatter',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    clip: true,
    color: theme.colourOf(server),
    symbol: SYMBOLS[n % SYMBOLS.length],
    symbolSize: own ? 13 : 8,
    itemStyle: { opacity: own ? 1 : 0.8 },
    z: own ? 4 : 3,
    data: rows.flatMap(({ ratios }, row) => {
      const ratio = ratios[column].get(server);
      return ratio === undefined ? [] : [[ratio.median, row]];
    }),
  };
}

/** The reference's line, sluice's spans, and its ratios as text at the right. */
function figures({ rows }: Ratios, column: Column, index: number, theme: Theme): object {
  const renderItem: CustomSeriesRenderItem = ({ dataIndex }, api) => {
    const own = rows[dataIndex]?.ratios[column].get('sluice');
    const [one, y] = api.coord([1, dataIndex]) as [number, number];
    const children: object[] = [
      {
        type: 'line',
        shape: { x1: one, y1: y - ROW / 2, x2: one, y2: y + ROW / 2 },
        style: { stroke: theme.ink, lineWidth: 1.25 },
      },
    ];
    if (own !== undefined)
      children.push(...span(own, (at) => api.coord([at, dataIndex]), y, theme));
    children.push({
      type: 'text',
      style: {
        x: LEFT + index * (PANEL + FIGURE + GAP) + PANEL + FIGURE,
        y,
        text: own === undefined ? '–' : `${figure(own.median)}×`,
        fill: theme.colourOf('sluice'),
        font: `700 12px ${FONT}`,
        align: 'right',
        verticalAlign: 'middle',
      },
    });
    return { type: 'group', children } as ReturnType<CustomSeriesRenderItem>;
  };
  return {
    type: 'custom',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    z: 2,
    data: rows.map((_, row) => [1, row]),
    renderItem,
  };
}

function span(
  { least, most }: Ratio,
  at: (ratio: number) => number[],
  y: number,
  theme: Theme,
): object[] {
  return whisker(at(least)[0] ?? 0, at(most)[0] ?? 0, y, theme.colourOf('sluice'));
}

function describe({ rows, reference, without }: Ratios): string {
  const text = (ratio: Ratio | undefined) =>
    ratio === undefined ? 'not measured' : `${figure(ratio.median)} times`;
  const parts = rows.map(
    ({ scenario, ratios }) =>
      `${scenario.title}: ${text(ratios.rate.get('sluice'))} by rate, ${text(ratios.cpu.get('sluice'))} by processor time`,
  );
  const missing = without.length === 0 ? '' : ` Without ${reference}: ${without.join(', ')}.`;
  return `sluice against ${reference}. ${parts.join('. ')}.${missing}`;
}
