/** The picture of a file as text, compared with what it looks like; and what it says of damage. */
import t from 'tap';
import type { Inspection } from '../../../bin/blte/inspection.js';
import { damage, percent, picture } from '../../../bin/blte/picture.js';
import { parseHeader } from '../../../lib/blte/header.js';
import { writeHeader } from '../../../lib/blte/header-writer.js';
import { resolveLimits } from '../../../lib/blte/limits.js';
import type { BlteTable } from '../../../lib/blte/table.js';

const CANVAS = { columns: 72, rows: 48, colors: false };

/** What is found of chunks: mode, content, stored. */
function found(
  chunks: readonly (readonly [mode: string, content: number, stored: number])[],
  more: Partial<Inspection> = {},
): Inspection {
  const header = writeHeader(
    chunks.map(([, decodedSize, encodedSize]) => ({ encodedSize, decodedSize, md5: undefined })),
  );
  const table = parseHeader(header, resolveLimits()) as BlteTable;
  const modes = Buffer.from(chunks.map(([mode]) => mode).join(''), 'latin1');
  return { name: 'a.blte', table, modes, keys: new Map(), encodedSize: table.encodedSize, ...more };
}

t.test('all modes and ratios', async (t) => {
  const keys = new Map([['FA505078126ACB3E', 1]]);
  const chunks = [
    ['N', 65_536, 65_537],
    ['Z', 65_536, 32_768],
    ['Z', 65_536, 1],
    ['4', 65_536, 48_000],
    ['F', 100, 150],
    ['E', 2_000_000, 500_000],
    ['N', 0, 1],
    ['\x01', 10, 5],
    ['\0', 10, 5],
  ] as const;
  t.equal(
    `\n${picture(found(chunks, { keys }), CANVAS).join('\n')}\n`,
    `
a.blte: 9 chunks, 2.2 MiB -> 632 KiB (29 %)
EKey b19c545f52e082fdc72dc9808c1a93e8, table 0x0f, header 228 octets

chunk  mode   content    stored  ratio
    0  N     64.0 KiB  64.0 KiB  100 %  ████████████████████████████████
    1  Z     64.0 KiB  32.0 KiB   50 %  ████████████████░░░░░░░░░░░░░░░░
    2  Z     64.0 KiB       1 B  0.0 %  ▏░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
    3  4     64.0 KiB  46.9 KiB   73 %  ███████████████████████▌░░░░░░░░
    4  F        100 B     150 B  150 %  ███████████████████████████████▒
    5  E      1.9 MiB   488 KiB   25 %  ████████░░░░░░░░░░░░░░░░░░░░░░░░
    6  N          0 B       1 B      -
    7  ?         10 B       5 B   50 %  ████████████████░░░░░░░░░░░░░░░░
    8  -         10 B       5 B   50 %  ████████████████░░░░░░░░░░░░░░░░

█ stored  ░ saved  ▒ more is stored than there is content

N plain: 2 chunks, 64.0 KiB -> 64.0 KiB (100 %)
Z zlib: 2 chunks, 128 KiB -> 32.0 KiB (25 %)
4 LZ4: 1 chunk, 64.0 KiB -> 46.9 KiB (73 %)
F a file in a chunk: 1 chunk, 100 B -> 150 B (150 %)
E encrypted: 1 chunk, 1.9 MiB -> 488 KiB (25 %)
? unknown, 0x01: 1 chunk, 10 B -> 5 B (50 %)
- not there: 1 chunk, 10 B -> 5 B (50 %)
key FA505078126ACB3E: 1 chunk
damaged: chunk 7: there is no mode 0x01
`,
  );
});

