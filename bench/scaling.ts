/**
 * `npm run bench:scaling`: how throughput, processor time, p99 and memory depend on the number of
 * connections, the size of the file, the number of files and the depth of the path. See README.md.
 */
import fs from 'node:fs';
import path from 'node:path';
import { type Extent, LAWS, type Law, lawsNamed, type Place } from './scaling/laws.js';
import { addressesFor, connectionsProblem, socketRoom } from './scaling/limits.js';
import { type LoadMakers, type SteadyLoad, startLoadMakers } from './scaling/load.js';
import { measure } from './scaling/measure.js';
import { installedVersions, startServers } from './scaling/servers.js';
import { printLaw } from './scaling/table.js';
import { Tree, treePath } from './scaling/tree.js';
import type { Contestant } from './servers/contestant.js';
import { commandLine, count, LIST, listed } from './support/command-line.js';
import { Corpus } from './support/corpus.js';
import { describeMachine } from './support/machine.js';
import { type Progress, startProgress } from './support/progress.js';
import { print, progress } from './support/report.js';
import { ResultsFile } from './support/results.js';

const RESULTS = 'bench/results/scaling.jsonl';
/** Seconds of warming up, at most. */
const WARM_UP = 5;

interface Settings {
  readonly laws: readonly Law[];
  readonly servers: readonly string[];
  readonly extent: Extent;
  readonly rounds: number;
  readonly seconds: number;
  readonly out: string;
}

function settings(): Settings {
  const all = LAWS.map(({ id }) => id);
  const values = commandLine('bench:scaling', 'How figures depend on how much there is.', {
    law: { ...LIST, default: all, describe: 'what is varied' },
    servers: { ...LIST, default: ['sluice', 'nginx'], describe: 'who takes part' },
    quick: { type: 'boolean', default: false, describe: 'a look at few places' },
    full: { type: 'boolean', default: false, describe: 'up to a million files' },
    rounds: { type: 'string', describe: 'rounds that count [3, quick: 1]' },
    seconds: { type: 'string', default: '1', describe: 'length of one measurement' },
    out: { type: 'string', default: RESULTS, describe: 'file for the results' },
  });
  return {
    laws: lawsNamed(listed(values.law)),
    servers: listed(values.servers),
    extent: values.quick ? 'quick' : values.full ? 'full' : 'short',
    rounds: count('rounds', values.rounds ?? (values.quick ? '1' : '3')),
    seconds: count('seconds', values.seconds),
    out: values.out,
  };
}

/** What the places of a run share. */
interface Bench {
  readonly tree: Tree;
  readonly servers: readonly Contestant[];
  readonly makers: LoadMakers;
  readonly results: ResultsFile;
  readonly bar: Progress;
  readonly rounds: number;
  /** The first round is not counted. */
  readonly warmUp: boolean;
}

/** Makes the files of a place. @throws Error where there is no room for them, or for connections */
function prepare({ wanted, connections, seconds }: Place, tree: Tree): Omit<SteadyLoad, 'port'> {
  const room = socketRoom();
  const problem = connectionsProblem(connections, room);
  if (problem !== undefined) throw new Error(problem);
  const addresses = addressesFor(connections, room);
  if (wanted.kind === 'file') {
    return { target: tree.file(wanted.size, wanted.depth), connections, seconds, addresses };
  }
  tree.grow(wanted.files);
  const target = wanted.files === 1 ? treePath(0) : { files: wanted.files };
  return { target, connections, seconds, addresses };
}

