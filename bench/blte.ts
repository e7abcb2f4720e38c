/**
 * `npm run bench:blte`: what decoded files cost: what is read for ranges, what is held for slow clients, and
 * how fast it is beside Node's zlib and beside plain files. See README.md.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerOptions } from '../lib/cluster/v8.js';
import type { Address } from '../lib/index.js';
import type { Downloaded, Downloads } from './blte/clients.js';
import { type EncodedFile, type Modes, writeEncoded, writePlain } from './blte/files.js';
import type { Inflated, InflateLoad } from './blte/inflating.js';
import { ranges } from './blte/ranges.js';
import { Child } from './support/child.js';
import { commandLine, count, LIST, listed } from './support/command-line.js';
import { Corpus } from './support/corpus.js';
import { cpuSeconds, describeMachine, hasProc } from './support/machine.js';
import { residentNow } from './support/process-tree.js';
import { figure, octets, print, printTable, progress } from './support/report.js';
import { type Point, SAMPLE_INTERVAL, Sampler } from './support/sampler.js';
import { median } from './support/statistics.js';

/** What must be met: octets over `clients` × the largest chunk, between sizes, and ratios of speed. */
const ROOM = 131_072;
const MOST_DIFFERENCE = 4e6;
const LEAST_ZLIB = 0.9;
const LEAST_PLAIN = 0.8;

/** Milliseconds until time stamps are trusted, and a process is idle. */
const SETTLE = 3000;
/** Seconds of the same load before memory is looked at. */
const WARM_UP = 15;
/** Samples whose median counts, of a second: V8's compiler takes megabytes for a twentieth of that. */
const LASTING = 1000 / SAMPLE_INTERVAL;

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  ranges: rangesPart,
  memory: memoryPart,
  inflate: inflatePart,
  plain: plainPart,
};

interface Settings {
  readonly parts: readonly string[];
  readonly size: number;
  readonly chunks: readonly number[];
  readonly ranges: number;
  readonly clients: number;
  readonly rate: number;
  readonly seconds: number | undefined;
  readonly rounds: number;
  readonly verify: readonly string[];
  readonly alone: boolean;
}

interface Check {
  readonly what: string;
  readonly value: string;
  readonly met: boolean;
}

/** What the parts share. */
class Bench {
  readonly settings: Settings;
  readonly corpus = new Corpus();
  readonly checks: Check[] = [];
  readonly #files = new Map<string, EncodedFile>();

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** An encoded file, written once. */
  encoded(size: number, chunkSize: number, modes: Modes): { path: string; file: EncodedFile } {
    const name = `${modes}-${size}-${chunkSize}.bin`;
    const target = path.join(this.corpus.root, `${name}.blte`);
    const file = this.#files.get(name) ?? writeEncoded(target, size, chunkSize, modes);
    this.#files.set(name, file);
    return { path: `/${name}`, file };
  }

  check(what: string, value: string, met: boolean): void {
    this.checks.push({ what, value, met });
  }

  /** A server on its processor, and its clients on theirs. */
  async serving(
    verify: string,
    action: (server: Child, run: (load: object) => Promise<Downloaded>) => unknown,
  ): Promise<void> {
    const { alone } = this.settings;
    const args = [this.corpus.root, verify, alone ? 'alone' : 'worker'];
    const server = new Child('blte/server.js', 0, args, alone ? [] : workerOptions());
    const clients = new Child('blte/clients.js', 1);
    try {
      const { port } = await server.call<Address>('listen');
      await action(server, (load) => clients.call('run', { port, ...load }));
    } finally {
      for (const child of [server, clients]) await child.stop();
    }
  }
}

async function rangesPart(bench: Bench): Promise<void> {
  const { size, chunks, ranges: wanted } = bench.settings;
  const rows: string[][] = [];
  for (const chunkSize of chunks) {
    const { path: name, file } = bench.encoded(size, chunkSize, 'NZ');
    await sleep(SETTLE);
    const found = await ranges(bench.corpus.root, name, file, wanted);
    rows.push([
      octets(chunkSize),
      figure(found.ranges),
      figure(found.ranges / found.seconds),
      octets(found.asked / found.ranges),
      octets(found.read / found.ranges),
      figure(found.excessive),
    ]);
    const what = `ranges of ${octets(size)} in chunks of ${octets(chunkSize)}: too much read`;
    bench.check(what, figure(found.excessive), found.excessive === 0);
  }
  print('\nrandom ranges, each compared with the content');
  printTable(['chunks of', 'ranges', 'ranges/s', 'asked', 'read', 'too much'], rows);
}

