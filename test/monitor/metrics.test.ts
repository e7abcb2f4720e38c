/** What is measured: that it is what happened, that it is documented, and that it stays bounded. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { ServeDirectoryOptions } from '../../lib/compose.js';
import { createMetrics, exposition } from '../../lib/monitor/metrics.js';
import { exchangeChannel } from '../../lib/observe/channels.js';
import { deflated, file, plain } from '../helpers/blte.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { type Exposed, parseExposition } from '../helpers/exposition.js';
import { MIB, pattern } from '../helpers/files.js';
import { serve } from '../helpers/server.js';

/** A change time can't be moved: only after a while is a file kept in memory. */
const SETTLED = 2600;
const ENCODED = file([deflated(pattern(100_000)), plain(pattern(1000))]);
const root = t.testdir({
  'index.html': 'index',
  'other.html': 'other',
  'large.bin': pattern(8 * MIB),
  'encoded.bin.blte': ENCODED.bytes,
});
await pause(SETTLED);

async function measured(t: Test, options: ServeDirectoryOptions = {}) {
  const serving = await serve(t, root, options);
  const metrics = await createMetrics(serving);
  t.teardown(() => metrics.close());
  const read = async (): Promise<Map<string, Exposed>> =>
    parseExposition((await exposition(await metrics.read())).text);
  return { ...serving, metrics, read };
}

