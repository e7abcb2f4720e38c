/** What is wrong with a configuration file, apart from what finds it: that is loaded only where there is one. */
import { printable } from '../printable.js';

/** A file that can't be used; each line of its message names file, line and column of a problem. */
export class ConfigError extends Error {
  /** @param problems with texts of the file, whoever wrote that: each becomes one line that steers no terminal */
  constructor(problems: readonly string[]) {
    super(problems.map(printable).join('\n'));
  }
}
