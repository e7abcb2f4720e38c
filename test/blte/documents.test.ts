/** docs/blte.md is true: its examples run as they stand, its options exist, its ESpecs can be read. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { BLTE_COMMANDS } from '../../bin/blte/options.js';
import { DECODING_OPTIONS } from '../../bin/options/decoding.js';
import { parseESpec } from '../../lib/blte/encode/espec.js';
import { prose } from '../helpers/blte.js';
import { program } from '../helpers/process.js';
import { random } from '../helpers/random.js';

const execute = promisify(execFile);
const text = fs.readFileSync('docs/blte.md', 'utf8');
const examples = [...text.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] as string);

t.test('the examples run, one after the other', async (t) => {
  const content = prose(300_000, random(1));
  // Below the package's own folder, so that it has its name.
  const cwd = t.testdir({ 'a.bin': content.toString('latin1') });
  t.equal(examples.length, 4);
  for (const [index, expected] of [
    /^20000 octets from few\n$/,
    /^5 chunks, EKey [0-9a-f]{32}\n$/,
    /^300000 octets\n$/,
    /^5 chunks, 300000 octets, 10 of them read\n$/,
  ].entries()) {
    // Types are for readers; Node 20 runs none.
    const code = (examples[index] as string).replaceAll(': number', '');
    const args = ['--input-type=module', '-e', code];
    const { stdout, stderr } = await execute(process.execPath, args, { cwd });
    t.match(stdout, expected);
    t.equal(stderr, '');
  }
  t.same(fs.readFileSync(path.join(cwd, 'b.bin')), content);
});

t.test('the lines of the command run', async (t) => {
  const cwd = t.testdir({ 'a.bin': prose(300_000, random(1)).toString('latin1') });
  const block = /## The command\n\n```\n(.*?)```/s.exec(text)?.[1] as string;
  const lines = block.trim().split('\n');
  t.equal(lines.length, 5);
  const serve = `serve() { '${process.execPath}' '${program()}' "$@"; }`;
  for (const line of lines) {
    if (line.includes(' encode ')) fs.rmSync(path.join(cwd, 'a.bin.blte'), { force: true });
    if (/ decode a/.test(line)) fs.rmSync(path.join(cwd, 'a.bin'));
    const { stderr } = await execute('bash', ['-c', `set -o pipefail; ${serve}; ${line}`], { cwd });
    t.equal(stderr, '', line);
  }
});

t.test('options that are named exist, and limits are named', async (t) => {
  const options = new Set(
    BLTE_COMMANDS.flatMap((command) => command.options.map(({ name }) => name)),
  );
  const named = new Set([...text.matchAll(/--([a-z][a-z-]+)/g)].map((match) => match[1] as string));
  const known = new Set([...options, 'help', ...DECODING_OPTIONS.map(({ name }) => name)]);
  for (const name of named) t.ok(known.has(name), `--${name}`);
  for (const name of options) if (name !== 'format') t.ok(named.has(name), `--${name} is named`);
});

t.test('ESpecs are such', async (t) => {
  const specs = [...text.matchAll(/`((?:n|4|[zb](?::[^`…A-Z]*(?:[0-9][KM])?[^`…]*)?))`/g)]
    .map((match) => match[1] as string)
    .filter((spec) => !/RULE|SPEC/.test(spec));
  t.ok(specs.length >= 6, `${specs}`);
  for (const spec of specs) t.ok(parseESpec(spec), spec);
});
