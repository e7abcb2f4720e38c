/**
 * The one place that drives the chart library: options in, SVG out. echarts draws on the server
 * side, without a document; what it adds for scripts in a page is taken out again.
 */
import * as echarts from 'echarts';
import { escapeText, printable } from './html.js';
import type { Theme } from './theme.js';

/** A chart with the words that stand for it where it is not seen. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly description: string;
  /** How to read it. */
  readonly caption: string;
  readonly option: echarts.EChartsCoreOption;
}

export const FONT = 'system-ui, sans-serif';

// A hundredth of a pixel is enough.
const DECIMALS = /(\.\d\d)\d+/g;

let count = 0;

/** Draws a chart. */
export function render(chart: Chart, theme: Theme): string {
  const { width, height } = chart;
  const instance = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    instance.setOption({
      animation: false,
      backgroundColor: theme.ground ?? 'transparent',
      textStyle: { fontFamily: FONT, color: theme.ink },
      ...chart.option,
    });
    return described(clean(instance.renderToSVGString()), chart);
  } finally {
    instance.dispose();
  }
}

function clean(svg: string): string {
  return printable(svg)
    .replace(/<style\s*>.*?<\/style>\s*/gs, '')
    .replace(/ (?:ecmeta_[a-z_]+|class|pointer-events|xml:space)="[^"]*"/g, '')
    .replace(/ version="1.1" baseProfile="full"/, '')
    .replace(/ xmlns:xlink="[^"]*"/, '')
    .replace(/ (?:d|transform|x|y)="[^"]*"/g, (attribute) => attribute.replace(DECIMALS, '$1'));
}

function described(svg: string, { title, description }: Chart): string {
  const id = `chart-${++count}`;
  const text = `<title id="${id}">${escapeText(title)}</title><desc id="${id}-desc">${escapeText(description)}</desc>`;
  return svg.replace(
    /^<svg ([^>]*)>/,
    `<svg role="img" aria-labelledby="${id} ${id}-desc" $1>${text.replaceAll('$', '$$$$')}`,
  );
}
