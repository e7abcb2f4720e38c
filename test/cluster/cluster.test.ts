/** A cluster through the API: limits that hold over all workers, sums, ends. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import t, { type Test } from 'tap';
import type { ClusterEvent, ClusterOptions, ClusterServer } from '../../lib/cluster/index.js';
import { serveCluster } from '../../lib/cluster/index.js';
import { type ErrorEvent, errorChannel } from '../../lib/observe/channels.js';
import type { RulesConfig } from '../../lib/site/rules/config.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { resources } from '../helpers/counts.js';
import { age, MIB, pattern } from '../helpers/files.js';
import { untilGone } from '../helpers/workers.js';

interface Cluster {
  readonly cluster: ClusterServer;
  readonly port: number;
  readonly events: ClusterEvent[];
}

/** A cluster of two, ended with the test. */
async function serve(t: Test, root: string, options: ClusterOptions = {}): Promise<Cluster> {
  const events: ClusterEvent[] = [];
  const cluster = serveCluster(root, {
    workers: 2,
    port: 0,
    onEvent: (event) => events.push(event),
    ...options,
  });
  t.teardown(() => cluster.close(0));
  const { port } = await cluster.listen();
  return { cluster, port, events };
}

/** Connects and asks; the connection is kept where the answer is 200. */
async function visit(port: number): Promise<{ client: RawClient; status: number }> {
  const client = new RawClient(port);
  client.send(requestBytes('/'));
  const { status } = await client.head();
  return { client, status };
}

/** Connections that are kept, as many as are let in one after the other, and the first refusal. */
async function fill(port: number, most: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length <= most) {
    const { client, status } = await visit(port);
    if (status !== 200) {
      client.destroy();
      break;
    }
    clients.push(client);
  }
  return clients;
}

/** Visits until there is room again: an end is known to the supervisor a moment after the client. */
async function visitLater(port: number): Promise<RawClient> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const { client, status } = await visit(port);
    if (status === 200) return client;
    client.destroy();
    await pause(10);
  }
  throw new Error('there is no room again');
}

for (const [name, limits] of [
  ['connections', { connections: 5 }],
  ['connections from an address', { connectionsPerAddress: 5 }],
  ['both', { connections: 6, connectionsPerAddress: 5 }],
] as const) {
  t.test(`a limit on ${name} holds over all workers, exactly`, async (t) => {
    const root = t.testdir({ 'index.html': 'index' });
    const { cluster, port } = await serve(t, root, { limits });
    const clients = await fill(port, 10);
    t.equal(clients.length, 5);
    t.equal((await visit(port)).status, 503);
    for (const client of clients) {
      client.destroy();
      const next = await visitLater(port);
      t.teardown(() => next.destroy());
      t.equal((await visit(port)).status, 503, 'one for one');
    }
    t.equal((await cluster.stats()).connections, 5);
  });
}

t.test('all at once', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  for (const limits of [{ connections: 7 }, { connectionsPerAddress: 7 }]) {
    const { cluster, port } = await serve(t, root, { limits });
    const visits = await Promise.all(Array.from({ length: 60 }, () => visit(port)));
    t.equal(visits.filter(({ status }) => status === 200).length, 7);
    t.equal(visits.filter(({ status }) => status === 503).length, 53);
    t.equal((await cluster.stats()).connections, 7);
    for (const { client } of visits) client.destroy();
  }
});

t.test('fewer connections than workers', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const { port } = await serve(t, root, { limits: { connections: 1 } });
  for (let count = 0; count < 5; count++) {
    const client = await visitLater(port);
    t.equal((await visit(port)).status, 503);
    client.destroy();
  }
});

t.test('limits go on holding when workers end', async (t) => {
  const root = t.testdir({ 'index.html': 'index', 'large.bin': pattern(24 * MIB) });
  for (const limits of [{ connections: 4 }, { connectionsPerAddress: 4 }]) {
    const { cluster, port, events } = await serve(t, root, { limits });
    const clients = await Promise.all(Array.from({ length: 4 }, () => new RawClient(port)));
    for (const client of clients) {
      client.send(requestBytes('/large.bin'));
      await client.has(1);
      client.socket.pause();
    }
    await cluster.restart();
    t.equal((await visit(port)).status, 503, 'connections of draining workers count');
    for (const client of clients) client.destroy();
    const others = [await visitLater(port), await visitLater(port)];
    others.push(await visitLater(port), await visitLater(port));
    t.equal((await visit(port)).status, 503);
    for (const pid of cluster.pids) process.kill(pid, 'SIGKILL');
    await until(() => events.filter(({ kind }) => kind === 'replaced').length === 2, 30_000);
    t.equal((await fill(port, 10)).length, 4, 'those of dead workers do not');
    for (const client of others) t.ok(client.closed || client.ended);
  }
});