async function memoryPart(bench: Bench): Promise<void> {
  if (!hasProc) throw new Error('memory needs /proc, that is Linux: it is looked at from outside');
  const { size, chunks, clients, rate, verify } = bench.settings;
  const rows: string[][] = [];
  for (const chunkSize of chunks) {
    const sizes = [size / 10, size];
    const files = sizes.map((each) => bench.encoded(each, chunkSize, 'NZ').path);
    await sleep(SETTLE);
    for (const mode of verify) {
      const growths: number[] = [];
      for (const [index, path] of files.entries()) {
        // Each with a server of its own: what V8 has not collected of one is no growth of the other.
        const { start, idle, lasting, peak, rate: decoded } = await memoryOf(bench, mode, path);
        growths.push(lasting - idle);
        progress(`blte: ${path}, ${mode}: ${octets(lasting - idle)} above idle`);
        rows.push([
          octets(sizes[index] as number),
          octets(chunkSize),
          mode,
          octets(start),
          octets(idle),
          octets(lasting - idle),
          octets(peak - idle),
          octets(clients * (chunkSize + ROOM)),
          `${octets(decoded)}/s`,
        ]);
      }
      const label = `${clients} clients, chunks of ${octets(chunkSize)}, ${mode}`;
      const most = clients * (chunkSize + ROOM);
      const growth = Math.max(...growths);
      const found = `${octets(growth)} of ${octets(most)}`;
      bench.check(`${label}: growth over idle`, found, growth <= most);
      const difference = Math.abs((growths[1] ?? 0) - (growths[0] ?? 0));
      const met = difference < MOST_DIFFERENCE;
      bench.check(`${label}: ${sizes.map(octets).join(' and ')}`, octets(difference), met);
    }
  }
  print(`\nresident memory while ${clients} clients take ${octets(rate)}/s each`);
  printTable(
    ['file', 'chunks of', 'verify', 'start', 'idle', 'growth', 'peak', 'at most', 'decoded'],
    rows,
  );
}

/**
 * Resident memory at the start, after a while of the same load, and while it goes on: what lasted, and at any
 * moment; in octets.
 */
async function memoryOf(
  bench: Bench,
  verify: string,
  path: string,
): Promise<{ start: number; idle: number; lasting: number; peak: number; rate: number }> {
  const { clients, rate, seconds } = bench.settings;
  const found = { start: 0, idle: 0, lasting: 0, peak: 0, rate: 0 };
  await bench.serving(verify, async (server, run) => {
    found.start = residentNow(server.pid);
    // Compiled code, pools and what V8 keeps uncollected are no growth.
    await run({ path, clients, rate, seconds: WARM_UP });
    await sleep(SETTLE);
    found.idle = residentNow(server.pid);
    const load = { path, clients, rate, seconds, compared: true } as Downloads;
    const sampler = new Sampler();
    try {
      const options = { pid: server.pid, interval: SAMPLE_INTERVAL };
      const { result, samples } = await sampler.during(options, () => run(load));
      found.lasting = lasting(samples.resident);
      found.peak = samples.peak;
      found.rate = result.octets / result.seconds;
    } finally {
      await sampler.stop();
    }
  });
  return found;
}

/** The highest median of so many samples in a row. */
function lasting(points: readonly Point[]): number {
  const values = points.map(([, value]) => value);
  let highest = 0;
  for (let at = 0; at === 0 || at + LASTING <= values.length; at++) {
    highest = Math.max(highest, median(values.slice(at, at + LASTING)));
  }
  return highest;
}

async function inflatePart(bench: Bench): Promise<void> {
  const { chunks, rounds } = bench.settings;
  const child = new Child('blte/inflating.js', 0);
  const size = 64e6;
  const rows: string[][] = [];
  try {
    for (const chunkSize of chunks) {
      const load: InflateLoad = { size, chunkSize, rounds };
      const found = await child.call<Inflated>('inflate', load);
      const ratios = [found.blte, found.again].map((each) => median(found.zlib) / median(each));
      rows.push([
        octets(chunkSize),
        figure(found.encoded / size),
        ...[found.zlib, found.md5, found.blte, found.again].map(
          (values) => `${octets(size / median(values))}/s`,
        ),
        ...ratios.map(figure),
      ]);
      for (const [index, when] of ['always', 'once'].entries()) {
        const what = `chunks of ${octets(chunkSize)} (Z), ${when}: decoding to node's zlib`;
        const ratio = ratios[index] as number;
        bench.check(what, figure(ratio), ratio >= LEAST_ZLIB);
      }
    }
  } finally {
    await child.stop();
  }
  print('\ndecoding mode Z on one processor, by processor time, beside its checksums alone');
  printTable(
    ['chunks of', 'encoded', 'zlib', 'MD5', 'decoding', 'unchecked', 'to zlib', 'unchecked'],
    rows,
  );
}

