/**
 * Reads the configuration file anew on SIGHUP. A file that can't be used changes nothing: what was read
 * before goes on, and what is wrong is told.
 */
import type { RulesConfig } from '../../lib/site/rules/config.js';
import { onHangup } from '../hangup.js';
import { type ConfigRequest, type Configured, findConfig } from './find.js';

/** Who is told. */
export interface RulesHost {
  /** Goes by other rules from now on. */
  setRules(rules: RulesConfig): Promise<void>;
  changed(file: string): void;
  /** @param error with a message for people */
  failed(error: unknown): void;
}

/** @param asked as at the start */
export function rulesOnHangup(asked: ConfigRequest, started: Configured, host: RulesHost): void {
  onHangup(() => readAgain(asked, started, host));
}

async function readAgain(
  asked: ConfigRequest,
  started: Configured,
  host: RulesHost,
): Promise<void> {
  try {
    const found = await findConfig(asked);
    if (found === undefined) throw new Error(`${started.file} is no longer there`);
    if (found.root !== started.root || found.symlinks !== started.symlinks) {
      throw new Error('public and symlinks are taken at the start; restart for others');
    }
    await host.setRules(found.rules);
    host.changed(found.file);
  } catch (error) {
    host.failed(error);
  }
}
