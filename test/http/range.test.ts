import fc from 'fast-check';
import t from 'tap';
import {
  type ByteRange,
  contentRange,
  parseRange,
  type RangeOutcome,
  rangeLength,
} from '../../lib/http/range.js';

const MIB = 1_048_576;

function ranges(...pairs: [first: number, last: number][]): RangeOutcome {
  const list = pairs.map(([first, last]) => ({ first, last }));
  return { kind: 'ranges', ranges: list as [ByteRange, ...ByteRange[]] };
}
const whole: RangeOutcome = { kind: 'whole' };
const unsatisfiable: RangeOutcome = { kind: 'unsatisfiable' };

t.test('ranges', async (t) => {
  for (const [value, size, expected] of [
    // One range.
    ['bytes=0-0', 10, ranges([0, 0])],
    ['bytes=0-9', 10, ranges([0, 9])],
    ['bytes=0-10', 10, ranges([0, 9])],
    ['bytes=9-9', 10, ranges([9, 9])],
    ['bytes=9-', 10, ranges([9, 9])],
    ['bytes=10-', 10, unsatisfiable],
    ['bytes=10-10', 10, unsatisfiable],
    ['bytes=0-', 10, ranges([0, 9])],
    ['bytes=3-7', 10, ranges([3, 7])],
    ['bytes=003-007', 10, ranges([3, 7])],
    ['bytes=-1', 10, ranges([9, 9])],
    ['bytes=-10', 10, ranges([0, 9])],
    ['bytes=-11', 10, ranges([0, 9])],
    ['bytes=-0', 10, unsatisfiable],
    ['bytes=-00', 10, unsatisfiable],
    ['bytes=-000001', 10, ranges([9, 9])],
    // Digits of any length.
    ['bytes=0-99999999999999999999999', 10, ranges([0, 9])],
    ['bytes=99999999999999999999999-', 10, unsatisfiable],
    ['bytes=-99999999999999999999999', 10, ranges([0, 9])],
    ['bytes=18446744073709551616-18446744073709551617', 10, unsatisfiable],
    ['bytes=99999999999999999999998-99999999999999999999997', 10, whole],
    [`bytes=${'0'.repeat(300)}1-${'0'.repeat(200)}2`, 10, ranges([1, 2])],
    ['bytes=4503599627370497-4503599627370498', 2 ** 53 - 1, ranges([2 ** 52 + 1, 2 ** 52 + 2])],
    ['bytes=9007199254740990-', 2 ** 53 - 1, ranges([2 ** 53 - 2, 2 ** 53 - 2])],
    // The empty representation.
    ['bytes=0-', 0, unsatisfiable],
    ['bytes=0-0', 0, unsatisfiable],
    ['bytes=-0', 0, unsatisfiable],
    ['bytes=-1', 0, whole],
    ['bytes=0-0,-1', 0, whole],
    ['bytes=0-0,-0', 0, unsatisfiable],
    // Both sides of 1 MiB.
    ['bytes=1048575-', MIB, ranges([MIB - 1, MIB - 1])],
    ['bytes=1048576-', MIB, unsatisfiable],
    ['bytes=1048576-', MIB + 1, ranges([MIB, MIB])],
    ['bytes=1048575-1048576', MIB, ranges([MIB - 1, MIB - 1])],
    ['bytes=1048575-1048576', MIB + 1, ranges([MIB - 1, MIB])],
    ['bytes=-1048577', MIB, ranges([0, MIB - 1])],
    ['bytes=-1048576', MIB + 1, ranges([1, MIB])],
    // Several, in the order asked.
    ['bytes=0-0,2-2', 10, ranges([0, 0], [2, 2])],
    ['bytes=5-6,0-1', 10, ranges([5, 6], [0, 1])],
    ['bytes=0-0,-1', 10, ranges([0, 0], [9, 9])],
    ['bytes= 0-0 ,\t2-2 ', 10, ranges([0, 0], [2, 2])],
    ['bytes=,0-0,,2-2,', 10, ranges([0, 0], [2, 2])],
    ['bytes=0-0,100-200', 10, ranges([0, 0])],
    ['bytes=100-200,0-0', 10, ranges([0, 0])],
    ['bytes=100-,200-', 10, unsatisfiable],
    // Overlaps, while all of it is no longer than the whole.
    ['bytes=0-4,2-6', 10, ranges([0, 4], [2, 6])],
    ['bytes=0-4,2-7', 10, whole],
    ['bytes=0-9,0-0', 10, whole],
    ['bytes=0-,0-', 10, whole],
    ['bytes=0-9,100-', 10, ranges([0, 9])],
    // The unit.
    ['BYTES=0-0', 10, ranges([0, 0])],
    ['Bytes=0-0', 10, ranges([0, 0])],
    ['items=0-0', 10, whole],
    ['xbytes=0-0', 10, whole],
    ['bytes', 10, whole],
    ['bytes:0-0', 10, whole],
    ['bytes =0-0', 10, whole],
    [' bytes=0-0', 10, whole],
    ['none', 10, whole],
    // Bad syntax.
    [undefined, 10, whole],
    ['', 10, whole],
    ['bytes=', 10, whole],
    ['bytes=,', 10, whole],
    ['bytes= ', 10, whole],
    ['bytes=-', 10, whole],
    ['bytes=--1', 10, whole],
    ['bytes=0', 10, whole],
    ['bytes=0-1-2', 10, whole],
    ['bytes=0 -1', 10, whole],
    ['bytes=0- 1', 10, whole],
    ['bytes=+0-1', 10, whole],
    ['bytes=0x0-1', 10, whole],
    ['bytes=0-1x', 10, whole],
    ['bytes=1.0-2', 10, whole],
    ['bytes=1e0-2', 10, whole],
    ['bytes=a-b', 10, whole],
    ['bytes=\xb2-3', 10, whole],
    ['bytes=0-1;2-3', 10, whole],
    ['bytes=0-1 2-3', 10, whole],
    ['bytes=bytes=0-1', 10, whole],
    ['bytes=2-1', 10, whole],
    ['bytes=10-9', 10, whole],
    ['bytes=0-0,2-1', 10, whole],
    ['bytes=0-0,x', 10, whole],
    ['bytes=100-,x', 10, whole],
  ] as const) {
    t.same(parseRange(value, size), expected, `${value?.slice(0, 60)} of ${size}`);
  }
});

