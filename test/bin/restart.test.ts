/** Rolling restarts of the command's workers: nothing is dropped. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { pause, request, until } from '../helpers/client.js';
import { pattern } from '../helpers/files.js';
import {
  download,
  hammer,
  happened,
  isAlive,
  LARGE,
  site,
  startWorkers,
  untilGone,
} from '../helpers/workers.js';

const RESTARTS = { skip: process.platform === 'win32' && 'Windows has no SIGUSR2' };

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
  await until(() => happened(command, 'restarting').length === 1, 30_000);
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
