/** The listener of those who look on. */
import t, { type Test } from 'tap';
import { createMetrics } from '../../lib/monitor/metrics.js';
import { createMonitor, type Monitor } from '../../lib/monitor/monitor.js';
import type { Family } from '../../lib/observe/families.js';
import { Gate, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { parseExposition } from '../helpers/exposition.js';
import { serve } from '../helpers/server.js';

const COUNT: Family = {
  name: 'a_total',
  help: 'A count.',
  type: 'counter',
  aggregator: 'sum',
  values: [{ value: 2, labels: {} }],
};

async function start(
  t: Test,
  read: () => Promise<readonly (readonly Family[])[]>,
): Promise<{ monitor: Monitor; port: number }> {
  const monitor = createMonitor({ port: 0, read });
  const { port, host } = await monitor.listen();
  t.equal(host, '127.0.0.1', 'for this machine only');
  t.teardown(() => monitor.close());
  return { monitor, port };
}

t.test('metrics of several processes are added up', async (t) => {
  const { port } = await start(t, async () => [[COUNT], [], [COUNT]]);
  const answer = await request(port, '/metrics');
  t.equal(answer.status, 200);
  t.equal(answer.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  t.equal(answer.get('cache-control'), 'no-store');
  t.equal(parseExposition(String(answer.body)).get('a_total')?.samples.get('a_total'), 4);
  const head = await request(port, '/metrics', [], 'HEAD');
  t.equal(head.status, 200);
  t.equal(head.get('content-length'), answer.get('content-length'));
});

t.test('health', async (t) => {
  const { monitor, port } = await start(t, async () => []);
  const well = await request(port, '/_health');
  t.equal(well.status, 200);
  t.equal(String(well.body), 'ok\n');
  monitor.stopping();
  const stopping = await request(port, '/_health');
  t.equal(stopping.status, 503);
  t.equal(String(stopping.body), 'stopping\n');
  t.equal((await request(port, '/_health', [], 'HEAD')).status, 503);
  t.equal((await request(port, '/metrics')).status, 200, 'which can still be asked');
});

t.test('nothing else', async (t) => {
  const { port } = await start(t, async () => []);
  for (const target of ['/', '/metrics/', '/_health/x', '/%6Detrics', '//metrics']) {
    t.equal((await request(port, target)).status, 404, target);
  }
  const post = await request(port, '/metrics', [], 'POST');
  t.equal(post.status, 405);
  t.equal(post.get('allow'), 'GET, HEAD');
});

t.test('who asks at the same time gets the same answer', async (t) => {
  const gate = new Gate();
  let asked = 0;
  const { port } = await start(t, async () => {
    asked++;
    await gate.opened;
    return [[COUNT]];
  });
  const clients = [1, 2, 3].map(() =>
    new RawClient(port).send(requestBytes('/metrics', ['Connection: close'])),
  );
  await until(() => asked === 1);
  await until(() => false, 50).catch(() => {});
  gate.open();
  for (const client of clients) t.equal((await client.responses())[0]?.status, 200);
  t.equal(asked, 1);
  t.equal((await request(port, '/metrics')).status, 200);
  t.equal(asked, 2, 'and the next one a new one');
});

t.test('what can not be measured is a 500, and the next one is asked anew', async (t) => {
  let asked = 0;
  const { port } = await start(t, async () => {
    if (asked++ === 0) throw new Error('a secret');
    return [[COUNT]];
  });
  const warned = new Promise((resolve) => process.once('warning', resolve));
  const answer = await request(port, '/metrics');
  t.equal(answer.status, 500);
  t.notMatch(String(answer.body), /secret/);
  t.match(await warned, { message: 'a secret' });
  t.equal((await request(port, '/metrics')).status, 200);
});

t.test('its own exchanges are not counted', async (t) => {
  const parts = await serve(t, t.testdir({ a: 'a' }));
  const metrics = await createMetrics(parts);
  t.teardown(() => metrics.close());
  const { port } = await start(t, async () => [await metrics.read()]);
  for (let round = 0; round < 3; round++) await request(port, '/metrics');
  const malformed = new RawClient(port).send('what\r\n\r\n');
  await malformed.over();
  const { body } = await request(port, '/metrics');
  t.equal(parseExposition(String(body)).get('sluice_http_requests_total')?.samples.size, 0);
});

t.test('a port that is taken', async (t) => {
  const { port } = await start(t, async () => []);
  const other = createMonitor({ port, read: async () => [] });
  await t.rejects(other.listen(), {
    message: `metrics can't be offered: port ${port} is in use; take another --metrics-port, or 0 for a free one`,
  });
});
