import fc from 'fast-check';
import t from 'tap';
import { Fields, parseFieldLine } from '../../lib/http/fields.js';
import { isFieldValue, isToken, trimBlanks } from '../../lib/http/grammar.js';

t.test('looking up', async (t) => {
  const fields = new Fields([
    'Host',
    'a',
    'ACCEPT',
    'b',
    'accept',
    'c',
    'Empty',
    '',
    'accepts',
    'd',
  ]);
  t.equal(fields.size, 5);
  t.equal(fields.get('host'), 'a');
  t.equal(fields.get('accept'), 'b, c');
  t.equal(fields.get('empty'), '');
  t.equal(fields.get('absent'), undefined);
  t.equal(fields.get('hose'), undefined, 'the same length, another name');
  t.same(fields.all('accept'), ['b', 'c']);
  t.same(fields.all('host'), ['a']);
  t.same(fields.all('absent'), []);
  t.same([...fields].at(1), ['ACCEPT', 'b'], 'names as they came');
  t.equal(new Fields().size, 0);
  t.same([...new Fields()], []);
});

t.test('letters alone have two cases', async (t) => {
  for (let octet = 0x21; octet < 0x7f; octet++) {
    const name = String.fromCharCode(octet);
    const fields = new Fields([name, 'value']);
    for (let other = 0x21; other < 0x7f; other++) {
      const asked = String.fromCharCode(other);
      if (asked !== asked.toLowerCase()) continue;
      const expected = name.toLowerCase() === asked ? 'value' : undefined;
      if (fields.get(asked) !== expected) t.fail(`${name} asked for as ${asked}`);
    }
  }
});

t.test('no name reaches an object', async (t) => {
  const none = new Fields(['Host', 'a']);
  for (const name of ['__proto__', 'constructor', 'tostring', 'hasownproperty']) {
    t.equal(none.get(name), undefined, name);
    t.equal(new Fields([name, 'b']).get(name), 'b', name);
  }
  t.equal(({} as Record<string, unknown>).b, undefined);
});

t.test('field lines', async (t) => {
  for (const [line, name, value] of [
    ['A: b', 'A', 'b'],
    ['A:b', 'A', 'b'],
    ['A:\t b \t', 'A', 'b'],
    ['A:', 'A', ''],
    ['A: ', 'A', ''],
    ['A: b: c', 'A', 'b: c'],
    ['A::b', 'A', ':b'],
    ['A: b  c', 'A', 'b  c'],
    ['A: \xff', 'A', '\xff'],
  ] as const) {
    const lines: string[] = ['Before', 'x'];
    parseFieldLine(line, lines);
    t.same(lines, ['Before', 'x', name, value], JSON.stringify(line));
  }
  for (const [line, message] of [
    ['', /without a colon/],
    ['A', /without a colon/],
    [' folded', /without a colon/],
    [' folded: a', /field name/],
    ['\tfolded: a', /field name/],
    [': a', /field name/],
    ['A : b', /field name/],
    ['A\t: b', /field name/],
    ['A B: c', /field name/],
    ['A\0: b', /field name/],
    ['\xe9: b', /field name/],
    ['A: b\r', /control character/],
    ['A: b\0', /control character/],
    ['A: b\nC: d', /control character/],
    ['A: \x7f', /control character/],
    ['A: \vb', /control character/],
  ] as const) {
    const lines: string[] = [];
    t.throws(() => parseFieldLine(line, lines), { status: 400, message }, JSON.stringify(line));
    t.same(lines, [], 'nothing is kept');
  }
});

t.test('a line is refused, or its name is a token and its value is trimmed and clean', async () => {
  const line = fc
    .array(fc.integer({ min: 0, max: 255 }))
    .map((codes) => String.fromCharCode(...codes));
  const nearly = fc.tuple(fc.constantFrom('A', 'A ', ''), fc.constantFrom(':', ': '), line);
  fc.assert(
    fc.property(
      fc.oneof(
        line,
        nearly.map((parts) => parts.join('')),
      ),
      (text) => {
        const lines: string[] = [];
        try {
          parseFieldLine(text, lines);
        } catch (error) {
          return (error as { status?: number }).status === 400 && lines.length === 0;
        }
        const [name, value] = lines as [string, string];
        return isToken(name) && isFieldValue(value) && trimBlanks(value) === value;
      },
    ),
    { numRuns: 1000 },
  );
});
