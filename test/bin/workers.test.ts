/** The command with --workers: one server to the outside, several processes inside. */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { MIB, pattern } from '../helpers/files.js';
import { Command, run, type Serving, type StartOptions, start } from '../helpers/process.js';
import { hammer, isAlive, untilGone } from '../helpers/workers.js';

const RESTARTS = { skip: process.platform === 'win32' && 'Windows has no SIGUSR2' };
const LARGE = 24 * MIB;

function site(t: Test): string {
  return t.testdir({ 'index.html': 'index', 'large.bin': pattern(LARGE) });
}

/** The command with workers; all processes that it ever names must have ended with the test. */
async function startWorkers(
  t: Test,
  root: string,
  args: readonly string[] = [],
  options?: StartOptions,
): Promise<Serving & { workers(): number[] }> {
  const serving = await start(t, root, ['--workers', '2', ...args], options);
  const workers = () => pidsIn(serving.command);
  t.teardown(async () => {
    if (serving.command.running) serving.command.signal('SIGKILL');
    await untilGone(workers());
  });
  return { ...serving, workers };
}

/** Every worker's process that the events name. */
function pidsIn(command: Command): number[] {
  const named = command.events.flatMap(({ event, what, pid, pids }) => [
    ...((pids as number[] | undefined) ?? []),
    ...(event === 'worker' && what !== 'listening' && pid !== undefined ? [pid as number] : []),
  ]);
  return [...new Set(named)];
}

function happened(command: Command, what: string): Record<string, unknown>[] {
  return command.events.filter((event) => event.event === 'worker' && event.what === what);
}

/** A client in the middle of a download. */
async function download(port: number): Promise<RawClient> {
  const client = new RawClient(port);
  client.send(requestBytes('/large.bin', ['Connection: close']));
  await client.has(1);
  client.socket.pause();
  return client;
}

t.test('it says who serves, and serves', async (t) => {
  const root = site(t);
  const { command, port } = await startWorkers(t, root);
  const [listening] = command.events as [{ pids: number[] }];
  t.match(listening, {
    event: 'listening',
    url: `http://127.0.0.1:${port}/`,
    pid: command.pid,
    root: fs.realpathSync(root),
    workers: 2,
  });
  t.equal(new Set(listening.pids).size, 2);
  t.ok(listening.pids.every(isAlive));
  t.notOk(listening.pids.includes(command.pid));
  for (let count = 0; count < 20; count++) {
    t.equal((await request(port, '/')).body.toString(), 'index');
  }
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, signal: null, stderr: '' });
  t.same(command.events.slice(1), [
    { event: 'stopping', waitingFor: [], grace: 10 },
    { event: 'stopped', cut: 0 },
  ]);
  t.notOk(listening.pids.some(isAlive), 'nothing is left running');
});

t.test('for people', async (t) => {
  const command = new Command([site(t), '--port', '0', '--workers', '2']);
  t.teardown(() => command.signal('SIGKILL'));
  await until(() => command.stdout.includes('Ctrl-C'));
  t.match(command.stdout, /by 2 workers; Ctrl-C stops them/);
  if (!RESTARTS.skip) {
    command.signal('SIGUSR2');
    await until(() => /the workers are restarted: \d+, \d+\n/.test(command.stderr), 30_000);
  }
  command.signal('SIGINT');
  t.match(await command.ended(), { code: 0, signal: null, stdout: /stopped\n$/ });
});

t.test('auto is one for each processor', async (t) => {
  const { command } = await start(t, site(t), ['--workers', 'auto']);
  const count = os.availableParallelism();
  t.equal(command.events[0]?.workers, count === 1 ? undefined : count);
});

for (const policy of ['none', 'rr']) {
  t.test(`rolling restarts drop nothing, scheduling ${policy}`, RESTARTS, async (t) => {
    await restartUnderLoad(t, policy);
  });
}

