/**
 * `npm run bench:hot`: sluice, send on node:http and, where it is installed, nginx with the same
 * files, in turns. See README.md for what the figures mean.
 */
import { parseArgs } from 'node:util';
import { probe } from './clients/probe.js';
import { type Generator, type RateResult, startGenerator } from './clients/rate.js';
import type { LoadResult, RequestLoad } from './clients/raw.js';
import { type Contestant, startScript } from './servers/contestant.js';
import { startNginx } from './servers/nginx.js';
import { Child } from './support/child.js';
import { Corpus } from './support/corpus.js';
import { cpuSeconds, describeMachine } from './support/machine.js';
import { installPeers } from './support/peers.js';
import { figure, print, printTable, progress, rounds } from './support/report.js';
import { median } from './support/statistics.js';

interface Scenario {
  readonly title: string;
  /** The file's octets; `undefined`: there is none. */
  readonly size: number | undefined;
  readonly connections: number;
  /** Downloads a run, counted in octets; without it as many requests as go into the time. */
  readonly downloads?: number;
  readonly pipelining?: number;
  readonly revalidate?: boolean;
}

const SCENARIOS: Record<string, Scenario> = {
  '1k': { title: '1 KiB', size: 1024, connections: 100 },
  '20k': { title: '20 KiB', size: 20_480, connections: 100 },
  '1m': { title: '1 MiB', size: 1_048_576, connections: 20, downloads: 4000 },
  '100m': { title: '100 MiB', size: 104_857_600, connections: 20, downloads: 40 },
  '304': { title: '1 KiB, not modified', size: 1024, connections: 100, revalidate: true },
  '404': { title: 'a file that is not there', size: undefined, connections: 100 },
  pipelined: {
    title: '1 KiB, 10 requests at a time',
    size: 1024,
    connections: 100,
    pipelining: 10,
  },
};

const DEFAULT_SCENARIOS = ['1k', '100m'];

/** One run against one server; `cpu` is what the server's process used. */
interface Run {
  readonly rate: number;
  /** Microseconds per request, or seconds per 10^9 octets. */
  readonly cpu: number;
  readonly p99: number;
}

interface Settings {
  readonly scenarios: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly generator: string | undefined;
  readonly without: readonly string[];
}

function settings(): Settings {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true, default: DEFAULT_SCENARIOS },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      generator: { type: 'string' },
      without: { type: 'string', multiple: true, default: [] },
    },
  });
  const scenarios = values.scenario.flatMap((names) =>
    names === 'all' ? Object.keys(SCENARIOS) : names.split(','),
  );
  for (const name of scenarios) {
    if (SCENARIOS[name] === undefined) {
      throw new Error(
        `no scenario ${name}; there are ${Object.keys(SCENARIOS).join(', ')} and all`,
      );
    }
  }
  return {
    scenarios,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    generator: values.generator,
    without: values.without,
  };
}

/** What is asked of one server in one scenario, tried once and checked. */
async function prepare(server: Contestant, path: string, scenario: Scenario) {
  const headers: Record<string, string> = {};
  let { status, etag, length } = await probe(server.port, path, headers);
  if (scenario.revalidate) {
    headers['If-None-Match'] = etag;
    ({ status, length } = await probe(server.port, path, headers));
  }
  const expected = scenario.revalidate ? 304 : scenario.size === undefined ? 404 : 200;
  const content = scenario.revalidate ? 0 : scenario.size;
  if (status !== expected || (content !== undefined && length !== content)) {
    throw new Error(`${server.name} answers ${path} with ${status} and ${length} octets`);
  }
  return { server, headers, status };
}

async function runRate(
  generator: Generator,
  { server, headers, status }: Awaited<ReturnType<typeof prepare>>,
  path: string,
  { connections, pipelining = 1 }: Scenario,
  seconds: number,
): Promise<Run> {
  const load = { port: server.port, path, headers, connections, pipelining, seconds, status };
  const before = cpuSeconds(server.pid);
  const result: RateResult = await generator.run(load);
  const used = (cpuSeconds(server.pid) ?? Number.NaN) - (before ?? Number.NaN);
  if (result.wrong > 0) throw new Error(`${server.name}: ${result.wrong} requests went wrong`);
  return {
    rate: result.requests / result.seconds,
    cpu: (used / result.requests) * 1e6,
    p99: result.p99,
  };
}

