/** What is made of measurements: statistics, wrk's output, targets, the comparison with a baseline. */
import t from 'tap';
import { requestText } from '../../bench/clients/plan.js';
import { AnswerReader, type Head } from '../../bench/clients/reader.js';
import { percentile } from '../../bench/clients/tally.js';
import { wrkFigures, wrkScript } from '../../bench/clients/wrk.js';
import { compare, lost, type Ratio, ratiosOf } from '../../bench/run/ratios.js';
import { SCENARIOS, scenariosNamed } from '../../bench/scenarios/all.js';
import type { Scenario } from '../../bench/scenarios/scenario.js';
import { serversNamed } from '../../bench/servers/lineup.js';
import { isPatternAt, patternAt } from '../../bench/support/pattern.js';
import type { Measurement } from '../../bench/support/results.js';
import { median, spread } from '../../bench/support/statistics.js';
import { BEST_NODE_PEER, judge, TARGETS } from '../../bench/targets.js';

t.test('statistics', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  t.equal(spread([8, 10, 12]), 0.4);
  t.equal(percentile([1, 2, 3, 4], 50), 2);
  t.equal(percentile([1, 2, 3, 4], 99), 4);
  t.equal(percentile([7], 50), 7);
  t.ok(Number.isNaN(percentile([], 50)));
});

t.test('the pattern is told from itself elsewhere', async (t) => {
  const octets = patternAt(1000, 5000);
  t.ok(isPatternAt(1000, octets));
  for (const position of [0, 999, 1001, 33_768, 1000 + 1_048_576]) {
    t.notOk(isPatternAt(position, octets), `${position}`);
  }
  const wrong = Buffer.from(octets);
  wrong[4999] = (wrong[4999] as number) ^ 1;
  t.notOk(isPatternAt(1000, wrong));
  // Over the end of a period.
  const around = Buffer.concat([patternAt(1_048_570, 3), patternAt(0, 10)]);
  t.ok(isPatternAt(1_048_570, around));
});

t.test('what wrk says', async (t) => {
  const text = 'Running 1s test\nfigures 1000 2000000 5000000 0 0 0 0 0 1500 9250\n';
  t.same(wrkFigures(text, 200), {
    responses: 1000,
    seconds: 2,
    octets: 5_000_000,
    p50: 1.5,
    p99: 9.25,
    errors: 0,
    faults: [],
  });
  t.ok(Number.isNaN(wrkFigures('figures 9 1 1 0 0 0 0 0 5 0', 200).p99), 'too few samples');
  const faulty = wrkFigures('figures 1000 2000000 5000000 1 2 3 4 5 1500 9250', 200);
  t.equal(faulty.errors, 15);
  t.equal(faulty.responses, 995);
  t.same(faulty.faults, [
    'wrk: connect 1',
    'wrk: read 2',
    'wrk: write 3',
    'wrk: timeout 4',
    'wrk: status 5',
  ]);
  t.equal(wrkFigures('figures 9 1 1 0 0 0 0 9 1 1', 404).errors, 0);
  t.equal(wrkFigures('figures 9 1 1 0 0 0 0 8 1 1', 404).errors, 1, 'a 200 for what is not there');
  for (const text of ['', 'figures 1 2 3', 'unable to connect']) {
    t.throws(() => wrkFigures(text, 200), { message: /unexpected/ });
  }
});

t.test('what wrk is told', async (t) => {
  const load = { port: 1, connections: 1, close: false, seconds: 1 };
  const plan = { path: '/a', fields: { Range: 'bytes=0-1' }, status: 206 };
  const one = wrkScript({ ...load, requests: [plan], pipelining: 1 });
  t.match(one, /wrk.path = "\/a"/);
  t.notMatch(one, /request = function/, 'no call for each request');
  const two = wrkScript({ ...load, requests: [plan], pipelining: 2 });
  t.ok(two.includes(JSON.stringify(requestText(plan) + requestText(plan))));
});

t.test('answers are read whatever the chunks', async (t) => {
  const bytes = Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
      'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n' +
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: "x"\r\n\r\n',
  );
  // Answers come one by one, as requests are asked.
  const ends = [bytes.indexOf('HTTP/1.1 404'), bytes.indexOf('HTTP/1.1 304'), bytes.length];
  for (const step of [1, 7, bytes.length]) {
    const heads: Head[] = [];
    let content = '';
    let ended = 0;
    const reader = new AnswerReader({
      head: (head) => heads.push(head),
      content: (part) => {
        content += Buffer.from(part).toString('latin1');
      },
      end: () => ended++,
    });
    let at = 0;
    for (const end of ends) {
      for (; at < end; at += Math.min(step, end - at)) {
        reader.push(bytes.subarray(at, Math.min(at + step, end)));
      }
    }
    t.same(
      heads.map(({ status }) => status),
      [200, 404, 304],
    );
    t.equal(content, 'hello');
    t.equal(ended, 3);
    t.equal(heads[2]?.field('etag'), '"x"');
  }
  const reader = () => new AnswerReader({ head() {}, content() {}, end() {} });
  t.throws(() => reader().push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab')), {
    message: /longer/,
  });
  t.throws(() => reader().push(Buffer.from('nonsense\r\n\r\n')), { message: /not an answer/ });
});

