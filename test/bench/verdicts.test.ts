/** The bars of memory in a report: the same medians as the benchmark's, and what was not measured said. */
import t from 'tap';
import { MOST_DIFFERENCE, MOST_EACH, MOST_GROWTH, MOST_RISE } from '../../bench/memory/targets.js';
import { memoryVerdicts } from '../../bench/memory/verdicts.js';
import { readSuites } from '../../bench/report/model.js';
import type { Figures, Measurement, ResultLine, Series } from '../../bench/support/results.js';
import { HEADER, measured } from './pages.js';

function verdict(id: string, ...lines: readonly ResultLine[]) {
  const header: ResultLine = { kind: 'scenario', id, title: 'title' };
  const [suite] = readSuites([{ ...HEADER, suite: 'memory' }, header, ...lines], 'memory');
  const [found] = memoryVerdicts(suite).filter(({ title }) => title === 'title');
  return found;
}

function rounds(id: string, figures: readonly Figures[], server = 'sluice'): Measurement[] {
  return figures.map((each, index) => measured(server, index + 1, each, id));
}

t.test('at the bar is met, above it is missed', async (t) => {
  for (const [id, metric, most] of [
    ['download-50x100m', 'rssGrowth', MOST_GROWTH],
    ['stalled-1000', 'rssPerClient', MOST_EACH],
  ] as const) {
    const at = [0.5 * most, most, 2 * most].map((value) => ({ [metric]: value }));
    t.match(verdict(id, ...rounds(id, at)), { met: true, measured: / ±75 %$/ }, id);
    const above = at.slice(1);
    t.match(verdict(id, ...rounds(id, above)), { met: false }, `${id}, a median above`);
    const peer = verdict(id, ...rounds(id, at, 'send'));
    t.match(peer, { met: undefined, measured: undefined }, `${id}, of a peer`);
  }
});

t.test('of sizes the distance between medians counts', async (t) => {
  const at = (place: number, values: readonly number[]): Measurement[] =>
    rounds(
      'sizes',
      values.map((rssGrowth) => ({ rssGrowth })),
    ).map((each) => ({ ...each, at: place }));
  const flat = [...at(1e6, [3e6, 3e6, 3e6]), ...at(1e9, [9e6, 3e6 + MOST_DIFFERENCE, 2e6])];
  t.match(verdict('sizes', ...flat), { met: true, measured: '2.00 MB ±125 %' });
  const steep = [...at(1e6, [3e6]), ...at(1e7, [1e6]), ...at(1e9, [3e6 + 1])];
  t.match(verdict('sizes', ...steep), { met: false, measured: '2.00 MB' });
  t.match(verdict('sizes', ...at(1e6, [3e6])), { met: undefined }, 'one size alone shows nothing');
});

t.test('of a soak the lows of its halves count', async (t) => {
  const curve = (rise: number): Series => ({
    kind: 'series',
    scenario: 'soak',
    server: 'sluice',
    // A saw, the second half of it higher.
    points: Array.from({ length: 20 }, (_, i) => [
      i * 100,
      90e6 + (i % 5) * 3 * MOST_RISE + (i < 10 ? 0 : rise),
    ]),
  });
  t.match(verdict('soak', curve(0.99 * MOST_RISE)), { met: true, measured: '7.92 MB' });
  t.match(verdict('soak', curve(1.01 * MOST_RISE)), { met: false });
  t.match(verdict('soak', { ...curve(0), server: 'nginx' }), { met: undefined });
});

t.test('without results every bar is there, not measured', async (t) => {
  const verdicts = memoryVerdicts(undefined);
  t.same(
    verdicts.map(({ target }) => target),
    [
      'RSS over idle ≤ 12.0 MB',
      'RSS per client ≤ 56.0 KB',
      'least to greatest RSS ≤ 2.00 MB',
      'rise of the lowest RSS, first half to second ≤ 8.00 MB',
    ],
  );
  t.ok(verdicts.every(({ met, measured }) => met === undefined && measured === undefined));
});
