/** The README is true: its examples run as they stand (on a free port), its options exist. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { BLTE_COMMANDS } from '../bin/blte/options.js';
import { OPTIONS } from '../bin/options/table.js';
import { request } from './helpers/client.js';
import { program, start } from './helpers/process.js';

const execute = promisify(execFile);

const readme = readFileSync('README.md', 'utf8');
const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] as string);

/** Runs an example, with `more` behind it, until it prints a line; gives that line. */
async function firstLine(example: string, more: string): Promise<string> {
  const code = example.replace(/port: \d+/g, 'port: 0') + more;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return line.toString().trim();
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

t.test('the examples run', async (t) => {
  t.equal(examples.length, 4, 'four examples');
  const [files, handler, parser, node] = examples as [string, string, string, string];
  t.match(await firstLine(files, ''), /^listening at http:\/\/127\.0\.0\.1:\d+\/$/);
  t.equal(await firstLine(handler, 'console.log(server.connections);'), '0');
  t.equal(await firstLine(parser, 'console.log(head.method, head.target.path);'), 'GET /');
  const answered = `
    await new Promise((resolve) => server.once('listening', resolve));
    const answer = await fetch('http://127.0.0.1:' + server.address().port);
    console.log(answer.status, answer.headers.get('cache-control'));`;
  t.equal(await firstLine(node, answered), '200 public, max-age=3600');
});

t.test('the lines about BLTE run in order, and the last one serves what it says', async (t) => {
  const block = /## BLTE\n.*?```\n(.*?)```/s.exec(readme)?.[1] as string;
  const lines = block.trim().split('\n');
  const last = lines.pop() as string;
  t.equal(lines.length, 6);
  const cwd = t.testdir({});
  const serve = `serve() { '${process.execPath}' '${program()}' "$@"; }`;
  for (const line of lines) {
    const shell = ['-c', `set -o pipefail; ${serve}; ${line}`];
    const { stderr } = await execute('bash', shell, { cwd });
    t.equal(stderr, '', line);
  }
  const [, folder = '', options = ''] = /^serve (\S+) (.*?) +#/.exec(last) ?? [];
  // A free port in the place of that.
  const given = options.replace(/ -p 9000$/, '');
  t.not(given, options);
  const { port } = await start(t, folder, given.split(' '), { cwd });
  const content = readFileSync(path.join(cwd, 'big.csv'));
  const named = [...last.matchAll(/\/\w+\.csv/g)].map(([name]) => name);
  t.same(named, ['/big.csv', '/mixed.csv']);
  const [, first, end] = /curl -r (\d+)-(\d+) localhost:9000\/big\.csv/.exec(readme) ?? [];
  for (const name of named) {
    t.ok((await request(port, name)).body.equals(content), name);
    const range = await request(port, name, [`Range: bytes=${first}-${end}`]);
    t.equal(range.status, 206);
    t.ok(range.body.equals(content.subarray(Number(first), Number(end) + 1)), name);
  }
});

t.test('every option it names exists, and every limit of the command is named', async (t) => {
  // Of the command, of yargs, of node.
  const ofBlte = BLTE_COMMANDS.flatMap(({ options }) => options.map(({ name }) => name));
  const names = OPTIONS.flatMap(({ name, alias = [], kind }) => [
    ...[name, alias].flat(),
    ...(kind === 'flag' ? [`no-${name}`] : []),
  ]);
  const known = new Set([
    ...names,
    ...ofBlte,
    'help',
    'max-semi-space-size',
    'no-allocation-site-pretenuring',
  ]);
  const named = new Set(
    [...readme.matchAll(/--([a-z][a-z-]+)/g)].map((match) => match[1] as string),
  );
  for (const name of named) t.ok(known.has(name), `--${name} exists`);
  for (const { name, group } of OPTIONS) {
    if (/^(?:Limits|Timeouts|Memory)/.test(group))
      t.ok(named.has(name), `--${name} is in the README`);
  }
});
