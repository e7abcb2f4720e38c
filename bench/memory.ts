/**
 * `npm run bench:memory`: what servers hold, seen from outside, while clients download, stall, break
 * off and revalidate. Exits with 1 where one of sluice's targets is missed. See README.md.
 */
import { Bench, type MemorySettings } from './memory/bench.js';
import { downloads } from './memory/downloads.js';
import { mixed } from './memory/mixed.js';
import { printChecks, printScenarios } from './memory/print.js';
import { sizes } from './memory/sizes.js';
import { soak } from './memory/soak.js';
import { stalled } from './memory/stalled.js';
import { storms } from './memory/storms.js';
import { serverNames } from './servers/index.js';
import { commandLine, count, LIST, listed } from './support/command-line.js';
import { describeMachine, hasProc } from './support/machine.js';
import { startProgress } from './support/progress.js';
import { print } from './support/report.js';
import { openResults } from './support/results-folder.js';

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  downloads,
  sizes,
  stalled,
  mixed,
  storms,
  soak,
};
/** All but the soak, which takes an hour unless it is told otherwise. */
const DEFAULT_PARTS = Object.keys(PARTS).filter((name) => name !== 'soak');

const SERVERS = ['sluice', 'sluice-load', 'send', 'nginx'];
const STALLED = ['1000', '5000'];

interface Command {
  readonly parts: readonly string[];
  readonly settings: MemorySettings;
  /** Where the results go; `undefined`: bench/results. */
  readonly out: string | undefined;
}

function command(): Command {
  const values = commandLine('bench:memory', 'What servers hold under downloads and storms.', {
    part: { ...LIST, default: DEFAULT_PARTS, describe: `of ${Object.keys(PARTS).join(', ')}` },
    servers: { ...LIST, default: SERVERS, describe: 'who takes part' },
    rounds: { type: 'string', default: '3', describe: 'rounds that count' },
    stalled: { ...LIST, default: STALLED, describe: 'how many stalled clients' },
    count: { type: 'string', default: '10000', describe: 'connections of each storm' },
    minutes: { type: 'string', default: '60', describe: 'length of the soak' },
    out: { type: 'string', describe: 'file for the results [bench/results/memory.jsonl]' },
  });
  const parts = listed(values.part);
  const unknown = parts.find((part) => PARTS[part] === undefined);
  if (unknown !== undefined) {
    throw new Error(`no part ${unknown}; there are ${Object.keys(PARTS).join(', ')}`);
  }
  return {
    parts,
    out: values.out,
    settings: {
      servers: serverNames(listed(values.servers)),
      rounds: count('rounds', values.rounds),
      stalled: listed(values.stalled).map((text) => count('stalled', text)),
      count: count('count', values.count),
      minutes: minutes(values.minutes),
    },
  };
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--minutes ${text} can't be used; it takes a number above 0`);
  return value;
}

/** How many visits to servers all parts come to. */
function visitsOf(parts: readonly string[], settings: MemorySettings): number {
  const times = parts.reduce((sum, part) => {
    if (part === 'soak') return sum + 1;
    return sum + settings.rounds * (part === 'stalled' ? settings.stalled.length : 1);
  }, 0);
  return times * settings.servers.length;
}

async function main(): Promise<void> {
  const { parts, settings, out } = command();
  if (!hasProc) throw new Error('needs /proc, that is Linux: memory is looked at from outside');
  const results = openResults('memory', settings.servers, out);
  const bar = startProgress('memory', visitsOf(parts, settings));
  const bench = new Bench(settings, results, bar);
  try {
    for (const part of parts) {
      bench.part = part;
      await PARTS[part]?.(bench);
    }
  } finally {
    bar.stop();
    await bench.stop();
  }
  print(describeMachine());
  print();
  printScenarios(results.lines);
  printChecks(bench.checks.all, bench.notes);
  print(`written to ${results.path}`);
  if (!bench.checks.met) process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`bench:memory: ${error.message}\n`);
  process.exitCode = 2;
});
