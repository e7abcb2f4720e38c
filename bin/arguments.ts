/**
 * The command line: arguments in, what was said out, by an option table. Says nothing of defaults, the
 * environment or files, and prints nothing.
 */
import yargs from 'yargs';
import { blteHint } from './blte/words.js';
import { giveBack } from './options/alone.js';
import { type Option, UsageError } from './options/option.js';
import { spellOut, UnknownOption } from './options/spelled.js';

/** What the command line of serving says. */
export interface Arguments {
  /** `undefined`: none is named. */
  readonly folder: string | undefined;
  /** What is said of options, by name; a flag is true or false. */
  readonly given: ReadonlyMap<string, unknown>;
  /** What is to be printed in the place of serving. */
  readonly asked: Asked | undefined;
}

/** What every command prints when it is asked. */
export type Asked = 'help' | 'version';

/** What the command line of any command says. */
export interface Line {
  /** What is no option. */
  readonly operands: readonly string[];
  readonly given: ReadonlyMap<string, unknown>;
  readonly asked: Asked | undefined;
}

/**
 * Reads the command line of serving.
 * @throws UsageError for an option that does not exist, lacks its value, or is said twice
 */
export async function readArguments(
  argv: readonly string[],
  options: readonly Option[],
): Promise<Arguments> {
  const {
    operands: folders,
    given,
    asked,
  } = await readLine(argv, options, 'serve').catch((error) => {
    throw hinted(error, argv);
  });
  if (asked !== undefined) return { folder: undefined, given, asked };
  if (folders.includes('')) throw new UsageError('the folder has no name; . is this one');
  if (folders.length > 1) {
    const said = `one folder can be served, and ${folders.length} are named: ${folders.join(' ')}`;
    throw hinted(new UsageError(said), argv);
  }
  return { folder: folders[0], given, asked };
}

/** An error of a line that was perhaps meant for another command says so. */
function hinted(error: unknown, argv: readonly string[]): unknown {
  const hint = blteHint(argv);
  if (hint === undefined || !(error instanceof UsageError)) return error;
  return new UsageError(`${error.message} (${hint})`);
}

/**
 * Reads the command line of any command.
 * @param command as it is called: `serve`
 * @throws UsageError as {@link readArguments}
 */
export async function readLine(
  argv: readonly string[],
  options: readonly Option[],
  command: string,
): Promise<Line> {
  const nothing = { operands: [], given: new Map() };
  // Whoever asks for help has perhaps not got the rest right yet.
  if (asksForHelp(argv)) return { ...nothing, asked: 'help' };
  const spelled = await spell(argv, options, command);
  const parser = yargs(spelled)
    .scriptName(command)
    // Its own would take a folder of that name for a command.
    .help(false)
    .version(false)
    .detectLocale(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      // A folder called 1e3 is not the one called 1000.
      'parse-positional-numbers': false,
    })
    .strictOptions()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(`${message}; see ${command} --help`);
    })
    .option('help', { alias: 'h', type: 'boolean' })
    .option('version', { alias: 'v', type: 'boolean' });
  for (const option of options) declare(parser, option);
  const values: Record<string, unknown> & { _: (string | number)[] } = await parser.parse();
  if (values.help) return { ...nothing, asked: 'help' };
  if (values.version) return { ...nothing, asked: 'version' };
  giveBack(spelled, values, options);
  return { operands: values._.map(String), given: said(values, options), asked: undefined };
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some((text) => text === '--help' || text === '-h');
}

async function spell(
  argv: readonly string[],
  options: readonly Option[],
  command: string,
): Promise<string[]> {
  try {
    return spellOut(argv, options, command);
  } catch (error) {
    if (!(error instanceof UnknownOption)) throw error;
    // Only now: whoever makes no mistake does not wait for what explains them.
    const { explainUnknown } = await import('./options/elsewhere.js');
    throw new UsageError(explainUnknown(error, command));
  }
}

type Parser = ReturnType<typeof yargs>;

/** A flag has two names, and aliases of each. */
function declare(parser: Parser, option: Option): void {
  const { name, kind, alone, once, offAlias } = option;
  if (kind !== 'flag') {
    const takes = alone === undefined ? { requiresArg: true } : { type: 'string' as const };
    parser.option(name, { ...aliases(option.alias), ...takes });
    return;
  }
  parser.option(name, { ...aliases(option.alias), type: 'boolean' });
  if (!once) parser.option(`no-${name}`, { ...aliases(offAlias), type: 'boolean' });
}

/** An empty list is work for yargs, too, which compares each with each: 6 ms of the start. */
function aliases(names: string | readonly string[] | undefined): { alias?: string[] } {
  return names === undefined ? {} : { alias: [names].flat() };
}

function said(values: Record<string, unknown>, options: readonly Option[]): Map<string, unknown> {
  const given = new Map<string, unknown>();
  for (const { name, kind } of options) {
    const value = values[name];
    const negation = kind === 'flag' ? values[`no-${name}`] : undefined;
    if (value !== undefined && negation !== undefined) {
      throw new UsageError(`--${name} and --no-${name} are both given; give one of them`);
    }
    if (value !== undefined) given.set(name, value);
    else if (negation !== undefined) given.set(name, !negation);
  }
  return given;
}
