import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { count, listed } from '../../bench/support/command-line.js';

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [path.join('dist/bench', script), ...args], { encoding: 'utf8' });

const OPTIONS = {
  'speed.js': ['scenario', 'servers', 'without', 'rounds', 'seconds', 'generator', 'quick', 'out'],
  'check.js': ['short', 'update', 'generator'],
  'memory.js': ['part', 'servers', 'rounds', 'stalled', 'count', 'minutes', 'out'],
  'ttfb.js': ['servers', 'rounds', 'requests', 'out'],
  'scaling.js': ['law', 'servers', 'quick', 'full', 'rounds', 'seconds', 'out'],
  'report.js': ['out', 'svg'],
};

for (const [script, options] of Object.entries(OPTIONS)) {
  t.test(`${script}: help and what there is not`, async (t) => {
    const help = run(script, '--help');
    t.equal(help.status, 0, help.stderr);
    for (const name of options) t.match(help.stdout, `--${name} `);
    t.equal(help.stdout.match(/^ +(-\w, +)?--\w/gm)?.length, options.length + 1, 'and --help');

    const unknown = run(script, '--fast');
    t.not(unknown.status, 0);
    t.match(unknown.stderr, /^bench\S*: Unknown argument: fast; npm run bench\S* -- --help shows/);
    t.equal(unknown.stderr.trim().split('\n').length, 1, 'no stack');
    t.equal(unknown.stdout, '');
  });
}

t.test('a word that is no option', async (t) => {
  const { status, stderr } = run('memory.js', 'soak');
  t.equal(status, 2, 'no target was missed');
  t.match(stderr, /^bench:memory: soak is no option; npm run bench:memory -- --help/);
});

t.test('the README of bench names every option', async (t) => {
  const readme = fs.readFileSync('bench/README.md', 'utf8');
  for (const name of new Set(Object.values(OPTIONS).flat())) t.match(readme, `--${name}`);
});

t.test('values', async (t) => {
  t.same(listed(['a,b', 'c', '']), ['a', 'b', 'c']);
  t.equal(count('rounds', '12'), 12);
  for (const text of ['0', '-1', '1.5', '', 'x', '1e3', '9999999999']) {
    t.throws(() => count('rounds', text), {
      message: `--rounds ${text} can't be used; it takes a whole number from 1 on`,
    });
  }
});
