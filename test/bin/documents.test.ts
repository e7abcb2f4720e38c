/** What is made of the option table for shells, for man and for readers: it is whole, and it works. */
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { BLTE_COMMANDS } from '../../bin/blte/options.js';
import { completion } from '../../bin/completion.js';
import { EXAMPLES } from '../../bin/help.js';
import { manual, optionList } from '../../bin/manual.js';
import { formsOf } from '../../bin/options/forms.js';
import type { Option } from '../../bin/options/option.js';
import { OPTIONS } from '../../bin/options/table.js';
import { SHELLS, type Shell } from '../../bin/shells.js';
import { run } from '../helpers/process.js';

const execute = promisify(execFile);

/** Texts that would end a quoted one, or start something, in one of the languages. */
const HOSTILE: readonly Option[] = [
  {
    name: 'odd',
    alias: ['O', 'strange'],
    kind: 'text',
    value: 'FILE',
    group: "It's: [odd]:",
    text: `.it's "$(touch pwned)" \`touch pwned\` [a]:b\\c | <d>`,
    alone: 'x',
    repeatable: true,
  },
  { name: 'on', offAlias: 'N', kind: 'flag', group: 'G:', text: "'", default: 'true' },
];
const TABLE = [...OPTIONS, ...HOSTILE];
const BLTE = [
  {
    name: 'blte',
    commands: BLTE_COMMANDS.map(({ word, options }) => ({ word, forms: formsOf(options) })),
  },
];

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

t.test('forms', async (t) => {
  const forms = formsOf(HOSTILE);
  t.match(forms[0], {
    names: ['-O', '--odd', '--strange'],
    value: 'FILE',
    isOptional: true,
    isRepeatable: true,
    isFile: true,
  });
  t.match(forms[1], { names: ['-N', '--no-on'], value: undefined, text: "not: '" });
  t.same(
    forms.slice(2).map(({ names }) => names),
    [
      ['-h', '--help'],
      ['-v', '--version'],
    ],
  );
});

t.test('every option is in all of them, and in the help', async (t) => {
  const { stdout: help } = await run(['--help']);
  const documents: [string, string][] = [
    ['help', help],
    ['OPTIONS.md', fs.readFileSync('OPTIONS.md', 'utf8')],
    ['serve.1', fs.readFileSync('dist/man/serve.1', 'utf8').replaceAll('\\-', '-')],
  ];
  for (const shell of SHELLS) {
    const { code, stdout } = await run(['--completion', shell]);
    t.equal(code, 0);
    t.equal(stdout, completion(shell, formsOf(OPTIONS), BLTE));
    documents.push([shell, stdout.replace(/-l (?=[a-z])/g, '--')]);
  }
  for (const [name, text] of documents) {
    for (const { names } of formsOf(OPTIONS)) {
      const long = names.at(-1) as string;
      t.match(text, new RegExp(`(?<![-a-z])${long}(?![-a-z])`), `${long} in ${name}`);
    }
  }
});

t.test('every option of serve blte is in its help, in OPTIONS.md and in the manual', async (t) => {
  const list = fs.readFileSync('OPTIONS.md', 'utf8');
  const page = fs.readFileSync('dist/man/serve.1', 'utf8').replaceAll('\\-', '-');
  for (const { word, options, examples } of BLTE_COMMANDS) {
    const { stdout: help } = await run(['blte', word, '--help']);
    const names = options.map(({ name }) => `--${name}`);
    const parts: [string, string | undefined][] = [
      ['help', help],
      ['OPTIONS.md', list.split(`### \`serve blte ${word} `)[1]?.split('\n#')[0]],
      ['serve.1', page.split(`.SS serve blte ${word} `)[1]?.split(/\n\.S/)[0]],
    ];
    for (const [where, text = ''] of parts) {
      for (const name of names)
        t.match(text, new RegExp(`${name}(?![-a-z])`), `${name} in ${where}`);
    }
    for (const [line] of examples) {
      for (const [name] of line.matchAll(/(?<= )--[a-z-]+/g)) t.ok(names.includes(name), name);
    }
  }
});

t.test('OPTIONS.md is as the table has it: npm run docs writes it', async (t) => {
  t.equal(fs.readFileSync('OPTIONS.md', 'utf8'), optionList(OPTIONS));
});

