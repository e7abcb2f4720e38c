/**
 * A scenario against several servers: new processes, a warm-up, then rounds in which each has its turn.
 * A server whose answers are wrong has no figures; the others go on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Generator } from '../clients/rate.js';
import type { Scenario } from '../scenarios/scenario.js';
import { type Launched, launch, type ServerKind } from '../servers/server.js';
import type { Child } from '../support/child.js';
import { Corpus } from '../support/corpus.js';
import { maybeUsage, type Usage } from '../support/process-tree.js';
import type { Figures, Measurement } from '../support/results.js';
import { median } from '../support/statistics.js';
import { measure } from './measure.js';
import { Faulty, type Prepared, prepare, Unsuitable } from './prepare.js';

/** What there is to measure with. */
export interface Tools {
  readonly generators: readonly Generator[];
  readonly checked: Child;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Told what begins. */
  step?(label: string): void;
}

/** A server that is left out: it can't do the scenario, or did it wrongly. */
export interface LeftOut {
  readonly server: string;
  readonly reason: string;
  /** Whether answers were wrong: then the whole benchmark fails. */
  readonly faulty: boolean;
}

/** What came of a scenario. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly measurements: readonly Measurement[];
  readonly leftOut: readonly LeftOut[];
}

/** Files younger than this are cached by nobody who is careful; servers wait, so that they do. */
const FILES_SETTLE = 3000;
/** Milliseconds without an octet after which an answer has failed. */
const ANSWER_TIMEOUT = 10_000;
/** How many times as long as a round: compilers of the server's runtime share its processor, for seconds. */
const WARM_UP = 3;
/** Starts of a round, of which the median counts: each is short, and is disturbed by anything. */
const STARTS = 3;
/** How long a server is left alone before its descriptors are counted. */
const IDLE = 300;

/** Measures. What comes is told to `write` at once. */
export async function runScenario(
  scenario: Scenario,
  kinds: readonly ServerKind[],
  tools: Tools,
  options: RoundOptions,
  write: (measurement: Measurement) => void,
): Promise<Outcome> {
  let measurements: Measurement[] = [];
  const out = new Map<string, LeftOut>();
  const keep = (measurement: Measurement) => {
    measurements.push(measurement);
    write(measurement);
  };
  const leaveOut = (server: string, round: number, error: unknown) => {
    const unsuitable = error instanceof Unsuitable && server !== 'sluice';
    out.set(server, { server, reason: (error as Error).message, faulty: !unsuitable });
    if (unsuitable) return;
    const errors = error instanceof Faulty ? error.errors : 1;
    // No figures but this: a run with errors is no result, nor are the rounds before.
    measurements = measurements.filter((each) => each.server !== server);
    keep({ kind: 'measurement', scenario: scenario.id, server, round, figures: { errors } });
  };
  const corpus = new Corpus();
  try {
    const turns = await (scenario.client === 'start'
      ? starts(kinds, corpus)
      : loads(scenario, kinds, corpus, tools, options, leaveOut));
    try {
      // The first round warms up.
      for (let round = 0; round <= options.rounds; round++) {
        for (const turn of turns.list) {
          const { server, generator } = turn;
          if (out.has(server)) continue;
          options.step?.(
            `${scenario.id}, ${server}, ${round === 0 ? 'warm-up' : `round ${round}`}`,
          );
          try {
            const figures = await turn.run(round === 0);
            const what = generator === undefined ? {} : { generator };
            if (round === 0) continue;
            keep({
              kind: 'measurement',
              scenario: scenario.id,
              server,
              ...what,
              round,
              figures,
            });
          } catch (error) {
            const ended = turn.maybeEnded?.();
            const reason = ended === undefined ? error : new Faulty(1, [ended]);
            leaveOut(server, Math.max(round, 1), reason);
          }
        }
      }
    } finally {
      await turns.end();
    }
  } finally {
    corpus.remove();
  }
  return { scenario, measurements, leftOut: [...out.values()] };
}

