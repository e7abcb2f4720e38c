/** `serve blte …` from outside: files in, files out, and nothing left behind, whatever goes wrong. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { isBlteCommand } from '../../../bin/blte/words.js';
import { decodeBlte, encodeBlte, KeyRing } from '../../../lib/blte/index.js';
import { gathered, KEY, KEY_NAME, KEYS, md5, prose } from '../../helpers/blte.js';
import { SPEC_KEY } from '../../helpers/blte-encodings.js';
import { request, until } from '../../helpers/client.js';
import { pattern, permissionsHold } from '../../helpers/files.js';
import { COMMAND, Command, PACKED, run, start } from '../../helpers/process.js';
import { AtTerminal, PSEUDO } from '../../helpers/pseudo-terminal.js';
import { random } from '../../helpers/random.js';

const CONTENT = prose(300_000, random(1));

/** What a command ended with; its output as octets. */
interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function blte(
  cwd: string,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(0),
  env: NodeJS.ProcessEnv = {},
): Ended {
  const own = { ...process.env, ...env };
  delete own.NODE_OPTIONS;
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, 'blte', ...args], {
    cwd,
    input,
    env: own,
  });
  return { code: status, stdout, stderr: String(stderr) };
}

function folder(t: Test, more: Record<string, string | Buffer> = {}): string {
  return t.testdir({ 'in.bin': CONTENT, ...more } as never);
}

