/** The whole report as one HTML file that needs nothing else: what there is, and what is missing. */
import type { RunHeader } from '../support/results.js';
import { html, Markup } from './html.js';
import { mainChart } from './main-chart.js';
import { memoryChart } from './memory-chart.js';
import type { Scenario, Suite } from './model.js';
import { type Ratios, ratiosOf } from './ratios.js';
import { scalingChart } from './scaling-chart.js';
import { scenarioChart } from './scenario-chart.js';
import { STYLE } from './style.js';
import { type Chart, render } from './svg.js';
import { curvesTable, figuresTable, ratiosTable, verdictsTable } from './tables.js';
import { coloursFor, pageTheme, standaloneTheme, type Theme } from './theme.js';
import type { Verdict } from './verdicts.js';

/** The suites that a full run has, and what each is called. */
const SUITES: Readonly<Record<string, { title: string; command: string }>> = {
  speed: { title: 'Speed', command: 'npm run bench' },
  memory: { title: 'Memory', command: 'npm run bench:memory' },
  ttfb: { title: 'Time to first byte', command: 'npm run bench:ttfb' },
  scaling: { title: 'Scaling', command: 'npm run bench:scaling' },
};

/** The suite that the main chart is made of. */
const MAIN = 'speed';

/** The report. `verdicts` are absent where nobody says what the targets are. */
export function reportPage(suites: readonly Suite[], verdicts?: readonly Verdict[]): string {
  const theme = pageTheme(coloursOf(suites));
  const absent = Object.entries(SUITES).filter(([name]) => suites.every((s) => s.name !== name));
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>sluice: what was measured</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>sluice: what was measured</h1>
${suites.length === 0 ? html`<p class="note">There are no results in this report.</p>` : undefined}
${absent.map(
  ([, { title, command }]) =>
    html`<p class="note">${title} is missing: no results of <code>${command}</code> were given.</p>\n`,
)}
<nav aria-label="Sections"><ul>
<li><a href="#main">At a glance</a></li>
<li><a href="#targets">Targets</a></li>
${suites.map((suite, i) => html`<li><a href="#suite-${i}">${titleOf(suite)}</a></li>\n`)}
</ul></nav>
</header>
<main>
${mainSection(suites, theme)}
${targetsSection(verdicts)}
${suites.map((suite, i) => suiteSection(suite, i, theme))}
</main>
</body>
</html>
`;
  return page.text;
}

/** The main chart as a picture that stands alone; `undefined` where there is nobody to compare with. */
export function standaloneChart(suites: readonly Suite[]): string | undefined {
  const main = mainOf(suites);
  if (main === undefined) return undefined;
  const chart = mainChart(main.ratios, main.suite.header, standaloneTheme(coloursOf(suites)));
  return `${render(chart, standaloneTheme(coloursOf(suites)))}\n`;
}

function coloursOf(suites: readonly Suite[]): Theme['colourOf'] {
  return coloursFor(suites.flatMap(({ scenarios }) => scenarios.flatMap(({ servers }) => servers)));
}

function mainOf(suites: readonly Suite[]): { suite: Suite; ratios: Ratios } | undefined {
  const suite = suites.find(({ name }) => name === MAIN);
  const ratios = suite && ratiosOf(suite);
  return suite && ratios && { suite, ratios };
}

function titleOf({ name }: Suite): string {
  return SUITES[name]?.title ?? name;
}

function mainSection(suites: readonly Suite[], theme: Theme): Markup {
  const main = mainOf(suites);
  if (main === undefined) {
    return html`<section id="main"><h2>At a glance</h2>
<p class="note">No chart: it takes results of <code>${SUITES[MAIN]?.command}</code> with at least one peer.</p></section>`;
  }
  const { ratios, suite } = main;
  return html`<section id="main">
<h2>At a glance</h2>
<p>Every scenario as a ratio to ${ratios.reference} in the same run; 1 is as fast, right of it is
faster. Rates by the clock depend on the generator; ratios by processor time hardly do.</p>
${
  ratios.without.length > 0
    ? html`<p class="note">Left out, for ${ratios.reference} or everybody else was not measured: ${ratios.without.join('; ')}.</p>`
    : undefined
}
${figureOf(mainChart(ratios, suite.header, theme), theme)}
${ratiosTable(ratios, 'rate')}
${ratiosTable(ratios, 'cpu')}
</section>
`;
}

function targetsSection(verdicts: readonly Verdict[] | undefined): Markup {
  return html`<section id="targets">
<h2>Targets</h2>
${
  verdicts === undefined || verdicts.length === 0
    ? html`<p class="note">No targets were given to this report.</p>`
    : html`<p>${verdicts.filter(({ met }) => met === true).length} of ${verdicts.length} met.</p>\n${verdictsTable(verdicts)}`
}
</section>
`;
}

function suiteSection(suite: Suite, index: number, theme: Theme): Markup {
  return html`<section id="suite-${index}">
<h2>${titleOf(suite)}</h2>
${aboutRun(suite.header)}
${suite.scenarios.length === 0 ? html`<p class="note">The file has no scenarios.</p>` : undefined}
${suite.scenarios.map((scenario) => scenarioSection(scenario, theme))}
</section>
`;
}

function aboutRun(header: RunHeader | undefined): Markup {
  if (header === undefined) {
    return html`<p class="note">Date, machine and versions were not recorded.</p>`;
  }
  const versions = Object.entries(header.versions).map(([name, version]) => `${name} ${version}`);
  return html`<dl>
<dt>Date</dt><dd>${header.date.replace(/T(\d\d:\d\d).*/, ' $1 UTC')}</dd>
<dt>Machine</dt><dd>${header.machine}</dd>
<dt>Versions</dt><dd>${versions.length > 0 ? versions.join(', ') : 'not recorded'}</dd>
</dl>`;
}

function scenarioSection(scenario: Scenario, theme: Theme): Markup {
  const charts = [
    scenarioChart(scenario, theme),
    scalingChart(scenario, theme),
    memoryChart(scenario, theme),
  ].filter((chart) => chart !== undefined);
  const hasPrediction = Object.keys(scenario.predicted).length > 0;
  return html`<section>
<h3>${scenario.title}</h3>
${scenario.generators.length > 0 ? html`<p>Load from ${scenario.generators.join(', ')}.</p>` : undefined}
${scenario.notes.map((note) => html`<p class="note">${note}</p>\n`)}
${charts.map((chart) => figureOf(chart, theme))}
${hasPrediction && charts.length > 0 ? html`<p class="note">${scenario.places.length > 0 ? 'A dotted line' : 'A hollow diamond'} marks what was predicted.</p>` : undefined}
${figuresTable(scenario)}
${curvesTable(scenario)}
</section>
`;
}

function figureOf(chart: Chart, theme: Theme): Markup {
  return html`<figure>
${new Markup(render(chart, theme))}
<figcaption>${chart.caption}</figcaption>
</figure>
`;
}
