/** A worker's process by itself: what it says, and how it ends. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Assignment, ToSupervisor, ToWorker } from '../../lib/cluster/messages.js';
import { type HeaderRule, MOST_RULES, type RulesConfig } from '../../lib/site/rules/config.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';

const PROGRAM = fileURLToPath(new URL('../../lib/cluster/worker-process.js', import.meta.url));

class Worker {
  readonly child: ChildProcess;
  readonly told: ToSupervisor[] = [];
  code: number | null | undefined;

  constructor(t: Test) {
    this.child = fork(PROGRAM, { execArgv: [], serialization: 'advanced' });
    this.child.on('message', (message: ToSupervisor) => this.told.push(message));
    this.child.on('exit', (code) => {
      this.code = code;
    });
    t.teardown(() => this.child.kill('SIGKILL'));
  }

  tell(message: ToWorker): void {
    this.child.send(message);
  }

  async says<K extends ToSupervisor['kind']>(kind: K): Promise<Extract<ToSupervisor, { kind: K }>> {
    await until(
      () => this.told.some((message) => message.kind === kind),
      20_000,
      `it says ${kind}`,
    );
    return this.told.find((message) => message.kind === kind) as Extract<ToSupervisor, { kind: K }>;
  }

  async serve(root: string, assignment: Partial<Assignment> = {}): Promise<number> {
    await this.says('ready');
    const standard = { root, options: { port: 0 }, room: 9, perAddress: false, metrics: false };
    const whole = { ...standard, ...assignment };
    this.tell({ kind: 'serve', assignment: whole });
    return (await this.says('listening')).addresses[0]?.port as number;
  }
}

t.test('it drains: new connections bring their first request, idle ones end', async (t) => {
  const worker = new Worker(t);
  const port = await worker.serve(t.testdir({ 'index.html': 'index' }));
  const fresh = await new RawClient(port).connected();
  const silent = await new RawClient(port).connected();
  worker.tell({ kind: 'report', call: 1 });
  await worker.says('stats');
  worker.tell({ kind: 'drain' });
  await worker.says('draining');
  fresh.send(requestBytes('/'));
  const [response] = await fresh.responses();
  t.equal(response?.status, 200);
  t.equal(response?.get('connection'), 'close');
  await silent.over();
  t.match(await worker.says('closed'), { cut: 0 });
  t.equal(worker.code, undefined, 'it waits for the last word');
  worker.tell({ kind: 'exit' });
  await until(() => worker.code !== undefined);
  t.equal(worker.code, 0);
});

/** Rules that take long to load. */
function manyHeaders(): HeaderRule[] {
  return Array.from({ length: MOST_RULES }, (_, n) => ({
    source: `/${n}/*.css`,
    headers: [{ key: 'X-A', value: 'a' }],
  }));
}

const leadingTo = (destination: string): RulesConfig => ({
  redirects: [{ source: '/away', destination }],
});

async function destination(port: number): Promise<unknown> {
  return (await request(port, '/away')).get('location');
}

t.test('rules that are told while it starts are the ones it starts with', async (t) => {
  const worker = new Worker(t);
  await worker.says('ready');
  const root = t.testdir({ 'index.html': 'index' });
  // What measures is loaded after the first rules, and takes longer than the next ones.
  const assignment = { root, options: { port: 0 }, room: 9, perAddress: false, metrics: true };
  worker.tell({ kind: 'serve', assignment: { ...assignment, rules: leadingTo('/first') } });
  worker.tell({ kind: 'rules', rules: leadingTo('/second') });
  const { addresses } = await worker.says('listening');
  t.equal(await destination(addresses[0]?.port as number), '/second');
});

t.test('of rules that are told in a row the last ones hold', async (t) => {
  const worker = new Worker(t);
  const port = await worker.serve(t.testdir({ 'index.html': 'index' }));
  t.equal(await destination(port), undefined);
  // These take some hundred times as long to load.
  worker.tell({ kind: 'rules', rules: { ...leadingTo('/first'), headers: manyHeaders() } });
  worker.tell({ kind: 'rules', rules: leadingTo('/last') });
  for (let tries = 0; tries < 1000 && (await destination(port)) !== '/last'; tries++) {
    await pause(10);
  }
  await pause(500);
  t.equal(await destination(port), '/last');
});

t.test('it says why it can not serve', async (t) => {
  const worker = new Worker(t);
  await worker.says('ready');
  const root = '/does/not/exist';
  worker.tell({
    kind: 'serve',
    assignment: { root, options: {}, room: 9, perAddress: false, metrics: false },
  });
  t.match((await worker.says('failed')).error, { name: 'Error', message: /does not exist/ });
});

t.test('closed before it serves', async (t) => {
  const worker = new Worker(t);
  await worker.says('ready');
  worker.tell({ kind: 'report', call: 7 });
  t.match(await worker.says('stats'), {
    call: 7,
    stats: { connections: 0, exchanges: [], cache: undefined },
  });
  worker.tell({ kind: 'yield', call: 8, wanted: 1 });
  t.match(await worker.says('yielded'), { call: 8, room: 0 });
  worker.tell({ kind: 'close', grace: 0 });
  t.match(await worker.says('closed'), { cut: 0 });
});

t.test('signals are the business of the supervisor', async (t) => {
  const worker = new Worker(t);
  const port = await worker.serve(t.testdir({ 'index.html': 'index' }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) {
    if (process.platform !== 'win32') worker.child.kill(signal);
  }
  const client = new RawClient(port).send(requestBytes('/', ['Connection: close']));
  t.equal((await client.responses())[0]?.status, 200);
  t.equal(worker.code, undefined);
});
