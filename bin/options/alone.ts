/**
 * Options that may be given without a value: `--cors ./public` names a folder, `--cors https://a.example`
 * an origin. The parser of the command line can't know.
 */
import type { Option } from './option.js';

/**
 * Puts back what such options took of the arguments though it is none of theirs.
 * @param argv the arguments as they were given
 * @param values what the parser made of them; changed in place
 * @param options those that it knows
 */
export function giveBack(
  argv: readonly string[],
  values: Record<string, unknown>,
  options: readonly Option[],
): void {
  const others = values._ as (string | number)[];
  for (const { name, alone } of options) {
    if (alone === undefined || values[name] === undefined) continue;
    const texts: string[] = [];
    for (const given of [values[name]].flat()) {
      // --no-NAME
      if (given === false) continue;
      const text = String(given);
      // What was written behind a `=` is no argument of its own: it is meant.
      const isValue = text.includes('://') || text === alone || !argv.includes(text);
      if (!isValue) others.push(text);
      texts.push(isValue && text !== '' ? text : alone);
    }
    values[name] = texts.length === 0 ? undefined : texts;
  }
}
