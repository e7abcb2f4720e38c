/** The instruments of memory: a planted leak is reported, and a server without one is not. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import type { SoakLoad, SoakResult } from '../../bench/clients/soak.js';
import { Checks } from '../../bench/memory/checks.js';
import { type Seen, Visit } from '../../bench/memory/visit.js';
import { type ScriptContestant, startScript } from '../../bench/servers/contestant.js';
import { OURS, serverNames, startServer } from '../../bench/servers/index.js';
import { Child } from '../../bench/support/child.js';
import { hasProc } from '../../bench/support/machine.js';
import { residentNow } from '../../bench/support/process-tree.js';
import { readResults } from '../../bench/support/results.js';
import { Sampler } from '../../bench/support/sampler.js';
import { age, MIB, pattern } from '../helpers/files.js';
import type { Fault } from './faulty-server.js';

const skip = !hasProc && 'needs /proc';

function faulty(fault: Fault): Promise<ScriptContestant> {
  return startScript(OURS, '../test/bench/faulty-server.js', '', [], [fault]);
}

interface Stage {
  readonly visit: Visit;
  readonly server: ScriptContestant;
}

/** A server with a fault, warmed up, with the instruments at it; all ends with the test. */
async function stage(t: Test, fault: Fault): Promise<Stage> {
  const server = await faulty(fault);
  const client = new Child('clients/raw.js', 1);
  const sampler = new Sampler();
  t.teardown(async () => {
    for (const part of [client, sampler, server]) await part.stop();
  });
  const visit = new Visit(server, { client, sampler, warmUp: ['/10', '/100000'], settle: 300 });
  await visit.warmUp();
  return { visit, server };
}

function aborted({ visit }: Stage): Promise<Seen> {
  return visit.observe(async () => {
    await visit.call('aborts', { path: '/5000000', downloads: 60, connections: 10 });
    return {};
  });
}

t.test('what downloads that are broken off leave behind', { skip }, async (t) => {
  for (const [fault, met] of [
    ['none', true],
    ['descriptors', false],
    ['timers', false],
  ] as const) {
    await t.test(fault, async (t) => {
      const seen = await aborted(await stage(t, fault));
      const checks = new Checks();
      checks.holdings('aborts', OURS, seen);
      t.equal(checks.met, met, JSON.stringify(checks.all));
      if (fault === 'descriptors') t.ok(seen.after.descriptors >= seen.before.descriptors + 20);
    });
  }
  const checks = new Checks();
  checks.holdings('aborts', 'nginx', {} as Seen);
  t.same(checks.all, [], 'peers have no targets');
});

t.test('memory that goes up and up', { skip }, async (t) => {
  for (const [fault, met] of [
    ['none', true],
    ['memory', false],
  ] as const) {
    await t.test(fault, async (t) => {
      const { visit } = await stage(t, fault);
      const load = { path: '/1000', status: 200, connections: 5, requests: 2000 };
      const seen = await visit.observe(async () => {
        const { responses } = await visit.requests(load);
        t.equal(responses, 2000);
        return {};
      }, 51);
      t.ok(seen.samples.descriptors.length > 1, 'descriptors are sampled too');
      const checks = new Checks();
      checks.trends('requests', seen);
      t.equal(checks.met, met, JSON.stringify(checks.all));
      const { rssGrowth = 0, external = 0, heap = 0 } = seen.figures;
      t.equal(rssGrowth > 50e6, fault === 'memory', `${rssGrowth} over idle`);
      t.equal(external > 90e6, fault === 'memory', `${external} external`);
      t.ok(heap > 1e6);
      const most = new Checks();
      most.most('growth', [rssGrowth], 50e6);
      t.equal(most.met, met);
    });
  }
});

t.test('the bounds of trends', async (t) => {
  const line = (slope: number) =>
    Array.from({ length: 11 }, (_, index) => [index * 100, 1000 + index * slope] as const);
  for (const [resident, descriptors, met] of [
    [0, 0, [true, true]],
    [1.5e6, 0.7, [true, true]],
    [1.7e6, 0, [false, true]],
    [0, 1, [true, false]],
    [-5e6, -5, [true, true]],
  ] as const) {
    const checks = new Checks();
    const samples = { resident: line(resident), descriptors: line(descriptors), peak: 0 };
    checks.trends('soak', { samples } as unknown as Seen);
    t.same(
      checks.all.map((check) => check.met),
      met,
      `${resident} ${descriptors}`,
    );
  }
  const checks = new Checks();
  checks.most('a figure', [3, 1, 2], 2);
  t.ok(checks.met, 'the median counts');
  checks.most('another', [], 0);
  t.equal(checks.all.length, 1, 'what was not measured is not held against anything');
  checks.most('a third', [3], 2);
  t.notOk(checks.met);
});