async function restartUnderLoad(t: Test, policy: string): Promise<void> {
  const { command, port, workers } = await startWorkers(t, site(t), ['--stall-timeout', '0'], {
    env: { NODE_CLUSTER_SCHED_POLICY: policy },
  });
  const downloads = await Promise.all(Array.from({ length: 4 }, () => download(port)));
  let over = false;
  const isOver = () => over;
  const clients = [
    ...Array.from({ length: 4 }, () => hammer(port, false, isOver, () => pause(0))),
    ...Array.from({ length: 4 }, () => hammer(port, true, isOver, () => pause(0))),
    ...Array.from({ length: 4 }, () => hammer(port, true, isOver, () => pause(50))),
  ];
  const before = workers();
  for (let restart = 1; restart <= 2; restart++) {
    command.signal('SIGUSR2');
    await until(() => happened(command, 'restarted').length === restart, 30_000);
    for (const client of downloads) client.resume();
    await pause(20);
    for (const client of downloads) client.socket.pause();
  }
  const after = happened(command, 'restarted').at(-1)?.pids as number[];
  t.equal(after.length, 2);
  t.notOk(
    after.some((pid) => before.includes(pid)),
    'they are others',
  );
  t.ok(before.some(isAlive), 'those that still send go on');
  await pause(1500);
  over = true;
  for (const tally of await Promise.all(clients)) {
    t.same(tally.failures, []);
    t.ok(tally.answered > 0);
  }
  const retried = (await Promise.all(clients)).reduce((sum, tally) => sum + tally.retried, 0);
  t.comment(`${retried} requests were sent again on another connection`);
  const expected = pattern(LARGE);
  for (const client of downloads) {
    client.resume();
    const [response] = await client.responses([], 60_000);
    t.ok(response?.body.equals(expected), 'the download is whole');
  }
  await untilGone(workers().filter((pid) => !after.includes(pid)));
  t.same(happened(command, 'died'), []);
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, stderr: '' });
}

t.test('a restart during a restart is one more, however often asked', RESTARTS, async (t) => {
  const { command, port } = await startWorkers(t, site(t));
  command.signal('SIGUSR2');
  await until(() => happened(command, 'restarting').length === 1);
  command.signal('SIGUSR2');
  await pause(20);
  command.signal('SIGUSR2');
  await until(() => happened(command, 'restarted').length === 2, 30_000);
  await pause(300);
  t.equal(happened(command, 'restarting').length, 2);
  t.equal((await request(port, '/')).status, 200);
});

t.test('a restart that fails leaves the workers as they are', RESTARTS, async (t) => {
  const parent = t.testdir({ root: { 'index.html': 'index' } });
  const { command, port, workers } = await startWorkers(t, path.join(parent, 'root'));
  const before = workers();
  fs.renameSync(path.join(parent, 'root'), path.join(parent, 'moved'));
  command.signal('SIGUSR2');
  await until(() => happened(command, 'restart-failed').length === 1, 30_000);
  t.match(happened(command, 'restart-failed'), [{ message: /does not exist/ }]);
  t.ok(before.every(isAlive));
  fs.renameSync(path.join(parent, 'moved'), path.join(parent, 'root'));
  t.equal((await request(port, '/')).status, 200);
});

t.test('a worker that dies is replaced', async (t) => {
  const { command, port, workers } = await startWorkers(t, site(t));
  const [first] = workers() as [number];
  process.kill(first, 'SIGKILL');
  await until(() => happened(command, 'replaced').length === 1, 30_000);
  const [died] = happened(command, 'died');
  t.match(died, { pid: first, signal: 'SIGKILL', code: null, replacedIn: 0.1 });
  const [replaced] = happened(command, 'replaced');
  t.equal(replaced?.worker, died?.worker);
  t.ok(isAlive(replaced?.pid as number));
  process.kill(replaced?.pid as number, 'SIGKILL');
  await until(() => happened(command, 'died').length === 2, 30_000);
  t.equal(happened(command, 'died')[1]?.replacedIn, 0.2, 'a longer wait each time');
  for (let count = 0; count < 10; count++) t.equal((await request(port, '/')).status, 200);
});

t.test('when all die, the port is the same one again', async (t) => {
  const { command, port, workers } = await startWorkers(t, site(t));
  for (const pid of workers()) process.kill(pid, 'SIGKILL');
  await until(() => happened(command, 'replaced').length >= 2, 30_000);
  for (let count = 0; count < 10; count++) t.equal((await request(port, '/')).status, 200);
});

