/** A scenario with a bar that shows how far it is. Measures nothing itself. */
import type { Generator } from '../clients/rate.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { ServerKind } from '../servers/server.js';
import { startProgress } from '../support/progress.js';
import type { Measurement } from '../support/results.js';
import {
  generatorsFor,
  type Outcome,
  type RoundOptions,
  runScenario,
  type Tools,
} from './rounds.js';

/** The steps of a scenario where nobody is left out. */
export function stepsOf(
  scenario: Scenario,
  servers: number,
  generators: readonly Generator[],
  rounds: number,
): number {
  const turns = servers * generatorsFor(scenario, generators).length * (rounds + 1);
  // Where there is a load, each server's answers are compared beforehand.
  return scenario.client === 'start' ? turns : turns + servers;
}

/** Measures, and shows it. @param title of the bar */
export async function runShown(
  title: string,
  scenario: Scenario,
  kinds: readonly ServerKind[],
  tools: Tools,
  options: RoundOptions,
  write: (measurement: Measurement) => void,
): Promise<Outcome> {
  const steps = stepsOf(scenario, kinds.length, tools.generators, options.rounds);
  const bar = startProgress(title, steps);
  try {
    const step = (label: string) => bar.step(label);
    return await runScenario(scenario, kinds, tools, { ...options, step }, write);
  } finally {
    bar.stop();
  }
}
