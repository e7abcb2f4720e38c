/** The parts of bench:scaling that need no benchmark, and its two load makers against real servers. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import t, { type Test } from 'tap';
import { LAWS, lawsNamed } from '../../bench/scaling/laws.js';
import {
  addressesFor,
  connectionsProblem,
  diskRoom,
  filesProblem,
  socketRoom,
} from '../../bench/scaling/limits.js';
import { startLoadMakers, wrkFigures, wrkScript } from '../../bench/scaling/load.js';
import { figuresOf } from '../../bench/scaling/measure.js';
import { deepPath, Tree, treePath } from '../../bench/scaling/tree.js';
import { isInstalled } from '../../bench/support/machine.js';
import { readResults } from '../../bench/support/results.js';

/** A server that answers what `answer` says, and remembers what it was asked for. */
async function serve(t: Test, answer: (path: string) => [status: number, body: string]) {
  const asked = new Set<string>();
  const clients = new Set<string | undefined>();
  const server = http.createServer((request, response) => {
    asked.add(request.url ?? '');
    clients.add(request.socket.remoteAddress);
    const [status, body] = answer(request.url ?? '');
    response.writeHead(status, { 'Content-Length': body.length }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, clients, port: (server.address() as AddressInfo).port };
}

t.test('every law grows in every extent, and the largest tree is for the full one', async (t) => {
  for (const law of LAWS) {
    for (const [extent, places] of Object.entries(law.places)) {
      t.ok(places.length > 1, `${law.id}, ${extent}`);
      t.same(
        places,
        [...new Set(places)].sort((a, b) => a - b),
        'ascending',
      );
      for (const at of places) {
        const place = law.place(at, 1);
        t.equal(place.at, at);
        t.ok(Number.isInteger(place.seconds) && place.seconds >= 1, 'wrk takes whole seconds');
      }
    }
  }
  const files = LAWS.find(({ id }) => id === 'files');
  t.equal(files?.places.full.at(-1), 1_000_000);
  t.ok((files?.places.short.at(-1) ?? 0) < 1_000_000);
  const connections = LAWS.find(({ id }) => id === 'connections');
  t.equal(connections?.place(10_000, 1).connections, 10_000);
  t.ok((connections?.place(10_000, 1).seconds ?? 0) > 1, 'opening them takes time');
  t.equal(connections?.place(100, 7).seconds, 7, 'what is asked for is not cut short');
});

t.test('laws by name', async (t) => {
  t.same(
    lawsNamed(['depth', 'size']).map(({ id }) => id),
    ['size', 'depth'],
  );
  t.equal(lawsNamed([]).length, LAWS.length);
  t.throws(() => lawsNamed(['size', 'width']), /no law width; there are connections, size/);
});

t.test('what the machine has no room for is said', async (t) => {
  const room = { descriptors: 1024, ports: 28_000 };
  t.equal(connectionsProblem(924, room), undefined);
  t.match(connectionsProblem(925, room), /925 connections take 1,025 .*ulimit -n is 1,024/);
  t.equal(addressesFor(14_000, room), 1);
  t.equal(addressesFor(14_001, room), 2);
  t.equal(addressesFor(10_000, { ...room, ports: Infinity }), 1);
  t.equal(filesProblem(100, { inodes: 200, octets: 1e9 }), undefined);
  t.match(filesProblem(101, { inodes: 200, octets: 1e9 }), /half of the 200 inodes/);
  t.match(filesProblem(1000, { inodes: 1e9, octets: 8e6 }), /half of the 8 MB/);
  t.equal(filesProblem(-5, { inodes: 0, octets: 0 }), undefined, 'no more files are needed');
  const real = socketRoom();
  t.ok(real.descriptors > 10 && real.ports > 10);
  t.ok(diskRoom(t.testdir()).octets >= 0);
});

t.test('the tree has as many files as it says, where load asks for them', async (t) => {
  const root = t.testdir();
  const tree = new Tree(root);
  tree.grow(10);
  tree.grow(1001);
  t.equal(tree.files, 1001);
  const count = fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).length;
  t.equal(count, 1001);
  t.equal(treePath(1000), '/tree/1/0.bin');
  for (const i of [0, 999, 1000]) t.equal(fs.statSync(path.join(root, treePath(i))).size, 1024);
  t.equal(deepPath(2, 'a'), '/folder/folder/a');
  t.equal(fs.statSync(path.join(root, tree.file(3_000_000, 2))).size, 3_000_000);
});

t.test('figures of a run; what is not known is left out', async (t) => {
  const result = { responses: 200, octets: 4e9, seconds: 2, p99: 3, errors: 0 };
  t.same(figuresOf(result, { cpu: 1, peak: 5 }, false), {
    requestsPerSecond: 100,
    cpuPerRequest: 5000,
    p99: 3,
    rssPeak: 5,
    errors: 0,
  });
  t.same(figuresOf(result, { cpu: 1, peak: undefined }, true), {
    requestsPerSecond: 100,
    bytesPerSecond: 2e9,
    cpuPerGigabyte: 0.25,
    p99: 3,
    errors: 0,
  });
  t.same(figuresOf({ ...result, errors: 1 }, { cpu: 1, peak: 5 }, true), { errors: 1 });
  const few = figuresOf({ ...result, responses: 99 }, { cpu: undefined, peak: undefined }, false);
  t.same(few, { requestsPerSecond: 49.5, errors: 0 }, 'no p99 of a few');
});

t.test("wrk's script and what it says", async (t) => {
  t.match(wrkScript('/a"b.bin'), 'wrk.path = "/a\\"b.bin"');
  t.match(wrkScript({ files: 5 }), 'math.random(0, 4)');
  t.same(wrkFigures('Running\nfigures 1000 2000000 50000 1500 3\n'), {
    responses: 1000,
    seconds: 2,
    octets: 50_000,
    p99: 1.5,
    errors: 3,
  });
  t.throws(() => wrkFigures('unable to connect'), /unexpected/);
});

for (const addresses of [1, 2]) {
  const name = addresses === 1 ? 'wrk' : 'raw sockets';
  const skip =
    addresses === 1
      ? !isInstalled('wrk', '-v') && 'no wrk here'
      : process.platform !== 'linux' && 'only Linux has more local addresses by itself';
  t.test(`${name}: right answers are counted, wrong ones are errors`, { skip }, async (t) => {
    const makers = startLoadMakers();
    t.teardown(() => makers.stop());
    const run = async (port: number, target: string | { files: number }) => {
      const load = { port, target, connections: 4, seconds: 1, addresses };
      const maker = makers.of(load);
      t.equal(maker.name, name);
      return maker.run(load);
    };
    const good = await serve(t, () => [200, 'x'.repeat(2000)]);
    const one = await run(good.port, '/one');
    t.ok(one.responses > 0 && one.octets >= one.responses * 2000, `${one.responses} answers`);
    t.equal(one.errors, 0);
    t.ok(one.seconds >= 0.9 && one.p99 > 0);
    t.same([...good.asked], ['/one']);

    good.asked.clear();
    await run(good.port, { files: 1002 });
    const paths = new Set(Array.from({ length: 1002 }, (_, i) => treePath(i)));
    t.ok(good.asked.size > 10, 'many files are asked for');
    t.ok(
      [...good.asked].every((each) => paths.has(each)),
      'and none but those there are',
    );
    t.equal(good.clients.size, addresses, 'connections come from as many addresses');

    const bad = await serve(t, (url) => [url === '/one' ? 404 : 200, '']);
    t.ok((await run(bad.port, '/one')).errors > 0, 'a wrong status');
  });
}

t.test('the command: one law, one server', async (t) => {
  const out = path.join(t.testdir(), 'results/scaling.jsonl');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['dist/bench/scaling.js', '--out', out, ...args], {
      encoding: 'utf8',
    });
  const { status, stdout, stderr } = run('--quick', '--law', 'depth', '--servers', 'sluice');
  t.equal(status, 0, stderr);
  t.match(stdout, /1 KiB, 100 connections, by depth of the path/);
  t.match(stderr, 'scaling: 0/2, depth 1, sluice\n');
  const [header, scenario, ...measurements] = readResults(out);
  t.match(header, { kind: 'run', suite: 'scaling', versions: { sluice: /^\d/ } });
  t.match(scenario, { kind: 'scenario', id: 'depth' });
  t.match(measurements, [
    { at: 1, server: 'sluice', round: 1, figures: { errors: 0 } },
    { at: 16, server: 'sluice', round: 1, figures: { errors: 0 } },
  ]);
  t.match(run('--servers', 'apache').stderr, 'no server apache; there are sluice, ');
  t.match(
    run('--rounds', '0').stderr,
    "--rounds 0 can't be used; it takes a whole number from 1 on",
  );
});