function value(all: Map<string, Exposed>, series: string): number | undefined {
  return all.get(series.replace(/(?:_sum|_count)?(?:\{.*)?$/, ''))?.samples.get(series);
}

t.test('what is documented is what there is', async (t) => {
  const { read, port } = await measured(t, { decode: 'blte' });
  await request(port, '/');
  await request(port, '/nothing');
  const all = await read();
  const rows = readFileSync('docs/metrics.md', 'utf8').matchAll(
    /^\| `([a-z0-9_]+)` \| (\w+) \| (.*) ?\| (.*) \|$/gm,
  );
  const documented = [...rows].map(([, name, type, labels, help]) => ({
    name,
    type,
    labels: [...(labels as string).matchAll(/`([a-z]+)`/g)].map(([, label]) => label).sort(),
    help,
  }));
  const found = [...all].map(([name, { type, labels, help }]) => ({
    name,
    type,
    labels: [...labels].sort(),
    help,
  }));
  const byName = (one: { name?: string | undefined }, other: { name?: string | undefined }) =>
    (one.name ?? '') < (other.name ?? '') ? -1 : 1;
  t.same(found.sort(byName), documented.sort(byName));
});

t.test('names say what they count, and in which unit', async (t) => {
  const { read } = await measured(t, { decode: 'blte' });
  for (const [name, { type, help }] of await read()) {
    t.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
    t.match(help, /^[A-Z].*\.$/, name);
    t.notMatch(name, /octets|_ms|milliseconds|_count$|_sum$|_bucket$/);
    if (/octets/i.test(help)) t.match(name, /_bytes(?:_total)?$/);
    if (/\b(?:time|late)\b/i.test(help)) t.match(name, /_seconds(?:_total)?$/);
  }
});

t.test('what happened is counted', async (t) => {
  const { read, port } = await measured(t);
  const none = await read();
  t.equal(value(none, 'sluice_http_request_duration_seconds_count'), 0);
  const answers = [await request(port, '/'), await request(port, '/')];
  answers.push(await request(port, '/', [], 'HEAD'), await request(port, '/nothing'));
  const all = await read();
  const count = (method: string, code: number) =>
    value(
      all,
      `sluice_http_requests_total{method="${method}",code="${code}",class="${code / 100 - (code % 100) / 100}xx"}`,
    );
  t.equal(count('GET', 200), 2);
  t.equal(count('HEAD', 200), 1);
  t.equal(count('GET', 404), 1);
  t.equal(value(all, 'sluice_http_request_duration_seconds_count'), 4);
  t.equal(value(all, 'sluice_http_ttfb_seconds_count'), 4);
  const total = value(all, 'sluice_http_request_duration_seconds_sum') ?? 0;
  t.ok(total > 0 && total < 10, `${total} s`);
  t.ok((value(all, 'sluice_http_ttfb_seconds_sum') ?? 99) <= total);
  const duration = all.get('sluice_http_request_duration_seconds')?.samples;
  t.equal(duration?.get('sluice_http_request_duration_seconds_bucket{le="+Inf"}'), 4);
  t.equal(value(all, 'sluice_cache_hits_total'), 2);
  t.equal(value(all, 'sluice_cache_entries'), 1);
  t.equal(value(all, 'sluice_processes'), 1);
  t.ok((value(all, 'process_resident_memory_bytes') ?? 0) > 10 * MIB);
  t.ok((value(all, 'process_cpu_seconds_total') ?? 0) > 0);
  if (process.platform === 'linux') t.ok((value(all, 'process_open_fds') ?? 0) > 3);
});

t.test('octets are those that the client received', async (t) => {
  const { read, port, server } = await measured(t);
  let received = 0;
  for (const target of ['/', '/large.bin', '/nothing']) {
    const client = new RawClient(port);
    client.send(requestBytes(target, ['Connection: close']));
    await client.over();
    received += client.length;
    client.destroy();
  }
  await until(() => server.connections === 0);
  t.equal(value(await read(), 'sluice_http_sent_bytes_total'), received);
});

t.test('connections by state, what they hold, and what was cut', async (t) => {
  const { read, port, server, memory } = await measured(t);
  const idle = await new RawClient(port).connected();
  const begun = new RawClient(port).send('GET / HTTP/1.1\r\nHost: ');
  const slow = new RawClient(port);
  slow.send(requestBytes('/large.bin'));
  await slow.has(1);
  slow.socket.pause();
  await until(() => server.stats().responses > 0 && server.stats().connections.head === 1);
  const all = await read();
  t.equal(value(all, 'sluice_connections{state="idle"}'), 1);
  t.equal(value(all, 'sluice_connections{state="head"}'), 1);
  t.equal(value(all, 'sluice_connections{state="sending"}'), 1);
  t.equal(value(all, 'sluice_requests_buffered_bytes'), 6, 'the line that is not whole');
  t.ok((value(all, 'sluice_responses_buffered_bytes') ?? 0) > 0);
  const used = value(all, 'sluice_blocks_used_bytes') ?? 0;
  t.ok(used > 0 && used <= (value(all, 'sluice_blocks_allocated_bytes') ?? 0), `${used} octets`);
  for (const client of [idle, begun, slow]) client.destroy();
  await until(() => server.connections === 0);
  await until(() => memory().blocks.used === 0, 10_000, 'a read that was under way ends');
  const after = await read();
  t.equal(value(after, 'sluice_http_responses_cut_total'), 1);
  t.equal(value(after, 'sluice_responses_buffered_bytes'), 0);
  t.equal(value(after, 'sluice_blocks_used_bytes'), 0);
  t.equal(value(after, 'sluice_batches_reserved_bytes'), 0);
});

t.test('refused connections', async (t) => {
  const { read, port } = await measured(t, { limits: { connections: 1 } });
  const first = await new RawClient(port).connected();
  first.send(requestBytes('/'));
  await first.has(1);
  const second = new RawClient(port);
  await second.over();
  const all = await read();
  t.equal(value(all, 'sluice_connections_refused_total{how="answered"}'), 1);
  t.equal(value(all, 'sluice_connections_refused_total{how="dropped"}'), 0);
  t.equal(
    value(all, 'sluice_http_requests_total{method="none",code="503",class="5xx"}'),
    1,
    'also an answer without a request',
  );
  first.destroy();
  second.destroy();
});

t.test('entries that make room for others', async (t) => {
  const { read, port } = await measured(t, { cacheSize: 5000 });
  await request(port, '/');
  await request(port, '/other.html');
  await request(port, '/other.html');
  const all = await read();
  t.equal(value(all, 'sluice_cache_evictions_total'), 1);
  t.equal(value(all, 'sluice_cache_entries'), 1);
  t.equal(value(all, 'sluice_cache_misses_total'), 2);
});

t.test('no client can make series', async (t) => {
  const { read, port, metrics } = await measured(t);
  for (let round = 0; round < 30; round++) {
    const client = new RawClient(port);
    const name = `M${round}`;
    client.send(requestBytes(`/%22%7D%0A${round}`, ['Connection: close'], name));
    await client.over();
    client.destroy();
  }
  const requests = (await read()).get('sluice_http_requests_total');
  t.same(
    [...(requests?.samples ?? [])],
    [['sluice_http_requests_total{method="other",code="501",class="5xx"}', 30]],
  );
  const event = { target: '/', sent: 0, duration: 1, ttfb: 1, remote: '', complete: true };
  for (const status of [0, 99, 600, 1e9, Number.NaN, 200.5]) {
    exchangeChannel.publish({ ...event, method: '__proto__', status });
  }
  t.equal(
    value(await read(), 'sluice_http_requests_total{method="other",code="none",class="none"}'),
    6,
  );
  metrics.close();
  t.notOk(exchangeChannel.hasSubscribers, 'nobody listens any more');
});

t.test('without a cache there are no figures of one', async (t) => {
  const { read } = await measured(t, { cacheSize: 0 });
  t.same(
    [...(await read()).keys()].filter((name) => name.includes('cache')),
    [],
  );
});

t.test('what decoding holds, where files are decoded', async (t) => {
  const figures = (all: Map<string, Exposed>) =>
    ['tables', 'contents', 'buffers'].map((of) => value(all, `sluice_decoding_${of}_bytes`));
  const { read: none } = await measured(t);
  t.same(figures(await none()), [undefined, undefined, undefined]);
  for (const mode of ['stream', 'load'] as const) {
    const { read, port, memory } = await measured(t, { decode: 'blte', mode });
    t.same(figures(await read()).slice(0, 2), [0, 0]);
    const answer = await request(port, '/encoded.bin');
    t.ok(answer.body.equals(ENCODED.content));
    const [tables = 0, contents = 0, buffers = 0] = figures(await read());
    t.ok(tables > 1024 && tables < 4096, `${tables} octets of a table`);
    t.equal(contents > ENCODED.content.length, mode === 'stream', 'for the cache, where one is');
    t.ok(buffers > 0, 'used again');
    t.same(memory().decoding, { tables, contents, buffers });
  }
});

t.test('the mode that loads', async (t) => {
  const { read, port, server } = await measured(t, { mode: 'load' });
  const slow = new RawClient(port, { paused: true });
  slow.send(requestBytes('/large.bin'));
  await until(() => server.stats().connections.sending === 1);
  t.equal(value(await read(), 'sluice_loaded_bytes'), 8 * MIB);
  slow.destroy();
});
