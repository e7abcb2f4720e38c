/** A scenario from its files to its figures, with a server that serves, one that ends and one that lies. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Generator } from '../../bench/clients/rate.js';
import { generatorsFor, runScenario } from '../../bench/run/rounds.js';
import { stepsOf } from '../../bench/run/shown.js';
import { maybeMedian, valuesOf } from '../../bench/run/table.js';
import { scenariosNamed } from '../../bench/scenarios/all.js';
import { type Scenario, wholeFile } from '../../bench/scenarios/scenario.js';
import { START } from '../../bench/scenarios/start.js';
import { sluice } from '../../bench/servers/lineup/sluice.js';
import type { ServerKind } from '../../bench/servers/server.js';
import { Child } from '../../bench/support/child.js';
import type { Measurement } from '../../bench/support/results.js';

const PLANTED = fileURLToPath(new URL('../helpers/planted.js', import.meta.url));

const ends: ServerKind = {
  name: 'ends',
  family: 'node',
  version: () => '1',
  command: () => [process.execPath, '-e', "console.error('no such option'); process.exit(3)"],
};
const lies: ServerKind = {
  name: 'lies',
  family: 'node',
  version: () => '1',
  command: ({ port }) => [process.execPath, PLANTED, 'octet', `${port}`],
};

const liesLate: ServerKind = {
  ...lies,
  name: 'lies late',
  command: ({ port }) => [process.execPath, PLANTED, 'late', `${port}`],
};

const scenario: Scenario = {
  id: 'tiny',
  title: 'tiny',
  client: 'downloads',
  connections: 4,
  requests: (corpus) => [wholeFile(corpus, '1k.bin', 1024)],
};

const unused: Generator = {
  name: 'wrk',
  run: () => Promise.reject(new Error('not for this client')),
  stop: async () => {},
};

t.test('a server that fails has no result, and the others go on', async (t) => {
  const checked = new Child('clients/checked.js', 1);
  t.teardown(() => checked.stop());
  const written: Measurement[] = [];
  const steps: string[] = [];
  const options = { rounds: 2, seconds: 0.3, step: (label: string) => steps.push(label) };
  const tools = { generators: [unused], checked };
  const { measurements, leftOut } = await runScenario(
    scenario,
    [ends, lies, sluice],
    tools,
    options,
    (measurement) => written.push(measurement),
  );
  t.same(written, measurements);
  t.same(
    leftOut.map(({ server, faulty }) => [server, faulty]),
    [
      ['ends', true],
      ['lies', true],
    ],
  );
  t.match(leftOut[0]?.reason, /ended with 3 instead of serving no such option/);
  t.match(leftOut[1]?.reason, /wrong content/);
  const own = steps.filter((label) => label.includes('sluice'));
  t.same(own, [
    'tiny, sluice, comparing answers',
    'tiny, sluice, warm-up',
    'tiny, sluice, round 1',
    'tiny, sluice, round 2',
  ]);
  t.equal(stepsOf(scenario, 1, [unused], 2), own.length, 'as a bar counts them');
  t.equal(valuesOf(measurements, 'requestsPerSecond', 'sluice', 'raw').length, 2);
  t.ok((maybeMedian(measurements, 'requestsPerSecond', 'sluice', 'raw') ?? 0) > 0);
  for (const server of ['ends', 'lies']) {
    const figures = measurements.filter((each) => each.server === server);
    t.ok(figures.length > 0);
    for (const each of figures) t.same(Object.keys(each.figures), ['errors']);
  }
});

t.test('the time to start is of a process each', async (t) => {
  const checked = new Child('clients/checked.js', 1);
  t.teardown(() => checked.stop());
  const tools = { generators: [unused], checked };
  let steps = 0;
  const options = { rounds: 2, seconds: 1, step: () => steps++ };
  const { measurements, leftOut } = await runScenario(START, [sluice], tools, options, () => {});
  t.same(leftOut, []);
  t.equal(steps, stepsOf(START, 1, [unused, unused], 2));
  const times = valuesOf(measurements, 'startToReady', 'sluice');
  t.equal(times.length, 2);
  for (const time of times) t.ok(time > 0);
});

t.test('each scenario is measured with the generators that it takes', async (t) => {
  const generators = (['wrk', 'autocannon'] as const).map((name) => ({ ...unused, name }));
  const named = (scenario: Scenario, from: readonly Generator[] = generators) =>
    generatorsFor(scenario, from).map(({ name }) => name);
  const [small, large] = scenariosNamed(['1k', '100m-wrk']) as [Scenario, Scenario];
  t.same(named(small), ['wrk', 'autocannon']);
  t.same(named(large), ['wrk']);
  t.same(named(large, generators.slice(1)), [], 'left out where it is not installed');
  t.equal(named({ ...small, client: 'downloads' }).length, 1, 'it is not used there');
});

t.test('what a server did before it lied is no result either', async (t) => {
  const checked = new Child('clients/checked.js', 1);
  t.teardown(() => checked.stop());
  const tools = { generators: [unused], checked };
  const written: Measurement[] = [];
  const { measurements, leftOut } = await runScenario(
    scenario,
    [liesLate, sluice],
    tools,
    { rounds: 3, seconds: 0.3 },
    (measurement) => written.push(measurement),
  );
  t.match(leftOut, [{ server: 'lies late', faulty: true }]);
  t.same(
    measurements
      .filter(({ server }) => server === 'lies late')
      .map(({ figures }) => Object.keys(figures)),
    [['errors']],
  );
  t.ok(written.filter(({ server }) => server === 'lies late').length > 1, 'it had some at first');
  t.equal(valuesOf(measurements, 'requestsPerSecond', 'sluice', 'raw').length, 3);
});
