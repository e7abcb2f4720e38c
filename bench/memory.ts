/**
 * `npm run bench:memory`: what servers hold, seen from outside, while clients download, stall, break
 * off and revalidate. Exits with 1 where one of sluice's targets is missed. See README.md.
 */
import { parseArgs } from 'node:util';
import { Bench, type MemorySettings } from './memory/bench.js';
import { downloads } from './memory/downloads.js';
import { mixed } from './memory/mixed.js';
import { printChecks, printScenarios } from './memory/print.js';
import { sizes } from './memory/sizes.js';
import { soak } from './memory/soak.js';
import { stalled } from './memory/stalled.js';
import { storms } from './memory/storms.js';
import { serverNames } from './servers/index.js';
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

interface Command {
  readonly parts: readonly string[];
  readonly settings: MemorySettings;
  /** Where the results go; `undefined`: bench/results. */
  readonly out: string | undefined;
}

function command(): Command {
  const { values } = parseArgs({
    options: {
      part: { type: 'string', multiple: true, default: DEFAULT_PARTS },
      servers: { type: 'string', default: 'sluice,sluice-load,send,nginx' },
      rounds: { type: 'string', default: '3' },
      stalled: { type: 'string', default: '1000,5000' },
      count: { type: 'string', default: '10000' },
      minutes: { type: 'string', default: '60' },
      out: { type: 'string' },
    },
  });
  const parts = values.part.flatMap((names) => names.split(','));
  const unknown = parts.find((part) => PARTS[part] === undefined);
  if (unknown !== undefined) {
    throw new Error(`no part ${unknown}; there are ${Object.keys(PARTS).join(', ')}`);
  }
  return {
    parts,
    out: values.out,
    settings: {
      servers: serverNames(values.servers.split(',')),
      rounds: count('rounds', values.rounds),
      stalled: values.stalled.split(',').map((text) => count('stalled', text)),
      count: count('count', values.count),
      minutes: minutes(values.minutes),
    },
  };
}

function count(name: string, text: string): number {
  if (!/^[1-9][0-9]*$/.test(text)) throw new Error(`--${name} ${text} is not a count from 1 on`);
  return Number(text);
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
