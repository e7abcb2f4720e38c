/** The build leaves a command that can be run as it is installed: one file, and what few need beside it. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { request, until } from '../helpers/client.js';
import { PACKED, start } from '../helpers/process.js';

const PACKAGE = JSON.parse(fs.readFileSync('package.json', 'utf8'));

t.test('the command is executable: npm sets the bit on installing only', async (t) => {
  for (const target of Object.values(PACKAGE.bin)) t.equal(path.resolve(`${target}`), PACKED);
  t.match(fs.readFileSync(PACKED, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  if (process.platform !== 'win32') t.equal(fs.statSync(PACKED).mode & 0o111, 0o111);
});

t.test('it needs no package, and has its version from wherever it is called', async (t) => {
  const root = t.testdir({ 'package.json': JSON.stringify({ version: '7.8.9' }), dist: {} });
  fs.cpSync(path.dirname(PACKED), path.join(root, 'dist/command'), { recursive: true });
  const copy = path.join(root, 'dist/command/serve.js');
  const execute = promisify(execFile);
  const ask = async (...args: string[]): Promise<string> =>
    (await execute(process.execPath, [copy, ...args], { cwd: os.tmpdir() })).stdout;
  t.equal(await ask('--version'), '7.8.9\n');
  t.match(await ask('--help'), /^serve \[folder\]\n/);
});

t.test('it serves, alone and with workers', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  for (const workers of ['1', '2']) {
    const { command, port } = await start(t, root, ['--workers', workers], { program: PACKED });
    const answer = await request(port, '/');
    t.equal(String(answer.body), 'index');
    t.equal(answer.get('content-type'), 'text/html; charset=utf-8');
    command.signal('SIGTERM');
    t.match(await command.ended(), { code: 0, signal: null, stderr: '' });
  }
});

t.test('a certificate of its own is made with what is packed in', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const { port } = await start(t, root, ['--tls'], { program: PACKED });
  const options = { tls: { rejectUnauthorized: false } };
  t.equal(String((await request(port, '/', [], 'GET', options)).body), 'index');
});

t.test('a plain run loads nothing that only options need', async (t) => {
  const folder = path.dirname(PACKED);
  const loaded = new Map<string, string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    loaded.set(file, text);
    for (const [, next] of text.matchAll(/\b(?:from|import) ?"\.\/([^"]+)"/g)) load(next as string);
  };
  load(path.basename(PACKED));
  t.ok(loaded.size > 1);
  // A line that each of them has, and nobody else.
  const [all, plain] = [fs.readdirSync(folder), [...loaded.values()].join('\n')];
  for (const [name, mark] of [
    ['pino', 'sonic-boom'],
    ['prom-client', 'process_cpu_seconds_total'],
    ['chokidar', 'awaitWriteFinish'],
    ['selfsigned', 'subjectAltName'],
    ['ajv', 'strictSchema'],
    ['re2js', 'RE2JSSyntaxException'],
    ['clipboardy', 'xsel'],
    ['jsonc-parser', 'InvalidCommentToken'],
  ] as const) {
    const packed = all.filter((file) => file.endsWith('.js') && !loaded.has(file));
    const late = packed.some((file) =>
      fs.readFileSync(path.join(folder, file), 'utf8').includes(mark),
    );
    t.ok(late, `${name} is packed`);
    t.notOk(plain.includes(mark), `${name} waits until it is wanted`);
  }
});

t.test('what is loaded late is packed, too', async (t) => {
  const root = t.testdir({
    site: { 'index.html': 'index' },
    'o.json': '{"log-format": "json"} // comment',
  });
  const args = ['--options', path.join(root, 'o.json')];
  const { command, port } = await start(t, path.join(root, 'site'), args, { program: PACKED });
  await request(port, '/');
  await until(() => command.events.length === 2);
  t.match(command.events[1], { level: 'info', target: '/', status: 200 });
});

t.test('what serves loads nothing of what BLTE files need', async (t) => {
  const loaded = new Set<string>();
  const waiting = [PACKED];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    const text = fs.readFileSync(file, 'utf8');
    for (const [, name] of text.matchAll(/import\s*(?:\{[^}]*\}\s*from\s*)?"(\.\/[^"]+)"/g)) {
      waiting.push(path.join(path.dirname(file), name as string));
    }
    t.notMatch(text, /ESpec, character|salsa20/, path.basename(file));
  }
  t.ok(loaded.size > 1);
});

t.test('the licences of what is packed in lie beside it', async (t) => {
  const text = fs.readFileSync(path.join(path.dirname(PACKED), 'LICENSES.txt'), 'utf8');
  for (const name of Object.keys(PACKAGE.dependencies)) {
    t.match(text, new RegExp(`^${name} [0-9.]+$`, 'm'));
  }
});