t.test('names of scenarios and servers', async (t) => {
  t.same(scenariosNamed(['all']), SCENARIOS);
  t.throws(() => scenariosNamed(['2k']), { message: /no scenario 2k; there are 1k, / });
  t.throws(() => serversNamed(['apache']), { message: /no server apache; there are sluice, / });
  t.equal(new Set(SCENARIOS.map(({ id }) => id)).size, SCENARIOS.length);
  for (const { scenario, against } of TARGETS) {
    scenariosNamed([scenario]);
    if (typeof against !== 'string') scenariosNamed([against.scenario]);
    else if (against !== BEST_NODE_PEER) serversNamed([against]);
  }
});

t.test('targets', async (t) => {
  const figures: Record<string, number> = {
    '1k sluice': 120,
    '1k nginx': 100,
    '1k send': 15,
    '1k sirv-cli': 30,
    'pipelined sluice': 300,
  };
  const judged = (scenario: string) =>
    judge(scenario, ['send', 'sirv-cli'], (id, server, metric) =>
      metric === 'requestsPerSecond' ? figures[`${id} ${server}`] : undefined,
    ).map(({ text, ratio, met }) => [text, ratio, met]);
  t.same(judged('1k'), [
    ['requests ≥ 1.15 × nginx', 1.2, true],
    ['requests ≥ 6 × best Node peer', 4, false],
  ]);
  t.same(judged('pipelined'), [['requests ≥ 3 × its own in 1k', 2.5, false]]);
  t.same(judged('304'), [], 'not measured: no judgement');
  const start = judge('start', [], (_, server) => (server === 'sluice' ? 100 : 250));
  t.same(start[0]?.met, true, 'less is better');
});

t.test('ratios then and now', async (t) => {
  const scenario: Scenario = {
    id: '1k',
    title: '',
    client: 'rate',
    connections: 1,
    requests: () => [],
  };
  const one = (server: string, round: number, rate: number, cpu: number): Measurement => ({
    kind: 'measurement',
    scenario: '1k',
    server,
    generator: 'wrk',
    round,
    figures: { requestsPerSecond: rate, cpuPerRequest: cpu, errors: 0 },
  });
  const ratios = ratiosOf({
    scenario,
    measurements: [
      one('sluice', 1, 100, 5),
      one('send', 1, 20, 50),
      one('sluice', 2, 120, 7),
      one('send', 2, 20, 70),
      one('sluice', 3, 110, 6),
      one('send', 3, 20, 60),
    ],
    leftOut: [],
  });
  t.same(
    ratios.map(({ metric, peer, generator, ratio }) => [metric, peer, generator, ratio]),
    [
      ['requestsPerSecond', 'send', 'wrk', 5.5],
      ['cpuPerRequest', 'send', 'wrk', 10],
    ],
  );
  const was: Ratio[] = ratios.map((each) => ({ ...each, ratio: 8 }));
  const compared = compare(was, ratios, 0.25);
  t.same(
    compared.map((each) => [each.change, lost(each, 0.25)]),
    [
      [5.5 / 8 - 1, true],
      [0.25, false],
    ],
  );
  t.equal(lost({ ...(compared[0] as (typeof compared)[0]), change: -0.25 }, 0.25), false);
  t.equal(lost({ ...(compared[0] as (typeof compared)[0]), change: -0.26 }, 0.25), true);
  t.equal(lost({ ...(compared[0] as (typeof compared)[0]), change: Number.NaN }, 0.25), true);
  const [rate, cpu] = ratios.map((each) => ({ ...each, ratio: 1, spread: 0.3 })) as [Ratio, Ratio];
  const wild = compare(was, [rate, cpu], 0.25).map((each) => lost(each, 0.25));
  t.same(wild, [false, true], 'by the clock a wide spread is no evidence; of processor time it is');
  const other = was.map((each) => ({ ...each, generator: 'autocannon' }));
  t.same(compare(other, ratios, 0.25), [], 'another generator is no comparison');
});
