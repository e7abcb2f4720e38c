/** The demo site's samples: the right octets, made once, repaired when broken. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ensureSamples, SamplesError } from '../../lib/lab/samples.js';

const sha256 = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

t.test('makes what the manifest says, once, and repairs what is broken', async (t) => {
  const folder = join(t.testdir(), 'deep', 'samples');
  const first = await ensureSamples(folder);
  t.same(
    first.generated.map(({ name, size }) => [name, size]),
    [
      ['large.bin', 67_108_864],
      ['tone.wav', 44 + 180 * 44_100],
      ['small.txt', statSync(join(folder, 'small.txt')).size],
    ],
  );
  for (const { name, sha256: digest } of first.manifest.files) {
    t.equal(sha256(join(folder, name)), digest, name);
  }
  t.same(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')), first.manifest);

  t.same((await ensureSamples(folder)).generated, [], 'a second call makes nothing');

  truncateSync(join(folder, 'tone.wav'), 1000);
  const repaired = await ensureSamples(folder);
  t.same(
    repaired.generated.map(({ name }) => name),
    ['tone.wav'],
  );
  t.same(repaired.manifest, first.manifest, 'the same octets as before');

  writeFileSync(join(folder, 'manifest.json'), '{"recipe":');
  t.equal(
    (await ensureSamples(folder)).generated.length,
    3,
    'a broken manifest vouches for nothing',
  );
});

t.test('every line of small.txt begins with its own offset', async (t) => {
  const folder = t.testdir();
  await ensureSamples(folder);
  const lines = readFileSync(join(folder, 'small.txt'), 'latin1').split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    t.equal(line.length, 63);
    t.equal(Number(line.slice(0, 5)), index * 64);
  }
});

t.test('says what is wrong and what to do', async (t) => {
  const folder = t.testdir({ file: 'x' });
  await t.rejects(ensureSamples(join(folder, 'file')), SamplesError);
  await t.rejects(ensureSamples(join(folder, 'file', 'below')), /name another folder/);
});
