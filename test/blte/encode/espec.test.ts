/** ESpecs: what each means, how it is written again, and where a wrong one is wrong. */
import t from 'tap';
import {
  type Encoding,
  ESpecError,
  formatESpec,
  parseESpec,
} from '../../../lib/blte/encode/espec.js';

const zlib = (level = 9, bits: number | 'mpq' = 15): Encoding => ({ kind: 'zlib', level, bits });
const plain: Encoding = { kind: 'plain' };
const rest = Number.POSITIVE_INFINITY;

t.test('what they mean', async (t) => {
  for (const [text, meaning, written = text] of [
    ['n', plain],
    ['4', { kind: 'lz4' }],
    ['z', zlib()],
    ['z:9', zlib(), 'z'],
    ['z:1', zlib(1)],
    ['z:{6}', zlib(6), 'z:6'],
    ['z:{6,15}', zlib(6), 'z:6'],
    ['z:{9,15}', zlib(), 'z'],
    ['z:{1,8}', zlib(1, 8)],
    ['z:{6,mpq}', zlib(6, 'mpq')],
    [
      'e:{237DA26C65073F42,06fc152e,z}',
      {
        kind: 'encrypted',
        name: '423F07656CA27D23',
        iv: Buffer.from('06fc152e', 'hex'),
        inner: zlib(),
      },
      'e:{237DA26C65073F42,06FC152E,z}',
    ],
    [
      'b:{1768=z,66443=n}',
      {
        kind: 'blocks',
        rules: [
          { size: 1768, count: 1, encoding: zlib() },
          { size: 66_443, count: 1, encoding: plain },
        ],
      },
    ],
    [
      'b:256K*=n',
      { kind: 'blocks', rules: [{ size: 262_144, count: rest, encoding: plain }] },
      'b:{256K*=n}',
    ],
    [
      'b:{1M*4=n,1024*1=z:6,*=n}',
      {
        kind: 'blocks',
        rules: [
          { size: 1_048_576, count: 4, encoding: plain },
          { size: 1024, count: 1, encoding: zlib(6) },
          { size: rest, count: 1, encoding: plain },
        ],
      },
      'b:{1M*4=n,1K=z:6,*=n}',
    ],
  ] as readonly [string, Encoding, string?][]) {
    t.same(parseESpec(text), meaning, text);
    t.equal(formatESpec(parseESpec(text)), written);
  }
  for (const text of [
    'b:{164=z,16K*565=z,1656=z,140164=z}',
    'b:{22=n,54=z,192=n,24K=n,128=n,16K=n,*=z}',
    'b:{16K*=z:{6,mpq}}',
    'b:{256K*=e:{237DA26C65073F42,06FC152E,z}}',
    'b:{1K=e:{237DA26C65073F42,06FC152E06FC152E,b:{*=4}},*=e:{237DA26C65073F42,06FC152E06FC152E,n}}',
    'b:{*=b:{*=b:{*=b:{*=b:{*=n}}}}}',
    'b:{4294967295*16777215=n}',
  ]) {
    t.equal(formatESpec(parseESpec(text)), text);
  }
});