t.test('the cap: so many ranges, then the whole', async (t) => {
  const value = (count: number) =>
    `bytes=${Array.from({ length: count }, (_, i) => `${2 * i}-${2 * i}`).join(',')}`;
  t.equal(parseRange(value(64), 1000).kind, 'ranges');
  t.equal(parseRange(value(65), 1000).kind, 'whole');
  t.equal(parseRange(value(3), 1000, 3).kind, 'ranges');
  t.equal(parseRange(value(4), 1000, 3).kind, 'whole');
  t.equal(
    parseRange('bytes=0-0,2-2,1000-,1001-', 1000, 2).kind,
    'ranges',
    'satisfiable ones count',
  );
});

t.test('contentRange and rangeLength', async (t) => {
  t.equal(contentRange({ first: 0, last: 0 }, 1), 'bytes 0-0/1');
  t.equal(contentRange({ first: 5, last: 9 }, 1234), 'bytes 5-9/1234');
  t.equal(rangeLength({ first: 0, last: 0 }), 1);
  t.equal(rangeLength({ first: 5, last: 9 }), 5);
});

/** RFC 9110 §14.1.2 and §14.2 once more, slowly, in exact integers. */
function oracle(specs: readonly Spec[], size: bigint, maxRanges: number): RangeOutcome {
  const found: ByteRange[] = [];
  let total = 0n;
  let suffix = false;
  for (const [first, last] of specs) {
    if (first !== undefined && last !== undefined && last < first) return whole;
    if (first === undefined && last === undefined) return whole;
    if (first === undefined) suffix ||= (last as bigint) > 0n;
    const from = first ?? (size > (last as bigint) ? size - (last as bigint) : 0n);
    const to = first === undefined || last === undefined || last >= size ? size - 1n : last;
    if (from > to) continue;
    total += to - from + 1n;
    found.push({ first: Number(from), last: Number(to) });
  }
  if (found.length === 0) return suffix && size === 0n ? whole : unsatisfiable;
  if (total > size || found.length > maxRanges) return whole;
  return { kind: 'ranges', ranges: found as [ByteRange, ...ByteRange[]] };
}

type Spec = [first: bigint | undefined, last: bigint | undefined];

const size = fc.oneof(
  fc.bigInt({ min: 0n, max: 40n }),
  fc.bigInt({ min: BigInt(MIB) - 2n, max: BigInt(MIB) + 2n }),
  fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
);
const position = fc.oneof(
  fc.bigInt({ min: 0n, max: 50n }),
  fc.bigInt({ min: BigInt(MIB) - 2n, max: BigInt(MIB) + 2n }),
  fc.bigInt({ min: 0n, max: 1n << 80n }),
);
const spec: fc.Arbitrary<Spec> = fc.tuple(
  fc.option(position, { nil: undefined }),
  fc.option(position, { nil: undefined }),
);
const specs = fc.array(spec, { minLength: 1, maxLength: 6 });
const written = (list: readonly Spec[], zeros: number) =>
  `bytes=${list
    .map((pair) => pair.map((end) => (end === undefined ? '' : `${'0'.repeat(zeros)}${end}`)))
    .map(([first, last]) => `${first}-${last}`)
    .join(', ')}`;

t.test('ranges are what the RFC says in exact integers', async () => {
  fc.assert(
    fc.property(specs, size, fc.nat(3), (list, size, zeros) => {
      const result = parseRange(written(list, zeros), Number(size), 4);
      return JSON.stringify(result) === JSON.stringify(oracle(list, size, 4));
    }),
    { numRuns: 2000 },
  );
});

const fieldLike = fc
  .array(fc.oneof(fc.constantFrom('bytes=', '-', ',', ' ', '0', '99'), fc.string({ maxLength: 2 })))
  .map((parts) => parts.join(''));

t.test('whatever the field says, ranges lie inside the size and add up to at most it', async () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fieldLike,
        specs.map((list) => written(list, 0)),
      ),
      fc.nat(),
      (value, size) => {
        const result = parseRange(value, size, 5);
        if (result.kind !== 'ranges') return true;
        const total = result.ranges.reduce((sum, range) => sum + rangeLength(range), 0);
        const inside = ({ first, last }: ByteRange) => 0 <= first && first <= last && last < size;
        return result.ranges.every(inside) && total <= size && result.ranges.length <= 5;
      },
    ),
    { numRuns: 2000 },
  );
});
