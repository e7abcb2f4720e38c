/** Every scenario of `npm run bench`, in the order of the tables. A new one has its place here. */
import { LARGE } from './large.js';
import { PAGE } from './page.js';
import type { Scenario } from './scenario.js';
import { SMALL } from './small.js';
import { START } from './start.js';
import { WORKERS } from './workers.js';

export const SCENARIOS: readonly Scenario[] = [...SMALL, ...LARGE, PAGE, START, WORKERS];

/** What runs where none is named: ten minutes against everybody. */
export const DEFAULT_SCENARIOS: readonly string[] = ['1k', '20k', '304', '1m', '100m', 'start'];

/** What `--quick` runs. */
export const QUICK_SCENARIOS: readonly string[] = ['1k', '304', '100m', 'start'];

/** The scenarios of these names; `all`: every one. @throws Error naming those there are */
export function scenariosNamed(names: readonly string[]): Scenario[] {
  if (names.includes('all')) return [...SCENARIOS];
  return names.map((name) => {
    const scenario = SCENARIOS.find(({ id }) => id === name);
    if (scenario !== undefined) return scenario;
    const known = SCENARIOS.map(({ id }) => id).join(', ');
    throw new Error(`no scenario ${name}; there are ${known} and all`);
  });
}
