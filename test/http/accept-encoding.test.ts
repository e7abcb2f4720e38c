/** Accept-Encoding: what a client takes, case by case, and held against a reading that is written apart. */
import fc from 'fast-check';
import t from 'tap';
import { acceptedCodings, CONTENT_CODINGS, IDENTITY_ONLY } from '../../lib/http/accept-encoding.js';

t.test('what is taken, most wanted first', async (t) => {
  for (const [value, codings, identity] of [
    ['gzip', 'gzip', true],
    ['gzip, deflate, br, zstd', 'zstd br gzip', true],
    ['br, gzip', 'br gzip', true],
    ['gzip;q=1.0, br;q=0.5', 'gzip br', true],
    ['zstd;q=0.1, br;q=0.2, gzip;q=0.3', 'gzip br zstd', true],
    ['GZIP;Q=0.5, Br', 'br gzip', true],
    ['x-gzip', 'gzip', true],
    ['x-gzip;q=0', '', true],
    ['compress, deflate, snappy', '', true],
    ['gzip \t; \tq=0.5 , , br ,', 'br gzip', true],
    ['gzip;q=0', '', true],
    ['gzip;q=0.000, br;q=0.001', 'br', true],
    ['gzip, gzip;q=0', '', true],
    ['gzip;q=0, x-gzip', '', true],
    // The plain representation is wanted more, as much, or less.
    ['identity', '', true],
    ['identity, gzip;q=0.5', '', true],
    ['identity;q=0.5, gzip;q=0.5', 'gzip', true],
    ['identity;q=0.5, gzip;q=0.4, br', 'br', true],
    // It is refused.
    ['identity;q=0', '', false],
    ['*;q=0', '', false],
    ['identity;q=0, gzip;q=0.1', 'gzip', false],
    ['identity;q=0, *', 'zstd br gzip', false],
    ['identity;q=0, *;q=0.5, gzip;q=0.7, br;q=0', 'gzip zstd', false],
    ['*;q=0, gzip', 'gzip', false],
    ['*;q=0, identity', '', true],
    ['*;q=0, identity;q=0.1, gzip', 'gzip', true],
    ['gzip;q=0, *;q=0', '', false],
    // What `*` stands for is not asked for.
    ['*', '', true],
    ['*;q=0.5', '', true],
    ['gzip;q=0.2, *', 'gzip', true],
    // Nothing, and what can't be read.
    ['', '', true],
    [' \t', '', true],
    [',,,', '', true],
    ['gzip;q=1.5', '', true],
    ['gzip;q=1.001', '', true],
    ['gzip;q=0.1234', '', true],
    ['gzip;q=-1', '', true],
    ['gzip;q=', '', true],
    ['gzip;q', '', true],
    ['gzip;', '', true],
    ['gzip; q = 0.5', '', true],
    ['gzip;level=9', '', true],
    ['gzip;q=1;q=1', '', true],
    ['gzip;q=.5', '', true],
    ['gzip;q=0x1', '', true],
    ['gzip;q=1e0', '', true],
    ['gzip br', '', true],
    ['"gzip"', '', true],
    [';q=1', '', true],
    ['br, \xff', '', true],
    ['identity;q=0, gzip;q=x', '', true],
    ['__proto__, constructor;q=0, toString', '', true],
  ] as const) {
    const accepted = acceptedCodings(value);
    t.equal(accepted.codings.join(' '), codings, `codings of ${JSON.stringify(value)}`);
    t.equal(accepted.identity, identity, `identity of ${JSON.stringify(value)}`);
  }
  t.equal(acceptedCodings('deflate'), IDENTITY_ONLY, 'told apart by looking at it');
});

/** Whether RFC 9110 §12.5.3 lets a coding be sent; no name stands there twice. */
function isAcceptable(members: readonly (readonly [string, number])[], coding: string): boolean {
  const weights = Object.fromEntries(members);
  if (coding in weights) return weights[coding] !== 0;
  if (coding === 'identity') return weights['*'] !== 0;
  return (weights['*'] ?? 0) > 0;
}

const members = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom('zstd', 'br', 'gzip', 'deflate', 'identity', '*'),
    fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
  ),
  { selector: ([name]) => name, minLength: 1 },
);

t.test('whatever is chosen is acceptable, and nothing that must be is left out', async (t) => {
  fc.assert(
    fc.property(members, (list) => {
      const value = list.map(([name, weight]) => `${name};q=${weight}`).join(', ');
      const { codings, identity } = acceptedCodings(value);
      if (identity !== isAcceptable(list, 'identity')) return false;
      if (!codings.every((coding) => isAcceptable(list, coding))) return false;
      // Without the plain one, nothing but the rest can satisfy the client.
      return (
        identity || codings.length === CONTENT_CODINGS.filter((c) => isAcceptable(list, c)).length
      );
    }),
    { numRuns: 2000 },
  );
  t.pass('2,000 lists');
});

t.test('any text is taken, in a time that grows with its length', async (t) => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(acceptedCodings(text).codings)));
  for (const hostile of [
    ' '.repeat(16_000),
    'gzip;'.repeat(3000),
    ','.repeat(16_000),
    `a${'\t '.repeat(8000)};`,
  ]) {
    t.same(acceptedCodings(hostile).codings, []);
  }
  t.same(acceptedCodings(`${'a,'.repeat(8000)}gzip`).codings, ['gzip']);
});