t.test('stats are sums', async (t) => {
  const root = t.testdir({ 'index.html': 'index', 'large.bin': pattern(24 * MIB) });
  age(`${root}/index.html`);
  const { cluster, port } = await serve(t, root);
  t.same((await cluster.stats()).cache, {
    size: 0,
    entries: 0,
    hits: 0,
    misses: 0,
    evictions: 0,
  });
  await pause(3000);
  for (let count = 0; count < 20; count++) await request(port, '/');
  const downloads = Array.from({ length: 6 }, () => new RawClient(port));
  for (const client of downloads) {
    client.send(requestBytes('/large.bin'));
    await client.has(1);
    client.socket.pause();
  }
  const { connections, exchanges, cache, pids, silent } = await cluster.stats();
  t.ok(connections >= 6);
  t.equal(exchanges.length, 6);
  t.match(exchanges[0], { method: 'GET', target: '/large.bin', remote: '127.0.0.1' });
  t.equal((cache?.hits ?? 0) + (cache?.misses ?? 0), 26);
  t.ok((cache?.hits ?? 0) >= 18);
  t.same([...pids].sort(), [...cluster.pids].sort());
  t.same(silent, []);
  for (const client of downloads) client.destroy();

  const [stopped] = cluster.pids as [number];
  process.kill(stopped, 'SIGSTOP');
  const without = await cluster.stats();
  process.kill(stopped, 'SIGCONT');
  t.same(without.silent, [stopped], 'one that does not answer is named');
  t.equal(without.pids.length, 1);
});

t.test('without a cache there are no sums of one', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const { cluster } = await serve(t, root, { cacheSize: 0 });
  t.equal((await cluster.stats()).cache, undefined);
});

t.test('what fails in a worker is told here', async (t) => {
  const root = t.testdir({ 'index.html': 'index', 'large.bin': pattern(24 * MIB) });
  const { port } = await serve(t, root);
  const told: ErrorEvent[] = [];
  const listener = (message: unknown) => told.push(message as ErrorEvent);
  errorChannel.subscribe(listener);
  t.teardown(() => errorChannel.unsubscribe(listener));
  const client = new RawClient(port);
  client.send(requestBytes('/large.bin'));
  await client.has(1);
  client.socket.pause();
  truncateSync(`${root}/large.bin`, 10);
  client.resume();
  await client.over();
  await until(() => told.length > 0);
  t.match(told, [{ remote: '127.0.0.1', error: Error }]);
});

t.test('closing', async (t) => {
  const root = t.testdir({ 'index.html': 'index', 'large.bin': pattern(24 * MIB) });
  const timers = resources('Timeout');
  const { cluster, port } = await serve(t, root);
  const { pids } = cluster;
  const clients = Array.from({ length: 4 }, () => new RawClient(port));
  for (const client of clients) {
    client.send(requestBytes('/large.bin'));
    await client.has(1);
    client.socket.pause();
  }
  const first = cluster.close(60_000);
  await pause(100);
  const second = cluster.close(100);
  t.same(await first, { cut: 4 }, 'a second call shortens the time');
  t.same(await second, { cut: 4 });
  await untilGone(pids, 1000);
  t.same(await cluster.close(), { cut: 4 });
  t.same(cluster.pids, []);
  await until(() => resources('Timeout') <= timers, 5000).catch(() => {});
  t.ok(resources('Timeout') <= timers, 'no timer is left');
  for (const client of clients) client.destroy();
});

t.test('a worker that hangs is ended after the grace period', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const { cluster } = await serve(t, root);
  const { pids } = cluster;
  process.kill(pids[0] as number, 'SIGSTOP');
  t.same(await cluster.close(100), { cut: 1 });
  await untilGone(pids);
});

t.test('it closes before it listens, and in between', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  t.same(await serveCluster(root, { workers: 2, port: 0 }).close(), { cut: 0 });
  const cluster = serveCluster(root, { workers: 2, port: 0 });
  await t.rejects(cluster.restart(), /nothing serves/);
  const listening = cluster.listen();
  await t.rejects(cluster.listen(), /called before/);
  const closed = cluster.close(0);
  await t.rejects(listening);
  t.same(await closed, { cut: 0 });
});

