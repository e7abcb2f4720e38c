/** The fuzzer of the encoder: it runs what it says, and refuses what it does not know. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { fuzzBlte } from './blte.js';

t.test('a short run', async (t) => {
  const lines: string[] = [];
  t.equal(await fuzzBlte(['--runs', '20', '--seed', '5'], (line) => lines.push(line)), 0);
  t.same(lines, ['seed 5', '20 runs: every one was decoded to what was encoded']);
});

t.test('the command', async (t) => {
  const main = fileURLToPath(new URL('blte-main.js', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [main, '--runs', '2'], {
    encoding: 'utf8',
  });
  t.equal(status, 0);
  t.match(stdout, /^seed [0-9]+\n2 runs/);
});

t.test('what it does not know', async (t) => {
  await t.rejects(fuzzBlte(['--runs', 'x'], t.fail), TypeError);
  await t.rejects(fuzzBlte(['--colour'], t.fail));
});