/** One server's part of a round. */
interface Turn {
  readonly server: string;
  readonly generator?: string;
  run(warmUp: boolean): Promise<Figures>;
  /** How the server's process ended, if it did. */
  maybeEnded?(): string | undefined;
}

interface Turns {
  readonly list: readonly Turn[];
  end(): Promise<void>;
}

async function loads(
  scenario: Scenario,
  kinds: readonly ServerKind[],
  corpus: Corpus,
  { generators, checked }: Tools,
  { seconds, step }: RoundOptions,
  leaveOut: (server: string, round: number, error: unknown) => void,
): Promise<Turns> {
  const requests = scenario.requests(corpus);
  const written = performance.now();
  const launched: Launched[] = [];
  const end = async () => {
    for (const server of launched) await server.stop();
  };
  const list: Turn[] = [];
  try {
    for (const kind of kinds) {
      try {
        launched.push(await launch(kind, corpus.root, scenario.bothProcessors ? 'both' : 0));
      } catch (error) {
        leaveOut(kind.name, 1, error);
      }
    }
    await sleep(Math.max(0, FILES_SETTLE - (performance.now() - written)));
    for (const server of launched) {
      step?.(`${scenario.id}, ${server.name}, comparing answers`);
      try {
        const prepared = await prepare(scenario, requests, server, checked, ANSWER_TIMEOUT);
        list.push(...turnsOf(scenario, server, prepared, { generators, checked }, seconds));
      } catch (error) {
        leaveOut(server.name, 1, error);
      }
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { list, end };
}

/** Those that a scenario is measured with, one turn each; other clients than these take one. */
export function generatorsFor(scenario: Scenario, generators: readonly Generator[]): Generator[] {
  if (scenario.client !== 'rate') return generators.slice(0, 1);
  return generators.filter(({ name }) => (scenario.generator ?? name) === name);
}

function turnsOf(
  scenario: Scenario,
  server: Launched,
  prepared: Prepared,
  { generators, checked }: Tools,
  seconds: number,
): Turn[] {
  const idle = new Idle(server.pid);
  const generated = scenario.client === 'rate';
  const time = Math.max(seconds, scenario.seconds ?? 0);
  return generatorsFor(scenario, generators).map((generator) => ({
    server: server.name,
    generator: generated ? generator.name : 'raw',
    maybeEnded: server.maybeEnded,
    run: async (warmUp) =>
      measure(
        scenario,
        prepared,
        { checked, generator },
        {
          seconds: warmUp ? time * WARM_UP : time,
          timeout: ANSWER_TIMEOUT,
          idleDescriptors: await idle.descriptors(),
        },
      ),
  }));
}

/** How many descriptors a warm server has that nobody asks anything. */
class Idle {
  readonly #pid: number;
  #count: number | undefined;
  #runs = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Counted before the first run and, as the warm-up may open what stays open, before the second. */
  async descriptors(): Promise<number | undefined> {
    if (this.#runs++ > 1) return this.#count;
    await sleep(IDLE);
    this.#count = maybeUsage(this.#pid)?.descriptors;
    return this.#count;
  }
}

async function starts(kinds: readonly ServerKind[], corpus: Corpus): Promise<Turns> {
  corpus.file('1k.bin', 1024);
  const list = kinds.map((kind) => ({
    server: kind.name,
    async run(): Promise<Figures> {
      const times: number[] = [];
      let usage: Usage | undefined;
      for (let start = 0; start < STARTS; start++) {
        const server = await launch(kind, corpus.root);
        usage = maybeUsage(server.pid);
        await server.stop();
        times.push(server.readyAfter);
      }
      const rss = usage === undefined ? {} : { rssPeak: usage.resident };
      return { startToReady: median(times), ...rss, errors: 0 };
    },
  }));
  return { list, end: async () => {} };
}
