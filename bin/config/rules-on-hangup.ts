/**
 * Reads the configuration file anew on SIGHUP, or for the first time where it came later. A file that can't
 * be used changes nothing: what was read before goes on, and what is wrong is told.
 */
import type { RulesConfig } from '../../lib/site/rules/config.js';
import { onHangup } from '../hangup.js';
import { type ConfigRequest, type Configured, findConfig } from './find.js';

/** Who is told. */
export interface RulesHost {
  /** Goes by other rules from now on. */
  setRules(rules: RulesConfig): Promise<void>;
  changed(file: string): void;
  /** There is no file, and never was. */
  absent(): void;
  /** @param error with a message for people */
  failed(error: unknown): void;
}

/**
 * @param asked as at the start
 * @param started what was found then
 */
export function rulesOnHangup(
  asked: ConfigRequest,
  started: Configured | undefined,
  host: RulesHost,
): void {
  const { root, symlinks } = started ?? asked;
  let last = started?.file;
  onHangup(async () => {
    try {
      const found = await findConfig(asked);
      if (found === undefined) {
        if (last !== undefined) throw new Error(`${last} is no longer there`);
        host.absent();
        return;
      }
      if (found.root !== root || found.symlinks !== symlinks) {
        throw new Error('public and symlinks are taken at the start; restart for others');
      }
      await host.setRules(found.rules);
      last = found.file;
      host.changed(found.file);
    } catch (error) {
      host.failed(error);
    }
  });
}