t.test('many chunks share rows, so that all of them fit', async (t) => {
  const chunks = Array.from(
    { length: 123 },
    (_, index) => [index < 20 ? 'N' : 'Z', 1000, index < 20 ? 1001 : 500] as const,
  );
  const lines = picture(found(chunks), { ...CANVAS, rows: 10 });
  t.same(lines.slice(3, 10), [
    '  chunk  mode   content    stored  ratio',
    '   0-19  N     19.5 KiB  19.6 KiB  100 %  ██████████████████████████████',
    '  20-39  Z     19.5 KiB   9.8 KiB   50 %  ███████████████░░░░░░░░░░░░░░░',
    '  40-59  Z     19.5 KiB   9.8 KiB   50 %  ███████████████░░░░░░░░░░░░░░░',
    '  60-79  Z     19.5 KiB   9.8 KiB   50 %  ███████████████░░░░░░░░░░░░░░░',
    '  80-99  Z     19.5 KiB   9.8 KiB   50 %  ███████████████░░░░░░░░░░░░░░░',
    '100-119  Z     19.5 KiB   9.8 KiB   50 %  ███████████████░░░░░░░░░░░░░░░',
  ]);
  t.match(lines[10], /^120-122 {2}Z /);
  for (const [count, rows, expected] of [
    [1, 16, 1],
    [16, 16, 16],
    [17, 16, 9],
    [262_144, 48, 27],
    [262_144, Number.POSITIVE_INFINITY, 262_144],
  ] as const) {
    const many = found(Array(count).fill(['Z', 10, 5]));
    const drawn = picture(many, { ...CANVAS, rows }).filter((line) => line.includes('░')).length;
    t.equal(drawn - 1, expected, `${count} chunks in ${rows} rows`);
  }
  const mixed = picture(found([...'NZ4FE\x01N'].map((mode) => [mode, 10, 5])), {
    ...CANVAS,
    rows: 1,
  });
  t.match(mixed[4], /^ {2}0-6 {2}NZ4FE\+ /);
});

t.test('on any terminal', async (t) => {
  const one = found([
    ['Z', 1000, 500],
    ['N', 1000, 1500],
  ]);
  for (const [columns, bar] of [
    [10, 8],
    [50, 12],
    [72, 34],
    [300, 72],
  ] as const) {
    const row = picture(one, { ...CANVAS, columns })[4] as string;
    t.equal([...row].length, 38 + bar, `${columns} columns`);
  }
  const colored = picture(one, { ...CANVAS, colors: true });
  t.match(colored[4], /\x1b\[32m█+\x1b\[39m░+$/);
  t.match(colored[5], /\x1b\[34m█+\x1b\[39m\x1b\[31m▒\x1b\[39m$/);
  t.notMatch(picture(one, CANVAS).join(''), '\x1b');
});

t.test('what is wrong with it', async (t) => {
  const whole = found([
    ['Z', 100, 50],
    ['Z', 100, 50],
  ]);
  t.same(damage(whole), []);
  t.same(damage({ ...whole, encodedSize: 161 }), [
    'it goes on behind its last chunk: it has 161 octets instead of 160',
  ]);
  t.same(damage({ ...whole, encodedSize: 159 }), [
    'it ends within chunk 1, after 159 octets of 160',
  ]);
  t.same(damage({ ...whole, modes: Buffer.from('ZQ') }), ['chunk 1: there is no mode Q']);
  t.same(damage({ ...whole, encodedSize: 60 }), ['it ends within chunk 0, after 60 octets of 160']);
  t.equal(
    picture({ ...whole, encodedSize: 60 }, CANVAS).at(-1),
    'damaged: it ends within chunk 0, after 60 octets of 160',
  );
});

t.test('the form without a table', async (t) => {
  const single = { name: 'a', table: undefined, keys: new Map<string, number>() };
  for (const [mode, encodedSize, lines, wrong] of [
    ['N', 109, ['    0  N       100 B   101 B  101 %  ██', 'N plain'], 0],
    ['Z', 109, ['    0  Z           ?   101 B      -', 'Z zlib'], 0],
    ['Q', 9, ['damaged: chunk 0: there is no mode Q'], 1],
    ['\0', 8, ['    0  -           ?     0 B      -', 'damaged: it has no chunk'], 1],
  ] as const) {
    const modes = Buffer.from(mode, 'latin1');
    const drawn = picture({ ...single, modes, encodedSize }, CANVAS);
    t.match(drawn[0], 'without a table: no sizes, no checksums, no EKey in it');
    for (const line of lines) t.match(drawn.join('\n'), line);
    t.equal(damage({ ...single, modes, encodedSize }).length, wrong);
  }
});

t.test('parts of a whole', async (t) => {
  for (const [part, whole, text] of [
    [0, 10, '0.0 %'],
    [1, 100, '1.0 %'],
    [994, 10_000, '9.9 %'],
    [995, 10_000, '10 %'],
    [10, 10, '100 %'],
    [0, 0, '-'],
    [5, Number.NaN, '-'],
  ] as const) {
    t.equal(percent(part, whole), text);
  }
});
