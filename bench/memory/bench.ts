/**
 * What all parts of the memory benchmark share: rounds in which each server is visited in turn, the
 * results, and the checks against targets. Knows nothing of what a part does to a server.
 */
import { LOADING, OURS, startServer } from '../servers/index.js';
import { Child } from '../support/child.js';
import { Corpus } from '../support/corpus.js';
import type { Progress } from '../support/progress.js';
import type { MetricName, ResultsFile, ScenarioHeader } from '../support/results.js';
import { Sampler } from '../support/sampler.js';
import { Checks } from './checks.js';
import { type Seen, startVisit, type Tools, type Visit } from './visit.js';

export const MIB = 1_048_576;

/** What the command line says. */
export interface MemorySettings {
  readonly servers: readonly string[];
  readonly rounds: number;
  /** How many clients stall, each number a scenario. */
  readonly stalled: readonly number[];
  /** Requests of each storm. */
  readonly count: number;
  /** Of the soak. */
  readonly minutes: number;
}

/** The benchmark's state. */
export class Bench {
  readonly settings: MemorySettings;
  readonly results: ResultsFile;
  readonly corpus: Corpus = new Corpus();
  readonly sampler: Sampler = new Sampler();
  readonly checks: Checks = new Checks();
  /** What was left out, and why. */
  readonly notes: string[] = [];
  /** A step of it is a visit. */
  readonly bar: Progress;
  /** The part under way, for the bar. */
  part = '';

  constructor(settings: MemorySettings, results: ResultsFile, bar: Progress) {
    this.settings = settings;
    this.results = results;
    this.bar = bar;
    this.corpus.file('1k.bin', 1024);
    this.corpus.file('1m.bin', MIB);
    this.corpus.file('100m.bin', 100 * MIB);
  }

  /** Visits each server in turn, in every round; a process of its own each time. */
  async visits(
    work: (visit: Visit, round: number) => Promise<void>,
    rounds: number = this.settings.rounds,
  ): Promise<void> {
    for (let round = 1; round <= rounds; round++) {
      for (const name of this.settings.servers) {
        this.bar.step(`${this.part}, ${name}, round ${round} of ${rounds}`);
        const server = await startServer(name, this.corpus.root);
        if (server === undefined) {
          this.note(`${name} is not on this machine`);
          continue;
        }
        // Its own too: what a load that went wrong left behind must not reach the next server.
        const client = new Child('clients/raw.js', 1);
        try {
          await work(await startVisit(server, this.#tools(name, client)), round);
        } catch (error) {
          this.#failed(name, error as Error);
        } finally {
          await client.stop();
          await server.stop();
        }
      }
    }
  }

  begin(header: Omit<ScenarioHeader, 'kind'>): void {
    this.results.write({ kind: 'scenario', ...header });
  }

  /** Writes down what was seen; the curve of the first round only. */
  record(scenario: string, { server }: Visit, round: number, seen: Seen, at?: number): void {
    const where = at === undefined ? {} : { at };
    const { name } = server;
    const { figures, samples } = seen;
    this.results.write({ kind: 'measurement', scenario, server: name, round, ...where, figures });
    if (round > 1 || at !== undefined) return;
    this.results.write({ kind: 'series', scenario, server: name, points: samples.resident });
  }

  /** Every round's figure of a server, without those that could not be had. */
  figures(scenario: string, server: string, metric: MetricName, at?: number): number[] {
    return this.results.lines.flatMap((line) => {
      if (line.kind !== 'measurement' || line.scenario !== scenario) return [];
      if (line.server !== server || line.at !== at) return [];
      return line.figures[metric] ?? [];
    });
  }

  note(text: string): void {
    if (this.notes.includes(text)) return;
    this.notes.push(text);
    this.bar.note(`skipped: ${text}`);
  }

  async stop(): Promise<void> {
    await this.sampler.stop();
  }

  /** What a peer can't do is told; what ours can't is a target missed. No figures either way. */
  #failed(name: string, { message }: Error): void {
    if (name !== OURS && name !== LOADING) this.note(`${name}: ${message}`);
    else this.checks.add({ what: `${name}: errors`, figure: message, target: 'none', met: false });
  }

  /** A loading server is warmed up by smaller files: what it once held would count as idle else. */
  #tools(name: string, client: Child): Tools {
    const { sampler } = this;
    return { client, sampler, warmUp: ['/1k.bin', name === LOADING ? '/1m.bin' : '/100m.bin'] };
  }
}