t.test('the sampler', { skip }, async (t) => {
  const sampler = new Sampler();
  t.teardown(() => sampler.stop());
  const held: Buffer[] = [];

  await t.test('looks on while the generator is busy', async (t) => {
    const options = { pid: process.pid, interval: 20, descriptors: true };
    const { result, samples } = await sampler.during(options, async () => {
      // The first look is before.
      await sleep(100);
      held.push(Buffer.alloc(128 * MIB, 1));
      const end = performance.now() + 500;
      while (performance.now() < end);
      return 'result';
    });
    t.equal(result, 'result');
    t.ok(samples.resident.length >= 5, `${samples.resident.length} looks in 500 ms`);
    const times = samples.resident.map(([time]) => time);
    t.same(
      times,
      [...times].sort((a, b) => a - b),
    );
    const [first, last] = [samples.resident[0]?.[1] ?? 0, samples.resident.at(-1)?.[1] ?? 0];
    t.ok(last - first > 64 * MIB, `${last - first} octets more`);
    t.ok(samples.peak >= Math.max(...samples.resident.map(([, octets]) => octets)));
    t.equal(samples.descriptors.length, samples.resident.length);
    t.ok((samples.descriptors[0]?.[1] ?? 0) > 3);
    t.equal(held.length, 1);
  });

  await t.test('is free again after a load that failed', async (t) => {
    const options = { pid: process.pid, interval: 20 };
    const load = () => Promise.reject(new Error('went wrong'));
    await t.rejects(sampler.during(options, load), { message: 'went wrong' });
    const { samples } = await sampler.during(options, async () => {});
    t.ok(samples.resident.length >= 2, 'at its start and at its end');
    t.same(samples.descriptors, []);
  });

  await t.test('counts what a server started', async (t) => {
    const server = await faulty('none');
    t.teardown(() => server.stop());
    t.ok(residentNow(process.pid) > residentNow(server.pid) + 20 * MIB);
  });
});

t.test('the soak has traffic of all kinds, and ends at what is wrong', { skip }, async (t) => {
  const root = t.testdir({ small: 'x'.repeat(1000) });
  for (const [name, size] of [
    ['medium', 2 * MIB],
    ['large', 8 * MIB],
  ] as const) {
    fs.writeFileSync(path.join(root, name), pattern(size));
  }
  for (const name of ['small', 'medium', 'large']) age(path.join(root, name));
  const server = (await startServer(OURS, root)) as ScriptContestant;
  const client = new Child('clients/soak.js', 1);
  t.teardown(async () => {
    await client.stop();
    await server.stop();
  });
  const load: SoakLoad = {
    port: server.port,
    seconds: 1.5,
    small: { path: '/small', length: 1000 },
    medium: { path: '/medium', length: 2 * MIB },
    large: { path: '/large', length: 8 * MIB },
    etag: '*',
    clients: 2,
  };
  const result = await client.call<SoakResult>('run', load);
  for (const [kind, count] of Object.entries(result)) t.ok(count > 0, `${count} ${kind}`);
  const wrong = { ...load, small: { path: '/small', length: 999 } };
  await t.rejects(client.call('run', wrong), /1000 octets instead of 999/);
});

t.test('the names of servers', async (t) => {
  t.same(serverNames(['sluice', 'sluice-load', 'sluice']), ['sluice', 'sluice-load']);
  t.throws(() => serverNames(['sluice', 'apache']), /no server apache; there are sluice-load, /);
});

t.test('the command', { skip }, async (t) => {
  const script = fileURLToPath(new URL('../../bench/memory.js', import.meta.url));
  const out = path.join(t.testdir({}), 'out', 'memory.jsonl');
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [script, '--out', out, ...args]);
  const args = ['--part', 'storms', '--servers', 'sluice', '--rounds', '1', '--count', '60'];
  const { stdout } = await run(...args);
  t.match(stdout, /60 aborted downloads\nserver +RSS peak/);
  t.match(stdout, /after 4 of 4 loads as before/);
  const lines = readResults(out);
  t.equal(lines[0]?.kind, 'run');
  const measured = lines.filter((line) => line.kind === 'measurement');
  t.equal(measured.length, 4);
  t.ok(measured.every(({ figures }) => (figures.rssPeak ?? 0) > 20e6 && figures.heap));
  const series = lines.filter((line) => line.kind === 'series');
  t.equal(series.length, 4);
  t.ok(series.every(({ points }) => points.length > 1));

  for (const wrong of [
    ['--part', 'all'],
    ['--servers', 'apache'],
    ['--rounds', '0'],
    ['--rounds', '1.5'],
    ['--minutes', '0'],
  ]) {
    await t.rejects(run(...wrong), { code: 2 }, wrong.join(' '));
  }
});
