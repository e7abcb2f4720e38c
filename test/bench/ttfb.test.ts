/** The instrument of first bytes: content that is late shows, and what is wrong is no figure. */
import t, { type Test } from 'tap';
import { type Answer, Connection } from '../../bench/clients/connection.js';
import type { FirstByteLoad } from '../../bench/clients/ttfb.js';
import { type ScriptContestant, startScript } from '../../bench/servers/contestant.js';
import { LOADING, OURS } from '../../bench/servers/index.js';
import { Child } from '../../bench/support/child.js';
import type { Measurement, ResultLine } from '../../bench/support/results.js';
import { CASES, headerOf, measureFirstByte } from '../../bench/ttfb/measure.js';
import { DELAY, type Fault } from './faulty-server.js';

async function faulty(t: Test, fault: Fault): Promise<ScriptContestant> {
  const server = await startScript(fault, '../test/bench/faulty-server.js', '', [], [fault]);
  t.teardown(() => server.stop());
  return server;
}

function clientOf(t: Test): Child {
  const client = new Child('clients/ttfb.js', 1);
  t.teardown(() => client.stop());
  return client;
}

t.test('a stall between head and content is seen', async (t) => {
  const servers = [await faulty(t, 'none'), await faulty(t, 'late')];
  const lines: ResultLine[] = [];
  const one = { id: 'case', title: '', size: 50_000, predicted: { streaming: 1, loading: 1 } };
  const amount = { rounds: 2, requests: 3, longest: 10_000 };
  const results = { write: (line: ResultLine) => lines.push(line) as unknown as undefined };
  await measureFirstByte(one, '/50000', servers, clientOf(t), results, amount);
  const measured = lines as Measurement[];
  t.same(
    measured.map(({ server, round }) => [server, round]),
    [
      ['none', 1],
      ['late', 1],
      ['none', 2],
      ['late', 2],
    ],
    'in turns, the first round not counted',
  );
  for (const [prompt, late] of [measured.slice(0, 2), measured.slice(2)]) {
    const [first = 0, second = 0] = [prompt, late].map((each) => each?.figures.timeToFirstByte);
    t.ok(second >= DELAY - 5, `${second} ms`);
    t.ok(first < second, `${first} ms`);
  }
});

t.test('an answer that is not as it must be is an error', async (t) => {
  const client = clientOf(t);
  const { port } = await faulty(t, 'none');
  const load: FirstByteLoad = { port, path: '/1000', length: 1000, requests: 2, longest: 5000 };
  const answers = await client.call<Answer[]>('run', load);
  t.equal(answers.length, 2);
  for (const { octets, firstByte, complete } of answers) {
    t.equal(octets, 1000);
    t.ok(firstByte > 0 && firstByte <= complete);
  }
  await t.rejects(client.call('run', { ...load, length: 999 }), /1000 octets instead of 999/);
  await t.rejects(client.call('run', { ...load, path: '/x' }), /answered 404 instead of 200/);

  const never = await faulty(t, 'never');
  const stalled = { ...load, port: never.port, longest: 300 };
  await t.rejects(client.call('run', stalled), /no answer in 300 ms/);

  const connection = new Connection(port);
  t.teardown(() => connection.close());
  const head = await connection.exchange({ method: 'HEAD', path: '/1000', status: 200 });
  t.equal(head.octets, 0);
  t.equal(head.firstByte, head.complete);
  const next = await connection.exchange({ path: '/7', status: 200, length: 7 });
  t.equal(next.octets, 7, 'the connection is kept');
});

t.test('the documents are quoted for both ways of serving', async (t) => {
  const said = CASES.map((each) => headerOf(each).predicted);
  t.same(
    said.map((predicted) => predicted?.[LOADING]?.timeToFirstByte),
    [100, 1000, 5000, 10_000],
  );
  t.ok(said.every((predicted) => predicted?.[OURS]?.timeToFirstByte === 1));
  t.same(
    CASES.map(({ size }) => size),
    [1e6, 10e6, 50e6, 100e6],
  );
});