async function plainPart(bench: Bench): Promise<void> {
  const { size, chunks, rounds, verify } = bench.settings;
  const plain = `plain-${size}.bin`;
  writePlain(path.join(bench.corpus.root, plain), size);
  const encoded = chunks.map((chunkSize) => bench.encoded(size, chunkSize, 'N').path);
  await sleep(SETTLE);
  const rows: string[][] = [];
  for (const mode of verify) {
    await bench.serving(mode, async (server, run) => {
      const paths = [`/${plain}`, ...encoded];
      const speeds = paths.map((): number[] => []);
      const costs = paths.map((): number[] => []);
      for (let round = 0; round <= rounds; round++) {
        for (const [index, each] of paths.entries()) {
          const before = cpuSeconds(server.pid) ?? 0;
          const { octets: got, seconds } = await run({ path: each, clients: 1 });
          if (got !== size) throw new Error(`${each}: ${got} octets`);
          if (round === 0) continue;
          speeds[index]?.push(got / seconds);
          costs[index]?.push(((cpuSeconds(server.pid) ?? 0) - before) / got);
        }
      }
      for (const [index, each] of paths.entries()) {
        const ratio = median(speeds[index] ?? []) / median(speeds[0] ?? []);
        const cpu = median(costs[0] ?? []) / median(costs[index] ?? []);
        const rate = `${octets(median(speeds[index] ?? []))}/s`;
        rows.push([each, mode, rate, figure(ratio), figure(cpu)]);
        if (index === 0) continue;
        const met = Math.max(ratio, cpu) >= LEAST_PLAIN;
        const what = `chunks of ${octets(chunks[index - 1] as number)} (N), ${mode}: to a plain file`;
        bench.check(what, `${figure(ratio)}, by CPU ${figure(cpu)}`, met);
      }
    });
  }
  print('\none download after the other, of a plain file and of the same in mode N');
  printTable(['file', 'verify', 'rate', 'to plain', 'by CPU'], rows);
}

function settings(): Settings {
  const values = commandLine('bench:blte', 'What files that are stored as BLTE cost.', {
    part: {
      ...LIST,
      default: Object.keys(PARTS),
      describe: `of ${Object.keys(PARTS).join(', ')}`,
    },
    size: { type: 'string', default: '1000', describe: 'of the files, in MB' },
    chunks: { ...LIST, default: ['64', '256', '1024'], describe: 'sizes of chunks, in KiB' },
    ranges: { type: 'string', default: '10000', describe: 'random ranges' },
    clients: { type: 'string', default: '20', describe: 'slow clients at a time' },
    rate: { type: 'string', default: '10', describe: 'MB that a slow client takes in a second' },
    seconds: { type: 'string', default: '15', describe: 'how long slow clients go on' },
    whole: { type: 'boolean', default: false, describe: 'slow clients take the whole file' },
    rounds: { type: 'string', default: '5', describe: 'rounds that count' },
    verify: { ...LIST, default: ['always', 'once'], describe: 'when chunks are checked' },
    alone: { type: 'boolean', default: false, describe: 'a process as without --workers' },
  });
  const parts = listed(values.part);
  const unknown = parts.find((part) => PARTS[part] === undefined);
  if (unknown !== undefined) {
    throw new Error(`no part ${unknown}; there are ${Object.keys(PARTS).join(', ')}`);
  }
  return {
    parts,
    size: 1e6 * count('size', values.size),
    chunks: listed(values.chunks).map((text) => 1024 * count('chunks', text)),
    ranges: count('ranges', values.ranges),
    clients: count('clients', values.clients),
    rate: 1e6 * count('rate', values.rate),
    seconds: values.whole ? undefined : count('seconds', values.seconds),
    rounds: count('rounds', values.rounds),
    verify: listed(values.verify),
    alone: values.alone,
  };
}

async function main(): Promise<void> {
  const bench = new Bench(settings());
  print(describeMachine());
  try {
    for (const part of bench.settings.parts) {
      progress(`blte: ${part}`);
      await PARTS[part]?.(bench);
    }
  } finally {
    bench.corpus.remove();
  }
  print();
  printTable(
    ['target', 'figure', ''],
    bench.checks.map(({ what, value, met }) => [what, value, met ? 'met' : 'MISSED']),
  );
  if (!bench.checks.every(({ met }) => met)) process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`bench:blte: ${error.message}\n`);
  process.exitCode = 2;
});
