/** The command lines of the benches: options with a help, and the values that several of them take. */
import yargs, { type InferredOptionTypes, type Options } from 'yargs';
import { hideBin } from 'yargs/helpers';

/** A list: the option may be repeated, and each value hold several with commas between them. */
export const LIST = { type: 'string', array: true } as const;

/** The values of a table of options, and what was given beside them. */
type Given<Table extends Record<string, Options>> = InferredOptionTypes<Table> & {
  readonly _: readonly (string | number)[];
};

/**
 * What was given, and what goes for what was not; `--help` prints it all and ends the process.
 *
 * @param name - as it is run: `bench:memory`
 * @param what - what it is good for, in a sentence
 * @param operands - what words that are no options are, where they may be given
 * @throws Error naming an option that there is not, or a word that is no option
 */
export function commandLine<Table extends Record<string, Options>>(
  name: string,
  what: string,
  table: Table,
  operands?: string,
): Given<Table> {
  const run = `npm run ${name} --`;
  const complain = (problem: string): Error =>
    new Error(`${problem}; ${run} --help shows what there is`);
  const given: unknown = yargs(hideBin(process.argv))
    .scriptName(run)
    .usage(`$0 [options]${operands === undefined ? '' : ` [${operands}...]`}\n\n${what}`)
    .options(table)
    .parserConfiguration({ 'greedy-arrays': false })
    .detectLocale(false)
    .version(false)
    .strictOptions()
    .fail((message, error) => {
      throw error ?? complain(message);
    })
    .parseSync();
  const values = given as Given<Table>;
  if (operands === undefined && values._.length > 0) {
    throw complain(`${values._.join(' ')} is no option`);
  }
  return values;
}

/** The values of a {@link LIST}. */
export function listed(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).filter((text) => text !== '');
}

/** @throws Error where the value of an option is no whole number from 1 on */
export function count(name: string, text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new Error(`--${name} ${text} can't be used; it takes a whole number from 1 on`);
  }
  return Number(text);
}
