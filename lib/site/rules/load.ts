/** The way to rules for those who may have none: what reads patterns is loaded only here. */
import type { AddressOptions } from '../paths/addresses.js';
import type { SiteRules } from './compile.js';
import type { RulesConfig } from './config.js';

/**
 * Makes rules of what they say.
 * @param own what the site says itself, where that matters to rules
 * @throws RuleError for the first rule that can't be used
 */
export async function loadRules(config: RulesConfig, own?: AddressOptions): Promise<SiteRules> {
  const { compileRules } = await import('./compile.js');
  return compileRules(config, own);
}
