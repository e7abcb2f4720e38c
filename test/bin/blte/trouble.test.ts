/** `serve blte …` when something goes wrong: what is said, and that nothing is left behind. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { encodeBlte } from '../../../lib/blte/index.js';
import { KEY, KEY_NAME } from '../../helpers/blte.js';
import { blte, blteFolder, CONTENT } from '../../helpers/blte-command.js';
import { until } from '../../helpers/client.js';
import { pattern, permissionsHold } from '../../helpers/files.js';
import { Command, program, run } from '../../helpers/process.js';

t.test('what can not be is told with the way out, and leaves nothing', async (t) => {
  const bytes = await encodeBlte(CONTENT, { chunkSize: 100_000 });
  const wrong = Buffer.from(bytes);
  wrong[wrong.length - 5] = (wrong.at(-5) as number) ^ 1;
  const deep = await encodeBlte(CONTENT, { spec: 'b:*=b:*=b:*=n' });
  const cwd = blteFolder(t, {
    'a.blte': bytes,
    'wrong.blte': wrong,
    'deep.blte': deep,
    old: 'old',
  });
  fs.mkdirSync(path.join(cwd, 'sub'));
  fs.symlinkSync('nowhere', path.join(cwd, 'dangling'));
  fs.symlinkSync('in.bin', path.join(cwd, 'soft'));
  fs.linkSync(path.join(cwd, 'in.bin'), path.join(cwd, 'hard'));
  const names = fs.readdirSync(cwd);
  for (const [args, message] of [
    [['encode', 'none', 'x'], 'serve: none does not exist'],
    [['encode', 'sub', 'x'], 'serve: sub is a folder; name a file'],
    [['encode', 'in.bin', 'old'], 'serve: old exists; --force replaces it'],
    [['encode', 'in.bin', 'in.bin'], 'serve: in.bin is the file that is read; name another OUT'],
    [['encode', 'in.bin', 'in.bin', '-f'], 'in.bin is the file that is read; name another OUT'],
    [['encode', 'in.bin', './sub/../in.bin', '-f'], 'is the file that is read; name another OUT'],
    [['encode', 'in.bin', 'soft', '-f'], 'serve: soft is the file that is read; name another OUT'],
    [['encode', 'in.bin', 'hard', '-f'], 'serve: hard is the file that is read; name another OUT'],
    [['decode', 'a.blte', 'a.blte', '-f'], 'a.blte is the file that is read; name another OUT'],
    [['encode', 'in.bin', 'sub'], 'serve: sub is a folder; name a file in it'],
    [['encode', 'in.bin', 'sub', '-f'], 'serve: sub is a folder; name a file in it'],
    [['encode', 'in.bin', 'dangling', '-f'], 'dangling is a link that leads nowhere'],
    [
      ['encode', 'in.bin', '/dev/null', '-f'],
      '/dev/null is a device or a pipe; encode needs a file, for the header is written last',
    ],
    [
      ['decode', 'a.blte', '/dev/null', '-f'],
      '/dev/null is a device or a pipe; - > /dev/null writes to it',
    ],
    [['encode', 'in.bin', 'no/x'], 'serve: the folder of no/x does not exist'],
    [['encode', 'in.bin', '/proc/x'], 'serve: the folder of /proc/x takes no files; name another'],
    [['encode', 'in.bin', 'new/'], 'serve: new/ ends as a folder does, and is none; name a file'],
    [['encode', 'in.bin', 'in.bin/'], 'serve: in.bin/ ends as a folder does, and is none'],
    [['encode', 'in.bin', 'x', '--chunk-size', '0'], "--chunk-size 0 can't be used; it takes"],
    [
      ['encode', 'in.bin', 'x', '--spec', 'z', '--format', '0x10'],
      'format 0x10 is one of tables, and this ESpec makes none; put it in b:{*=…}',
    ],
    [['encode', 'in.bin', ''], 'a file has no name'],
    [['encode', '', 'x'], 'a file has no name'],
    [['encode', 'in.bin', 'old/x'], 'old/x is below something that is no folder'],
    [['encode', 'in.bin', '-'], 'encode writes no pipe: the header comes first, and is known last'],
    [
      ['encode', 'in.bin'],
      'encode takes IN and OUT, and one name was given; see serve blte encode --help',
    ],
    [['encode'], 'encode takes IN and OUT, and nothing was given; see serve blte encode --help'],
    [['decode', 'a', 'b', 'c'], 'takes IN and OUT, and 3 names were given; see serve blte decode'],
    [['inspect'], 'inspect takes FILE, and nothing was given; see'],
    [['inspect', 'a', 'b'], 'inspect takes FILE, and 2 names were given; see'],
    [
      ['decode', 'a.blte', 'x', '--key', KEY_NAME, KEY],
      "and 3 names were given; a key stands in quotes: --key 'NAME KEY'",
    ],
    [
      // As bash makes it of --spec b:{1K=n,64K*=z}
      ['encode', 'in.bin', 'x', '--spec', 'b:1K=n', 'b:64K*=z'],
      'and 3 names were given; an ESpec stands in quotes: --spec ',
    ],
    [
      ['encode', 'in.bin', 'x', '--spec=b:1K=n', '--spec=b:64K*=z'],
      '--spec is given more than once',
    ],
    [['encode', 'in.bin', 'x', '--spec', 'b:{q}'], 'ESpec, character 4: a size from 1'],
    [['encode', 'in.bin', 'x', '--spec', ''], "--spec '' can't be used"],
    [['encode', 'in.bin', 'x', '--spec'], '--spec needs a value; see serve blte encode --help'],
    [['encode', 'in.bin', 'x', '--spec', 'n', '--chunk-size', '5'], 'give one of them'],
    [
      ['encode', 'in.bin', 'x', '--spec', 'b:{10=n}'],
      'in.bin: the content goes on behind the last rule',
    ],
    [['encode', 'in.bin', 'x', '--chunk-size', 'many'], "--chunk-size many can't be used"],
    [
      ['encode', 'in.bin', 'x', '--chunk-size', '17m'],
      'chunks of 17825792 octets are too large, 16777216 are the most (--max-chunk-size)',
    ],
    [
      ['encode', 'in.bin', 'x', '--format', '16'],
      "--format 16 can't be used; it takes 0x0f or 0x10",
    ],
    [
      ['encode', 'in.bin', 'x', '--max-chunks', '1'],
      'in.bin: the content is more than 1 chunks, which are the most (--max-chunks); take larger ones',
    ],
    [['encode', 'in.bin', 'x', '--levels', '1'], 'see serve blte encode --help'],
    [['decode', 'in.bin', 'x'], 'it does not begin with "BLTE": this is no BLTE file\n'],
    [
      ['decode', 'wrong.blte', 'x'],
      'wrong.blte: chunk 2 (mode Z): its MD5 is not that of the table: it is damaged; have the file anew',
    ],
    [['decode', 'a.blte', 'x', '--max-size', '100k'], '102400 are the most (--max-size)'],
    [
      ['decode', 'a.blte', 'x', '--max-chunk-size', '10k'],
      'a.blte: header, chunk 0: it has 100000 octets decoded, 10240 are the most (--max-chunk-size)',
    ],
    [
      ['decode', 'deep.blte', 'x', '--max-depth', '1'],
      'frames are nested more than 1 deep (--max-depth)',
    ],
    [
      ['decode', 'a.blte', 'x', '--max-depth', '65'],
      'serve: --max-depth must be a whole number from 0 to 64',
    ],
    [['inspect', 'a.blte', '--max-chunks', '0'], 'serve: --max-chunks must be a whole number'],
    [
      ['encode', 'in.bin', 'x', '--max-depth', '1', '--spec', 'b:{*=b:{*=b:{*=n}}}'],
      'serve: frames would be nested more than 1 deep (--max-depth)',
    ],
    [
      ['encode', 'in.bin', 'x', '--max-size', '1k'],
      'in.bin: the content has more than 1024 octets (--max-size)',
    ],
    [
      ['encode', 'in.bin', 'x', '--max-chunk-size', '1k', '--spec', 'b:*=n'],
      'more than 1024 octets, the most that a chunk has (--max-chunk-size); cut it',
    ],
    [['decode', 'a.blte', 'x', '--max-chunks', '2'], '2 are the most (--max-chunks)'],
    [['decode', 'a.blte', 'old'], 'old exists; --force replaces it'],
    [['inspect', 'in.bin'], 'in.bin: header: it does not begin with "BLTE"'],
    [['inspect', 'none'], 'none does not exist'],
    [['inspect', 'a.blte', '--max-chunks', '2'], '3 chunks, 2 are the most (--max-chunks)'],
  ] as const) {
    const { code, stderr, stdout } = blte(cwd, args);
    t.equal(code, 1, args.join(' '));
    t.match(stderr, message);
    t.match(stderr, /^serve: [^\n]*\n$/, 'one line');
    t.equal(stdout.length, 0);
    t.same(fs.readdirSync(cwd), names, 'nothing is left');
  }
  t.equal(fs.readFileSync(path.join(cwd, 'old'), 'utf8'), 'old');
  t.same(fs.readFileSync(path.join(cwd, 'in.bin')), CONTENT);
  const redirected = ['-c', '"$@" < in.bin', 'sh', process.execPath, program()];
  const shell = spawnSync('sh', [...redirected, 'blte', 'encode', '-', 'in.bin', '-f'], { cwd });
  t.match(String(shell.stderr), 'in.bin is the file that is read; name another OUT');
  const piped = blte(cwd, ['decode', 'wrong.blte', '-']);
  t.equal(piped.code, 1);
  t.ok(piped.stdout.equals(CONTENT.subarray(0, 200_000)), 'what comes before the wrong chunk');
});

t.test('--force replaces a file at once, with its mode, and where a link leads', async (t) => {
  const cwd = blteFolder(t, { old: 'old' });
  fs.chmodSync(path.join(cwd, 'old'), 0o620);
  fs.symlinkSync('old', path.join(cwd, 'link'));
  t.equal(blte(cwd, ['encode', 'in.bin', 'link', '--force']).code, 0);
  t.ok(fs.lstatSync(path.join(cwd, 'link')).isSymbolicLink());
  t.equal(fs.statSync(path.join(cwd, 'old')).mode & 0o777, 0o620);
  t.ok(blte(cwd, ['decode', 'old', '-']).stdout.equals(CONTENT));
  t.same(fs.readdirSync(cwd).sort(), ['in.bin', 'link', 'old']);
});

t.test(
  'a folder that this user may not write to',
  { skip: !permissionsHold && 'root may' },
  async (t) => {
    const cwd = blteFolder(t);
    const sub = path.join(cwd, 'sub');
    fs.mkdirSync(sub, { mode: 0o500 });
    const { code, stderr } = blte(cwd, ['encode', 'in.bin', 'sub/x']);
    t.equal(code, 1);
    t.match(stderr, 'sub/x: this user may not write to its folder (EACCES)');
  },
);

t.test('a file system that takes no more', async (t) => {
  const cwd = blteFolder(t, { 'a.blte': await encodeBlte(CONTENT) });
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
  for (const args of [
    ['decode', path.join(cwd, 'a.blte'), '-'],
    ['decode', path.join(cwd, 'a.blte'), output],
    ['encode', input, output, '--force'],
    ['inspect', path.join(cwd, 'a.blte')],
    ['inspect', path.join(cwd, 'a.blte'), '--json'],
    ['inspect', '--help'],
    ['--help'],
  ]) {
    const child = spawn(process.execPath, [program(), 'blte', ...args], {
      stdio: ['ignore', full, 'pipe'],
    });
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    t.equal(code, 1, args.join(' '));
    t.match(stderr, /^serve: stdout has no more room: its disk is full[^\n]*\n$/);
  }
  fs.closeSync(full);
  t.ok(fs.existsSync(output), 'the file is there all the same');
});

t.test('a signal leaves nothing', async (t) => {
  const cwd = blteFolder(t);
  const output = path.join(cwd, 'x');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
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
      t.match(await command.ended(), { code: null, signal, stdout: '', stderr: '' });
      t.same(fs.readdirSync(cwd), ['in.bin']);
    }
  }
});

t.test('a signal ends what waits for a pipe', { skip: process.platform === 'win32' }, async (t) => {
  const cwd = blteFolder(t);
  const fifo = path.join(cwd, 'fifo');
  execFileSync('mkfifo', [fifo]);
  for (const args of [
    ['decode', fifo, '-'],
    ['decode', fifo, path.join(cwd, 'x')],
    ['inspect', fifo],
    ['decode', path.join(cwd, 'in.bin'), '-', '--keys', fifo],
  ]) {
    for (const hasWriter of [false, true]) {
      const command = new Command(['blte', ...args]);
      t.teardown(() => command.signal('SIGKILL'));
      // Whoever opens it to read and write waits for nobody, and is a writer that says nothing.
      const writer = hasWriter ? fs.openSync(fifo, fs.constants.O_RDWR) : undefined;
      await new Promise((resolve) => setTimeout(resolve, 400));
      t.ok(command.running, args.join(' '));
      command.signal('SIGINT');
      t.match(await command.ended(5000), { signal: 'SIGINT', stdout: '' });
      if (writer !== undefined) fs.closeSync(writer);
    }
  }
  t.same(fs.readdirSync(cwd).sort(), ['fifo', 'in.bin']);
});

t.test('a file that appears meanwhile is not replaced', async (t) => {
  const cwd = blteFolder(t);
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
  const cwd = blteFolder(t, {
    'big.blte': await encodeBlte(pattern(5_000_000), { spec: 'b:{100*=n}' }),
  });
  for (const [args, code] of [
    [['decode', 'big.blte', '-'], 141],
    [['inspect', 'big.blte', '--json'], 0],
    [['inspect', 'big.blte', '--all'], 0],
  ] as const) {
    const child = spawn(process.execPath, [program(), 'blte', ...args], {
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
