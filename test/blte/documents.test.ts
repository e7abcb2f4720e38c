/** docs/blte.md is true: its examples run as they stand, its options exist, its ESpecs can be read. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
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
    const args = ['--input-type=module', '-e', examples[index] as string];
    const { stdout, stderr } = await execute(process.execPath, args, { cwd });
    t.match(stdout, expected);
    t.equal(stderr, '');
  }
  t.same(fs.readFileSync(path.join(cwd, 'b.bin')), content);
});

t.test('so does that of serving', async (t) => {
  const example = /```ts\n(.*?)```/s.exec(fs.readFileSync('docs/decoding.md', 'utf8'))?.[1];
  const free = example?.replace("{ decode: 'blte'", "{ port: 0, decode: 'blte'");
  const cwd = t.testdir({ store: {} });
  const args = [
    '--input-type=module',
    '-e',
    `${free}console.log(typeof server.connections);\nawait server.close(0);`,
  ];
  const { stdout, stderr } = await execute(process.execPath, args, { cwd });
  t.same([stdout, stderr], ['number\n', '']);
});

/** Runs lines of a shell one after the other; each ends with 0 and without a word on stderr. */
async function runLines(t: Test, lines: readonly string[], cwd: string): Promise<void> {
  const serve = `serve() { '${process.execPath}' '${program()}' "$@"; }`;
  for (const line of lines) {
    const { stderr } = await execute('bash', ['-c', `set -o pipefail; ${serve}; ${line}`], { cwd });
    t.equal(stderr, '', line);
  }
}

t.test('the lines of the command run in order, in an empty folder', async (t) => {
  for (const [heading, count] of [
    ['The command', 8],
    ['Keys', 5],
  ] as const) {
    const block = new RegExp(`## ${heading}\n\n\`\`\`\n(.*?)\`\`\``, 's').exec(text)?.[1] as string;
    const lines = block.trim().split('\n');
    t.equal(lines.length, count, heading);
    await runLines(t, lines, t.testdir({}));
  }
});

t.test('so do the examples of the help', async (t) => {
  const keys = '423F07656CA27D23 00112233445566778899AABBCCDDEEFF\n';
  const cwd = t.testdir({ 'a.bin': 'content '.repeat(10_000), 'keys.txt': keys });
  const lines = BLTE_COMMANDS.flatMap(({ examples: own }) => own.map(([line]) => line));
  t.ok(lines.length > 9);
  await runLines(t, lines, cwd);
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