async function runDownloads(
  client: Child,
  server: Contestant,
  path: string,
  { connections, downloads = 1, size = 0 }: Scenario,
): Promise<Run> {
  const { port } = server;
  const load: RequestLoad = {
    port,
    path,
    status: 200,
    length: size,
    connections,
    requests: downloads,
  };
  const before = cpuSeconds(server.pid);
  const result = await client.call<LoadResult>('requests', load);
  const used = (cpuSeconds(server.pid) ?? Number.NaN) - (before ?? Number.NaN);
  if (result.octets !== downloads * size)
    throw new Error(`${server.name} sent ${result.octets} octets`);
  return {
    rate: result.octets / result.seconds / 1e9,
    cpu: (used / result.octets) * 1e9,
    p99: Number.NaN,
  };
}

/** The rounds of one scenario, the servers in turns. */
async function measure(
  scenario: Scenario,
  path: string,
  servers: readonly Contestant[],
  { generator, client }: { generator: Generator; client: Child },
  options: Settings,
): Promise<Run[][]> {
  const prepared = await Promise.all(servers.map((server) => prepare(server, path, scenario)));
  const runs: Run[][] = servers.map(() => []);
  // The first round warms up.
  for (let round = 0; round <= options.rounds; round++) {
    for (const [i, each] of prepared.entries()) {
      const run =
        scenario.downloads === undefined
          ? await runRate(generator, each, path, scenario, round === 0 ? 1 : options.seconds)
          : await runDownloads(client, each.server, path, scenario);
      if (round > 0) runs[i]?.push(run);
    }
  }
  return runs;
}

function printRuns(
  scenario: Scenario,
  generator: string,
  servers: readonly Contestant[],
  runs: readonly Run[][],
): void {
  const transfer = scenario.downloads !== undefined;
  const column = (i: number, of: keyof Run) => (runs[i] as Run[]).map((run) => run[of]);
  const reference = servers.findIndex(({ name }) => name === 'send');
  const ratio = (i: number, of: 'rate' | 'cpu') => {
    if (reference === -1) return '–';
    const [mine, other] = [median(column(i, of)), median(column(reference, of))];
    return `${figure(of === 'rate' ? mine / other : other / mine)} ×`;
  };
  print(
    `${scenario.title}, ${scenario.connections} connections, ${transfer ? 'raw sockets' : generator}`,
  );
  printTable(
    [
      'server',
      transfer ? 'GB/s' : 'requests/s',
      transfer ? 'CPU s/GB' : 'CPU µs/request',
      ...(transfer ? [] : ['p99 ms']),
      'rate to send',
      'by CPU',
    ],
    servers.map(({ name }, i) => [
      name,
      rounds(column(i, 'rate')),
      rounds(column(i, 'cpu')),
      ...(transfer ? [] : [figure(median(column(i, 'p99')))]),
      ratio(i, 'rate'),
      ratio(i, 'cpu'),
    ]),
  );
  print();
}

async function startServers(root: string, without: readonly string[]): Promise<Contestant[]> {
  const servers: (Contestant | undefined)[] = [];
  if (!without.includes('sluice')) {
    servers.push(await startScript('sluice', 'servers/sluice.js', root));
  }
  if (!without.includes('send')) servers.push(await startScript('send', 'servers/send.js', root));
  if (!without.includes('nginx')) servers.push(await startNginx(root));
  return servers.filter((server) => server !== undefined);
}

async function main(): Promise<void> {
  const options = settings();
  installPeers();
  const corpus = new Corpus();
  const servers = await startServers(corpus.root, options.without);
  const generator = startGenerator(options.generator);
  const client = new Child('clients/raw.js', 1);
  try {
    print(describeMachine());
    print(`${options.rounds} rounds in turns: median and half the distance from least to most`);
    print();
    for (const name of options.scenarios) {
      const scenario = SCENARIOS[name] as Scenario;
      progress(`${scenario.title} …`);
      const path =
        scenario.size === undefined ? '/absent' : corpus.file(`${name}.bin`, scenario.size);
      const runs = await measure(scenario, path, servers, { generator, client }, options);
      printRuns(scenario, generator.name, servers, runs);
    }
  } finally {
    for (const part of [...servers, generator, client]) await part.stop();
  }
}

main().catch((error: Error) => {
  process.stderr.write(`bench:hot: ${error.message}\n`);
  process.exitCode = 1;
});
