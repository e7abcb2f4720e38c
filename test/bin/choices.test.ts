/** Whose word counts for an option, and what is said of mistakes: each with the place where it stands. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { readArguments } from '../../bin/arguments.js';
import { choose, type FileEntry, readOptionsFile, strayVariables } from '../../bin/choices.js';
import { type Option, variableOf } from '../../bin/options/option.js';
import { OPTIONS } from '../../bin/options/table.js';
import { printConfig } from '../../bin/print-config.js';
import { run, start } from '../helpers/process.js';

const SECRET: Option = { name: 'key', kind: 'text', group: 'G:', text: 'a key', secret: true };
const FLAG: Option = { name: 'loud', kind: 'flag', group: 'G:', text: 'loud', default: 'true' };
const ONCE: Option = { name: 'once', kind: 'flag', group: 'G:', text: 'print', once: true };
const PORT = OPTIONS.find(({ name }) => name === 'port') as Option;
const TABLE = [PORT, SECRET, FLAG, ONCE];

interface Said {
  readonly given?: Record<string, unknown>;
  readonly environment?: Record<string, string>;
  readonly file?: Record<string, unknown>;
}

function chosen(name: string, { given = {}, environment = {}, file = {} }: Said): unknown[] {
  const entries = Object.entries(file).map(([key, value]): [string, FileEntry] => [
    key,
    { value, place: 'o.json, line 1' },
  ]);
  const choice = choose(TABLE, {
    given: new Map(Object.entries(given)),
    environment,
    file: new Map(entries),
  }).get(name);
  return [choice?.value, choice?.origin];
}

t.test('the command line before the environment before the file before the table', async (t) => {
  const file = { port: 1 };
  const environment = { SLUICE_PORT: '2', PORT: '3' };
  t.same(chosen('port', { given: { port: '4' }, environment, file }), ['4', '--port']);
  t.same(chosen('port', { environment, file }), ['2', 'SLUICE_PORT']);
  t.same(chosen('port', { environment: { PORT: '3' }, file }), ['3', 'PORT']);
  t.same(chosen('port', { environment: { SLUICE_PORT: '', PORT: '' }, file }), [
    '1',
    'o.json, line 1',
  ]);
  t.same(chosen('port', {}), ['8080', 'default']);
  t.same(chosen('key', {}), [undefined, 'none']);
});

t.test('flags', async (t) => {
  t.same(chosen('loud', { given: { loud: false } }), [false, '--no-loud']);
  for (const [text, value] of [
    ['1', true],
    ['TRUE', true],
    ['yes', true],
    ['on', true],
    ['0', false],
    ['false', false],
    ['No', false],
    ['off', false],
  ] as const) {
    t.same(chosen('loud', { environment: { SLUICE_LOUD: text } }), [value, 'SLUICE_LOUD']);
  }
  t.throws(() => chosen('loud', { environment: { SLUICE_LOUD: 'maybe' } }), {
    message: "SLUICE_LOUD maybe can't be used; it takes true or false",
  });
  for (const [text, value] of [
    ['1', false],
    ['on', false],
    ['no', true],
  ] as const) {
    t.same(chosen('loud', { environment: { SLUICE_NO_LOUD: text } }), [value, 'SLUICE_NO_LOUD']);
  }
  t.same(chosen('loud', { environment: { SLUICE_NO_LOUD: '' } }), ['true', 'default']);
  t.same(chosen('loud', { given: { loud: true }, environment: { SLUICE_NO_LOUD: '1' } }), [
    true,
    '--loud',
  ]);
  t.throws(() => chosen('loud', { environment: { SLUICE_NO_LOUD: 'maybe' } }), {
    message: "SLUICE_NO_LOUD maybe can't be used; it takes true or false",
  });
  t.throws(() => chosen('loud', { environment: { SLUICE_NO_LOUD: '1', SLUICE_LOUD: '1' } }), {
    message: 'SLUICE_LOUD and SLUICE_NO_LOUD are both set; set one of them',
  });
  t.same(chosen('once', { environment: { SLUICE_ONCE: '1' } }), [undefined, 'none']);
});

t.test('an option that another one replaces, and one that is given several times', async (t) => {
  const many: Option = { name: 'header', kind: 'text', group: 'G:', text: 'x', repeatable: true };
  const port = { ...PORT, unless: 'listen' };
  const ask = (said: Record<string, string>, file: unknown = undefined): unknown[] => {
    const entries = file === undefined ? [] : [['header', { value: file, place: 'o' }] as const];
    const given = new Map(Object.entries(said));
    const environment = { PORT: '5', SLUICE_HEADER: file === undefined ? 'a\nb\n' : '' };
    const choices = choose([port, many], { given, environment, file: new Map(entries) });
    return [choices.get('port')?.value, choices.get('header')?.value];
  };
  t.same(ask({}), ['5', ['a', 'b']]);
  t.same(ask({ listen: 'x' }), [PORT.default, ['a', 'b']]);
  t.same(ask({ listen: 'x', port: '6', header: 'c' }), ['6', 'c']);
  t.same(ask({}, ['c', 'd']), ['5', ['c', 'd']]);
  t.same(ask({}, 'c'), ['5', ['c']]);
});

t.test('a mistake is told with its place, a secret without its value', async (t) => {
  t.throws(() => chosen('port', { environment: { PORT: '70000' } }), {
    message: /^PORT: port 70000 can't be used; it takes a port/,
  });
  t.throws(() => chosen('port', { file: { port: 1.5 } }), {
    message: /^o\.json, line 1: port 1\.5/,
  });
  const secret = { ...SECRET, kind: 'count' as const };
  const sources = { given: new Map(), environment: { SLUICE_KEY: 'hunter2' }, file: new Map() };
  t.throws(() => choose([secret], sources), {
    message: "SLUICE_KEY … can't be used; it takes a whole number from 0 up",
  });
});

t.test('variables of no option', async (t) => {
  const told = (...names: string[]): Promise<string | undefined> =>
    strayVariables(TABLE, Object.fromEntries(names.map((name) => [name, '1'])));
  t.equal(await told('SLUICE_PORT', 'SLUICE_NO_LOUD', 'PORT', 'sluice_prot'), undefined);
  t.equal(
    await told('SLUICE_PROT'),
    'SLUICE_PROT is the variable of no option; did you mean SLUICE_PORT?',
  );
  t.equal(
    await told('SLUICE_NO_PORT_AT_ALL'),
    'SLUICE_NO_PORT_AT_ALL is the variable of no option; see serve --help',
  );
  t.match(await told('SLUICE_ONCE'), /^SLUICE_ONCE is the variable of no option/);
  t.match(await told('SLUICE_KYE', 'SLUICE_LUOD'), /SLUICE_KEY\? SLUICE_LUOD .* SLUICE_LOUD\?$/);
  const many = Array.from({ length: 500 }, (_, index) => `SLUICE_${index}_${'x'.repeat(500)}`);
  t.ok(((await told(...many)) as string).length < 2000, 'bounded');

  const root = t.testdir({});
  const { code, stdout, stderr } = await run([root, '--print-config', '--json'], {
    env: { SLUICE_MAXAGE: '5', SLUICE_NO_LISTING: '1' },
  });
  t.equal(code, 0);
  t.equal(
    stderr,
    'serve: SLUICE_MAXAGE is the variable of no option; did you mean SLUICE_MAX_AGE?\n',
  );
  t.same(JSON.parse(stdout).options.listing, { value: false, from: 'SLUICE_NO_LISTING' });
});

t.test('every option has a variable of its own', async (t) => {
  const names = OPTIONS.flatMap(({ name, variable }) => [variableOf(name), variable ?? []].flat());
  t.equal(new Set(names).size, names.length);
  for (const name of names) t.match(name, /^[A-Z][A-Z0-9_]*$/);
});

t.test('the file', async (t) => {
  const entries = await readOptionsFile(
    '\ufeff// comments\n{\n "port": 9, /* and a comma */\n "loud": false,\n}\n',
    'o.json',
    TABLE,
  );
  t.same(
    [...entries],
    [
      ['port', { value: 9, place: 'o.json, line 3' }],
      ['loud', { value: false, place: 'o.json, line 4' }],
    ],
  );
  for (const [text, message] of [
    ['', 'o.json, line 1: this is no JSON: value expected'],
    ['{\n"port": 9\n"key": 1}', 'o.json, line 3: this is no JSON: comma expected'],
    ['[1]', 'o.json has to be an object, such as {"port": 9000}'],
    ['{\n"prot": 1}', 'o.json, line 2: "prot" is no option for a file; did you mean "port"?'],
    [
      '{"no-loud": true}',
      'o.json, line 1: "no-loud" is no option for a file; it takes "loud": false',
    ],
    ['{"__proto__": 1}', 'o.json, line 1: "__proto__" is no option for a file; see serve --help'],
    ['{"options": "x"}', 'o.json, line 1: "options" is no option for a file; see serve --help'],
    ['{"once": true}', 'o.json, line 1: "once" is no option for a file; see serve --help'],
    ['{"port": 1,\n"port": 2}', 'o.json, line 2: "port" stands there twice'],
    ['{"port": null}', 'o.json, line 1: "port" takes a text or a number'],
    ['{"port": true}', 'o.json, line 1: "port" takes a text or a number'],
    ['{"loud": {}}', 'o.json, line 1: "loud" takes true or false'],
  ] as const) {
    await t.rejects(readOptionsFile(text, 'o.json', TABLE), { message }, text);
  }
});

