/** The report of results whose figures are known: all of it is there, and what is not is said. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Element } from '@xmldom/xmldom';
import t from 'tap';
import { readSuites, type Suite } from '../../bench/report/model.js';
import { reportPage, standaloneChart } from '../../bench/report/page.js';
import { type ResultLine, readResults } from '../../bench/support/results.js';
import { all, cells, HEADER, measured, page, parse, textOf } from './pages.js';

const FIXTURES = ['speed', 'memory', 'ttfb', 'scaling'];
const fixtures: Suite[] = FIXTURES.flatMap((name) =>
  readSuites(readResults(`test/bench/fixtures/${name}.jsonl`), name),
);
t.test('every scenario of every suite has its heading, its figures and a chart', async (t) => {
  const root = parse(reportPage(fixtures));
  const headings = all(root, 'h3').map(textOf);
  const sections = all(root, 'h3').map((heading) => heading.parentNode as Element);
  for (const scenario of fixtures.flatMap(({ scenarios }) => scenarios)) {
    const at = headings.indexOf(scenario.title);
    t.not(at, -1, scenario.title);
    const section = sections[at] as Element;
    if (scenario.measurements.length === 0) {
      t.match(textOf(section), /Nothing was measured/, 'an empty one says so');
      continue;
    }
    t.ok(all(section, 'svg').length > 0, `${scenario.id} has a chart`);
    t.ok(all(section, 'table').length > 0, `${scenario.id} has a table`);
    for (const server of scenario.servers) {
      t.ok(
        all(section, 'table').some((table) => textOf(table).includes(server)),
        server,
      );
      t.ok(
        all(section, 'svg').some((svg) => textOf(svg).includes(server)),
        `${server}, drawn`,
      );
    }
  }
  t.equal(fixtures.flatMap(({ scenarios }) => scenarios).length, 26, 'none was lost in reading');
});

t.test('what is missing is said', async (t) => {
  const root = page([
    { ...HEADER, versions: { sluice: '1', nginx: '2', caddy: '3' } },
    { kind: 'scenario', id: 's', title: 'one' },
    measured('sluice', 1, { requestsPerSecond: 5, errors: 0 }),
    measured('nginx', 1, { requestsPerSecond: 5, p99: 1, errors: 3 }),
    { kind: 'scenario', id: 'none', title: 'two' },
    measured('sluice', 1, { requestsPerSecond: Number.NaN, p99: 1 }, 'headless'),
  ]);
  const text = textOf(root);
  for (const said of [
    'Memory is missing: no results of npm run bench:memory',
    'Scaling is missing',
    'Not measured here: caddy.',
    'nginx had 3 errors: rounds with errors are no result, and left out.',
    'One round only: there is no spread to show.',
    'Nothing was measured',
    'no header for this scenario',
    'No targets were given',
  ]) {
    t.ok(text.includes(said), said);
  }
  t.notMatch(text, 'Speed is missing');
  t.same(cells(root, 'one:', 'sluice'), ['5.00', '–', '0'], 'a cell without a figure');
  t.same(cells(root, 'one:', 'nginx'), ['–', '–', '3'], 'no result, no figure');
  t.notMatch(text, /NaN|undefined|null|Infinity/);
  t.match(textOf(parse(reportPage([]))), 'There are no results in this report.');
  t.match(textOf(page([measured('sluice', 1, { p99: 1 })])), 'were not recorded');
});

t.test('targets are shown as they were judged', async (t) => {
  const root = parse(
    reportPage(fixtures, [
      { title: '1 KiB', target: '≥ 1.15 × nginx', measured: '1.22 ×', met: true },
      { title: '304', target: '≥ 1 × nginx', measured: '0.9 ×', met: false },
      { title: '20 KiB', target: '≥ 0.95 × nginx', measured: undefined, met: undefined },
    ]),
  );
  t.same(cells(root, 'Targets', '1 KiB'), ['≥ 1.15 × nginx', '1.22 ×', 'met']);
  t.same(cells(root, 'Targets', '304'), ['≥ 1 × nginx', '0.9 ×', 'missed']);
  t.same(cells(root, 'Targets', '20 KiB'), ['≥ 0.95 × nginx', '–', 'not measured']);
  t.match(textOf(root), '1 of 3 met.');
});

t.test('text from results is text, wherever it goes', async (t) => {
  const evil = `</title><script>alert("'1'")</script>&amp;$&\u0007`;
  const lines: ResultLine[] = [
    { ...HEADER, date: evil, machine: evil, versions: { [evil]: evil } },
    { kind: 'scenario', id: 's', title: evil, axis: evil },
    ...[evil, 'nginx', 'sluice'].map((server) => ({
      ...measured(server, 1, { requestsPerSecond: 5, cpuPerRequest: 1 }),
      generator: evil,
    })),
    {
      kind: 'series',
      scenario: 's',
      server: evil,
      points: [[0, 1e6] as const, [50, 2e6] as const],
    },
    { kind: 'scenario', id: 'x', title: evil, axis: evil },
    { ...measured(evil, 1, { requestsPerSecond: 5 }, 'x'), at: 3 },
  ];
  const root = page(lines);
  t.same(all(root, 'script'), [], 'no element comes of it');
  const shown = evil.replace('\u0007', '?');
  t.ok(
    all(root, 'h3').some((heading) => textOf(heading) === shown),
    'the title',
  );
  t.ok(
    all(root, 'dd').some((each) => textOf(each) === shown),
    'the machine',
  );
  t.ok(
    all(root, 'desc').some((each) => textOf(each).includes(shown)),
    'the words for a chart',
  );
  const svg = standaloneChart(readSuites(lines, 'speed')) as string;
  t.same(all(parse(svg), 'script'), []);
});

t.test('nothing is fetched from elsewhere', async (t) => {
  for (const text of [reportPage(fixtures), standaloneChart(fixtures) as string]) {
    const addresses = text.replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
    const foreign = /https?:|\bsrc=|@import|url\((?!#)|<link|<script|<image|<use/g;
    t.same(addresses.match(foreign) ?? [], []);
  }
});

t.test('each chart has words for who does not see it, and ids of its own', async (t) => {
  const root = parse(reportPage(fixtures));
  const ids = all(root, '*').flatMap((each) => each.getAttribute('id') || []);
  t.same(ids, [...new Set(ids)], 'no id twice');
  const charts = all(root, 'svg');
  t.ok(charts.length >= 25, 'there are charts');
  for (const svg of charts) {
    t.equal(svg.getAttribute('role'), 'img');
    const words = (svg.getAttribute('aria-labelledby') ?? '').split(' ');
    t.ok(words.length === 2 && words.every((id) => ids.includes(id)), 'title and description');
  }
});

t.test('the main chart is a small picture of its own, with its date and machine', async (t) => {
  const svg = standaloneChart(fixtures) as string;
  t.ok(svg.length < 60_000, `${svg.length} octets`);
  const root = parse(svg);
  t.equal(root.tagName, 'svg');
  t.match(textOf(root), '2025-11-21. Node 20.20.2, 2 × AMD EPYC 7763');
  const [ground] = all(root, 'rect');
  t.equal(ground?.getAttribute('fill'), '#ffffff', 'a ground of its own');
  t.notMatch(svg, 'var(--', 'and colours of its own');
  for (const { title } of fixtures[0]?.scenarios ?? []) {
    if (title !== 'start to ready') t.match(textOf(root), title);
  }
});

t.test('without nginx another peer is the measure; without peers there is no chart', async (t) => {
  const both = [
    HEADER,
    measured('sluice', 1, { bytesPerSecond: 300 }),
    measured('send', 1, { bytesPerSecond: 100 }),
  ];
  t.match(standaloneChart(readSuites(both, 'speed')), 'multiples of send');
  t.equal(standaloneChart(readSuites(both.slice(0, 2), 'speed')), undefined);
  t.match(textOf(page(both.slice(0, 2))), 'No chart: it takes results of');
});

t.test('the command', async (t) => {
  const folder = t.testdir();
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['dist/bench/report.js', ...args], { encoding: 'utf8' });
  const [out, svg] = [path.join(folder, 'a/report.html'), path.join(folder, 'main.svg')];
  const files = FIXTURES.map((name) => `test/bench/fixtures/${name}.jsonl`);
  const done = run(...files, '--out', out, '--svg', svg);
  t.equal(done.status, 0, done.stderr);
  const whole = parse(fs.readFileSync(out, 'utf8'));
  t.equal(whole.tagName, 'html');
  t.match(cells(whole, 'Targets', '1 KiB, 100'), [
    /^requests ≥ 1.15 × nginx$/,
    /×, at .* ±/,
    /met/,
  ]);
  t.same(cells(whole, 'Targets', '50 downloads'), [
    'RSS over idle ≤ 12.0 MB',
    '8.74 MB ±2 %',
    'met',
  ]);
  t.same(cells(whole, 'Targets', '1,000 stalled'), ['RSS per client ≤ 56.0 KB', '43.0 KB', 'met']);
  t.match(cells(whole, 'Targets', 'one download'), [/2.00 MB/, '193 KB ±67 %', 'met']);
  t.equal(parse(fs.readFileSync(svg, 'utf8')).tagName, 'svg');

  const other = path.join(folder, 'other.svg');
  const part = run(files[1] as string, '--out', out, '--svg', other);
  t.equal(part.status, 0, 'one file alone makes a report');
  const partial = parse(fs.readFileSync(out, 'utf8'));
  t.same(cells(partial, 'Targets', 'shared')?.slice(1), ['–', 'not measured']);
  t.match(part.stderr, 'was not written');
  t.notOk(fs.existsSync(other));

  fs.writeFileSync(path.join(folder, 'broken.jsonl'), '{"kind":\n');
  const broken = run(path.join(folder, 'broken.jsonl'), '--out', out, '--svg', other);
  t.equal(broken.status, 1);
  t.match(broken.stderr, 'line 1: not JSON');
  const missing = run(path.join(folder, 'missing.jsonl'), '--out', out, '--svg', other);
  t.equal(missing.status, 1);
  t.match(missing.stderr, "missing.jsonl can't be read: there is none; name a file");
});
