/**
 * Which value each option has, and who said so: the command line, else the environment, else the file of
 * `--options`, else the table. Reads no file and knows no option by name.
 */
import type { ParseError } from 'jsonc-parser';
import { convert, convertAll, convertFlag } from './options/convert.js';
import { type Option, UsageError, variableOf } from './options/option.js';

/** A value and where it comes from. */
export interface Choice {
  /** As it was given: to be converted; `undefined`: nobody said anything, and there is no default. */
  readonly value: unknown;
  /** `--port`, `SLUICE_PORT`, `options.json, line 3`, `default`; `none`: it has no value. */
  readonly origin: string;
}

/** The choice of each option, by name. */
export type Choices = ReadonlyMap<string, Choice>;

/** What a file says of one option. */
export interface FileEntry {
  readonly value: unknown;
  /** The file and the line in it. */
  readonly place: string;
}

/** Who may say something; the first one that does is right. */
export interface Sources {
  /** By name; flags are true or false. */
  readonly given: ReadonlyMap<string, unknown>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: ReadonlyMap<string, FileEntry>;
}

/**
 * Chooses each option's value. What the environment and the file say is checked here, so that a mistake is
 * told with its place; other variables are nobody's mistake, for the environment has many owners.
 * @throws UsageError naming the place, what stands there and what could
 */
export function choose(options: readonly Option[], sources: Sources): Choices {
  return new Map(options.map((option) => [option.name, chooseOne(option, sources)]));
}

function chooseOne(option: Option, { given, environment, file }: Sources): Choice {
  const { name, variable } = option;
  if (given.has(name)) {
    const value = given.get(name);
    return { value, origin: value === false ? `--no-${name}` : `--${name}` };
  }
  const isReplaced = option.unless !== undefined && given.has(option.unless);
  if (!option.once && !isReplaced) {
    const negated = negation(option, environment);
    if (negated !== undefined) return negated;
    for (const each of [variableOf(name), variable]) {
      // An empty variable is how a shell or a service file takes one back.
      const text = each === undefined ? undefined : environment[each] || undefined;
      if (each !== undefined && text !== undefined) return checked(option, text, each);
    }
    const entry = file.get(name);
    if (entry !== undefined) return checked(option, entry.value, entry.place);
  }
  const value = option.default;
  return { value, origin: value === undefined ? 'none' : 'default' };
}

/** What `SLUICE_NO_LISTING` says; `undefined`: nothing. */
function negation(option: Option, environment: Sources['environment']): Choice | undefined {
  const [plain, negated] = variablesOf(option);
  const text = negated === undefined ? undefined : environment[negated] || undefined;
  if (plain === undefined || negated === undefined || text === undefined) return undefined;
  if (environment[plain]) {
    throw new UsageError(`${plain} and ${negated} are both set; set one of them`);
  }
  return { value: !convertFlag(text, negated), origin: negated };
}

/** The variables of an option that are its own: the one that turns a flag off comes second. */
function variablesOf({ name, kind, once }: Option): string[] {
  if (once) return [];
  return [variableOf(name), ...(kind === 'flag' ? [variableOf(`no-${name}`)] : [])];
}

/**
 * What is said of variables that look like ours and are not: nobody else would set them, and yet the
 * environment has many owners, so this is no mistake. `undefined`: nothing.
 */
export async function strayVariables(
  options: readonly Option[],
  environment: Sources['environment'],
): Promise<string | undefined> {
  const set = Object.keys(environment).filter((name) => name.startsWith('SLUICE_'));
  if (set.length === 0) return undefined;
  const known = options.flatMap(variablesOf);
  const strays = set.filter((name) => !known.includes(name)).slice(0, MOST_NAMED);
  if (strays.length === 0) return undefined;
  const { nearest } = await import('./config/near.js');
  return strays
    .map((name) => {
      const near = nearest(name, known);
      const hint = near === undefined ? 'see serve --help' : `did you mean ${near}?`;
      return `${name} is the variable of no option; ${hint}`;
    })
    .join(' ');
}

/** Of several. */
const MOST_NAMED = 3;

function checked(option: Option, value: unknown, place: string): Choice {
  const named = place.startsWith('SLUICE_') ? place : `${place}: ${option.name}`;
  if (option.kind === 'flag') {
    return { value: convertFlag(value, named), origin: place };
  }
  if (option.repeatable) {
    // A variable has lines for them, a file an array.
    const all = typeof value === 'string' ? value.split('\n').filter((line) => line !== '') : value;
    return { value: convertAll(option, all, named).map(String), origin: place };
  }
  convert(option, value, named);
  return { value: String(value), origin: place };
}

/** The values alone, of those that have one. */
export function valuesOf(choices: Choices): Record<string, unknown> {
  return Object.fromEntries(
    [...choices].flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]])),
  );
}

/**
 * What a file of options says: JSON, comments allowed, an object with options by name.
 * @param name what to call the file in a complaint
 * @throws UsageError naming the file, the line and what is wrong there
 */
export async function readOptionsFile(
  text: string,
  name: string,
  options: readonly Option[],
): Promise<ReadonlyMap<string, FileEntry>> {
  // Only now: whoever has no such file does not wait for what reads it.
  const { getNodeValue, parseTree, printParseErrorCode } = await import('jsonc-parser');
  const place = (offset: number): string => `${name}, line ${lineOf(text, offset)}`;
  const errors: ParseError[] = [];
  const tree = parseTree(text.replace(/^\ufeff/, ' '), errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const what = printParseErrorCode(first.error).replace(/(?<!^)([A-Z])/g, ' $1');
    throw new UsageError(`${place(first.offset)}: this is no JSON: ${what.toLowerCase()}`);
  }
  if (tree?.type !== 'object') {
    throw new UsageError(`${name} has to be an object, such as {"port": 9000}`);
  }
  const meant = async (name: string): Promise<string> => {
    const { nearest } = await import('./config/near.js');
    const names = options.flatMap((each) => (each.once ? [] : [each.name]));
    const near = nearest(name.replace(/^no-/, ''), names);
    if (near === undefined || near === 'options' || near === name) return 'see serve --help';
    const isOff = name === `no-${near}`;
    return isOff ? `it takes "${near}": false` : `did you mean "${near}"?`;
  };
  const entries = new Map<string, FileEntry>();
  for (const { children = [], offset } of tree.children ?? []) {
    const [key, node] = children;
    if (key === undefined || node === undefined) continue;
    const option = options.find((each) => each.name === key.value);
    const where = place(offset);
    const shown = JSON.stringify(key.value);
    if (option === undefined || option.once || option.name === 'options') {
      throw new UsageError(`${where}: ${shown} is no option for a file; ${await meant(key.value)}`);
    }
    if (entries.has(option.name)) throw new UsageError(`${where}: ${shown} stands there twice`);
    const fits = node.type === 'boolean' ? option.kind === 'flag' : node.type !== 'null';
    if (!fits || node.type === 'object') {
      throw new UsageError(
        `${where}: ${shown} takes ${option.kind === 'flag' ? 'true or false' : 'a text or a number'}`,
      );
    }
    entries.set(option.name, { value: getNodeValue(node), place: where });
  }
  return entries;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
