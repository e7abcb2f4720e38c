/** The manual page and the list of options: documents made of the option tables. Writes no file. */
import { BLTE_COMMANDS, KEY_VARIABLE, KEYS_VARIABLE } from './blte/options.js';
import { ELSEWHERE, EXAMPLES, FLAGS, SUMMARY } from './help.js';
import { type Form, formOf, formsOf, grouped, written } from './options/forms.js';
import { type Option, variableOf } from './options/option.js';

/** As `man` reads it. */
export function manual(options: readonly Option[], version: string): string {
  const lines = [
    `.TH SERVE 1 "" "sluice ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'serve, sluice \\- serve the files of a folder over HTTP/1.1',
    '.SH SYNOPSIS',
    '.B serve',
    '[\\fIOPTION\\fR]... [\\fIFOLDER\\fR]',
    ...BLTE_COMMANDS.flatMap(({ word, operands }) => [
      '.br',
      `.B serve blte ${word}`,
      `[\\fIOPTION\\fR]... ${operands.map((name) => `\\fI${name}\\fR`).join(' ')}`,
    ]),
    '.SH DESCRIPTION',
    roff(SUMMARY),
    '.PP',
    'It listens on 127.0.0.1 unless \\fB\\-\\-host\\fR says otherwise.',
    'Ctrl\\-C lets running responses finish; a second one ends at once.',
    '.SH OPTIONS',
    roff(FLAGS),
  ];
  for (const [group, forms] of grouped(formsOf(options))) {
    lines.push(`.SS ${roff(heading(group))}`);
    for (const form of forms) lines.push('.TP', names(form), `${roff(form.text)}${preset(form)}.`);
  }
  lines.push('.SH FILES IN BLTE', roff(BLTE));
  for (const { word, operands, summary, options: own } of BLTE_COMMANDS) {
    lines.push(`.SS serve blte ${word} ${operands.join(' ')}`, roff(summary));
    for (const option of own) {
      const form = formOf(option);
      lines.push('.TP', names(form), `${roff(form.text)}${preset(form)}.`);
    }
  }
  lines.push(
    '.SH ENVIRONMENT',
    'Each option but those that only print something has a variable: SLUICE_ and its name in capitals,',
    `with _ for \\-, such as ${roff(variableOf('max-age'))}.`,
    `A flag has another one that turns it off, such as ${roff(variableOf('no-listing'))}=1.`,
    `${roff(others(options))} are known too. What the command line says comes first.`,
    'Of several values each is a line of its own.',
    '.SH FILES',
    'The file of \\fB\\-\\-options\\fR is a JSON object with options by name; comments are allowed.',
    'No file is read unless it is named.',
    '.SH EXIT STATUS',
    '0 when all responses were finished, 1 when some were cut off or the server could not start,',
    '130 or 143 when a second signal ended it.',
    'Of serve blte: 0, 1 when something is wrong with a file, 128 and the number of the signal that ended it.',
    '.SH SIGNALS',
    'SIGINT and SIGTERM end it. SIGUSR2 restarts the workers one after the other.',
    'SIGHUP has serve.json and the files of the certificate read again.',
    '.SH EXAMPLES',
  );
  for (const [line, what] of EXAMPLES) lines.push('.TP', `.B ${roff(line)}`, `${roff(what)}.`);
  return `${lines.join('\n')}\n`;
}

/** As GitHub shows it. */
export function optionList(options: readonly Option[]): string {
  const sections = [...grouped(formsOf(options))].map(([group, forms]) => {
    return `## ${heading(group)}\n\n${table(forms)}`;
  });
  const commands = BLTE_COMMANDS.map(({ word, operands, summary, options: own }) => {
    const line = `serve blte ${word} ${operands.join(' ')}`;
    return `### \`${line}\`\n\n${summary}\n\n${table(own.map(formOf))}`;
  });
  return `# Options of \`serve\`

Made by \`npm run docs\` of the table in \`bin/options/\`; \`serve --help\` says the same.

${SUMMARY} ${FLAGS}

${ELSEWHERE}

${sections.join('\n')}
## Files in BLTE

${BLTE} [docs/blte.md](docs/blte.md) says more.

${commands.join('\n')}`;
}

const BLTE =
  'These commands serve nothing. Their options have no variables, but those of keys have the ones of ' +
  `serving, ${KEY_VARIABLE} and ${KEYS_VARIABLE}. A folder that is called blte is served by serve blte, or serve ./blte.`;

function table(forms: readonly Form[]): string {
  const rows = forms.map((form) => {
    const value = form.value === undefined ? '' : written(form, (text) => text);
    const list = form.names.map((name) => `\`${name}\``).join(', ');
    const named = value === '' ? '' : ` \`${value.trim()}\``;
    return `| ${cell(list + named)} | ${cell(form.preset ?? '')} | ${cell(form.text)} |`;
  });
  return `| option | default | |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function heading(group: string): string {
  return group.replace(/:$/, '');
}

function names(form: Form): string {
  const list = form.names.map((name) => `\\fB${roff(name)}\\fR`).join(', ');
  return list + written(form, (text) => `\\fI${roff(text)}\\fR`);
}

function preset(form: Form): string {
  return form.preset === undefined ? '' : ` [${roff(form.preset)}]`;
}

/** Variables that are not made of an option's name. */
function others(options: readonly Option[]): string {
  return new Intl.ListFormat('en-GB').format(options.flatMap(({ variable }) => variable ?? []));
}

/** As text: neither a request nor an escape. */
function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq');
  return /^\./.test(escaped) ? `\\&${escaped}` : escaped;
}

/** Of a table of Markdown. */
function cell(text: string): string {
  return text.replace(/[|<]/g, '\\$&').replace(/\s+/g, ' ');
}