t.test('what is wrong, and where', async (t) => {
  const key = '237DA26C65073F42,06FC152E';
  for (const [text, position, message] of [
    ['', 0, 'ESpec, character 1: n, z, 4, e or b is expected, not the end'],
    ['x', 0, 'not "x"'],
    ['N', 0, 'not "N"'],
    [' n', 0, 'not " n"'],
    ['nn', 1, 'the end is expected, not "n"'],
    ['n:', 1, 'the end is expected'],
    ['c:{1}', 0, 'BCPack and GDeflate are not supported'],
    ['g', 0, 'BCPack and GDeflate are not supported'],
    ['z:', 2, 'a level from 1 to 9 is expected, not the end'],
    ['z:0', 2, 'a level from 1 to 9 is expected'],
    ['z:10', 2, 'a level from 1 to 9 is expected'],
    ['z:99999999999999999999', 2, 'not "999999999999…"'],
    ['z:{', 3, 'a level from 1 to 9'],
    ['z:{9', 4, '} is expected, not the end'],
    ['z:{9,', 5, 'a window from 8 to 15 is expected'],
    ['z:{9,7}', 5, 'a window from 8 to 15 is expected'],
    ['z:{9,16}', 5, 'a window from 8 to 15 is expected'],
    ['z:{6,zlib,15}', 5, 'a window from 8 to 15 is expected'],
    ['z:{mpq}', 3, 'a level'],
    ['b', 1, ': is expected, not the end'],
    ['b:', 2, 'a size from 1 to 4294967295 is expected'],
    ['b:{}', 3, 'a size'],
    ['b:{0=n}', 3, 'a size from 1'],
    ['b:{-1=n}', 3, 'a size'],
    ['b:{1.5=n}', 4, '= is expected'],
    ['b:{0x10=n}', 3, 'a size from 1'],
    ['b:{16k=n}', 5, 'sizes end in K or M; * or = is expected, not "k=n}"'],
    ['b:{16KB*=n}', 6, 'sizes end in K or M; * or = is expected, not "B*=n}"'],
    ['b:{16G=n}', 5, 'sizes end in K or M'],
    ['b:{4294967296=n}', 3, 'a size from 1 to 4294967295'],
    ['b:{4096M=n}', 3, 'a size of at most 4294967295'],
    ['b:{1*0=n}', 5, 'a count from 1 to 16777215'],
    ['b:{1*16777216=n}', 5, 'a count'],
    ['b:{**=n}', 4, '= is expected'],
    ['b:{1=n,}', 7, 'a size'],
    ['b:{1=n', 6, ', or } is expected, not the end'],
    ['b:{*=n', 6, 'character 7: } is expected, not the end'],
    ['b:{1K*=z:6', 10, '} is expected, not the end'],
    ['b:{1K*=z:6]', 10, '} is expected, not "]"'],
    ['b:{*=n,1=n}', 6, 'nothing is left behind a rule for the rest'],
    ['b:{1*=n,1=n}', 7, 'nothing is left behind a rule for the rest'],
    ['b:1=n,2=n', 5, 'the end is expected'],
    [`b:${'{*=b:'.repeat(65)}*=n${'}'.repeat(65)}`, 325, 'frames are 64 deep at most'],
    ['e:{1,06FC152E,n}', 3, 'the name of a key of 16 hexadecimal digits'],
    ['e:{237DA26C65073F420,06FC152E,n}', 3, 'the name of a key'],
    ['e:{237DA26C65073F4G,06FC152E,n}', 3, 'the name of a key'],
    ['e:{237DA26C65073F42,06FC15,n}', 20, 'an initialization vector of 8 or 16'],
    ['e:{237DA26C65073F42,06FC152E06,n}', 20, 'an initialization vector'],
    [`e:{${key}}`, 28, ', is expected'],
    [`e:{${key},n`, 30, '} is expected'],
    [`e:{${key},e:{${key},n}}`, 29, 'is not encrypted again'],
    [`e:{${key},b:{*=e:{${key},n}}}`, 34, 'is not encrypted again'],
    [`b:{1K*=b:{*=e:{${key},n}}}`, 12, 'frames would all be encrypted alike: put e around b'],
    [
      `b:{1=e:{${key},n},*=e:{237DA26C65073F42,06FC152F,n}}`,
      59,
      'a key has one initialization vector',
    ],
    [`b:{${'1=n,'.repeat(20_000)}*=n}`, 65_536, 'at most 65536 characters'],
  ] as const) {
    try {
      parseESpec(text);
      t.fail(`${text} is wrong`);
    } catch (error) {
      t.ok(error instanceof ESpecError);
      const { message: said, position: at } = error as ESpecError;
      t.ok(said.includes(message), `${text.slice(0, 60)}: ${said}`);
      t.equal(at, position, `${text.slice(0, 60)}, at ${at}`);
    }
  }
});

t.test(
  'whatever is cut off or changed in one place is read, or refused with its place',
  async (t) => {
    const text = 'b:{16K*3=z:{6,mpq},1=e:{237DA26C65073F42,06FC152E,b:{1=n,*=4}},2M*=n}';
    let read = 0;
    for (let at = 0; at < text.length; at++) {
      for (const change of ['', '0', '9', 'n', 'b', '{', '}', '*', ',', ':', '=', '\u0000', 'é']) {
        const changed = text.slice(0, at) + change + text.slice(at + 1);
        for (const given of [changed, text.slice(0, at) + change]) {
          try {
            t.equal(formatESpec(parseESpec(given)), formatESpec(parseESpec(given)));
            read++;
          } catch (error) {
            if (!(error instanceof ESpecError)) throw error;
            if (error.position > given.length) t.fail(`${given}: ${error.position}`);
          }
        }
      }
    }
    t.ok(read > 100, `${read} are still ESpecs`);
  },
);
