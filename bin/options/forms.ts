/**
 * How an option is written: its names, and what stands for its value. The manual, the list of options and
 * the completion of shells are made of this, as is the help.
 */
import { aliasesOf, isOnByDefault, type Kind, type Option } from './option.js';

/** A way to write an option: the one that changes something, as the help shows it. */
export interface Form {
  /** With their dashes, short ones first: `-p`, `--port`. */
  readonly names: readonly string[];
  /** What stands for the value: `PORT`; `undefined` for a flag. */
  readonly value: string | undefined;
  /** Whether the value may be left out. */
  readonly isOptional: boolean;
  /** Whether it may be given several times. */
  readonly isRepeatable: boolean;
  /** What can be given, where that is known. */
  readonly values: readonly string[];
  /** Whether a file may be meant. */
  readonly isFile: boolean;
  readonly text: string;
  readonly group: string;
  /** What it is where nothing is said. */
  readonly preset: string | undefined;
}

const VALUES: Record<Exclude<Kind, 'flag'>, string> = {
  size: 'SIZE',
  rate: 'SIZE',
  seconds: 'SECONDS',
  count: 'NUMBER',
  port: 'PORT',
  workers: 'NUMBER|auto',
  text: 'TEXT',
  choice: '',
};

/** The forms of all options, and of those that every command has. */
export function formsOf(options: readonly Option[]): Form[] {
  const common = [
    { ...FLAG, names: ['-h', '--help'], text: 'show all options', group: 'Options:' },
    { ...FLAG, names: ['-v', '--version'], text: 'show the version', group: 'Options:' },
  ];
  return [...options.map(formOf), ...common];
}

const FLAG = {
  value: undefined,
  isOptional: false,
  isRepeatable: false,
  values: [],
  isFile: false,
  preset: undefined,
};

/** The form of an option. */
export function formOf(option: Option): Form {
  const { name, kind, offAlias = [], choices = [], alone, value, text, group } = option;
  if (isOnByDefault(option)) {
    const names = dashed([offAlias, `no-${name}`].flat());
    return { ...FLAG, names, text: `not: ${text}`, group };
  }
  const names = dashed([name, ...aliasesOf(option)]);
  if (kind === 'flag') return { ...FLAG, names, text, group };
  return {
    names,
    value: value ?? (choices.length > 0 ? choices.join('|') : VALUES[kind]),
    isOptional: alone !== undefined,
    isRepeatable: option.repeatable === true,
    values: kind === 'workers' ? ['auto'] : choices,
    isFile: value === 'FILE',
    text,
    group,
    preset: option.default,
  };
}

function dashed(names: readonly string[]): string[] {
  return [...names]
    .sort((a, b) => Math.min(a.length, 2) - Math.min(b.length, 2))
    .map((name) => (name.length === 1 ? `-${name}` : `--${name}`));
}

/** What is written behind an option: ` PORT`, `[=ORIGIN]`. */
export function written({ value, isOptional }: Form, style: (text: string) => string): string {
  if (value === undefined) return '';
  return isOptional ? `[=${style(value)}]` : ` ${style(value)}`;
}

/** Forms under their headings, in the order of the help. */
export function grouped(forms: readonly Form[]): ReadonlyMap<string, readonly Form[]> {
  const groups = new Map<string, Form[]>();
  for (const form of forms) {
    const group = groups.get(form.group);
    if (group === undefined) groups.set(form.group, [form]);
    else group.push(form);
  }
  return groups;
}
