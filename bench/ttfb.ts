/**
 * `npm run bench:ttfb`: how long a client waits for the first octet of a file, streamed and loaded,
 * beside what the documents predict. See README.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant } from './servers/contestant.js';
import { LOADING, OURS, serverNames, startServer } from './servers/index.js';
import { Child } from './support/child.js';
import { commandLine, count, LIST, listed } from './support/command-line.js';
import { Corpus } from './support/corpus.js';
import { describeMachine } from './support/machine.js';
import { startProgress } from './support/progress.js';
import { figure, octets, print, printTable, progress, rounds } from './support/report.js';
import type { ResultsFile } from './support/results.js';
import { openResults } from './support/results-folder.js';
import { median } from './support/statistics.js';
import {
  type Amount,
  CASES,
  type FirstByteCase,
  headerOf,
  measureFirstByte,
} from './ttfb/measure.js';

/** An answer that takes longer counts as an error, in milliseconds. */
const LONGEST = 30_000;
/** Milliseconds until the time stamps of a file are trusted. */
const SETTLE = 3000;

interface Settings extends Amount {
  readonly servers: readonly string[];
  /** Where the results go; `undefined`: bench/results. */
  readonly out: string | undefined;
}

function settings(): Settings {
  const values = commandLine('bench:ttfb', 'How long until the first octet of a file comes.', {
    servers: { ...LIST, default: [OURS, LOADING], describe: 'who takes part' },
    rounds: { type: 'string', default: '5', describe: 'rounds that count' },
    requests: { type: 'string', default: '10', describe: 'requests of each round' },
    out: { type: 'string', describe: 'file for the results [bench/results/ttfb.jsonl]' },
  });
  return {
    servers: serverNames(listed(values.servers)),
    rounds: count('rounds', values.rounds),
    requests: count('requests', values.requests),
    longest: LONGEST,
    out: values.out,
  };
}

function printCase({ id, title, predicted }: FirstByteCase, results: ResultsFile): void {
  const measured = results.lines.filter((line) => line.kind === 'measurement');
  const names = [...new Set(measured.map(({ server }) => server))];
  const values = (server: string, metric: 'timeToFirstByte' | 'bytesPerSecond') =>
    measured.flatMap((line) =>
      line.scenario === id && line.server === server ? (line.figures[metric] ?? []) : [],
    );
  const ours = values(OURS, 'timeToFirstByte');
  const said: Record<string, number> = {
    [OURS]: predicted.streaming,
    [LOADING]: predicted.loading,
  };
  print(title);
  printTable(
    ['server', 'ms', 'to sluice', 'predicted ms', 'throughput/s'],
    names.map((name) => {
      const times = values(name, 'timeToFirstByte');
      const ratio = ours.length === 0 ? undefined : median(times) / median(ours);
      return [
        name,
        rounds(times),
        `${figure(ratio)} ×`,
        figure(said[name]),
        octets(median(values(name, 'bytesPerSecond'))),
      ];
    }),
  );
  print();
}

async function main(): Promise<void> {
  const options = settings();
  const corpus = new Corpus();
  const client = new Child('clients/ttfb.js', 1);
  const servers: Contestant[] = [];
  try {
    const paths = CASES.map(({ id, size }) => corpus.file(`${id}.bin`, size));
    // A file that has just been written is not cached yet by whoever cares for changes.
    await sleep(SETTLE);
    for (const name of options.servers) {
      const server = await startServer(name, corpus.root);
      if (server === undefined) progress(`${name} is not on this machine`);
      else servers.push(server);
    }
    const results = openResults('ttfb', options.servers, options.out);
    print(describeMachine());
    print(`time to the first byte, ${options.rounds} rounds in turns: median and half the spread`);
    print();
    for (const [index, each] of CASES.entries()) {
      results.write(headerOf(each));
      const path = paths[index] as string;
      const turns = servers.length * (options.rounds + 1);
      const bar = startProgress(`${index + 1} of ${CASES.length}`, turns);
      try {
        const step = (label: string) => bar.step(label);
        await measureFirstByte(each, path, servers, client, results, { ...options, step });
      } finally {
        bar.stop();
      }
      printCase(each, results);
    }
    print(`written to ${results.path}`);
  } finally {
    for (const part of [...servers, client]) await part.stop();
  }
}

main().catch((error: Error) => {
  process.stderr.write(`bench:ttfb: ${error.message}\n`);
  process.exitCode = 1;
});
