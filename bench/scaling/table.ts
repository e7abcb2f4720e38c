/** The figures of a law in the terminal: a row for each place and server. */
import { readSuites, summarize } from '../report/model.js';
import { headingOf, placeOn, unitFor, withSpread } from '../report/units.js';
import { print, printTable } from '../support/report.js';
import type { ResultLine } from '../support/results.js';
import type { Law } from './laws.js';

/** Prints what the lines of results say of a law, gaps included. */
export function printLaw(law: Law, lines: readonly ResultLine[]): void {
  const scenarios = readSuites(lines, 'scaling').flatMap((suite) => suite.scenarios);
  const scenario = scenarios.find(({ id }) => id === law.id);
  if (scenario === undefined) return;
  print(`${scenario.title}; ${scenario.generators.join(', ')}`);
  const columns = scenario.metrics
    .filter((metric) => metric !== 'errors')
    .map((metric) => ({
      metric,
      unit: unitFor(
        metric,
        scenario.measurements.map(({ figures }) => figures[metric] ?? 0),
      ),
    }));
  printTable(
    [law.axis, 'server', ...columns.map(({ metric, unit }) => headingOf(metric, unit))],
    scenario.places.flatMap((place) =>
      scenario.servers.map((server) => [
        placeOn(law.axis, place),
        server,
        ...columns.map(({ metric, unit }) =>
          withSpread(metric, summarize(scenario, server, metric, place), unit),
        ),
      ]),
    ),
  );
  for (const note of scenario.notes) print(note);
  print();
}
