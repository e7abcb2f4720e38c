/** The command line as people write it: letters together, flags with values, slips, flags of other servers. */
import t from 'tap';
import { readArguments, readLine } from '../../bin/arguments.js';
import { BLTE_COMMANDS } from '../../bin/blte/options.js';
import { help } from '../../bin/help.js';
import { formsOf } from '../../bin/options/forms.js';
import { UsageError } from '../../bin/options/option.js';
import { namesOf } from '../../bin/options/spelled.js';
import { OPTIONS } from '../../bin/options/table.js';
import { request } from '../helpers/client.js';
import { run, start } from '../helpers/process.js';

/** What a line says: the folder and the options, or why it is refused. */
async function said(...argv: string[]): Promise<unknown> {
  try {
    const { folder, given, asked } = await readArguments(argv, OPTIONS);
    return asked ?? [folder, Object.fromEntries(given)];
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

t.test('flags with a value, by the rule of the environment', async (t) => {
  for (const [argv, given] of [
    [['--secure=on'], { secure: true }],
    [['--secure=1'], { secure: true }],
    [['--secure=TRUE'], { secure: true }],
    [['--secure=yes'], { secure: true }],
    [['--secure=off'], { secure: false }],
    [['--spa=No'], { single: false }],
    [['-S=on', '-q=0'], { symlinks: true, quiet: false }],
    [['-qS=false'], { quiet: true, symlinks: false }],
    [['--no-listing=yes'], { listing: false }],
    [['--no-listing=no'], { listing: true }],
    [['-L=on', '-u=off'], { 'request-logging': false, compression: true }],
    [['--secure', '--secure'], { secure: true }],
  ] as const) {
    t.same(await said(...argv), [undefined, given], argv.join(' '));
  }
  for (const [argv, name] of [
    [['--single=maybe'], '--single maybe'],
    [['--precompressed=br'], '--precompressed br'],
    [['--secure='], "--secure ''"],
    [['-S=x'], '-S x'],
    [['--print-config=x'], '--print-config x'],
  ] as const) {
    t.equal(await said(...argv), `${name} can't be used; it takes true or false`);
  }
});

t.test('letters that stand together', async (t) => {
  for (const [argv, expected] of [
    [
      ['-Sq', 'a'],
      ['a', { symlinks: true, quiet: true }],
    ],
    [['-p9000'], [undefined, { port: '9000' }]],
    [
      ['-Sp9000', 'a'],
      ['a', { symlinks: true, port: '9000' }],
    ],
    [
      ['-Sp', '9000'],
      [undefined, { symlinks: true, port: '9000' }],
    ],
    [['-p=9000'], [undefined, { port: '9000' }]],
    [['-cserve.json'], [undefined, { config: 'serve.json' }]],
    [['-pn'], [undefined, { port: 'n' }]],
    [['-Chttps://a.example'], [undefined, { cors: ['https://a.example'] }]],
    [
      ['-CS', 'a'],
      ['a', { cors: ['*'], symlinks: true }],
    ],
    [['-1'], ['-1', {}]],
    [['1e3'], ['1e3', {}]],
    [['-'], ['-', {}]],
    [
      ['--', '-p'],
      ['-p', {}],
    ],
    [['-qh'], 'help'],
    [['-vq'], 'version'],
  ] as const) {
    t.same(await said(...argv), expected, argv.join(' '));
  }
});

t.test('values that are missing', async (t) => {
  for (const argv of [['-p'], ['-p', '-n'], ['-Sp'], ['--port', '--json'], ['-p', '--', 'a']]) {
    t.equal(await said(...argv), '--port (-p) needs a value; see serve --help', argv.join(' '));
  }
  t.equal(await said('--header', '-x'), '--header needs a value; see serve --help');
  t.same(await said('--port', '-1'), [undefined, { port: '-1' }], 'told as what it is');
  for (const argv of [['--cors='], ['-C=']]) {
    t.match(
      await said(...argv),
      /^--?[a-zC]+ '' can't be used; it takes a value, or stands alone$/,
    );
  }
});

t.test('options that do not exist', async (t) => {
  for (const [argv, message] of [
    [['--prot', '80'], '--prot is no option; did you mean --port?'],
    [['--prot=80'], '--prot is no option; did you mean --port?'],
    [['--singel'], '--singel is no option; did you mean --single?'],
    [['--no-compress'], '--no-compress is no option; did you mean --no-compression?'],
    [['--no-port'], '--no-port is no option; --port takes a value'],
    [['--colour'], '--colour is no option; see serve --help'],
    [['-y'], '-y is no option; see serve --help'],
    [['-Sy'], '-y is no option; see serve --help'],
    [['-ü'], '-ü is no option; see serve --help'],
    [['-port', '80'], '-port is no option; it is written --port'],
    [['-open'], '-open is no option; it is written --open'],
    [['--constructor'], '--constructor is no option; see serve --help'],
    [['--__proto__=x'], '--__proto__ is no option; see serve --help'],
    [['--get-yargs-completions'], '--get-yargs-completions is no option; see serve --help'],
    [['--x\x1b[2J'], '--x?[2J is no option; see serve --help'],
  ] as const) {
    t.equal(await said(...argv), message, argv.join(' '));
  }
  t.equal(await said('--prot', '--help'), 'help', 'whoever asks for help gets it');
});

t.test('flags of other servers: one line each, which names what is here', async (t) => {
  const known = OPTIONS.flatMap((option) => namesOf(option).filter((name) => name.length > 1));
  const flags = [
    ...['--debug', '-d', '--no-etag'],
    ...['-g', '-b', '-P', '-e', '-i', '-r', '-K', '-U', '-m', '-t', '--proxy', '--cache', '--ssl'],
    ...['-D', '-E', '-B', '-H', '-G', '--maxage', '--etag', '--dev'],
    ...['-z', '-I', '--upload-files', '--enable-zip', '--hidden', '--interfaces'],
    ...['-A', '--allow-all', '--allow-upload', '--render-spa', '--bind', '--path-prefix'],
    ...['--directory', '--root', '--browse', '--cgi'],
  ];
  for (const flag of flags) {
    const message = String(await said(flag, 'x'));
    t.match(message, new RegExp(`^${flag} is no option: [^\\n]{10,}$`));
    const named = [...message.slice(flag.length).matchAll(/--([a-z-]+)/g)].map(([, name]) => name);
    for (const name of named) t.ok(known.includes(name as string), `${flag}: --${name}`);
  }
  t.match(await said('--maxage', '60'), /--max-age SECONDS$/);
  t.match(await said('-d'), /serve FOLDER/);
});

t.test('other commands are spelled the same way, in the same words', async (t) => {
  const options = BLTE_COMMANDS.find(({ word }) => word === 'inspect')?.options ?? [];
  const inspect = async (...argv: string[]): Promise<unknown> => {
    try {
      const { operands, given, asked } = await readLine(argv, options, 'serve blte inspect');
      return asked ?? [operands, Object.fromEntries(given)];
    } catch (error) {
      return (error as UsageError).message;
    }
  };
  const see = 'see serve blte inspect --help';
  for (const [argv, expected] of [
    [
      ['-a', 'x'],
      [['x'], { all: true }],
    ],
    [
      ['x', '--json=off', '-a=yes', '--max-chunks=5'],
      [['x'], { json: false, all: true, 'max-chunks': '5' }],
    ],
    [
      ['-', '1e3', '', '--', '-a'],
      [['-', '1e3', '', '-a'], {}],
    ],
    [['-ah', '--none'], `--none is no option; ${see}`],
    [['-ah'], 'help'],
    [['--none', '-h'], 'help'],
    [['-av'], 'version'],
    [['--json=maybe'], "--json maybe can't be used; it takes true or false"],
    [['--json', '--no-json'], '--json and --no-json are both given; give one of them'],
    [['--max-chunk', '5'], '--max-chunk is no option; did you mean --max-chunks?'],
    [['--max-chunks'], `--max-chunks needs a value; ${see}`],
    [['-d'], `-d is no option; ${see}`],
    [['--port', '80'], `--port is no option; ${see}`],
    [['--verbose'], `--verbose is no option; ${see}`],
  ] as const) {
    t.same(await inspect(...argv), expected, argv.join(' '));
  }
});

t.test('a folder may have any name', async (t) => {
  t.same(await readArguments(['1e3'], OPTIONS).then(({ folder }) => folder), '1e3');
  for (const name of ['help', 'version', 'completion']) {
    const root = t.testdir({ [name]: { 'a.txt': name } });
    const { command, port } = await start(t, `${name}`, [], { cwd: root });
    t.equal((await request(port, '/a.txt')).body.toString(), name);
    command.signal('SIGTERM');
    await command.ended();
  }
});

t.test('the help', async (t) => {
  for (const columns of [20, 60, 80, 100, 300]) {
    const text = help(OPTIONS, columns);
    const longest = Math.max(...text.split('\n').map(({ length }) => length));
    t.ok(longest <= Math.max(60, Math.min(100, columns)), `${columns} columns: ${longest}`);
    const flat = text.replace(/\s+/g, ' ');
    for (const { names, value, text: describe } of formsOf(OPTIONS)) {
      t.match(flat, describe);
      t.match(flat, `${names.at(-1)}${value === undefined ? ' ' : ''}`);
    }
  }
  const { stdout } = await run(['-h']);
  for (const line of [
    /^ {2}-p, --port PORT {2,}port; 0 takes a free one/m,
    /^ {6}--host ADDRESS {2,}address to listen on \[127\.0\.0\.1\]$/m,
    /^ {6}--trailing-slash add\|remove {2}/m,
    /^ {2}-w, --workers NUMBER\|auto {2,}processes .* \[1\]$/m,
    /^ {2}-C, --cors\[=ORIGIN\] {2}/m,
    /^ {2}-a, --auth NAME:PASSWORD {2}/m,
    /^ {6}--completion bash\|zsh\|fish {2}/m,
    /^ {2}-s, --single, --spa {2}/m,
    /^ {2}-h, --help {2,}show all options$/m,
    /SLUICE_NO_LISTING=1/,
  ]) {
    t.match(stdout, line);
  }
});