t.test('the examples of the help name options that exist', async (t) => {
  const known = formsOf(OPTIONS).flatMap(({ names }) => names);
  for (const [line] of EXAMPLES) {
    for (const [name] of line.matchAll(/(?<= )--?[a-z-]+/g)) t.ok(known.includes(name), name);
  }
});

/** What bash completes at the end of a line. */
async function completed(script: string, words: readonly string[], cwd: string): Promise<string[]> {
  const list = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(serve ${list}); COMP_CWORD=${words.length}; _serve; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execute('bash', ['--norc', '-c', `${script}\n${ask}`], { cwd });
  return stdout.split('\n').filter((line) => line !== '');
}

t.test('bash', { skip: !has('bash') }, async (t) => {
  const cwd = t.testdir({ 'a folder': {}, 'a file': '' });
  const script = completion('bash', formsOf(TABLE), BLTE);
  for (const [words, expected] of [
    [['--log-f'], ['--log-format', '--log-file']],
    [
      ['--log-format', ''],
      ['pretty', 'combined', 'json'],
    ],
    [['--log-format', '=', 'j'], ['json']],
    [
      ['--log-format', '='],
      ['pretty', 'combined', 'json'],
    ],
    [
      ['--log-file', 'a'],
      ['a file', 'a folder'],
    ],
    [['a'], ['a folder']],
    [['-w', ''], ['auto']],
    [['--port', ''], []],
    [['--no-o'], ['--no-on']],
    [
      ['blte', ''],
      ['encode', 'decode', 'inspect'],
    ],
    [['blte', 'de'], ['decode']],
    [
      ['blte', 'encode', 'a'],
      ['a file', 'a folder'],
    ],
    [['blte', 'encode', 'a file', '--chunk'], ['--chunk-size']],
    [
      ['blte', 'encode', '--format', ''],
      ['0x0f', '0x10'],
    ],
    [
      ['blte', 'inspect', '--'],
      ['--all', '--json', '--max-chunks', '--max-chunk-size', '--max-size', '--help', '--version'],
    ],
    [['blte', 'other', ''], []],
    [['blt'], []],
  ] as const) {
    t.same((await completed(script, words, cwd)).sort(), [...expected].sort(), words.join(' '));
  }
  t.notOk(fs.existsSync(path.join(cwd, 'pwned')));
});

for (const [shell, check] of [
  ['zsh', '-n'],
  ['fish', '--no-execute'],
] as const) {
  t.test(`${shell} reads it`, { skip: !has(shell) }, async (t) => {
    const cwd = t.testdir({ script: completion(shell as Shell, formsOf(TABLE), BLTE) });
    const { stderr } = await execute(shell, [check, 'script'], { cwd });
    t.equal(stderr, '');
  });
}

t.test('texts are quoted as each shell has it', async (t) => {
  const zsh = completion('zsh', formsOf(HOSTILE));
  t.match(
    zsh,
    `[.it'\\''s "$(touch pwned)" \`touch pwned\` \\[a\\]\\:b\\\\c | <d>]::FILE:_files' \\\n`,
  );
  t.match(zsh, `'*--odd=[`);
  const fish = completion('fish', formsOf(HOSTILE));
  t.match(fish, `-s O -l odd -l strange -d '.it\\'s "$(touch pwned)"`);
});

t.test('the manual page', async (t) => {
  const page = manual(TABLE, '1.2.3');
  t.match(page, /^\.TH SERVE 1 "" "sluice 1\.2\.3"/);
  t.match(page, '\\&.it\\(aqs "$(touch pwned)"');
  t.match(page, 'PORT and HOST are known too.');
  await t.test('has no mistakes', { skip: !has('groff') }, async (t) => {
    const cwd = t.testdir({ page });
    const { stderr } = await execute('groff', ['-man', '-ww', '-z', '-Tutf8', 'page'], { cwd });
    t.equal(stderr, '');
    const { stdout } = await execute('groff', ['-man', '-Tascii', 'page'], { cwd });
    t.match(
      stdout.replace(/.\x08|\x1b\[\d*m/g, ''),
      /-O, --odd, --strange\[=FILE\]\s+\.it's "\$\(touch/,
    );
  });
});
