/**
 * Generators of many small requests: wrk where it is installed, else autocannon. wrk is the sharper
 * one: autocannon takes more processor time a request than sluice does.
 */
import { Child } from '../support/child.js';
import { isInstalled } from '../support/machine.js';
import type { PlannedRequest } from './plan.js';
import type { LoadFigures } from './tally.js';
import { Wrk } from './wrk.js';

/** As many requests as go into a time. */
export interface RateLoad {
  readonly port: number;
  /** One, or of several one at random each time; all have the same status. */
  readonly requests: readonly PlannedRequest[];
  readonly connections: number;
  /** Requests under way on each connection. */
  readonly pipelining: number;
  /** A new connection for each request; the fields of the requests must ask for it. */
  readonly close: boolean;
  /** Whole ones. */
  readonly seconds: number;
}

/** A load generator. */
export interface Generator {
  readonly name: GeneratorName;
  run(load: RateLoad): Promise<LoadFigures>;
  stop(): Promise<void>;
}

export type GeneratorName = 'wrk' | 'autocannon';

/** The generators asked for, or the best there is. */
export function startGenerators(name?: string): Generator[] {
  const wrk = isInstalled('wrk', '-v');
  if (name === 'wrk' && !wrk) throw new Error('wrk is not installed; try --generator autocannon');
  if (name === undefined) return [wrk ? new Wrk() : new Autocannon()];
  if (name === 'both') return wrk ? [new Wrk(), new Autocannon()] : [new Autocannon()];
  if (name === 'wrk') return [new Wrk()];
  if (name === 'autocannon') return [new Autocannon()];
  throw new Error(`no generator ${name}; there are wrk, autocannon and both`);
}

class Autocannon implements Generator {
  readonly name = 'autocannon';
  readonly #child = new Child('clients/autocannon.js', 1);

  run(load: RateLoad): Promise<LoadFigures> {
    return this.#child.call('run', load);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
