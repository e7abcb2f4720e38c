import fc from 'fast-check';
import t from 'tap';
import {
  isEntityTag,
  parseEntityTags,
  strongMatch,
  weakened,
  weakMatch,
  withSuffix,
} from '../../lib/http/etag.js';

t.test('isEntityTag', async (t) => {
  for (const [text, expected] of [
    ['"a"', true],
    ['W/"a"', true],
    ['""', true],
    ['"!#~\x80\xff"', true],
    ['"a,b"', true],
    ['"a\\"', true],
    ['a', false],
    ['"a', false],
    ['a"', false],
    ['"a"b"', false],
    ['"a b"', false],
    ['"a\tb"', false],
    ['"\x7f"', false],
    ['w/"a"', false],
    ['W/a', false],
    ['W /"a"', false],
    [' "a"', false],
    ['"a" ', false],
    ['"a", "b"', false],
    ['*', false],
    ['', false],
  ] as const) {
    t.equal(isEntityTag(text), expected, JSON.stringify(text));
  }
});

t.test('parseEntityTags', async (t) => {
  for (const [value, expected] of [
    ['*', '*'],
    [' *\t', '*'],
    ['"a"', ['"a"']],
    ['"a", W/"b","c"', ['"a"', 'W/"b"', '"c"']],
    ['"a,b", "c"', ['"a,b"', '"c"']],
    [', "a", ,\t,"b",', ['"a"', '"b"']],
    ['', []],
    [' ', []],
    [',', []],
    ['"a" "b"', undefined],
    ['"a", b', undefined],
    ['"a", *', undefined],
    ['*, "a"', undefined],
    ['**', undefined],
    ['"a', undefined],
    ['"a";q=1', undefined],
    ['w/"a"', undefined],
  ] as const) {
    t.same(parseEntityTags(value), expected, JSON.stringify(value));
  }
});

t.test('a long run of blanks takes linear time', async (t) => {
  const started = performance.now();
  for (let i = 0; i < 20; i++) t.equal(parseEntityTags(`"a",${' '.repeat(16_000)}x`), undefined);
  t.ok(performance.now() - started < 1000);
});

t.test('comparison (the table of RFC 9110 §8.8.3.2)', async (t) => {
  for (const [a, b, strong, weak] of [
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', 'W/"1"', false, true],
    ['"1"', '"1"', true, true],
    ['"1"', '"2"', false, false],
    ['"W/1"', '"1"', false, false],
  ] as const) {
    t.equal(strongMatch(a, b), strong, `${a} strongly ${b}`);
    t.equal(weakMatch(a, b), weak, `${a} weakly ${b}`);
  }
});

t.test('tags made of others', async (t) => {
  for (const [tag, suffixed, weak] of [
    ['"1"', '"1-br"', 'W/"1"'],
    ['W/"1"', 'W/"1-br"', 'W/"1"'],
    ['""', '"-br"', 'W/""'],
    ['"W/"', '"W/-br"', 'W/"W/"'],
  ] as const) {
    t.equal(withSuffix(tag, '-br'), suffixed);
    t.equal(weakened(tag), weak);
  }
});

const etagc = fc.oneof(fc.constantFrom(0x21, 0x2c), fc.integer({ min: 0x23, max: 0x7e }));
const opaque = fc.array(etagc).map((codes) => `"${String.fromCharCode(...codes)}"`);
const entityTag = fc.tuple(fc.constantFrom('', 'W/'), opaque).map((parts) => parts.join(''));

t.test('a list of entity tags, however joined, is read back as it was', async () => {
  const separator = fc.constantFrom(',', ', ', ' ,\t', ', ,', ',,');
  fc.assert(
    fc.property(fc.array(entityTag, { minLength: 1 }), separator, (tags, comma) => {
      const read = parseEntityTags(tags.join(comma));
      return JSON.stringify(read) === JSON.stringify(tags);
    }),
  );
});

t.test('every tag matches itself weakly, and strongly unless it is weak', async () => {
  fc.assert(
    fc.property(
      entityTag,
      (tag) =>
        isEntityTag(tag) &&
        weakMatch(tag, tag) &&
        strongMatch(tag, tag) === !tag.startsWith('W/') &&
        weakMatch(tag, `W/${tag.replace(/^W\//, '')}`),
    ),
  );
});

t.test('comparison is symmetric, and what matches strongly matches weakly', async () => {
  fc.assert(
    fc.property(
      entityTag,
      entityTag,
      (a, b) =>
        weakMatch(a, b) === weakMatch(b, a) &&
        strongMatch(a, b) === strongMatch(b, a) &&
        (!strongMatch(a, b) || weakMatch(a, b)),
    ),
  );
});
