/** `serve blte inspect` from outside: for people, for programs, at a terminal, of what is damaged. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { decodeBlte, encodeBlte, KeyRing } from '../../../lib/blte/index.js';
import { gathered, KEY_NAME, KEYS, md5 } from '../../helpers/blte.js';
import { blte, blteFolder, CONTENT } from '../../helpers/blte-command.js';
import { SPEC_KEY } from '../../helpers/blte-encodings.js';
import { until } from '../../helpers/client.js';
import { pattern } from '../../helpers/files.js';
import { driveCompiled } from '../../helpers/process.js';
import { AtTerminal, PSEUDO } from '../../helpers/pseudo-terminal.js';

driveCompiled();

t.test('inspect', async (t) => {
  const spec = `b:{100=n,1K*2=4,50=e:{${SPEC_KEY},00000000,n},*=b:{*=n}}`;
  const bytes = await encodeBlte(CONTENT.subarray(0, 3000), {
    spec,
    format: 0x10,
    keys: KeyRing.parse(KEYS),
  });
  const cwd = blteFolder(t, { 'a.blte': bytes, 'cut.blte': bytes.subarray(0, 1500) });
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
    t.match(
      cut.stderr,
      /^serve: .+: it ends within chunk 2, after 1500 octets of \d+; have it anew\n$/,
    );
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
    for (const [most, expected] of [
      ['300000', 0],
      ['299999', 1],
    ] as const) {
      const { code, stderr } = blte(cwd, ['inspect', name, '--max-size', most], single);
      t.equal(code, expected);
      t.equal(/has 300000 octets, 299999 are the most \(--max-size\)/.test(stderr), code === 1);
    }
  }
  const whole: Buffer = await gathered(decodeBlte([bytes], { keys: KeyRing.parse(KEYS) }));
  t.ok(whole.equals(CONTENT.subarray(0, 3000)));
});

t.test('inspect reads the header and the first octets of chunks', async (t) => {
  const bytes = await encodeBlte(pattern(8_000_000), { spec: 'b:{1M*=n}' });
  const cwd = blteFolder(t, { 'a.blte': bytes });
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
  const cwd = blteFolder(t, { 'a.blte': await encodeBlte(CONTENT, { spec: 'b:{1K*=n}' }) });
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