t.test('two clusters of a process are two, also at port 0', async (t) => {
  const one = await serve(t, t.testdir({ 'index.html': 'one' }));
  const options = { workers: 2, port: one.port };
  await t.rejects(serveCluster('.', options).listen(), { code: 'EADDRINUSE', port: one.port });
  const folder = `${t.testdirName}/other`;
  mkdirSync(folder);
  writeFileSync(`${folder}/index.html`, 'other');
  const other = await serve(t, folder);
  t.not(one.port, other.port);
  for (let count = 0; count < 10; count++) {
    t.equal((await request(one.port, '/')).body.toString(), 'one');
    t.equal((await request(other.port, '/')).body.toString(), 'other');
  }
});

t.test('options out of range', async (t) => {
  t.throws(() => serveCluster('.', { workers: 0 }), RangeError);
  t.throws(() => serveCluster('.', { workers: 1025 }), RangeError);
  t.throws(() => serveCluster('.', { workers: 3, cacheSize: 2 }), RangeError);
  t.throws(() => serveCluster('.', { workers: 2, watch: true }), {
    name: 'TypeError',
    message: /^watch and workers/,
  });
  const options = { workers: 2, port: 0, chunkSize: 0 };
  await t.rejects(serveCluster('.', options).listen(), { name: 'RangeError' });
});

t.test('functions can not be sent to workers', async (t) => {
  for (const [name, value] of [
    ['cleanUrls', () => true],
    ['rewrite', () => undefined],
    ['now', Date.now],
    ['admission', { enter: () => true, leave: () => {} }],
    ['limits', { connections: () => 1 }],
    ['rules', { redirects: [() => {}] }],
    ['requestLog', { format: () => '' }],
  ] as const) {
    const options = { workers: 2, [name]: value } as ClusterOptions;
    t.throws(
      () => serveCluster('.', options),
      { name: 'TypeError', message: new RegExp(`^${name} can't be sent to workers: `) },
      name,
    );
  }
  const { cluster, port } = await serve(t, t.testdir({ 'index.html': 'index' }));
  const rules = { rewrites: [], other: () => {} };
  await t.rejects(cluster.setRules(rules), { message: /^rules can't be sent/ });
  await cluster.restart();
  t.equal((await request(port, '/')).status, 200, 'rules that were refused are not kept');
});

t.test('rules that were given last hold', async (t) => {
  const { cluster, port } = await serve(t, t.testdir({ 'index.html': 'index' }));
  const to = (destination: string): RulesConfig => ({
    redirects: [{ source: '/a', destination }],
  });
  const headers = Array.from({ length: 1000 }, (_, n) => ({
    source: `/${n}/*.css`,
    headers: [{ key: 'X-A', value: 'a' }],
  }));
  await Promise.all([
    cluster.setRules({ ...to('/first'), headers }),
    t.rejects(cluster.setRules(to('//host')), { name: 'RuleError' }),
    cluster.setRules(to('/last')),
  ]);
  await cluster.restart();
  for (let count = 0; count < 10; count++) {
    t.equal((await request(port, '/a')).get('location'), '/last');
  }
});

t.test('what can not be sent after all fails the start, and not this process', async (t) => {
  const limits: { connections: unknown } = { connections: 5 };
  const cluster = serveCluster('.', { workers: 2, port: 0, limits: limits as { connections: 5 } });
  limits.connections = () => 5;
  await t.rejects(cluster.listen(), /could not be cloned/);
  t.same(cluster.pids, []);
  t.same(await cluster.close(), { cut: 0 });
});

t.test('a free port that somebody else takes before the workers do', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const { prototype } = net.Server;
  const { close } = prototype;
  const thieves: net.Server[] = [];
  t.teardown(() => {
    prototype.close = close;
    for (const thief of thieves) thief.close();
  });
  for (const [times, rejects] of [
    [1, false],
    [2, false],
    [3, true],
  ] as const) {
    let left: number = times;
    // What looks for a free port closes it again.
    prototype.close = function (this: net.Server, done?: (error?: Error) => void) {
      const address = this.address() as net.AddressInfo | null;
      if (address === null || left-- <= 0) return close.call(this, done);
      return close.call(this, () => {
        thieves.push(net.createServer().listen(address.port, address.address, () => done?.()));
      });
    };
    const events: ClusterEvent[] = [];
    const onEvent = (event: ClusterEvent) => events.push(event);
    const cluster = serveCluster(root, { workers: 2, port: 0, onEvent });
    const listening = cluster.listen();
    if (rejects) {
      await t.rejects(listening, { code: 'EADDRINUSE' });
    } else {
      const { port } = await listening;
      prototype.close = close;
      t.equal((await request(port, '/')).body.toString(), 'index');
      t.equal(cluster.pids.length, 2);
      t.same(events, [], 'which nobody has to hear of');
    }
    prototype.close = close;
    await cluster.close(0);
  }
});
