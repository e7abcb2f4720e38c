/** The way to rules for those who may have none: what reads patterns is loaded only here. */
import type { AddressOptions } from '../paths/addresses.js';
import type { SiteRules } from './compile.js';
import type { RulesConfig } from './config.js';
import { inTurns } from './steps.js';

/**
 * Makes rules of what they say, in turns with what else there is to do: a server that is given other rules goes
 * on answering by those that it has.
 * @param own what the site says itself, where that matters to rules
 * @throws RuleError for the first rule that can't be used
 */
export async function loadRules(config: RulesConfig, own?: AddressOptions): Promise<SiteRules> {
  const { compiling } = await import('./compile.js');
  return inTurns(compiling(config, own));
}
