/**
 * `serve blte encode|decode|inspect`: arguments in, a file or a picture out. What a BLTE file is, and how it
 * is read and written, others know.
 */
import type { KeyRing } from '../../lib/blte/keys.js';
import type { BlteLimits } from '../../lib/blte/limits.js';
import { readLine } from '../arguments.js';
import { help } from '../help.js';
import { convert, convertAll } from '../options/convert.js';
import { type Option, UsageError } from '../options/option.js';
import { decode, encode } from './convert-file.js';
import { inspect } from './inspect.js';
import { keysOf } from './keys.js';
import {
  BLTE_COMMANDS,
  type BlteCommand,
  KEY_VARIABLE,
  KEYS_VARIABLE,
  LIMIT_OPTIONS,
} from './options.js';
import { toStdout } from './stdout.js';
import type { BlteWord } from './words.js';

/** What a command was given. */
export interface Given {
  readonly operands: readonly string[];
  /** The value of an option; `undefined`: it has none. */
  readonly value: (name: string) => number | string | undefined;
  readonly has: (name: string) => boolean;
  readonly limits: Partial<BlteLimits>;
}

/**
 * Runs a command.
 * @param argv what stands behind `blte`
 * @returns the exit code
 */
export async function blteCommand(argv: readonly string[], version: string): Promise<number> {
  const command = BLTE_COMMANDS.find(({ word }) => word === argv[0]);
  if (command === undefined) {
    return toStdout([overview()]);
  }
  const given = await read(command, argv.slice(1), version);
  return typeof given === 'string' ? toStdout([given]) : RUN[command.word](given);
}

const RUN: Readonly<Record<BlteWord, (given: Given) => Promise<number>>> = {
  encode: (given) => encode(given, keysFor(given)),
  decode: (given) => decode(given, keysFor(given)),
  inspect,
};

function keysFor({ value }: Given): KeyRing {
  const texts = value('key') as string | undefined;
  return keysOf(value('keys') as string | undefined, texts?.split('\n'), process.env);
}

/** A text: help or the version was asked for. */
async function read(
  command: BlteCommand,
  argv: readonly string[],
  version: string,
): Promise<Given | string> {
  const { operands: names, options } = command;
  const name = `serve blte ${command.word}`;
  const { operands, given, asked } = await readLine(argv, options, name);
  if (asked !== undefined) return asked === 'version' ? `${version}\n` : helpOf(command);
  if (operands.length !== names.length) {
    const hint = operands.length > names.length ? unquoted(argv, operands) : undefined;
    const said = `${name} takes ${names.join(' and ')}, and ${counted(operands)} given`;
    throw new UsageError(`${said}; ${hint ?? `see ${name} --help`}`);
  }
  const converted = new Map(options.map((option) => [option.name, chosen(option, given)]));
  return {
    operands,
    value: (option) => converted.get(option),
    has: (option) => given.get(option) === true,
    limits: Object.fromEntries(
      Object.entries(LIMIT_OPTIONS).map(([limit, option]) => [limit, converted.get(option)]),
    ) as Partial<BlteLimits>,
  };
}

function counted(operands: readonly string[]): string {
  if (operands.length === 0) return 'nothing was';
  // What they are may be a key.
  return operands.length === 1 ? 'one name was' : `${operands.length} names were`;
}

/** What a shell cuts where there are no quotes: a pair at its blank, an ESpec at the commas in its braces. */
function unquoted(argv: readonly string[], operands: readonly string[]): string | undefined {
  const isKey = argv.some((text) => /^--key(?:$|=)/.test(text));
  if (isKey && operands.some((text) => /^[0-9a-f]{32}$/i.test(text))) {
    return "a key stands in quotes: --key 'NAME KEY'";
  }
  const isSpec = argv.some((text) => /^--spec(?:$|=)/.test(text));
  if (isSpec && operands.some((text) => /^(?:[bez]:|[0-9]+[KM]?(?:\*[0-9]*)?=|\*=)/.test(text))) {
    return "an ESpec stands in quotes: --spec 'b:{1K=n,64K*=z}'";
  }
  return undefined;
}

const KEYS_ELSEWHERE =
  `Keys may also stand in ${KEY_VARIABLE}, with commas or line ends between them, and the name of their ` +
  `file in ${KEYS_VARIABLE}.`;

function helpOf({ word, operands, summary, examples, options }: BlteCommand): string {
  const hasKeys = options.some(({ name }) => name === 'keys');
  return help(options, process.stdout.columns || 100, {
    line: `serve blte ${word} ${operands.join(' ')}`,
    summary: `${summary} Sizes are octets, or end in k, m or g.`,
    examples,
    epilogue: hasKeys ? KEYS_ELSEWHERE : '',
  });
}

function chosen(option: Option, given: ReadonlyMap<string, unknown>): number | string | undefined {
  const value = given.get(option.name) ?? option.default;
  if (value === undefined || option.kind === 'flag') return undefined;
  return option.repeatable ? convertAll(option, value).join('\n') : convert(option, value);
}

function overview(): string {
  const lines = BLTE_COMMANDS.flatMap(({ word, operands, summary }) => [
    `  serve blte ${word} ${operands.join(' ')}`,
    `      ${summary.replace(/\. .*$/s, '.')}`,
  ]);
  return `serve blte: files in BLTE, a format of chunks, each compressed by itself

${lines.join('\n')}

serve blte encode --help and the like list the options. A folder that is called blte is served by
serve blte or serve ./blte.
`;
}