t.test('the command line', async (t) => {
  const given = async (...argv: string[]): Promise<unknown> => {
    const { folder, given } = await readArguments(argv, [...OPTIONS, FLAG]);
    return [folder, Object.fromEntries(given)];
  };
  t.same(await given(), [undefined, {}], 'defaults are not said');
  t.same(await given('a', '--no-loud', '-p', '1'), ['a', { loud: false, port: '1' }]);
  t.same(await given('--loud', '--no-json'), [undefined, { loud: true, json: false }]);
  for (const [argv, message] of [
    [['--loud', '--no-loud'], '--loud and --no-loud are both given; give one of them'],
    [['--no-port', '1'], '--no-port is no option; --port takes a value'],
    [['--prot', '1'], '--prot is no option; did you mean --port?'],
    [['--port'], '--port (-p) needs a value; see serve --help'],
    [['a', 'b'], 'one folder can be served, and 2 are named: a b'],
    [[''], 'the folder has no name; . is this one'],
  ] as const) {
    await t.rejects(given(...argv), { message });
  }
});

t.test('--print-config', async (t) => {
  await t.test('says where each value comes from', async (t) => {
    const root = t.testdir({ 'o.json': '{"grace": 3,\n"json": true, "head-timeout": 1}' });
    const more = ['--header', 'X-A: 1', '--auth', 'ann:secret', '-w', 'auto'];
    const args = ['--options', path.join(root, 'o.json'), '-p', '1', '--no-shared-reads', ...more];
    const env = { SLUICE_HEAD_TIMEOUT: '2', HOST: '127.0.0.3' };
    const { code, stdout } = await run(['site', ...args, '--print-config'], { env });
    t.equal(code, 0);
    const { folder, options } = JSON.parse(stdout);
    t.equal(folder, 'site');
    t.match(options, {
      port: { value: 1, from: '--port' },
      'cache-size': { value: 67_108_864, from: 'default' },
      listing: { value: true, from: 'default' },
      watch: { value: null, from: 'none' },
      header: { value: ['X-A: 1'], from: '--header' },
      auth: { value: '(hidden)', from: '--auth' },
      workers: { value: 'auto', from: '--workers' },
      host: { value: '127.0.0.3', from: 'HOST' },
      'shared-reads': { value: false, from: '--no-shared-reads' },
      'head-timeout': { value: 2, from: 'SLUICE_HEAD_TIMEOUT' },
      grace: { value: 3, from: `${path.join(root, 'o.json')}, line 1` },
      'idle-timeout': { value: 15, from: 'default' },
      'max-age': { value: null, from: 'none' },
    });
    t.equal('print-config' in options, false);
  });
  await t.test('a port that nobody named is not at odds with other options', async (t) => {
    for (const [args, env] of [
      [['--listen', '3000'], {}],
      [['--listen', '3000'], { PORT: '4000' }],
      [['--metrics-port', '8080'], {}],
    ] as const) {
      const { code, stderr } = await run([...args, '--print-config'], { env });
      t.same([code, stderr], [0, ''], args.join(' '));
    }
    const { code } = await run(['--listen', '3000', '-p', '4000', '--print-config']);
    t.equal(code, 1);
  });
  await t.test('for people, hiding secrets and what would steer the terminal', async (t) => {
    const choices = choose(TABLE, {
      given: new Map<string, unknown>([['key', 'hunter2']]),
      environment: { PORT: '5' },
      file: new Map(),
    });
    const text = printConfig('a\x1b[2Jb', TABLE, choices, false);
    t.equal(
      text,
      'folder  a?[2Jb\nport    5         PORT\nkey     (hidden)  --key\nloud    true      default\n',
    );
    t.notMatch(printConfig('.', TABLE, choices, true), 'hunter2');
  });
});

