/** The command with `--metrics-port`: alone, with workers, and what it refuses. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { RawClient, request, requestBytes, until } from '../helpers/client.js';
import { type Exposed, parseExposition } from '../helpers/exposition.js';
import { MIB, pattern } from '../helpers/files.js';
import { Command, run, type Serving, start } from '../helpers/process.js';
import { takenPort } from '../helpers/server.js';
import { happened, startWorkers, untilGone } from '../helpers/workers.js';

const METRICS = ['--metrics-port', '0'];

function metricsPort({ command }: Serving): number {
  const { metrics } = command.listening as { metrics: string };
  return Number(new URL(metrics).port);
}

async function scrape(port: number): Promise<Map<string, Exposed>> {
  return parseExposition(String((await request(port, '/metrics')).body));
}

async function answered(port: number): Promise<number> {
  const requests = (await scrape(port)).get('sluice_http_requests_total');
  return requests?.samples.get(GOT) ?? 0;
}

const GOT = 'sluice_http_requests_total{method="GET",code="200",class="2xx"}';

async function ask(port: number, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    t.equal((await request(port, '/')).status, 200);
  }
}

t.test('in one process: it says so while it stops, and goes last', async (t) => {
  const root = t.testdir({ 'index.html': 'index', 'large.bin': pattern(24 * MIB) });
  const serving = await start(t, root, METRICS);
  const { command, port } = serving;
  t.match(command.listening?.metrics, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const metrics = metricsPort(serving);
  await ask(port, 3);
  t.equal(await answered(metrics), 3);
  t.equal((await request(metrics, '/_health')).status, 200);
  t.equal((await request(port, '/_health')).status, 404, 'not among the files');
  t.equal((await request(port, '/metrics')).status, 404);

  const slow = new RawClient(port).send(requestBytes('/large.bin', ['Connection: close']));
  await slow.has(1);
  slow.socket.pause();
  command.signal('SIGTERM');
  await until(() => command.stdout.includes('stopping'));
  await untilAsync(async () => (await request(metrics, '/_health')).status === 503);
  const all = await scrape(metrics);
  t.equal(all.get('sluice_connections')?.samples.get('sluice_connections{state="sending"}'), 1);
  slow.socket.resume();
  await slow.over();
  t.match(await command.ended(), { code: 0, stderr: '' });
  t.equal(slow.received.subarray(-100).equals(pattern(24 * MIB).subarray(-100)), true);
});

t.test('with workers: sums, also over those that ended', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const serving = await startWorkers(t, root, METRICS);
  const { command, port } = serving;
  const metrics = metricsPort(serving);
  await ask(port, 20);
  t.equal(await answered(metrics), 20);
  const before = await scrape(metrics);
  t.equal(before.get('sluice_processes')?.samples.get('sluice_processes'), 3);

  await t.test('killed', async (t) => {
    const [victim] = serving.workers() as [number];
    process.kill(victim, 'SIGKILL');
    await until(() => happened(command, 'replaced').length === 1, 20_000);
    t.equal(await answered(metrics), 20, 'what it last told counts');
  });

  await t.test('restarted', async (t) => {
    await ask(port, 5);
    const old = serving.workers();
    command.signal('SIGUSR2');
    await until(() => happened(command, 'restarted').length === 1, 30_000);
    const now = happened(command, 'restarted')[0]?.pids as number[];
    await untilGone(old.filter((pid) => !now.includes(pid)));
    t.equal(await answered(metrics), 25, 'the last word of each counts');
    await ask(port, 5);
    t.equal(await answered(metrics), 30);
    const after = await scrape(metrics);
    t.equal(after.get('sluice_processes')?.samples.get('sluice_processes'), 3);
  });

  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, stderr: '' });
});

t.test('the port that files are served at', async (t) => {
  for (const places of [
    ['--port', '9100'],
    ['--listen', '9100'],
    ['-l', 'unix:/tmp/none', '-l', '0', '-l', '[::1]:9100'],
  ]) {
    const { code, stderr } = await run([...places, '--metrics-port', '9100']);
    t.equal(code, 1);
    t.equal(
      stderr,
      'serve: --metrics-port 9100 is the port that files are served at; take another, or 0 for a free one\n',
      places.join(' '),
    );
  }
});

t.test('a port that is taken: nothing is served', async (t) => {
  const other = await takenPort(t);
  for (const workers of ['1', '2']) {
    const args = [t.testdirName, '--port', '0', '--workers', workers, '--metrics-port', `${other}`];
    fs.mkdirSync(path.resolve(t.testdirName), { recursive: true });
    const { code, stderr, stdout } = await run(args);
    t.equal(code, 1);
    t.equal(stdout, '');
    t.equal(
      stderr,
      `serve: metrics can't be offered: port ${other} is in use; take another --metrics-port, or 0 for a free one\n`,
    );
  }
});

t.test('files that can not be served: nothing is left', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const other = await takenPort(t);
  for (const workers of ['1', '2']) {
    const args = [root, '--port', `${other}`, '--workers', workers, ...METRICS];
    const { code, stderr } = await run(args);
    t.equal(code, 1);
    t.match(stderr, `serve: port ${other} is in use`);
  }
});

t.test('the banner', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const command = new Command([root, '--port', '0', ...METRICS]);
  t.teardown(async () => {
    command.signal('SIGKILL');
    await command.ended();
  });
  await until(() => command.stdout.includes('Ctrl-C'));
  t.match(command.stdout, /^ {2}metrics at http:\/\/127\.0\.0\.1:\d+\/metrics$/m);
});

async function untilAsync(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  while (!(await condition())) if (performance.now() > end) throw new Error('not in time');
}
