/** The figures behind each chart as tables: medians, spreads, and what was predicted. */
import { figure, octets } from '../support/report.js';
import type { MetricName } from '../support/results.js';
import { html, type Markup } from './html.js';
import { curvesOf } from './memory-chart.js';
import { type Scenario, summarize } from './model.js';
import type { Column, Ratios } from './ratios.js';
import { isOwn } from './theme.js';
import { headingOf, inUnit, placeOn, type Unit, unitFor, withSpread } from './units.js';
import type { Verdict } from './verdicts.js';

/** A column: a figure in the unit that fits its greatest. */
interface FigureColumn {
  readonly metric: MetricName;
  readonly unit: Unit;
}

/** A table that scrolls by itself where the page is narrow. */
function table(caption: string, head: readonly string[], rows: readonly Markup[]): Markup {
  return html`<div class="table" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div>
`;
}

function row(head: string, cells: readonly (string | Markup)[], own = false): Markup {
  return html`<tr${own ? html` class="own"` : undefined}><th scope="row">${head}</th>${cells.map(
    (cell) => html`<td>${cell}</td>`,
  )}</tr>
`;
}

/** All figures of a scenario: a row for each server, and for each place on its axis. */
export function figuresTable(scenario: Scenario): Markup | undefined {
  if (scenario.measurements.length === 0) return undefined;
  const columns = scenario.metrics.map((metric) => columnOf(scenario, metric));
  const predicted = columns.filter(({ metric }) =>
    Object.values(scenario.predicted).some((figures) => figures[metric] !== undefined),
  );
  const heads = [
    ...columns.map(({ metric, unit }) => headingOf(metric, unit)),
    ...predicted.map(({ metric, unit }) => `predicted ${headingOf(metric, unit)}`),
  ];
  const cells = (server: string, at?: number) => [
    ...columns.map(({ metric, unit }) =>
      withSpread(metric, summarize(scenario, server, metric, at), unit),
    ),
    ...predicted.map(({ metric, unit }) => {
      const value = scenario.predicted[server]?.[metric];
      return value === undefined ? '–' : inUnit(metric, value, unit);
    }),
  ];
  const caption = `${scenario.title}: medians, ± half the distance from least to greatest round`;
  if (scenario.places.length === 0) {
    const rows = scenario.servers.map((server) => row(server, cells(server), isOwn(server)));
    return table(caption, ['server', ...heads], rows);
  }
  const rows = scenario.places.flatMap((place) =>
    scenario.servers.map((server) =>
      row(placeOn(scenario.axis, place), [server, ...cells(server, place)], isOwn(server)),
    ),
  );
  return table(caption, [scenario.axis ?? 'at', 'server', ...heads], rows);
}

function columnOf(scenario: Scenario, metric: MetricName): FigureColumn {
  const values = scenario.measurements.map(({ figures }) => figures[metric] ?? 0);
  return {
    metric,
    unit: unitFor(metric, values),
  };
}

/** What the curves come to. */
export function curvesTable(scenario: Scenario): Markup | undefined {
  const curves = curvesOf(scenario);
  if (curves.length === 0) return undefined;
  return table(
    `${scenario.title}: RSS over time`,
    ['server', 'at the start', 'peak', 'at the end', 'seconds', 'samples'],
    curves.map(({ server, start, peak, end, seconds, samples }) =>
      row(
        server,
        [octets(start), octets(peak), octets(end), figure(seconds), samples.toLocaleString('en')],
        server === 'sluice',
      ),
    ),
  );
}

/** The main chart's ratios. */
export function ratiosTable({ rows, servers, reference }: Ratios, column: Column): Markup {
  const caption =
    column === 'rate'
      ? `Requests or octets per second, as ratios to ${reference}`
      : `Requests or octets per second of processor time, as ratios to ${reference}`;
  return table(
    caption,
    ['scenario', ...servers],
    rows.map(({ scenario, ratios }) =>
      row(
        scenario.title,
        servers.map((server) => {
          const ratio = ratios[column].get(server);
          const text = ratio === undefined ? '–' : `${figure(ratio.median)}×`;
          return server === 'sluice' ? html`<strong>${text}</strong>` : text;
        }),
      ),
    ),
  );
}

const MET = { true: 'met', false: 'missed', undefined: 'not measured' };

/** Targets, and whether they were met. */
export function verdictsTable(verdicts: readonly Verdict[]): Markup {
  return table(
    'Targets and what was measured',
    ['scenario', 'target', 'measured', ''],
    verdicts.map(({ title, target, measured, met }) =>
      row(title, [
        target,
        measured ?? '–',
        html`<span class="${met === true ? 'met' : met === false ? 'missed' : 'open'}">${MET[`${met}`]}</span>`,
      ]),
    ),
  );
}
