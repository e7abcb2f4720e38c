/** The commands about BLTE files and their options: the table that makes their help, checks and documents. */
import { DEFAULT_SPEC } from '../../lib/blte/encode/options.js';
import { type BlteLimits, DEFAULT_LIMITS } from '../../lib/blte/limits.js';
import { type Option, variableOf } from '../options/option.js';
import type { BlteWord } from './words.js';

/** A command: `serve blte WORD`. */
export interface BlteCommand {
  readonly word: BlteWord;
  /** What stands behind it. */
  readonly operands: readonly string[];
  readonly summary: string;
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly options: readonly Option[];
}

/** The variable of the environment with keys themselves, and that with the name of their file: as of serving. */
export const KEY_VARIABLE: string = variableOf('key');
export const KEYS_VARIABLE: string = variableOf('keys');

const ENCODING = 'Encoding:';
const FILES = 'Files:';
const SHOWING = 'Showing:';
const LIMITS = 'Limits:';

/** Which option sets which limit. */
export const LIMIT_OPTIONS: Readonly<Record<keyof BlteLimits, string>> = {
  maxChunks: 'max-chunks',
  maxChunkSize: 'max-chunk-size',
  maxSize: 'max-size',
  maxDepth: 'max-depth',
};

const CONVERTING: readonly Option[] = [
  {
    name: 'keys',
    kind: 'text',
    value: 'FILE',
    group: FILES,
    text: 'file with keys, a line NAME KEY for each: 16 and 32 hexadecimal digits',
  },
  {
    name: 'key',
    kind: 'text',
    value: "'NAME KEY'",
    group: FILES,
    text: `a key; better from ${KEY_VARIABLE} or a file: others see the command line`,
    repeatable: true,
    secret: true,
  },
  { name: 'force', alias: 'f', kind: 'flag', group: FILES, text: 'replace OUT where it exists' },
];

const HEADER_LIMITS: readonly Option[] = [
  {
    name: LIMIT_OPTIONS.maxChunks,
    kind: 'count',
    group: LIMITS,
    text: 'chunks of a file',
    default: String(DEFAULT_LIMITS.maxChunks),
  },
  {
    name: LIMIT_OPTIONS.maxChunkSize,
    kind: 'size',
    group: LIMITS,
    text: "a chunk's content, which is in memory as a whole, but for N and Z without a table",
    default: '16m',
  },
  {
    name: LIMIT_OPTIONS.maxSize,
    kind: 'size',
    group: LIMITS,
    text: 'the content of a file',
    default: '64g',
  },
];

const ALL_LIMITS: readonly Option[] = [
  ...HEADER_LIMITS,
  {
    name: LIMIT_OPTIONS.maxDepth,
    kind: 'count',
    group: LIMITS,
    text: 'frames in one another',
    default: String(DEFAULT_LIMITS.maxDepth),
  },
];

export const BLTE_COMMANDS: readonly BlteCommand[] = [
  {
    word: 'encode',
    operands: ['IN', 'OUT'],
    summary:
      'Encodes a file as BLTE. IN may be -, for what comes from stdin; OUT is a file, for its header comes ' +
      'first and is known last. It appears once it is whole.',
    examples: [
      ['serve blte encode a.bin a.bin.blte', 'in chunks of 256 KiB, with zlib'],
      ['serve blte encode a.bin small.blte --chunk-size 64k', 'in smaller ones, for short ranges'],
      ["serve blte encode a.bin mixed.blte --spec 'b:{1K=n,64K*=z:6}'", 'the first KiB as it is'],
      [
        "serve blte encode a.bin secret.blte --keys keys.txt --spec 'b:{64K*=e:{237DA26C65073F42,0A0B0C0D,z}}'",
        'encrypted with the key that keys.txt has as 423F07656CA27D23',
      ],
    ],
    options: [
      {
        name: 'spec',
        kind: 'text',
        value: 'ESPEC',
        group: ENCODING,
        text: `how it is encoded, as an ESpec: docs/blte.md has the notation; ${DEFAULT_SPEC} where nothing is said`,
      },
      {
        name: 'chunk-size',
        kind: 'size',
        group: ENCODING,
        text: 'short for --spec b:{SIZE*=z}: chunks of that size, with zlib',
      },
      {
        name: 'format',
        kind: 'choice',
        choices: ['0x0f', '0x10'],
        group: ENCODING,
        text: 'of the table; 0x10 has the MD5 of the content of each chunk, too: by that alone a wrong key is always told',
        default: '0x0f',
      },
      ...CONVERTING,
      ...ALL_LIMITS,
    ],
  },
  {
    word: 'decode',
    operands: ['IN', 'OUT'],
    summary:
      'Decodes a BLTE file. - stands for stdin and stdout. A file appears once it is whole, with the checksums ' +
      'of all chunks compared; what is written to stdout ends before the first wrong chunk.',
    examples: [
      ['serve blte decode a.bin.blte copy.bin', 'the content of a file'],
      ['serve blte decode a.bin.blte - > /dev/null', 'whether a file is right: nothing is kept'],
      ['serve blte decode - - < a.bin.blte | sha256sum', 'from and to a pipe'],
      [
        'serve blte decode secret.blte plain.bin --keys keys.txt',
        'with keys, for encrypted chunks',
      ],
    ],
    options: [...CONVERTING, ...ALL_LIMITS],
  },
  {
    word: 'inspect',
    operands: ['FILE'],
    summary:
      'Shows the header of a BLTE file and the table of its chunks, with how much smaller each became. Decodes ' +
      'nothing: of a chunk only the first octets are read. FILE may be -, for stdin.',
    examples: [
      ['serve blte inspect a.bin.blte', 'the table as a picture'],
      ['serve blte inspect a.bin.blte --json', 'for programs'],
    ],
    options: [
      {
        name: 'all',
        alias: 'a',
        kind: 'flag',
        group: SHOWING,
        text: 'a row for each chunk, where otherwise some would share one',
      },
      { name: 'json', kind: 'flag', group: SHOWING, text: 'as JSON, with a line for each chunk' },
      ...HEADER_LIMITS,
    ],
  },
];
