import fc from 'fast-check';
import t from 'tap';
import {
  clampedInteger,
  isDigits,
  isFieldValue,
  isHost,
  isToken,
  listMembers,
  trimBlanks,
  weightOf,
} from '../../lib/http/grammar.js';

t.test('isToken: exactly the 77 tchars', async (t) => {
  const tchars = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
    isToken,
  );
  t.equal(
    tchars.join(''),
    "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~",
  );
  t.equal(isToken(''), false);
  t.equal(isToken('a b'), false);
  t.equal(isToken('ab\u0141'), false, 'beyond latin1, even where the low octet is a tchar');
});

t.test('isFieldValue', async (t) => {
  const controls = [...Array.from({ length: 32 }, (_, code) => code), 0x7f];
  for (const code of controls) {
    t.equal(isFieldValue(`a${String.fromCharCode(code)}b`), code === 9, `octet ${code}`);
  }
  t.equal(isFieldValue(''), true);
  t.equal(isFieldValue(' ~\x80\xff'), true);
  t.equal(isFieldValue('\u0100'), false, 'beyond latin1');
});

t.test('isDigits', async (t) => {
  for (const digits of ['0', '007', '9'.repeat(400)]) t.ok(isDigits(digits), digits.slice(0, 9));
  for (const text of [
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '1.0',
    '1e3',
    '0x1',
    '1_0',
    '\xb2',
    '１',
    '1\n',
  ]) {
    t.notOk(isDigits(text), JSON.stringify(text));
  }
});

t.test('clampedInteger', async (t) => {
  for (const [digits, expected] of [
    ['0', 0],
    ['000', 0],
    ['0012', 12],
    ['999999999999999', 999_999_999_999_999],
    ['1000000000000000', 1_000_000_000_000_000],
    ['9007199254740990', Number.MAX_SAFE_INTEGER - 1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', Number.MAX_SAFE_INTEGER],
    ['9007199254740993', Number.MAX_SAFE_INTEGER],
    ['18446744073709551617', Number.MAX_SAFE_INTEGER],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
    [`${'0'.repeat(400)}7`, 7],
  ] as const) {
    t.equal(clampedInteger(digits), expected, digits.slice(0, 24));
  }
});

t.test(
  'clampedInteger is the number, or the greatest safe integer where that is less',
  async () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 70n }), fc.nat(5), (value, zeros) => {
        const safe = BigInt(Number.MAX_SAFE_INTEGER);
        const expected = Number(value < safe ? value : safe);
        return clampedInteger('0'.repeat(zeros) + value) === expected;
      }),
    );
  },
);

t.test('listMembers', async (t) => {
  for (const [value, expected] of [
    ['', []],
    [' ', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a\t, b c ,', ['a', 'b c']],
    [',,a,,b,,', ['a', 'b']],
    ['a\xa0,b', ['a\xa0', 'b']],
  ] as const) {
    t.same(listMembers(value), expected, JSON.stringify(value));
  }
});

t.test('trimBlanks', async (t) => {
  for (const [text, expected] of [
    ['', ''],
    [' \t ', ''],
    ['a', 'a'],
    [' a', 'a'],
    ['a\t', 'a'],
    ['\t a b \t', 'a b'],
    ['\va\f', '\va\f'],
    ['\xa0a', '\xa0a'],
    ['a\r', 'a\r'],
  ] as const) {
    t.equal(trimBlanks(text), expected, JSON.stringify(text));
  }
});

t.test('isHost', async (t) => {
  for (const [value, expected] of [
    ['', true],
    [':', true],
    [':80', true],
    ['a', true],
    ['a.example.', true],
    ['a:', true],
    ['a:80', true],
    ['a:99999999', true],
    ["-._~!$&'()*+,;=", true],
    ['%41', true],
    ['127.0.0.1', true],
    ['[::]', true],
    ['[::1]:80', true],
    ['[1:2:3:4:5:6:7:8]', true],
    ['[1::8]', true],
    ['[1:2:3:4:5:6:7::]', true],
    ['[::2:3:4:5:6:7:8]', true],
    ['[ABCD::abcd]', true],
    ['[::1.2.3.4]', true],
    ['[::ffff:255.249.199.99]', true],
    ['[1:2:3:4:5:6:1.2.3.4]', true],
    ['[v1.a]', true],
    ['[vF.~:]', true],
    [' ', false],
    ['a ', false],
    ['a b', false],
    ['a:80x', false],
    ['a:-1', false],
    ['a:80:80', false],
    ['a@b', false],
    ['a#b', false],
    ['a?b', false],
    ['a/b', false],
    ['a\\b', false],
    ['<a>', false],
    ['"a"', false],
    ['{a}', false],
    ['a|b', false],
    ['a^b', false],
    ['a`b', false],
    ['%4', false],
    ['%zz', false],
    ['\x80', false],
    ['\0', false],
    ['::1', false],
    ['[]', false],
    ['[::1', false],
    ['::1]', false],
    ['[::1]a', false],
    ['[::1]:a', false],
    ['[:]', false],
    ['[:::]', false],
    ['[1]', false],
    ['[1:2:3:4:5:6:7]', false],
    ['[1:2:3:4:5:6:7:8:9]', false],
    ['[1:2:3:4:5:6:7:8::]', false],
    ['[1::2::3]', false],
    ['[12345::]', false],
    ['[g::]', false],
    ['[:1:2:3:4:5:6:7]', false],
    ['[1.2.3.4]', false],
    ['[::1.2.3]', false],
    ['[::1.2.3.4.5]', false],
    ['[::1.2.3.256]', false],
    ['[::01.2.3.4]', false],
    ['[::1.2.3.4.]', false],
    ['[::1.2.3.4:5]', false],
    ['[::1%25eth0]', false],
    ['[v.a]', false],
    ['[v1.]', false],
  ] as const) {
    t.equal(isHost(value), expected, JSON.stringify(value));
  }
});

t.test('weightOf', async (t) => {
  for (const [text, weight] of [
    ['q=0', 0],
    ['q=0.', 0],
    ['q=0.000', 0],
    ['Q=0.125', 0.125],
    ['q=1', 1],
    ['q=1.000', 1],
    ['q=1.001', undefined],
    ['q=0.1234', undefined],
    ['q=2', undefined],
    ['q=-0', undefined],
    ['q=.5', undefined],
    ['q=1e0', undefined],
    ['q= 1', undefined],
    ['q=', undefined],
    ['', undefined],
    ['q=1;q=1', undefined],
  ] as const) {
    t.equal(weightOf(text), weight, JSON.stringify(text));
  }
});
