/** The instruments on servers with planted defects: each must be caught, and an honest one must not be. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { type CheckedLoad, run, visit } from '../../bench/clients/loads.js';
import type { PlannedRequest } from '../../bench/clients/plan.js';
import type { Generator, RateLoad } from '../../bench/clients/rate.js';
import { type Conditions, measure } from '../../bench/run/measure.js';
import { Faulty, prepare, Unsuitable } from '../../bench/run/prepare.js';
import type { Scenario } from '../../bench/scenarios/scenario.js';
import type { Child } from '../../bench/support/child.js';
import { hasProc } from '../../bench/support/machine.js';
import { maybeUsage } from '../../bench/support/process-tree.js';

const PLANTED = fileURLToPath(new URL('../helpers/planted.js', import.meta.url));
const REQUEST: PlannedRequest = {
  path: '/file.bin',
  status: 200,
  content: { position: 0, length: 1024 },
};
const TIMEOUT = 2000;

/** The loads, in this process. */
const checked = {
  call: (command: string, args: unknown) =>
    command === 'run' ? run(args as CheckedLoad) : visit(args as Parameters<typeof visit>[0]),
} as Child;

/** A generator that counts answers and compares nothing, as wrk does. */
const blind: Generator = {
  name: 'wrk',
  async run({ port, connections, seconds }: RateLoad) {
    const requests = [{ path: '/file.bin', status: 200 }];
    const load = { port, requests, connections, timeout: TIMEOUT, seconds };
    const result = await run(load);
    return { ...result, octets: result.received, errors: 0, faults: [] };
  },
  async stop() {},
};

const downloads: Scenario = {
  id: 'planted',
  title: 'planted',
  client: 'downloads',
  connections: 8,
  requests: () => [REQUEST],
};
const rate: Scenario = { ...downloads, client: 'rate' };

async function plant(t: Test, defect: string) {
  const child = spawn(process.execPath, [PLANTED, defect], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { name: 'planted', pid: child.pid as number, port: Number(line), stop: async () => {} };
}

function conditions(idleDescriptors?: number): Conditions {
  return { seconds: 0.5, timeout: TIMEOUT, idleDescriptors };
}

async function look(t: Test, scenario: Scenario, defect: string) {
  const server = await plant(t, defect);
  const prepared = { server, requests: [REQUEST], answerSize: undefined };
  const idle = maybeUsage(server.pid)?.descriptors;
  return measure(scenario, prepared, { checked, generator: blind }, conditions(idle));
}

t.test('an honest server has figures and no faults', async (t) => {
  for (const scenario of [downloads, rate]) {
    const figures = await look(t, scenario, 'none');
    t.equal(figures.errors, 0);
    t.ok((figures.requestsPerSecond ?? 0) > 0);
    if (!hasProc) continue;
    t.equal(figures.descriptors, 0);
    t.ok((figures.cpuPerRequest ?? -1) >= 0);
    t.ok((figures.rssPeak ?? 0) > 1e6);
  }
});

t.test('a leaked descriptor a request is counted', { skip: !hasProc }, async (t) => {
  const figures = await look(t, downloads, 'descriptor');
  const answers = (figures.requestsPerSecond ?? 0) * 0.5;
  t.ok((figures.descriptors ?? 0) > answers / 2, `${figures.descriptors} of ${answers}`);
});

t.test('leaked memory is seen as growth', { skip: !hasProc }, async (t) => {
  const leaking = await look(t, downloads, 'memory');
  const leaked = (leaking.requestsPerSecond ?? 0) * 0.5 * 200_000;
  t.ok((leaking.rssGrowth ?? 0) > leaked / 2, `${leaking.rssGrowth} of ${leaked}`);
  const honest = await look(t, downloads, 'none');
  t.ok((honest.rssGrowth ?? 0) < leaked / 2, `${honest.rssGrowth}`);
});

t.test('a wrong octet is caught by the clients that compare', async (t) => {
  await t.rejects(look(t, downloads, 'octet'), { message: /wrong content/ });
});

t.test('an answer that does not come is caught', async (t) => {
  await t.rejects(look(t, downloads, 'stall'), { message: /nothing came for 2000 ms/ });
});

t.test('a wrong status is caught', async (t) => {
  await t.rejects(look(t, downloads, 'status'), { message: /answered 503 instead of 200/ });
});

t.test('before a load that a blind generator makes, answers are compared', async (t) => {
  for (const [defect, message] of [
    ['octet', /wrong content/],
    ['stall', /nothing came/],
    ['status', /answered 503/],
  ] as const) {
    const server = await plant(t, defect);
    const error = await prepare(rate, [REQUEST], server, checked, TIMEOUT).catch((e: unknown) => e);
    t.ok(error instanceof Faulty, defect);
    t.match((error as Faulty).message, message);
    t.ok((error as Faulty).errors > 0);
  }
  const server = await plant(t, 'none');
  const { answerSize } = await prepare(rate, [REQUEST], server, checked, TIMEOUT);
  t.ok((answerSize ?? 0) > 1024);
});

t.test('answers that a blind generator gets are watched', async (t) => {
  const server = await plant(t, 'short');
  const prepared = await prepare(rate, [REQUEST], server, checked, TIMEOUT);
  const clients = { checked, generator: blind };
  await t.rejects(measure(rate, prepared, clients, conditions()), {
    message: /under load: 100 octets of content instead of 1024/,
  });
  // Without the watch, the size alone tells.
  const asked = { ...prepared, requests: [{ path: '/file.bin', status: 200 }] };
  await t.rejects(measure(rate, asked, clients, conditions()), {
    message: /under load [0-9]+ octets an answer, before [0-9]+/,
  });
});

t.test('a scenario that a server does not know is no fault of it', async (t) => {
  const server = await plant(t, 'none');
  const ranges = [{ ...REQUEST, status: 206 }];
  for (const [scenario, requests, message] of [
    [rate, ranges, 'answers 200, not 206'],
    [{ ...rate, revalidate: true }, [REQUEST], 'sends no validator'],
  ] as const) {
    const error = await prepare(scenario, requests, server, checked, TIMEOUT).catch(
      (e: unknown) => e,
    );
    t.ok(error instanceof Unsuitable);
    t.equal((error as Unsuitable).message, message);
  }
});

t.test('browsers compare as well', async (t) => {
  const page = [REQUEST, REQUEST, REQUEST];
  const load = { page, browsers: 2, connections: 2, seconds: 0.3, timeout: TIMEOUT };
  const honest = await visit({ port: (await plant(t, 'none')).port, ...load });
  t.equal(honest.errors, 0);
  t.ok(honest.responses >= 12 && honest.responses % 6 === 0);
  const wrong = await visit({ port: (await plant(t, 'octet')).port, ...load });
  t.ok(wrong.errors > 0);
  t.match(wrong.faults[0], /wrong content/);
});
