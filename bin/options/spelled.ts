/**
 * The arguments, spelled out before they are parsed: letters that stand together each by itself
 * (`-Sp9000`), and flags that are given a value as true or false (`--secure=on`). The parser takes such a
 * flag for off, and `-Chttps://a.example` for nineteen letters. Which option was meant by one that does not
 * exist others say.
 */
import { convertFlag } from './convert.js';
import { aliasesOf, type Option, UsageError } from './option.js';

/** Names that every command has. */
const COMMON: readonly Option[] = [
  { name: 'help', alias: 'h', kind: 'flag', group: '', text: '', once: true },
  { name: 'version', alias: 'v', kind: 'flag', group: '', text: '', once: true },
];

/** An argument that names no option. */
export class UnknownOption extends Error {
  /** As it was given, with its dashes and without a value. */
  readonly flag: string;
  /** What was given with it, or behind it. */
  readonly value: string | undefined;
  /** All names that there are, without dashes. */
  readonly known: readonly string[];

  constructor(flag: string, value: string | undefined, known: readonly string[]) {
    super(`${flag} is no option`);
    this.flag = flag;
    this.value = value;
    this.known = known;
  }
}

/** What can be written for an option, without dashes: for a flag what turns it off, too. */
export function namesOf(option: Option): string[] {
  const { name, kind, once, offAlias } = option;
  const off = kind !== 'flag' || once ? [] : [`no-${name}`, ...[offAlias ?? []].flat()];
  return [name, ...aliasesOf(option), ...off];
}

/**
 * @param command as it is called: `serve`
 * @throws UnknownOption for an option that does not exist
 * @throws UsageError for a value that a flag does not take
 */
export function spellOut(
  argv: readonly string[],
  options: readonly Option[],
  command: string,
): string[] {
  const names = new Map(
    [...options, ...COMMON].flatMap((option) => namesOf(option).map((name) => [name, option])),
  );
  const table = { names, command };
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  const spelled = own.flatMap((text, index) => {
    if (text.startsWith('--')) return spellName(text, own[index + 1], table);
    return LETTERS.test(text) ? spellLetters(text, own[index + 1], table) : [text];
  });
  return end < 0 ? spelled : [...spelled, ...argv.slice(end)];
}

/** A dash alone is a folder, and what may be a number is a value. */
const LETTERS = /^-[^-\d.]/;

/** What can be said to a command. */
interface Table {
  readonly names: ReadonlyMap<string, Option>;
  readonly command: string;
}

function spellName(text: string, next: string | undefined, { names, command }: Table): string[] {
  const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const option = names.get(name);
  if (option === undefined) throw new UnknownOption(`--${name}`, value ?? next, [...names.keys()]);
  if (value !== undefined) return [withValue(option, name, value)];
  checkNext(option, next, command);
  return [text];
}

/** As getopt reads them: an option that takes a value takes the rest of them. */
function spellLetters(text: string, next: string | undefined, { names, command }: Table): string[] {
  const [, word = ''] = /^-([A-Za-z-]+)(?:=.*)?$/s.exec(text) ?? [];
  if (word.length > 1 && names.has(word)) {
    throw new UsageError(`-${word} is no option; it is written --${word}`);
  }
  const spelled: string[] = [];
  for (let index = 1; index < text.length; index++) {
    const letter = text.charAt(index);
    const rest = text.slice(index + 1);
    const option = names.get(letter);
    if (option === undefined) {
      throw new UnknownOption(`-${letter}`, rest || next, [...names.keys()]);
    }
    if (rest.startsWith('=')) return [...spelled, withValue(option, letter, rest.slice(1))];
    const isValue = option.alone === undefined ? option.kind !== 'flag' : rest.includes('://');
    if (isValue && rest !== '') return [...spelled, withValue(option, letter, rest)];
    if (rest === '') checkNext(option, next, command);
    spelled.push(`-${letter}`);
  }
  return spelled;
}

/** @throws UsageError where an option takes a value, and what follows is none */
function checkNext(
  { name, alias, kind, alone }: Option,
  next: string | undefined,
  command: string,
): void {
  if (kind === 'flag' || alone !== undefined) return;
  if (next !== undefined && !/^-[^\d.]/.test(next)) return;
  const letter = [alias ?? []].flat().find((each) => each.length === 1);
  const both = letter === undefined ? `--${name}` : `--${name} (-${letter})`;
  throw new UsageError(`${both} needs a value; see ${command} --help`);
}

function withValue(option: Option, name: string, value: string): string {
  const dashed = name.length === 1 ? `-${name}` : `--${name}`;
  if (option.kind === 'flag') return `--${longOf(option, name)}=${convertFlag(value, dashed)}`;
  if (option.alone !== undefined && value === '') {
    throw new UsageError(`${dashed} '' can't be used; it takes a value, or stands alone`);
  }
  return `--${option.name}=${value}`;
}

function longOf(option: Option, name: string): string {
  const isOff = name.startsWith('no-') || name === option.offAlias;
  return isOff ? `no-${option.name}` : option.name;
}
