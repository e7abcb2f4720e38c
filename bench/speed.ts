/**
 * `npm run bench`: the speed of sluice beside other servers, in turns. Arguments and order only; see
 * README.md for what the figures mean.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGenerators } from './clients/rate.js';
import { generatorsFor, type Outcome } from './run/rounds.js';
import { runShown } from './run/shown.js';
import { printOutcome, printTargets } from './run/table.js';
import { DEFAULT_SCENARIOS, QUICK_SCENARIOS, SCENARIOS, scenariosNamed } from './scenarios/all.js';
import { contestantsOf, SERVERS, serversNamed } from './servers/lineup.js';
import { Child } from './support/child.js';
import { commandLine, count, LIST, listed } from './support/command-line.js';
import { describeMachine, pinSelf } from './support/machine.js';
import { installPeers } from './support/peers.js';
import { print, progress } from './support/report.js';
import { ResultsFile } from './support/results.js';

/** From dist/bench. */
const RESULTS = fileURLToPath(new URL('../../bench/results/speed.jsonl', import.meta.url));

const QUICK_SERVERS = ['sluice', 'nginx', 'send'];

function settings() {
  const all = SCENARIOS.map(({ id }) => id);
  const values = commandLine('bench', 'The speed of sluice beside other servers, in turns.', {
    scenario: { ...LIST, describe: `all, or of ${all.join(', ')} [${DEFAULT_SCENARIOS}]` },
    servers: { ...LIST, describe: 'who takes part [all that are installed]' },
    without: { ...LIST, default: [], describe: 'who does not' },
    rounds: { type: 'string', describe: 'rounds that count [5, quick: 3]' },
    seconds: { type: 'string', default: '1', describe: 'length of one measurement' },
    generator: { type: 'string', describe: 'wrk, autocannon or both [wrk where installed]' },
    quick: { type: 'boolean', default: false, describe: `${QUICK_SCENARIOS} of ${QUICK_SERVERS}` },
    out: { type: 'string', default: RESULTS, describe: 'file for the results' },
  });
  const { quick } = values;
  const names = values.servers ?? (quick ? QUICK_SERVERS : SERVERS.map(({ name }) => name));
  const without = serversNamed(listed(values.without));
  return {
    scenarios: scenariosNamed(
      listed(values.scenario ?? (quick ? QUICK_SCENARIOS : DEFAULT_SCENARIOS)),
    ),
    // Who is named must be there; of the others, whoever is.
    servers: serversNamed(listed(names)).filter((server) => !without.includes(server)),
    named: values.servers !== undefined,
    rounds: count('rounds', values.rounds ?? (quick ? '3' : '5')),
    seconds: count('seconds', values.seconds),
    generator: values.generator,
    out: values.out,
  };
}

async function main(): Promise<void> {
  const options = settings();
  installPeers();
  pinSelf(1);
  const versions: Record<string, string> = {};
  const servers = options.servers.filter((server) => {
    const version = server.version();
    if (version !== undefined) {
      // What takes part in some scenario in another shape is the same program.
      if (server.onlyWhereNamed !== true) versions[server.name] = version;
    } else if (options.named) throw new Error(`${server.name} is not installed`);
    else progress(`${server.name} is not installed: left out`);
    return version !== undefined;
  });
  const generators = startGenerators(options.generator);
  const checked = new Child('clients/checked.js', 1);
  const outcomes: Outcome[] = [];
  try {
    const machine = describeMachine();
    print(machine);
    print(Object.entries(versions).flat().join(' '));
    print(`${options.rounds} rounds in turns: median and half the distance from least to most`);
    print();
    fs.mkdirSync(path.dirname(options.out), { recursive: true });
    const date = new Date().toISOString();
    const results = new ResultsFile(options.out, {
      kind: 'run',
      suite: 'speed',
      date,
      machine,
      versions,
    });
    const scenarios = options.scenarios.filter((scenario) => {
      const isPossible = generatorsFor(scenario, generators).length > 0;
      if (!isPossible) progress(`${scenario.id} needs ${scenario.generator}: left out`);
      return isPossible;
    });
    for (const [index, scenario] of scenarios.entries()) {
      const { id, title, contestants } = scenario;
      const named = contestants === undefined ? {} : { contestants };
      results.write({ kind: 'scenario', id, title, ...named });
      const own = contestantsOf(scenario, servers);
      const tools = { generators, checked };
      const place = `${index + 1} of ${scenarios.length}`;
      const outcome = await runShown(place, scenario, own, tools, options, (line) =>
        results.write(line),
      );
      outcomes.push(outcome);
      printOutcome(outcome, own);
    }
    printTargets(outcomes, servers);
    print(
      `written to ${path.relative('.', options.out)}, in the place of an earlier run; npm run bench:report shows it`,
    );
    if (outcomes.some(({ leftOut }) => leftOut.some(({ faulty }) => faulty))) {
      print('some runs went wrong and are no result: see above');
      process.exitCode = 1;
    }
  } finally {
    for (const part of [...generators, checked]) await part.stop();
  }
}

main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 2;
});