/** All servers at one place, in turns. The turn before the first warms up and is not counted. */
async function measurePlace(law: Law, place: Place, bench: Bench): Promise<void> {
  const { bar, servers, rounds } = bench;
  const where = `${law.id} ${place.at.toLocaleString('en')}`;
  const first = bench.warmUp ? 0 : 1;
  let load: Omit<SteadyLoad, 'port'>;
  try {
    load = prepare(place, bench.tree);
    await bench.tree.settled();
  } catch (error) {
    bar.note(`${where}: left out, ${(error as Error).message}`);
    for (let i = 0; i < (rounds + 1 - first) * servers.length; i++) bar.step(where);
    return;
  }
  for (let turn = first; turn <= rounds; turn++) {
    for (const server of servers) {
      bar.step(`${where}, ${server.name}`);
      const seconds = turn === 0 ? Math.min(WARM_UP, load.seconds) : load.seconds;
      const own = { ...load, port: server.port, seconds };
      try {
        await measureTurn(law, place, turn, server, own, bench);
      } catch (error) {
        bar.note(`${where}, ${server.name}, round ${turn}: left out, ${(error as Error).message}`);
      }
    }
  }
}

/** One server, once. What went wrong is written down as errors without figures. */
async function measureTurn(
  law: Law,
  { at }: Place,
  round: number,
  server: Contestant,
  load: SteadyLoad,
  { makers, results, bar }: Bench,
): Promise<void> {
  const maker = makers.of(load);
  const figures = await measure(server, load, maker, law.transfer === true);
  if ((figures.errors ?? 0) > 0) {
    bar.note(
      `${law.id} ${at}, ${server.name}, round ${round}: ${figures.errors} errors, no result`,
    );
  }
  if (round === 0) return;
  const generator = maker.name;
  const kind = 'measurement';
  results.write({ kind, scenario: law.id, server: server.name, generator, round, at, figures });
}

/** A law at all its places, of servers that are new: none keeps memory from the law before. */
async function measureLaw(
  law: Law,
  options: Settings,
  bench: Omit<Bench, 'servers'>,
  root: string,
) {
  const { results } = bench;
  results.write({ kind: 'scenario', id: law.id, title: law.title, axis: law.axis });
  const servers = await startServers(options.servers, root);
  try {
    for (const at of law.places[options.extent]) {
      await measurePlace(law, law.place(at, options.seconds), { ...bench, servers });
    }
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** All single files at once, to wait only once until they are settled; a tree grows step by step. */
function makeFiles({ laws, extent, seconds }: Settings, tree: Tree): void {
  for (const law of laws) {
    for (const at of law.places[extent]) {
      const { wanted } = law.place(at, seconds);
      if (wanted.kind === 'file') tree.file(wanted.size, wanted.depth);
    }
  }
}

async function main(): Promise<void> {
  const asked = settings();
  const versions = installedVersions(asked.servers);
  const options = { ...asked, servers: Object.keys(versions) };
  for (const name of asked.servers) {
    if (versions[name] === undefined) progress(`${name} is not installed, and left out`);
  }
  const corpus = new Corpus();
  fs.mkdirSync(path.dirname(options.out), { recursive: true });
  const results = new ResultsFile(options.out, {
    kind: 'run',
    suite: 'scaling',
    date: new Date().toISOString(),
    machine: describeMachine(),
    versions,
  });
  const tree = new Tree(corpus.root);
  makeFiles(options, tree);
  const warmUp = options.extent !== 'quick';
  const places = options.laws.flatMap((law) => law.places[options.extent]);
  const turns = options.rounds + (warmUp ? 1 : 0);
  const bar = startProgress('scaling', places.length * options.servers.length * turns);
  const makers = startLoadMakers();
  const bench = { tree, makers, results, bar, rounds: options.rounds, warmUp };
  try {
    for (const law of options.laws) await measureLaw(law, options, bench, corpus.root);
  } finally {
    bar.stop();
    await makers.stop();
  }
  print(describeMachine());
  print(`${options.rounds} rounds in turns: median and half the distance from least to most`);
  print();
  for (const law of options.laws) printLaw(law, results.lines);
  print(`${results.path}; charts by npm run bench:report`);
}

main().catch((error: Error) => {
  process.stderr.write(`bench:scaling: ${error.message}\n`);
  process.exitCode = 1;
});
