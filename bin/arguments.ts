/**
 * The command line: arguments in, what was said out, by the option table. Says nothing of defaults, the
 * environment or files, and makes the help.
 */
import yargs from 'yargs';
import { giveBack } from './options/alone.js';
import { aliasesOf, isOnByDefault, type Option, UsageError, variableOf } from './options/option.js';

/** What a command line says. */
export interface Arguments {
  /** `undefined`: none is named. */
  readonly folder: string | undefined;
  /** What is said of options, by name; a flag is true or false. */
  readonly given: ReadonlyMap<string, unknown>;
  /** Whether the help or the version is asked for, and was printed. */
  readonly printed: boolean;
}

/** Lines of the help that show how the command is used; the manual and the README show them too. */
export const EXAMPLES: readonly (readonly [line: string, what: string])[] = [
  ['serve ./public', 'at http://127.0.0.1:8080/'],
  ['serve . -p 9000 --host 0.0.0.0', 'for everybody on the network'],
  ['serve ./public --max-age 3600', 'clients may keep files for an hour'],
  ['serve ./public --log-format combined --log-file access.log', 'a log as Apache writes it'],
  ['SLUICE_PORT=9000 serve', 'each option has a variable, too'],
  ['serve --options serve.options.json', 'or they stand in a file: {"port": 9000}'],
];

/** What the command does, in two sentences. */
export const SUMMARY: string =
  'Serves the files of a folder (this one by default) over HTTP/1.1. ' +
  'Sizes are octets, or end in k, m or g; times are seconds.';

/**
 * Reads the command line of serving.
 * @throws UsageError for an option that does not exist, lacks its value, or is said twice
 */
export async function readArguments(
  argv: readonly string[],
  options: readonly Option[],
  version: string,
): Promise<Arguments> {
  const { values, printed } = await readLine(argv, options, {
    name: 'serve',
    operands: '[folder]',
    summary: SUMMARY,
    examples: EXAMPLES,
    epilogue: EPILOGUE,
    version,
  });
  giveBack(argv, values);
  const folders = values._;
  if (folders.includes('')) throw new UsageError('the folder has no name; . is this one');
  if (folders.length > 1) {
    throw new UsageError(
      `one folder can be served, and ${folders.length} are named: ${folders.join(' ')}`,
    );
  }
  return { folder: folders[0], given: said(values, options), printed };
}

const EPILOGUE =
  'A flag is turned off by --no-NAME. Each option has a variable, SLUICE_ and its name in capitals ' +
  `(${variableOf('max-age')}); what is not said there is looked for in the file of --options.`;

/** What the help says of a command beside its options. */
export interface Usage {
  /** As it is called: `serve`. */
  readonly name: string;
  /** What stands behind it: `[folder]`. */
  readonly operands: string;
  readonly summary: string;
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly epilogue: string;
  readonly version: string;
}

/** A command line as it stands there. */
export interface Line {
  readonly values: Record<string, unknown> & { _: string[] };
  /** Whether the help or the version is asked for, and was printed. */
  readonly printed: boolean;
}

/** Reads the command line of any command. @throws UsageError as {@link readArguments} */
export async function readLine(
  argv: readonly string[],
  options: readonly Option[],
  { name, operands, summary, examples, epilogue, version }: Usage,
): Promise<Line> {
  const parser = yargs([...argv])
    .scriptName(name)
    .version(version)
    .detectLocale(false)
    .usage(`$0 ${operands}\n\n${summary}`)
    .epilogue(epilogue)
    .wrap(Math.min(100, process.stdout.columns || 100))
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .strictOptions()
    .alias({ help: 'h', version: 'v' })
    .exitProcess(false)
    .fail((message, error) => {
      const missing = /^Not enough arguments following: (.*)$/.exec(message)?.[1];
      if (missing !== undefined)
        throw new UsageError(`--${missing} needs a value; see ${name} --help`);
      throw error ?? new UsageError(`${message}; see ${name} --help`);
    });
  for (const [line, what] of examples) parser.example(line, what);
  for (const option of options) declare(parser, option);
  const values: Record<string, unknown> & { _: (string | number)[] } = await parser.parse();
  return {
    values: { ...values, _: values._.map(String) },
    printed: Boolean(values.help || values.version),
  };
}

type Parser = ReturnType<typeof yargs>;

/** A flag has two names, of which the help shows the one that changes something. */
function declare(parser: Parser, option: Option): void {
  const { name, kind, alone, offAlias, group, text: describe } = option;
  const names = [...aliasesOf(option)];
  // An empty list is work for yargs, too, which compares each with each: 6 ms of the start.
  const letter = names.length === 0 ? {} : { alias: names };
  if (kind !== 'flag') {
    const takes = alone === undefined ? { requiresArg: true } : { type: 'string' as const };
    const preset = option.default === undefined ? {} : { defaultDescription: option.default };
    parser.option(name, { ...letter, ...preset, ...takes, describe, group });
    return;
  }
  const off = offAlias === undefined ? {} : { alias: offAlias };
  const isOn = isOnByDefault(option);
  parser.option(name, { ...letter, type: 'boolean', describe, group, hidden: isOn });
  if (option.once) return;
  const not = { describe: `not: ${describe}`, group, hidden: !isOn };
  parser.option(`no-${name}`, { ...off, type: 'boolean', ...not });
}

/** What is said of options, by name. @throws UsageError for a flag that is turned on and off */
export function said(
  values: Readonly<Record<string, unknown>>,
  options: readonly Option[],
): Map<string, unknown> {
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
