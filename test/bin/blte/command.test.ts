/** `serve blte …` from outside: which lines are about it, files and pipes in and out, keys, the help. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { isBlteCommand } from '../../../bin/blte/words.js';
import { encodeBlte } from '../../../lib/blte/index.js';
import { KEY, KEY_NAME, KEYS, md5 } from '../../helpers/blte.js';
import { blte, blteFolder, CONTENT } from '../../helpers/blte-command.js';
import { SPEC_KEY } from '../../helpers/blte-encodings.js';
import { request } from '../../helpers/client.js';
import { PACKED, program, run, start } from '../../helpers/process.js';

t.test('which command lines are about BLTE', async (t) => {
  for (const [line, expected] of [
    ['blte encode a b', true],
    ['blte decode', true],
    ['blte inspect --help', true],
    ['blte --help', true],
    ['blte -h', true],
    ['blte', false],
    ['blte --port 9000', false],
    ['blte --help foo', true],
    ['blte other', false],
    ['./blte encode', false],
    ['--port 0 blte encode', false],
    ['encode blte', false],
    ['', false],
  ] as const) {
    t.equal(isBlteCommand(line === '' ? [] : line.split(' ')), expected, line);
  }
});

t.test('a folder called blte is served', async (t) => {
  const root = t.testdir({ blte: { 'index.html': 'in blte', encode: 'a file' } });
  const before = process.cwd();
  process.chdir(root);
  t.teardown(() => process.chdir(before));
  for (const name of ['blte', './blte']) {
    const { port } = await start(t, name);
    t.equal(String((await request(port, '/')).body), 'in blte');
  }
  const { stderr, code } = await run(['blte', 'frobnicate']);
  t.equal(code, 1);
  t.match(stderr, 'one folder can be served, and 2 are named: blte frobnicate');
});

t.test('who mistypes a command is led to the help', async (t) => {
  const hint = '(files in BLTE: see serve blte --help)';
  const words = '(serve blte has encode, decode, inspect; see serve blte --help)';
  const cwd = t.testdir({ site: {} });
  for (const [line, message] of [
    ['blte enocde a b', `one folder can be served, and 4 are named: blte enocde a b ${words}`],
    ['blte enocde a b --spec n', `--spec is no option; see serve --help ${words}`],
    ['blte help', `one folder can be served, and 2 are named: blte help ${words}`],
    ['inspect x', `one folder can be served, and 2 are named: inspect x ${hint}`],
    ['encode a b', `one folder can be served, and 3 are named: encode a b ${hint}`],
    ['blte', `there is no folder blte ${words}`],
    ['decode', `there is no folder decode ${hint}`],
    ['site other', 'one folder can be served, and 2 are named: site other'],
    ['blte --prot 80', '--prot is no option; did you mean --port?'],
  ] as const) {
    const { code, stderr } = await run(line.split(' '), { cwd });
    t.equal(code, 1);
    t.equal(stderr, `serve: ${message}\n`, line);
  }
  t.match((await run(['--help'])).stdout, /^ {2}serve blte --help {2,}/m);
  t.match((await run(['blte', '--help', 'foo'])).stdout, /^serve blte: /);
});

t.test('there and back', async (t) => {
  const cwd = blteFolder(t);
  const encoded = blte(cwd, ['encode', 'in.bin', 'a.blte', '--chunk-size', '64k']);
  const bytes = fs.readFileSync(path.join(cwd, 'a.blte'));
  t.same({ ...encoded, stdout: '' }, { code: 0, stdout: '', stderr: '' });
  const ekey = md5(bytes.subarray(0, bytes.readUInt32BE(4))).toString('hex');
  t.match(String(encoded.stdout), new RegExp(`^a\\.blte: 5 chunks, 293 KiB -> .* EKey ${ekey}\n$`));
  t.same(bytes, await encodeBlte(CONTENT, { chunkSize: 65_536 }));
  const decoded = blte(cwd, ['decode', 'a.blte', 'out.bin']);
  t.same(String(decoded.stdout), 'out.bin: 300000 octets\n');
  t.same(fs.readFileSync(path.join(cwd, 'out.bin')), CONTENT);
  t.same(fs.readdirSync(cwd).sort(), ['a.blte', 'in.bin', 'out.bin']);

  for (const args of [
    ['--spec', 'n'],
    ['--spec', 'z:1'],
    ['--spec', 'b:{1K=n,64K*3=z:{6,mpq},*=4}', '--format', '0x10'],
  ]) {
    blte(cwd, ['encode', 'in.bin', 'b.blte', '-f', ...args]);
    const { stdout, code } = blte(cwd, ['decode', 'b.blte', '-']);
    t.equal(code, 0);
    t.ok(stdout.equals(CONTENT), args.join(' '));
  }
  t.equal(fs.readFileSync(path.join(cwd, 'b.blte'))[8], 0x10);
});

t.test('pipes', async (t) => {
  const cwd = blteFolder(t);
  const encoded = blte(cwd, ['encode', '-', 'a.blte', '--spec', 'b:{10K*=n}'], CONTENT);
  t.equal(encoded.code, 0);
  const bytes = fs.readFileSync(path.join(cwd, 'a.blte'));
  t.same(bytes, await encodeBlte(CONTENT, { spec: 'b:{10K*=n}' }));
  const decoded = blte(cwd, ['decode', '-', '-'], bytes);
  t.ok(decoded.stdout.equals(CONTENT));
  t.equal(decoded.stderr, '');
  const fromFile = blte(cwd, ['inspect', 'a.blte']);
  const fromPipe = blte(cwd, ['inspect', '-'], bytes);
  t.equal(String(fromPipe.stdout).replace('stdin', 'a.blte'), String(fromFile.stdout));
  const empty = blte(cwd, ['encode', '-', 'empty.blte']);
  t.match(String(empty.stdout), 'empty.blte: 1 chunk, 0 B -> ');
  t.same(blte(cwd, ['decode', 'empty.blte', '-']).stdout, Buffer.alloc(0));
});

t.test('files with odd names', async (t) => {
  const cwd = blteFolder(t);
  for (const name of ['-a.blte', '007', '1e3', 'ä ö.blte', 'a\x1b[2Jb']) {
    const encoded = blte(cwd, ['encode', '--', 'in.bin', name]);
    t.equal(encoded.code, 0, encoded.stderr);
    t.ok(fs.existsSync(path.join(cwd, name)), name);
    t.notMatch(String(encoded.stdout), '\x1b');
    t.notMatch(String(blte(cwd, ['inspect', '--', name]).stdout), '\x1b');
    t.notMatch(String(blte(cwd, ['inspect', '--json', '--', name]).stdout), '\x1b');
  }
});

t.test('encrypted chunks, and where keys are from', async (t) => {
  const cwd = blteFolder(t, {
    'keys.txt': `# ours\n${KEYS}\n`,
    'large.txt': ' '.repeat(1_048_577),
    'other.txt': `${KEY_NAME} ${'0'.repeat(32)}`,
  });
  const spec = ['--spec', `b:{64K*=e:{${SPEC_KEY},0A0B0C0D,z}}`];
  for (const [args, env] of [
    [['--keys', 'keys.txt'], {}],
    [['--key', KEYS], {}],
    [[], { SLUICE_KEY: KEYS }],
    [[], { SLUICE_KEYS: 'keys.txt', SLUICE_KEY: '' }],
    [['--key', KEYS, '--key', KEYS], { SLUICE_KEY: 'not asked' }],
    [['--keys', 'keys.txt', '--key', KEYS], { SLUICE_KEY: KEYS }],
  ] as [string[], NodeJS.ProcessEnv][]) {
    const encoded = blte(
      cwd,
      ['encode', 'in.bin', 'e.blte', '-f', ...spec, ...args],
      undefined,
      env,
    );
    t.equal(encoded.code, 0, encoded.stderr);
    t.ok(blte(cwd, ['decode', 'e.blte', '-', ...args], undefined, env).stdout.equals(CONTENT));
  }
  t.match(String(blte(cwd, ['inspect', 'e.blte']).stdout), `key ${KEY_NAME}: 5 chunks`);
  for (const [args, message] of [
    [
      ['encode', 'in.bin', 'x', ...spec],
      `the key ${KEY_NAME}, in the ESpec ${SPEC_KEY.toUpperCase()}`,
    ],
    [
      ['decode', 'e.blte', 'x'],
      `e.blte: chunk 0 (mode E): it is encrypted with the key ${KEY_NAME}`,
    ],
    [
      ['decode', 'e.blte', 'x'],
      `${KEY_NAME}, not known here; give it with the keys (keys: --keys, --key, SLUICE_KEY, SLUICE_KEYS)`,
    ],
    [
      ['encode', 'in.bin', 'x', ...spec],
      'give it with the keys (keys: --keys, --key, SLUICE_KEY, SLUICE_KEYS)',
    ],
    [
      ['decode', 'e.blte', 'x', '--key', `${SPEC_KEY} ${KEY}`],
      `not known here; ${SPEC_KEY.toUpperCase()} is, the same octets the other way round (keys`,
    ],
    [['decode', 'e.blte', 'x', '--keys', 'other.txt'], 'e.blte: chunk 0 (mode E>'],
    [
      ['decode', 'e.blte', 'x', '--keys', 'other.txt'],
      `or the key ${KEY_NAME} is wrong (keys: --keys, --key, SLUICE_KEY, SLUICE_KEYS)`,
    ],
    [['decode', 'e.blte', 'x', '--keys', 'none.txt'], 'the key file none.txt does not exist'],
    [
      ['decode', 'e.blte', 'x', '--keys', 'large.txt'],
      'has more than 1048576 octets, which are the most',
    ],
    [['decode', 'e.blte', 'x', '--keys', '.'], 'the key file . is a folder; name a file'],
    [['decode', 'e.blte', 'x', '--keys', 'in.bin'], 'of in.bin: a key is given as NAME KEY'],
    [['decode', 'e.blte', 'x', '--key', KEY], '--key: a key is given as NAME KEY'],
    [
      ['decode', 'e.blte', 'x', '--key', `${KEY_NAME} ${'0'.repeat(32)}`, '--keys', 'keys.txt'],
      `keys.txt and --key: two different keys are called ${KEY_NAME}; leave one out`,
    ],
  ] as const) {
    const { code, stderr, stdout } = blte(cwd, args);
    t.equal(code, 1);
    t.match(stderr, message);
    t.notMatch(`${stderr}${stdout}`, KEY, 'no key is shown');
  }
  const ofVariable = blte(cwd, ['decode', 'e.blte', 'x'], undefined, { SLUICE_KEYS: 'none.txt' });
  t.match(ofVariable.stderr, 'SLUICE_KEYS: the key file none.txt does not exist');
  t.same(fs.readdirSync(cwd).sort(), ['e.blte', 'in.bin', 'keys.txt', 'large.txt', 'other.txt']);
});

t.test('help', async (t) => {
  for (const file of new Set([program(), PACKED])) {
    for (const word of ['--help', '-h']) {
      const { code, stdout } = await run(['blte', word], { program: file });
      t.equal(code, 0);
      for (const name of ['encode IN OUT', 'decode IN OUT', 'inspect FILE']) {
        t.match(stdout, `serve blte ${name}`);
      }
    }
    const { code, stdout } = await run(['blte', 'encode', '--help'], { program: file });
    t.equal(code, 0);
    t.match(stdout, /^serve blte encode IN OUT\n/);
    t.match(stdout, /^ {6}--spec ESPEC\s.*^ {6}--chunk-size SIZE\s.*^ {6}--max-chunks NUMBER\s/ms);
    t.match(stdout, /^ {2}-f, --force {2,}replace OUT where it exists$/m);
    t.match(stdout, /^ {2}-h, --help {2,}show all options$/m);
    t.match(stdout, /Keys may also stand in /);
    t.match(
      (await run(['blte', 'decode', '--version'], { program: file })).stdout,
      /^\d+\.\d+\.\d+\n$/,
    );
  }
});