t.test('when none can be started any more, it ends and says why', async (t) => {
  const parent = t.testdir({ root: { 'index.html': 'index' } });
  const { command, workers } = await startWorkers(t, path.join(parent, 'root'));
  const [first, second] = workers() as [number, number];
  fs.renameSync(path.join(parent, 'root'), path.join(parent, 'moved'));
  process.kill(first, 'SIGKILL');
  await until(() => happened(command, 'died').length >= 6, 30_000);
  t.ok(command.running, 'while another serves it goes on');
  t.ok(isAlive(second));
  process.kill(second, 'SIGKILL');
  const outcome = await command.ended(40_000);
  t.match(outcome, { code: 1, stderr: /^serve: the folder [^\n]* does not exist[^\n]*\n$/ });
  t.match(command.events.at(-1), { event: 'error', message: /does not exist/ });
});

t.test('ending', async (t) => {
  t.test('a download is finished, as without workers', async (t) => {
    const { command, port, workers } = await startWorkers(t, site(t));
    const idle = await new RawClient(port).connected();
    const client = await download(port);
    command.signal('SIGTERM');
    await until(() => command.events.some(({ event }) => event === 'stopping'));
    const { waitingFor } = command.events.at(-1) as { waitingFor: object[] };
    t.match(waitingFor, [{ method: 'GET', target: '/large.bin', remote: '127.0.0.1' }]);
    await idle.over();
    t.ok(command.running);
    client.resume();
    t.equal((await client.responses())[0]?.body.length, LARGE);
    t.match(await command.ended(), { code: 0, signal: null, stderr: '' });
    await untilGone(workers(), 1000);
  });

  t.test('the grace period', async (t) => {
    const { command, port } = await startWorkers(t, site(t), ['--grace', '0.5']);
    const clients = await Promise.all([download(port), download(port), download(port)]);
    command.signal('SIGTERM');
    t.match(await command.ended(), { code: 1, signal: null });
    t.same(command.events.at(-1), { event: 'stopped', cut: 3 });
    for (const client of clients) client.destroy();
  });

  t.test('the second signal ends all at once', async (t) => {
    const { command, port, workers } = await startWorkers(t, site(t), ['--grace', '60']);
    const client = await download(port);
    command.signal('SIGINT');
    await until(() => command.events.some(({ event }) => event === 'stopping'));
    command.signal('SIGINT');
    t.match(await command.ended(), { code: 130, signal: null });
    t.same(command.events.at(-1), { event: 'stopped', cut: 1 });
    await untilGone(workers());
    client.destroy();
  });

  t.test('workers leave the signals of a terminal to the supervisor', async (t) => {
    const { command, port, workers } = await startWorkers(t, site(t));
    const client = await download(port);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      for (const pid of workers()) process.kill(pid, signal);
    }
    command.signal('SIGINT');
    await pause(100);
    client.resume();
    t.equal((await client.responses())[0]?.body.length, LARGE);
    t.match(await command.ended(), { code: 0, signal: null });
    t.same(happened(command, 'died'), []);
  });

  t.test('workers end when the supervisor is killed', async (t) => {
    const { command, port, workers } = await startWorkers(t, site(t));
    const client = await download(port);
    command.signal('SIGKILL');
    await command.ended();
    await untilGone(workers());
    client.destroy();
  });
});

t.test('what can not be started is told as without workers', async (t) => {
  const root = t.testdir({ file: 'x' });
  const taken = net.createServer();
  await new Promise<void>((resolve) => {
    taken.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => taken.close());
  const { port } = taken.address() as net.AddressInfo;
  for (const args of [
    [root, '--port', `${port}`],
    [path.join(root, 'none')],
    [path.join(root, 'file')],
    [root, '--port', '0', '--host', '192.0.2.1'],
    [root, '--port', '0', '--chunk-size', '0'],
    [root, '--port', '0', '--json', '--host', '192.0.2.1'],
  ]) {
    const [alone, together] = await Promise.all([run(args), run([...args, '--workers', '2'])]);
    t.equal(together.code, 1);
    t.same(together, alone, args.slice(1).join(' '));
  }
  const { code, stderr } = await run([root, '--workers', '2', '--cache-size', '1']);
  t.equal(code, 1);
  t.match(stderr, /^serve: a cache of 1 octets leaves nothing for each of 2 workers[^\n]*\n$/);
});
