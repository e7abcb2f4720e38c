/**
 * Colours: one for each server in all charts of a report, chosen to be told apart on light and on
 * dark ground; ink and grid from the page, or fixed where a picture stands alone.
 */

/** What a chart is drawn with. */
export interface Theme {
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  /** What lies behind the chart; `undefined`: the page. */
  readonly ground: string | undefined;
  readonly colourOf: (server: string) => string;
}

/** Whether a name is sluice as it is used: that is what stands out. */
export function isOwn(server: string): boolean {
  return server === 'sluice' || server === 'sluice (stream)';
}

const KNOWN: Readonly<Record<string, string>> = {
  sluice: '#e8590c',
  'sluice (stream)': '#e8590c',
  'sluice (load)': '#b5179e',
  nginx: '#2f9e44',
  caddy: '#1c8fd6',
  bun: '#c99a2e',
  send: '#7c6fd0',
  'sirv-cli': '#2aa198',
  serve: '#868e96',
  'http-server': '#c2628d',
  'fastify-static': '#6b8fa8',
};

const OTHERS = ['#5c7cfa', '#94a33a', '#ad6b4d', '#4fb0c6', '#9b72aa', '#d4737a'];

/** The colours for a report's servers: known names keep theirs, others take what is left in turn. */
export function coloursFor(servers: readonly string[]): (server: string) => string {
  const others = [...new Set(servers)].filter((name) => KNOWN[name] === undefined);
  return (server) => KNOWN[server] ?? (OTHERS[others.indexOf(server) % OTHERS.length] as string);
}

/** For charts in the page, whose style sheet sets these for light and dark. */
export function pageTheme(colourOf: Theme['colourOf']): Theme {
  return {
    ink: 'var(--ink)',
    muted: 'var(--muted)',
    grid: 'var(--grid)',
    ground: undefined,
    colourOf,
  };
}

/** For a picture that stands alone, on a ground of its own. */
export function standaloneTheme(colourOf: Theme['colourOf']): Theme {
  return { ink: '#1f2328', muted: '#59636e', grid: '#d8dee4', ground: '#ffffff', colourOf };
}
