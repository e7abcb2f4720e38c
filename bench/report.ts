/**
 * `npm run bench:report`: results files as one HTML file with charts and tables, and the main chart
 * as a picture for the README. See README.md.
 */
import fs from 'node:fs';
import path from 'node:path';
import { memoryVerdicts } from './memory/verdicts.js';
import { readSuites, type Suite } from './report/model.js';
import { reportPage, standaloneChart } from './report/page.js';
import { type Verdict, verdictsOn } from './report/verdicts.js';
import { SERVERS } from './servers/lineup.js';
import { commandLine } from './support/command-line.js';
import { print, progress } from './support/report.js';
import { readResults } from './support/results.js';
import { judge, TARGETS, targetText } from './targets.js';

const FOLDER = 'bench/results';

/** The files of a full run that are there, in the order the report shows them. */
function standardFiles(): string[] {
  return ['speed', 'memory', 'ttfb', 'scaling']
    .map((name) => path.join(FOLDER, `${name}.jsonl`))
    .filter((file) => fs.existsSync(file));
}

/** Speed first, as the suites are. */
function verdicts(suites: readonly Suite[]): Verdict[] {
  const suite = (name: string) => suites.find((each) => each.name === name);
  const nodePeers = SERVERS.filter(({ family }) => family === 'node').map(({ name }) => name);
  const speed = verdictsOn(suite('speed'), {
    targets: TARGETS,
    textOf: targetText,
    judge: (target, lookup) => judge(target.scenario, nodePeers, lookup, [target])[0],
  });
  return [...speed, ...memoryVerdicts(suite('memory'))];
}

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  print(`${file}  ${Math.ceil(text.length / 1000)} KB`);
}

function main(): void {
  const options = {
    out: { type: 'string', default: `${FOLDER}/report.html`, describe: 'the page' },
    svg: { type: 'string', default: `${FOLDER}/main.svg`, describe: 'its main chart alone' },
  } as const;
  const what = `Results as one page with charts; files [those in ${FOLDER}] are lines of JSON.`;
  const values = commandLine('bench:report', what, options, 'files');
  const named = values._.map(String);
  const files = named.length > 0 ? named : standardFiles();
  if (files.length === 0) {
    throw new Error(`no results in ${FOLDER}; run npm run bench first, or name files`);
  }
  const suites: Suite[] = files.flatMap((file) =>
    readSuites(readResults(file), path.basename(file, '.jsonl')),
  );
  write(values.out, reportPage(suites, verdicts(suites)));
  const chart = standaloneChart(suites);
  if (chart === undefined) {
    progress(`${values.svg} was not written: no results of npm run bench with a peer in them`);
  } else write(values.svg, chart);
}

try {
  main();
} catch (error) {
  process.stderr.write(`bench:report: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
