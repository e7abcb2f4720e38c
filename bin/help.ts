/**
 * What `serve --help` prints, and `--help` of its other commands, made of an option table: every option as it is written, with what stands for
 * its value. Loaded for that alone. The parser's own help knows no names of values.
 */
import { type Form, formsOf, grouped, written } from './options/forms.js';
import { type Option, variableOf } from './options/option.js';

/** Lines of the help that show how the command is used; the manual shows them too. */
export const EXAMPLES: readonly (readonly [line: string, what: string])[] = [
  ['serve ./public', 'at http://127.0.0.1:8080/'],
  ['serve . -p 9000 --host 0.0.0.0', 'for everybody on the network'],
  ['serve ./public --max-age 3600', 'clients may keep files for an hour'],
  ['serve ./public --log-format combined --log-file access.log', 'a log as Apache writes it'],
  ['SLUICE_PORT=9000 serve', 'each option has a variable, too'],
  ['serve --options serve.options.json', 'or they stand in a file: {"port": 9000}'],
  ['serve blte --help', 'another command: encodes, decodes and shows files in BLTE'],
];

/** What the command does, in two sentences. */
export const SUMMARY: string =
  'Serves the files of a folder (this one by default) over HTTP/1.1. ' +
  'Sizes are octets, or end in k, m or g; times are seconds.';

/** How flags are written, on the command line and elsewhere. */
export const FLAGS: string =
  'A flag is turned off by --no-NAME, and takes a value behind =: true, yes, on or 1, or false, no, off or 0.';

/** Where options are looked for beside the command line. */
export const ELSEWHERE: string =
  `Each option has a variable, SLUICE_ and its name in capitals (${variableOf('max-age')}=3600); a flag has ` +
  `another one that turns it off (${variableOf('no-listing')}=1). What is not said there is looked for in the ` +
  'file of --options.';

/** Lines are no longer than this, however wide the terminal is. */
const WIDEST = 100;

/** Room for an option; a longer one has its text below it. */
const MOST_BEFORE = 34;

/** What the help says of a command beside its options. */
export interface Usage {
  /** How it is called, with what stands behind it: `serve [folder]`. */
  readonly line: string;
  readonly summary: string;
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** What comes last; `''`: nothing does. */
  readonly epilogue: string;
}

const SERVING: Usage = {
  line: 'serve [folder]',
  summary: SUMMARY,
  examples: EXAMPLES,
  epilogue: `${FLAGS} ${ELSEWHERE}`,
};

/** @param columns of the terminal */
export function help(
  options: readonly Option[],
  columns: number,
  { line, summary, examples, epilogue }: Usage = SERVING,
): string {
  const width = Math.max(40, Math.min(WIDEST, columns));
  const sections = [...grouped(formsOf(options))].map(([group, forms]) => {
    return `${group}\n${table(forms.map(row), width)}`;
  });
  const parts = [
    line,
    folded(summary, width).join('\n'),
    ...sections,
    `Examples:\n${table(examples, width)}`,
    ...(epilogue === '' ? [] : [folded(epilogue, width).join('\n')]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function row(form: Form): [option: string, text: string] {
  const names = form.names[0]?.startsWith('--') ? ['   ', ...form.names] : form.names;
  const list = names.join(', ').replace(/^ {3}, /, '    ');
  const preset = form.preset === undefined ? '' : ` [${form.preset}]`;
  return [list + written(form, (text) => text), form.text + preset];
}

/** Two columns, the second one folded. */
function table(rows: readonly (readonly [string, string])[], width: number): string {
  const lengths = rows.map(([first]) => first.length).filter((length) => length <= MOST_BEFORE);
  const before = Math.max(0, ...lengths) + 4;
  return rows
    .flatMap(([first, text]) => {
      const [line = '', ...others] = folded(text, width - before);
      const start = `  ${first}`;
      const isShort = start.length <= before - 2;
      const begin = isShort ? [start.padEnd(before) + line] : [start, ' '.repeat(before) + line];
      return [...begin, ...others.map((other) => ' '.repeat(before) + other)];
    })
    .join('\n');
}

/** Lines of whole words; one that is longer than a line has one of its own. */
function folded(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
