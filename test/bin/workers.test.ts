/** The command with --workers: one server to the outside, several processes inside. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import t from 'tap';
import { pause, RawClient, request, until } from '../helpers/client.js';
import { Command, driveCompiled, PACKED, run, start } from '../helpers/process.js';
import { takenPort } from '../helpers/server.js';
import {
  download,
  happened,
  isAlive,
  LARGE,
  site,
  startWorkers,
  untilGone,
} from '../helpers/workers.js';

driveCompiled();

const NO_PROC = process.platform !== 'linux' && 'only Linux tells how a process was started';
const RESTARTS = { skip: process.platform === 'win32' && 'Windows has no SIGUSR2' };

t.test('it says who serves, and serves', async (t) => {
  const root = site(t);
  const { command, port } = await startWorkers(t, root);
  const listening = command.listening as { pids: number[] };
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

t.test('memory of young objects is kept small in each', { skip: NO_PROC }, async (t) => {
  const { command } = await startWorkers(t, site(t));
  for (const pid of (command.listening as { pids: number[] }).pids) {
    const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    for (const option of ['--max-semi-space-size=4', '--no-allocation-site-pretenuring'])
      t.ok(words.includes(option), option);
  }
});

t.test('and in a process without any', async (t) => {
  const root = site(t);
  const spy = path.join(root, 'spy.cjs');
  fs.writeFileSync(
    spy,
    `const v8 = require('v8');
    v8.setFlagsFromString = (flag) => process.stderr.write('told ' + flag + '\\n');`,
  );
  const env = { NODE_OPTIONS: `--require ${spy}` };
  const { command } = await start(t, root, [], { env });
  await until(() => command.stderr.includes('told --no-allocation-site-pretenuring\n'));
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
  t.equal(command.listening?.workers, count === 1 ? undefined : count);
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
  const port = await takenPort(t);
  for (const args of [
    [root, '--port', `${port}`],
    [path.join(root, 'none')],
    [path.join(root, 'file')],
    [root, '--port', '0', '--host', '192.0.2.1'],
    [root, '--port', '0', '--chunk-size', '0'],
    [root, '--port', '0', '--json', '--host', '192.0.2.1'],
  ]) {
    const [alone, together] = await Promise.all(
      [args, [...args, '--workers', '2']].map((each) => run(each, { program: PACKED })),
    );
    t.equal(together?.code, 1);
    t.same(together, alone, args.slice(1).join(' '));
  }
  const { code, stderr } = await run([root, '--workers', '2', '--cache-size', '1']);
  t.equal(code, 1);
  t.match(stderr, /^serve: a cache of 1 octets leaves nothing for each of 2 workers[^\n]*\n$/);
});