/** A folder with a file of options in it, and one of those that other tools look for. */
function folder(t: Test): string {
  return t.testdir({ 'o.json': '{"max-age": 7}', '.sluicerc': '{"port": 1}', 'a.txt': 'a' });
}

t.test('the file and the environment reach the server, and a folder sets nothing', async (t) => {
  const root = folder(t);
  const { command, port } = await start(t, root, [], {
    env: { SLUICE_OPTIONS: path.join(root, 'o.json'), SLUICE_HOST: '127.0.0.2' },
  });
  t.equal(command.listening?.url, `http://127.0.0.2:${port}/`);
  const answer = await fetch(`http://127.0.0.2:${port}/a.txt`);
  t.equal(answer.headers.get('cache-control'), 'public, max-age=7');
  await answer.text();
});

t.test('a file that is missing or wrong, and --json from the environment', async (t) => {
  const root = folder(t);
  const missing = await run([root, '--options', path.join(root, 'none.json')]);
  t.match(missing, { code: 1, stdout: '', stderr: /^serve: the file of options .* \(ENOENT\)/ });
  fs.writeFileSync(path.join(root, 'o.json'), '{"max-age": "x"}');
  const wrong = await run([root, '--json', '--options', path.join(root, 'o.json')]);
  t.equal(wrong.code, 1);
  t.match(JSON.parse(wrong.stdout), {
    event: 'error',
    message: /o\.json, line 1: max-age x can't/,
  });
  const taken = await run([path.join(root, 'none')], { env: { SLUICE_JSON: '1' } });
  t.match(JSON.parse(taken.stdout), { event: 'error' });
});
