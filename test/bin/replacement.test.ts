/** The command's workers that die: replaced, at the same address, until it is hopeless. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { request, until } from '../helpers/client.js';
import { happened, isAlive, site, startWorkers } from '../helpers/workers.js';

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