t.test('which command lines are about BLTE', async (t) => {
  for (const [line, expected] of [
    ['blte encode a b', true],
    ['blte decode', true],
    ['blte inspect --help', true],
    ['blte --help', true],
    ['blte -h', true],
    ['blte', false],
    ['blte --port 9000', false],
    ['blte --help --json', false],
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

t.test('there and back', async (t) => {
  const cwd = folder(t);
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
  const cwd = folder(t);
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
  const cwd = folder(t);
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
  const cwd = folder(t, {
    'keys.txt': `# ours\n${KEYS}\n`,
    'other.txt': `${KEY_NAME} ${'0'.repeat(32)}`,
  });
  const spec = ['--spec', `b:{64K*=e:{${SPEC_KEY},0A0B0C0D,z}}`];
  for (const [args, env] of [
    [['--keys', 'keys.txt'], {}],
    [['--key', KEYS], {}],
    [[], { SLUICE_BLTE_KEY: KEYS }],
    [['--keys', 'keys.txt', '--key', KEYS], { SLUICE_BLTE_KEY: KEYS }],
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
    [['decode', 'e.blte', 'x', '--keys', 'other.txt'], 'e.blte: chunk 0 (mode E>'],
    [['decode', 'e.blte', 'x', '--keys', 'none.txt'], 'the key file none.txt does not exist'],
    [['decode', 'e.blte', 'x', '--keys', '.'], 'the key file . is a folder; name a file'],
    [['decode', 'e.blte', 'x', '--keys', 'in.bin'], 'of in.bin: a key is given as NAME KEY'],
    [['decode', 'e.blte', 'x', '--key', KEY], '--key: a key is given as NAME KEY'],
    [
      ['decode', 'e.blte', 'x', '--key', `${KEY_NAME} ${'0'.repeat(32)}`, '--keys', 'keys.txt'],
      'second time',
    ],
  ] as const) {
    const { code, stderr, stdout } = blte(cwd, args);
    t.equal(code, 1);
    t.match(stderr, message);
    t.notMatch(`${stderr}${stdout}`, KEY, 'no key is shown');
  }
  t.same(fs.readdirSync(cwd).sort(), ['e.blte', 'in.bin', 'keys.txt', 'other.txt']);
});

t.test('what can not be is told with the way out, and leaves nothing', async (t) => {
  const bytes = await encodeBlte(CONTENT, { chunkSize: 100_000 });
  const wrong = Buffer.from(bytes);
  wrong[wrong.length - 5] = (wrong.at(-5) as number) ^ 1;
  const cwd = folder(t, { 'a.blte': bytes, 'wrong.blte': wrong, old: 'old' });
  fs.mkdirSync(path.join(cwd, 'sub'));
  fs.symlinkSync('nowhere', path.join(cwd, 'dangling'));
  const names = fs.readdirSync(cwd);
  for (const [args, message] of [
    [['encode', 'none', 'x'], 'serve: none does not exist'],
    [['encode', 'sub', 'x'], 'serve: sub is a folder; name a file'],
    [['encode', 'in.bin', 'old'], 'serve: old exists; --force replaces it'],
    [['encode', 'in.bin', 'in.bin'], 'serve: in.bin exists; --force replaces it'],
    [['encode', 'in.bin', 'sub'], 'serve: sub is a folder; name a file in it'],
    [['encode', 'in.bin', 'sub', '-f'], 'serve: sub is a folder; name a file in it'],
    [['encode', 'in.bin', 'dangling', '-f'], 'dangling is a link that leads nowhere'],
    [
      ['encode', 'in.bin', '/dev/null', '-f'],
      '/dev/null is a device or a pipe; - stands for stdout',
    ],
    [['encode', 'in.bin', 'no/x'], 'serve: the folder of no/x does not exist'],
    [['encode', 'in.bin', ''], 'a file has no name'],
    [['encode', '', 'x'], 'a file has no name'],
    [['encode', 'in.bin', 'old/x'], 'old/x is below something that is no folder'],
    [['encode', 'in.bin', '-'], 'encode writes no pipe: the header comes first, and is known last'],
    [
      ['encode', 'in.bin'],
      'encode takes IN and OUT, and 1 of them is given; see serve blte encode --help',
    ],
    [['encode'], 'encode takes IN and OUT, and none of them is given'],
    [['decode', 'a', 'b', 'c'], 'decode takes IN and OUT, and 3 of them is given'],
    [['inspect'], 'inspect takes FILE, and none'],
    [['encode', 'in.bin', 'x', '--spec', 'b:{q}'], 'ESpec, character 4: a size from 1'],
    [['encode', 'in.bin', 'x', '--spec', ''], "--spec '' can't be used"],
    [['encode', 'in.bin', 'x', '--spec'], '--spec needs a value; see serve blte encode --help'],
    [['encode', 'in.bin', 'x', '--spec', 'n', '--chunk-size', '5'], 'give one of them'],
    [
      ['encode', 'in.bin', 'x', '--spec', 'b:{10=n}'],
      'in.bin: the content goes on behind the last rule',
    ],
    [['encode', 'in.bin', 'x', '--chunk-size', 'many'], "--chunk-size many can't be used"],
    [['encode', 'in.bin', 'x', '--chunk-size', '17m'], 'chunks of 17825792 octets are too large'],
    [
      ['encode', 'in.bin', 'x', '--format', '16'],
      "--format 16 can't be used; it takes 0x0f or 0x10",
    ],
    [
      ['encode', 'in.bin', 'x', '--max-chunks', '1'],
      'more than 1 chunks, which are the most (maxChunks)',
    ],
    [['encode', 'in.bin', 'x', '--levels', '1'], 'see serve blte encode --help'],
    [['decode', 'in.bin', 'x'], 'in.bin: header: it does not begin with "BLTE"'],
    [
      ['decode', 'wrong.blte', 'x'],
      'wrong.blte: chunk 2 (mode Z): its MD5 is not that of the table',
    ],
    [['decode', 'a.blte', 'x', '--max-size', '100k'], 'maxSize'],
    [['decode', 'a.blte', 'x', '--max-chunk-size', '10k'], 'maxChunkSize'],
    [['decode', 'a.blte', 'x', '--max-chunks', '2'], 'maxChunks'],
    [['decode', 'a.blte', 'old'], 'old exists; --force replaces it'],
    [['inspect', 'in.bin'], 'in.bin: header: it does not begin with "BLTE"'],
    [['inspect', 'none'], 'none does not exist'],
    [['inspect', 'a.blte', '--max-chunks', '2'], 'the table has 3 chunks, 2 are the most'],
  ] as const) {
    const { code, stderr, stdout } = blte(cwd, args);
    t.equal(code, 1, args.join(' '));
    t.match(stderr, message);
    t.match(stderr, /^serve: [^\n]*\n$/, 'one line');
    t.equal(stdout.length, 0);
    t.same(fs.readdirSync(cwd), names, 'nothing is left');
  }
  t.equal(fs.readFileSync(path.join(cwd, 'old'), 'utf8'), 'old');
  const piped = blte(cwd, ['decode', 'wrong.blte', '-']);
  t.equal(piped.code, 1);
  t.ok(piped.stdout.equals(CONTENT.subarray(0, 200_000)), 'what comes before the wrong chunk');
});

t.test('--force replaces a file at once, with its mode, and where a link leads', async (t) => {
  const cwd = folder(t, { old: 'old' });
  fs.chmodSync(path.join(cwd, 'old'), 0o600);
  fs.symlinkSync('old', path.join(cwd, 'link'));
  t.equal(blte(cwd, ['encode', 'in.bin', 'link', '--force']).code, 0);
  t.ok(fs.lstatSync(path.join(cwd, 'link')).isSymbolicLink());
  t.equal(fs.statSync(path.join(cwd, 'old')).mode & 0o777, 0o600);
  t.ok(blte(cwd, ['decode', 'old', '-']).stdout.equals(CONTENT));
  t.equal(blte(cwd, ['encode', 'in.bin', 'in.bin', '-f']).code, 0, 'also the file that is read');
  t.ok(blte(cwd, ['decode', 'in.bin', '-']).stdout.equals(CONTENT));
  t.same(fs.readdirSync(cwd).sort(), ['in.bin', 'link', 'old']);
});

t.test(
  'a folder that this user may not write to',
  { skip: !permissionsHold && 'root may' },
  async (t) => {
    const cwd = folder(t);
    const sub = path.join(cwd, 'sub');
    fs.mkdirSync(sub, { mode: 0o500 });
    const { code, stderr } = blte(cwd, ['encode', 'in.bin', 'sub/x']);
    t.equal(code, 1);
    t.match(stderr, 'sub/x: this user may not write to its folder (EACCES)');
  },
);

t.test('a file system that takes no more', async (t) => {
  const cwd = folder(t, { 'a.blte': await encodeBlte(CONTENT) });
  const names = fs.readdirSync(cwd);
  const [input, output] = [path.join(cwd, 'in.bin'), path.join(cwd, 'x')];
  for (const args of [
    ['encode', input, output, '--spec', 'b:{10K*=n}'],
    ['encode', input, output, '--spec', 'n'],
    ['decode', path.join(cwd, 'a.blte'), output],
  ]) {
    const { code, stderr } = await run(['blte', ...args], { fileBlocks: 100 });
    t.equal(code, 1);
    t.match(stderr, `serve: ${output} would become larger than its file system allows`);
    t.same(fs.readdirSync(cwd), names);
  }
  if (!fs.existsSync('/dev/full')) return;
  const full = fs.openSync('/dev/full', 'w');
  const child = spawn(
    process.execPath,
    [COMMAND, 'blte', 'decode', path.join(cwd, 'a.blte'), '-'],
    {
      stdio: ['ignore', full, 'pipe'],
    },
  );
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  fs.closeSync(full);
  t.equal(code, 1);
  t.match(stderr, 'serve: stdout has no more room: its disk is full');
});

t.test('a signal leaves nothing', async (t) => {
  const cwd = folder(t);
  const output = path.join(cwd, 'x');
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    for (const word of ['encode', 'decode']) {
      const command = new Command(['blte', word, '-', output], { stdin: 'pipe' });
      t.teardown(() => command.signal('SIGKILL'));
      const bytes = word === 'encode' ? CONTENT : await encodeBlte(CONTENT, { chunkSize: 10_000 });
      command.child.stdin?.on('error', () => {});
      command.child.stdin?.write(bytes.subarray(0, bytes.length - 10));
      const written = (): boolean =>
        fs
          .readdirSync(cwd)
          .some((name) => fs.statSync(path.join(cwd, name)).size > 0 && name !== 'in.bin');
      await until(() => written() || !command.running, 10_000, 'something is written');
      t.notOk(fs.existsSync(output));
      command.signal(signal);
      t.match(await command.ended(), { code: expected, signal: null, stdout: '', stderr: '' });
      t.same(fs.readdirSync(cwd), ['in.bin']);
    }
  }
});

t.test('a file that appears meanwhile is not replaced', async (t) => {
  const cwd = folder(t);
  const output = path.join(cwd, 'x');
  const command = new Command(['blte', 'encode', '-', output], { stdin: 'pipe' });
  await until(() => fs.readdirSync(cwd).length === 2, 10_000, 'the file is begun');
  fs.writeFileSync(output, 'theirs');
  command.child.stdin?.end(CONTENT);
  const { code, stderr } = await command.ended();
  t.equal(code, 1);
  t.match(stderr, `${output} exists; --force replaces it`);
  t.equal(fs.readFileSync(output, 'utf8'), 'theirs');
  t.same(fs.readdirSync(cwd).sort(), ['in.bin', 'x']);
});

t.test('who has read enough closes the pipe', async (t) => {
  const cwd = folder(t, {
    'big.blte': await encodeBlte(pattern(5_000_000), { spec: 'b:{100*=n}' }),
  });
  for (const [args, code] of [
    [['decode', 'big.blte', '-'], 141],
    [['inspect', 'big.blte', '--json'], 0],
    [['inspect', 'big.blte', '--all'], 0],
  ] as const) {
    const child = spawn(process.execPath, [COMMAND, 'blte', ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    t.same(await once(child, 'close'), [code, null], args.join(' '));
    t.equal(stderr, '');
  }
});

t.test('inspect', async (t) => {
  const spec = `b:{100=n,1K*2=4,50=e:{${SPEC_KEY},00000000,n},*=b:{*=n}}`;
  const bytes = await encodeBlte(CONTENT.subarray(0, 3000), {
    spec,
    format: 0x10,
    keys: KeyRing.parse(KEYS),
  });
  const cwd = folder(t, { 'a.blte': bytes, 'cut.blte': bytes.subarray(0, 1500) });
  const { code, stdout } = blte(cwd, ['inspect', 'a.blte', '--json']);
  t.equal(code, 0);
  const found = JSON.parse(String(stdout));
  const { chunks, ...about } = found;
  t.match(about, {
    file: 'a.blte',
    form: 'table',
    format: '0x10',
    headerSize: 212,
    ekey: md5(bytes.subarray(0, 212)).toString('hex'),
    size: 3000,
    encodedSize: bytes.length,
    keys: [KEY_NAME],
    damage: [],
  });
  t.equal(chunks.map(({ mode }: { mode: string }) => mode).join(''), 'N44EF');
  t.match(chunks[0], {
    index: 0,
    offset: 212,
    encodedSize: 101,
    start: 0,
    decodedSize: 100,
    md5: md5(bytes.subarray(212, 313)).toString('hex'),
    decodedMd5: md5(CONTENT.subarray(0, 100)).toString('hex'),
  });
  t.equal(String(stdout).split('\n').length, 2 + chunks.length + 1, 'a line for each chunk');

  for (const args of [
    ['inspect', 'cut.blte'],
    ['inspect', 'cut.blte', '--json'],
    ['inspect', '-'],
  ]) {
    const cut = blte(cwd, args, bytes.subarray(0, 1500));
    t.equal(cut.code, 1, 'what is damaged ends with 1');
    t.match(String(cut.stdout), `it ends within chunk 2, after 1500 octets of ${bytes.length}`);
    t.equal(cut.stderr, '');
  }
  const more = blte(cwd, ['inspect', '-'], Buffer.concat([bytes, bytes]));
  t.equal(more.code, 1);
  t.match(String(more.stdout), 'it goes on behind its last chunk');
  const single = await encodeBlte(CONTENT, { spec: 'n' });
  for (const name of ['-', 'single.blte']) {
    fs.writeFileSync(path.join(cwd, 'single.blte'), single);
    const { stdout: text } = blte(cwd, ['inspect', name, '--json'], single);
    t.match(JSON.parse(String(text)), {
      form: 'single',
      size: 300_000,
      chunks: [{ mode: 'N', offset: 8 }],
    });
    t.match(String(blte(cwd, ['inspect', name], single).stdout), 'without a table');
  }
  const whole: Buffer = await gathered(decodeBlte([bytes], { keys: KeyRing.parse(KEYS) }));
  t.ok(whole.equals(CONTENT.subarray(0, 3000)));
});

t.test('inspect reads the header and the first octets of chunks', async (t) => {
  const bytes = await encodeBlte(pattern(8_000_000), { spec: 'b:{1M*=n}' });
  const cwd = folder(t, { 'a.blte': bytes });
  const handle = fs.openSync(path.join(cwd, 'a.blte'), 'r+');
  // All but those is a hole: what is read of it would be zeros.
  const table = blte(cwd, ['inspect', 'a.blte']).stdout;
  for (let index = 0; index < 8; index++) {
    const at = 12 + 8 * 24 + index * 1_048_577 + 10;
    fs.writeSync(handle, Buffer.alloc(Math.min(1_048_560, bytes.length - at)), 0, undefined, at);
  }
  fs.closeSync(handle);
  t.same(blte(cwd, ['inspect', 'a.blte']).stdout, table);
});

t.test('inspect at a terminal', PSEUDO, async (t) => {
  const cwd = folder(t, { 'a.blte': await encodeBlte(CONTENT, { spec: 'b:{1K*=n}' }) });
  const file = path.join(cwd, 'a.blte');
  const wide = new AtTerminal(t, ['blte', 'inspect', file], { columns: 60, rows: 20 });
  await until(() => wide.ended);
  const rows = wide.screen.split('\r\n');
  t.ok(rows.length < 40, `${rows.length} rows`);
  t.match(wide.screen, '\x1b[34m█');
  const widths = rows.map((row) => [...row.replace(/\x1b\[\d+m/g, '')].length);
  t.equal(Math.max(...widths.slice(4)), 60);
  const plain = new AtTerminal(t, ['blte', 'inspect', file, '--all'], { env: { NO_COLOR: '1' } });
  await until(() => plain.ended);
  t.notMatch(plain.screen, '\x1b');
  t.ok(plain.screen.split('\r\n').length > 293);
  const silent = new AtTerminal(t, ['blte', 'decode', '-', '-']);
  await silent.shows('stdin is a terminal; pipe something in, or name a file');
});

t.test('help', async (t) => {
  for (const program of [COMMAND, PACKED]) {
    for (const word of ['--help', '-h']) {
      const { code, stdout } = await run(['blte', word], { program });
      t.equal(code, 0);
      for (const name of ['encode IN OUT', 'decode IN OUT', 'inspect FILE']) {
        t.match(stdout, `serve blte ${name}`);
      }
    }
    const { code, stdout } = await run(['blte', 'encode', '--help'], { program });
    t.equal(code, 0);
    t.match(stdout, /^serve blte encode IN OUT\n/);
    t.match(stdout, /--spec .*--chunk-size .*--max-chunks/s);
    t.match((await run(['blte', 'decode', '--version'], { program })).stdout, /^\d+\.\d+\.\d+\n$/);
  }
});
