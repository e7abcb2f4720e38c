/** The figures in a report: medians, spreads, ratios, units, curves and verdicts. */
import t from 'tap';
import { readSuites, type Suite } from '../../bench/report/model.js';
import { reportPage } from '../../bench/report/page.js';
import { verdictsOn } from '../../bench/report/verdicts.js';
import type { ResultLine } from '../../bench/support/results.js';
import { all, cells, HEADER, measured, page, textOf } from './pages.js';

t.test('medians and spreads are right, and ratios are of medians', async (t) => {
  const root = page([
    HEADER,
    { kind: 'scenario', id: 's', title: 'small' },
    ...[300, 100, 200].map((rate, i) =>
      measured('sluice', i + 1, { requestsPerSecond: rate, cpuPerRequest: 4 }),
    ),
    ...[90, 100, 80, 110].map((rate, i) =>
      measured('nginx', i + 1, { requestsPerSecond: rate, cpuPerRequest: 10 }),
    ),
  ]);
  t.same(cells(root, 'small:', 'sluice'), ['200 ±50 %', '4.00 ±0 %']);
  t.same(cells(root, 'small:', 'nginx'), ['95.0 ±16 %', '10.0 ±0 %']);
  t.same(cells(root, 'Requests or octets per second,', 'small'), ['2.11×', '1.00×']);
  t.same(cells(root, 'Requests or octets per second of processor', 'small'), ['2.50×', '1.00×']);
});

t.test('predictions stand beside what was measured', async (t) => {
  const root = page([
    { ...HEADER, suite: 'ttfb' },
    {
      kind: 'scenario',
      id: 's',
      title: 'first octet',
      predicted: { 'sluice (load)': { timeToFirstByte: 350 } },
    },
    measured('sluice (load)', 1, { timeToFirstByte: 60 }),
    measured('sluice (stream)', 1, { timeToFirstByte: 0.5 }),
  ]);
  t.same(cells(root, 'first octet:', 'sluice (load)'), ['60.0', '350']);
  t.same(cells(root, 'first octet:', 'sluice (stream)'), ['0.50', '–']);
});

t.test('places on an axis are rows, a gap is said', async (t) => {
  const root = page([
    { ...HEADER, suite: 'scaling' },
    { kind: 'scenario', id: 's', title: 'many', axis: 'connections' },
    { ...measured('sluice', 1, { requestsPerSecond: 5 }), at: 1 },
    { ...measured('sluice', 1, { requestsPerSecond: 7 }), at: 10_000 },
    { ...measured('nginx', 1, { requestsPerSecond: 6 }), at: 1 },
  ]);
  t.same(cells(root, 'many:', '10,000'), ['sluice', '7.00']);
  t.match(textOf(root), 'Not measured: nginx at connections 10,000.');
});

t.test('targets are judged by the medians of their suite', async (t) => {
  const [suite] = readSuites(
    [
      HEADER,
      { kind: 'scenario', id: 's', title: 'small' },
      ...[300, 100, 200].map((rate, i) => measured('sluice', i + 1, { requestsPerSecond: rate })),
      measured('nginx', 1, { requestsPerSecond: 80 }),
    ],
    'speed',
  );
  const metric = 'requestsPerSecond' as const;
  const targets = [
    { scenario: 's', metric, least: 2.5, peer: 'nginx' },
    { scenario: 's', metric, least: 2.6, peer: 'nginx' },
    { scenario: 's', metric, least: 1, peer: 'caddy' },
    { scenario: 'gone', metric, least: 1, peer: 'nginx' },
  ];
  const verdicts = verdictsOn(suite as Suite, {
    targets,
    textOf: ({ least, peer }) => `≥ ${least} × ${peer}`,
    judge({ scenario, least, peer }, lookup) {
      const own = lookup(scenario, 'sluice', metric);
      const other = lookup(scenario, peer, metric);
      if (own === undefined || other === undefined) return undefined;
      return { ratio: own / other, met: own / other >= least };
    },
  });
  t.same(verdicts, [
    { title: 'small', target: '≥ 2.5 × nginx', measured: '2.50 ×, at 200/s ±50 %', met: true },
    { title: 'small', target: '≥ 2.6 × nginx', measured: '2.50 ×, at 200/s ±50 %', met: false },
    { title: 'small', target: '≥ 1 × caddy', measured: undefined, met: undefined },
    { title: 'gone', target: '≥ 1 × nginx', measured: undefined, met: undefined },
  ]);
});

t.test('a curve keeps its peak, in the drawing and in the table', async (t) => {
  const points = Array.from(
    { length: 200_000 },
    (_, i) => [i * 50, i % 3 === 1 ? 60e6 : 50e6] as [number, number],
  );
  points[123_456] = [123_456 * 50, 400e6];
  const lines: ResultLine[] = [
    { ...HEADER, suite: 'memory' },
    { kind: 'scenario', id: 'soak', title: 'soak' },
    { kind: 'series', scenario: 'soak', server: 'sluice', points },
    { kind: 'series', scenario: 'soak', server: 'nginx', points: [] },
  ];
  const root = page(lines);
  t.same(cells(root, 'soak: RSS over time', 'sluice'), [
    '50.0 MB',
    '400 MB',
    '60.0 MB',
    '10,000',
    '200,000',
  ]);
  t.equal(cells(root, 'soak: RSS over time', 'nginx'), undefined, 'no curve, no row');
  const text = reportPage(readSuites(lines, 'memory'));
  t.ok(text.length < 100_000, `${text.length} octets for 200,000 samples`);
  const curve = all(root, 'path').find(
    (each) =>
      each.getAttribute('stroke') === '#e8590c' && (each.getAttribute('d') ?? '').length > 500,
  );
  const heights = [...(curve?.getAttribute('d') ?? '').matchAll(/[ML ][0-9.]+ ([0-9.]+)/g)].map(
    (match) => Number(match[1]),
  );
  t.ok(Math.max(...heights) - Math.min(...heights) > 100, 'the peak is drawn');
});

t.test('figures far apart have units of their own', async (t) => {
  const root = page([
    { ...HEADER, suite: 'memory' },
    { kind: 'scenario', id: 's', title: 'far' },
    measured('sluice', 1, { rssGrowth: 4_200_000, p99: 0.0042 }),
    measured('sluice (load)', 1, { rssGrowth: 5e9, p99: 1 }),
  ]);
  t.same(cells(root, 'far:', 'sluice'), ['0.0042', '4.20 MB']);
  t.same(cells(root, 'far:', 'sluice (load)'), ['1.00', '5.00 GB']);
});
