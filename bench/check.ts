/**
 * `npm run bench:check`: whether sluice has lost speed. Compares how it stands to peers in one run
 * with how it stood to them when baseline.json was written: ratios, as machines differ. Exits with 1
 * where it lost.
 */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startGenerators } from './clients/rate.js';
import {
  type Baseline,
  type Comparison,
  compare,
  lost,
  type Ratio,
  ratiosOf,
} from './run/ratios.js';
import type { Outcome, RoundOptions, Tools } from './run/rounds.js';
import { runShown } from './run/shown.js';
import { scenariosNamed } from './scenarios/all.js';
import { serversNamed } from './servers/lineup.js';
import type { ServerKind } from './servers/server.js';
import { Child } from './support/child.js';
import { commandLine } from './support/command-line.js';
import { describeMachine, pinSelf } from './support/machine.js';
import { installPeers } from './support/peers.js';
import { figure, print, printTable } from './support/report.js';

/** From dist/bench. */
const BASELINE = fileURLToPath(new URL('../../bench/baseline.json', import.meta.url));

/**
 * The share of a ratio that may be lost. On a shared machine medians of short rounds differ by a tenth
 * to a fifth from run to run; what costs a quarter is a change, and worth a look.
 */
const TOLERATED_LOSS = 0.25;

/** `--short`: under a minute, with what can be installed anywhere. */
const SHORT = { scenarios: ['1k', '304', 'shared'], servers: ['sluice', 'send'], rounds: 3 };
const FULL = {
  scenarios: ['1k', '20k', '304', '1m', '100m', 'shared'],
  servers: ['sluice', 'nginx', 'send'],
  rounds: 5,
};

interface Run {
  readonly ratios: readonly Ratio[];
  /** What was wrong, in words. */
  readonly faults: readonly string[];
}

async function measureRatios(
  scenarios: readonly string[],
  servers: readonly ServerKind[],
  tools: Tools,
  options: RoundOptions,
): Promise<Run> {
  const outcomes: Outcome[] = [];
  for (const [index, scenario] of scenariosNamed(scenarios).entries()) {
    const title = `${index + 1} of ${scenarios.length}`;
    outcomes.push(await runShown(title, scenario, servers, tools, options, () => {}));
  }
  const faults = outcomes.flatMap(({ scenario, leftOut }) =>
    leftOut.map(({ server, reason }) => `${server} has no result in ${scenario.id}: ${reason}`),
  );
  return { ratios: outcomes.flatMap(ratiosOf), faults };
}

function printComparisons(comparisons: readonly Comparison[]): void {
  printTable(
    ['sluice to a peer', 'was', 'is', 'change', ''],
    comparisons.map((each) => [
      each.name,
      figure(each.before),
      figure(each.now),
      `${each.change >= 0 ? '+' : ''}${Math.round(each.change * 100)} %`,
      lost(each, TOLERATED_LOSS) ? 'LOST' : each.unsteady ? 'unsteady: not judged' : '',
    ]),
  );
}

async function check(run: Run, again: (scenarios: readonly string[]) => Promise<Run>) {
  if (!fs.existsSync(BASELINE)) throw new Error('no baseline; write one with --update');
  const baseline: Baseline = JSON.parse(fs.readFileSync(BASELINE, 'utf8'));
  print(`baseline of ${baseline.date.slice(0, 10)}, ${baseline.machine}`);
  const first = compare(baseline.ratios, run.ratios, TOLERATED_LOSS);
  const suspects = first.filter((each) => lost(each, TOLERATED_LOSS));
  const faults = [...run.faults];
  let comparisons = first;
  if (suspects.length > 0) {
    const scenarios = [...new Set(suspects.map(({ scenario }) => scenario))];
    print(`below the baseline in ${scenarios.join(', ')}: measured once more`);
    const second = await again(scenarios);
    faults.push(...second.faults);
    const better = compare(baseline.ratios, second.ratios, TOLERATED_LOSS);
    // Noise seldom strikes twice; a loss stays.
    comparisons = first.map((each) => {
      const repeated = better.find(({ name }) => name === each.name);
      return repeated !== undefined && repeated.change > each.change ? repeated : each;
    });
  }
  printComparisons(comparisons);
  for (const fault of faults) print(fault);
  const losses = comparisons.filter((each) => lost(each, TOLERATED_LOSS));
  for (const { name, change } of losses) {
    print(`${name}: ${Math.round(-change * 100)} % lost, ${TOLERATED_LOSS * 100} % are tolerated`);
  }
  if (comparisons.length === 0) print('nothing to compare: run with --update first');
  if (losses.length > 0 || faults.length > 0 || comparisons.length === 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  const values = commandLine('bench:check', 'Whether sluice has lost speed against its peers.', {
    short: { type: 'boolean', default: false, describe: `only ${SHORT.scenarios}` },
    update: { type: 'boolean', default: false, describe: 'write bench/baseline.json anew' },
    generator: { type: 'string', describe: 'wrk, autocannon or both [wrk where installed]' },
  });
  const { scenarios, servers: names, rounds } = values.short ? SHORT : FULL;
  installPeers();
  pinSelf(1);
  const servers = serversNamed(names).filter((server) => server.version() !== undefined);
  const generators = startGenerators(values.generator);
  const checked = new Child('clients/checked.js', 1);
  const tools = { generators, checked };
  const measured = (of: readonly string[]) =>
    measureRatios(of, servers, tools, { rounds, seconds: 1 });
  try {
    const machine = describeMachine();
    print(machine);
    const run = await measured(scenarios);
    if (!values.update) {
      await check(run, measured);
    } else if (run.faults.length > 0) {
      for (const fault of run.faults) print(fault);
      throw new Error('the baseline stays as it was: a run with errors is no result');
    } else {
      const baseline: Baseline = { date: new Date().toISOString(), machine, ratios: run.ratios };
      fs.writeFileSync(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
      print(`${run.ratios.length} ratios written to bench/baseline.json`);
    }
  } finally {
    for (const part of [...generators, checked]) await part.stop();
  }
}

main().catch((error: Error) => {
  process.stderr.write(`bench:check: ${error.message}\n`);
  process.exitCode = 2;
});
