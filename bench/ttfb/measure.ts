/** The time to the first byte of some servers, in rounds and in turns. Knows no command line. */
import type { Answer } from '../clients/connection.js';
import type { FirstByteLoad } from '../clients/ttfb.js';
import type { Contestant } from '../servers/contestant.js';
import { LOADING, OURS } from '../servers/index.js';
import type { Child } from '../support/child.js';
import type { Figures, ResultsFile, ScenarioHeader } from '../support/results.js';
import { median } from '../support/statistics.js';

/** A file to ask for. */
export interface FirstByteCase {
  readonly id: string;
  readonly title: string;
  readonly size: number;
  /** Milliseconds, as the documents say. */
  readonly predicted: { readonly streaming: number; readonly loading: number };
}

/** The documents' table. */
export const CASES: readonly FirstByteCase[] = [
  { id: 'ttfb-1m', title: '1 MB', size: 1e6, predicted: { streaming: 1, loading: 100 } },
  { id: 'ttfb-10m', title: '10 MB', size: 10e6, predicted: { streaming: 1, loading: 1000 } },
  { id: 'ttfb-50m', title: '50 MB', size: 50e6, predicted: { streaming: 1, loading: 5000 } },
  { id: 'ttfb-100m', title: '100 MB', size: 100e6, predicted: { streaming: 1, loading: 10_000 } },
];

/** How much is measured. */
export interface Amount {
  readonly rounds: number;
  /** Of each server in each round. */
  readonly requests: number;
  /** An answer that takes longer is an error, in milliseconds. */
  readonly longest: number;
  /** Told what begins. */
  step?(label: string): void;
}

/** What the results say of a case. */
export function headerOf({ id, title, predicted }: FirstByteCase): ScenarioHeader {
  return {
    kind: 'scenario',
    id,
    title,
    predicted: {
      [OURS]: { timeToFirstByte: predicted.streaming },
      [LOADING]: { timeToFirstByte: predicted.loading },
    },
  };
}

/** Measures one case; the first round warms up and is not counted. */
export async function measureFirstByte(
  { id, title, size }: FirstByteCase,
  path: string,
  servers: readonly Contestant[],
  client: Child,
  results: Pick<ResultsFile, 'write'>,
  { rounds, requests, longest, step }: Amount,
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const { name, port } of servers) {
      step?.(`${title}, ${name}, ${round === 0 ? 'warm-up' : `round ${round}`}`);
      const load: FirstByteLoad = { port, path, length: size, requests, longest };
      const answers = await client.call<Answer[]>('run', load);
      if (round === 0) continue;
      const figures = figuresOf(answers);
      results.write({ kind: 'measurement', scenario: id, server: name, round, figures });
    }
  }
}

function figuresOf(answers: readonly Answer[]): Figures {
  const octets = answers.reduce((sum, answer) => sum + answer.octets, 0);
  const seconds = answers.reduce((sum, { complete }) => sum + complete, 0) / 1000;
  return {
    timeToFirstByte: median(answers.map(({ firstByte }) => firstByte)),
    bytesPerSecond: octets / seconds,
    errors: 0,
  };
}
