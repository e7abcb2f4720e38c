/** Headers: every way to be wrong, however they are cut; and the table, against adding up by hand. */
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { BlteError } from '../../lib/blte/error.js';
import { headerNeeds, parseHeader } from '../../lib/blte/header.js';
import { HeaderWriter, writeHeader } from '../../lib/blte/header-writer.js';
import { DEFAULT_LIMITS, resolveLimits } from '../../lib/blte/limits.js';
import type { BlteTable } from '../../lib/blte/table.js';
import { type Entry, type FileOptions, md5, table } from '../helpers/blte.js';
import { random } from '../helpers/random.js';

const LIMITS = resolveLimits({ maxChunks: 100, maxChunkSize: 1000, maxSize: 5000 });
/** 1000, a 64th more, and 1024. */
const MOST_ENCODED = 2040;

function entry(encodedSize: number, decodedSize: number): Entry {
  const sum = md5(Buffer.from(`${encodedSize}/${decodedSize}`));
  return { encodedSize, decodedSize, md5: sum, decodedMd5: Buffer.from(sum).reverse() };
}

function header(sizes: readonly (readonly [number, number])[], options: FileOptions = {}): Buffer {
  return table(
    sizes.map(([encoded, decoded]) => entry(encoded, decoded)),
    options,
  );
}

/** Takes as many octets as are asked for, at most `step` at a time, as from a slow disk. */
function parsed(bytes: Buffer, step: number): ReturnType<typeof parseHeader> | 'incomplete' {
  for (let length = 0; ; ) {
    const needed = headerNeeds(bytes.subarray(0, length), LIMITS);
    if (needed <= length) return parseHeader(bytes.subarray(0, length), LIMITS);
    if (length === bytes.length) return 'incomplete';
    length = Math.min(bytes.length, needed, length + step);
  }
}

const fine = [10, 9] as const;
const many = Array.from({ length: 100 }, () => fine);

t.test('wrong headers, whole and octet by octet', async (t) => {
  for (const [bytes, offset, chunk, message] of [
    [Buffer.from('BLTF'), 0, undefined, /no BLTE file/],
    [Buffer.from('b'), 0, undefined, /no BLTE file/],
    [Buffer.from('BLT '), 0, undefined, /no BLTE file/],
    [header([fine], { format: 0x0e }), 8, undefined, /unknown format 0x0e/],
    [header([fine], { format: 0 }), 8, undefined, /unknown format 0x00/],
    [header([], {}), 9, undefined, /no chunks/],
    [header([fine], { count: 0 }), 9, undefined, /no chunks/],
    [header([...many, fine]), 9, undefined, /101 chunks, 100 are the most \(maxChunks\)/],
    [header([fine], { count: 0xffffff }), 9, undefined, /16777215 chunks/],
    [
      header([fine], { headerSize: 35 }),
      4,
      undefined,
      /says it has 35 octets, 1 chunks make it 36/,
    ],
    [header([fine], { headerSize: 37 }), 4, undefined, /37/],
    [header([fine], { headerSize: 52 }), 4, undefined, /52/],
    [header([fine], { headerSize: 0xffffffff }), 4, undefined, /4294967295/],
    [header([fine], { headerSize: 1 }), 4, undefined, /1 octets/],
    [header([fine], { headerSize: 36, format: 0x10 }), 4, undefined, /make it 52/],
    [header([fine, fine], { count: 1 }), 4, undefined, /make it 36/],
    [header([fine, fine], { count: 3 }), 4, undefined, /make it 84/],
    [header([fine, [0, 0]]), 36, 1, /chunk 1: it has no octets/],
    [header([fine, [10, 1001]]), 36, 1, /1001 octets decoded, 1000 are the most/],
    [header([[10, 0xffffffff]]), 12, 0, /4294967295 octets decoded/],
    [header([[MOST_ENCODED + 1, 9]]), 12, 0, /2041 octets encoded, 2040 are the most/],
    [header([[10, 1000], ...Array(5).fill([10, 1000])]), 12 + 5 * 24, 5, /6000.*maxSize/],
  ] as const) {
    for (const step of [1, 3, bytes.length + 1]) {
      try {
        parsed(bytes, step);
        t.fail(`${message} was not found`);
      } catch (error) {
        t.type(error, BlteError);
        const { message: said, offset: at, chunk: index, limit } = error as BlteError;
        t.equal(limit, /\((?:by )?(max\w+)\)$/.exec(said)?.[1], said);
        t.match(said, message);
        t.equal(at, offset, said);
        t.equal(index, chunk, said);
      }
    }
  }
});

t.test('right headers at the edges', async (t) => {
  for (const bytes of [
    header([fine]),
    header([fine], { format: 0x10 }),
    header(many),
    header([[1, 0]]),
    header([[MOST_ENCODED, 1000]]),
    header(Array(5).fill([10, 1000])),
  ]) {
    for (const step of [1, 5, bytes.length]) {
      for (const behind of [Buffer.alloc(0), Buffer.from('NBLTE')]) {
        const found = parsed(Buffer.concat([bytes, behind]), step) as BlteTable;
        t.equal(found.kind, 'table');
        t.equal(found.headerSize, bytes.length);
        t.equal(found.ekey, md5(bytes).toString('hex'));
      }
      t.equal(parsed(bytes.subarray(0, -1), step), 'incomplete');
    }
  }
  t.same(parsed(Buffer.from('BLTE\0\0\0\0'), 1), { kind: 'single', headerSize: 8 });
  t.throws(() => parseHeader(header([fine]).subarray(0, 35), LIMITS), {
    message: 'header: it ends after 35 octets, its header needs 36',
    offset: 35,
  });
});

t.test('what the table says', async (t) => {
  const { below } = random(7);
  for (const count of [1, 2, 63, 64, 65, 128, 129, 1000]) {
    // Many are empty: they begin where the next one does.
    const sizes = Array.from(
      { length: count },
      () => [1 + below(30), below(3) === 0 ? 0 : below(20)] as const,
    );
    const format = below(2) === 0 ? 0x0f : 0x10;
    const bytes = header(sizes, { format });
    const found = parseHeader(bytes, DEFAULT_LIMITS) as BlteTable;
    t.equal(found.count, count);
    t.equal(found.format, format);
    t.equal(
      found.size,
      sizes.reduce((sum, [, decoded]) => sum + decoded, 0),
    );
    t.equal(
      found.encodedSize,
      sizes.reduce((sum, [encoded]) => sum + encoded, bytes.length),
    );
    t.ok(found.memory <= bytes.length + 16 + count / 4, 'a quarter of an octet a chunk');
    let offset = bytes.length;
    let start = 0;
    t.equal([...found].length, count);
    for (const [index, chunk] of [...found].entries()) {
      const [encoded, decoded] = sizes[index] as (typeof sizes)[number];
      const { md5, decodedMd5 } = entry(encoded, decoded);
      const expected = { index, offset, encodedSize: encoded, start, decodedSize: decoded, md5 };
      const rest = { decodedMd5: format === 0x10 ? decodedMd5 : undefined };
      // Comparing is costly where it is told.
      if (!isDeepStrictEqual(chunk, { ...expected, ...rest }))
        t.same(chunk, { ...expected, ...rest });
      if (!isDeepStrictEqual(found.chunk(index), chunk)) t.same(found.chunk(index), chunk);
      for (let at = start; at < start + decoded; at++) {
        if (found.find(at) !== index) t.fail(`octet ${at} is in chunk ${index}`);
      }
      offset += encoded;
      start += decoded;
    }
    const middle = [...found.between(count >> 2, count >> 1)];
    t.ok(isDeepStrictEqual(middle, [...found].slice(count >> 2, (count >> 1) + 1)));
  }
});

t.test('sums of zeros are not checked', async (t) => {
  const zero = { ...entry(10, 9), md5: Buffer.alloc(16), decodedMd5: Buffer.alloc(16) };
  const found = parseHeader(table([zero], { format: 0x10 }), LIMITS) as BlteTable;
  t.equal(found.chunk(0).md5, undefined);
  t.equal(found.chunk(0).decodedMd5, undefined);
});

t.test('headers are written as they are read', async (t) => {
  for (const format of [0x0f, 0x10] as const) {
    const entries = [entry(10, 9), entry(0xffffffff, 0), { ...entry(1, 2), md5: Buffer.alloc(16) }];
    const given = entries.map((one, index) => (index === 2 ? { ...one, md5: undefined } : one));
    t.same(writeHeader(given, format), table(entries, { format }));
  }
  t.throws(() => writeHeader([]), RangeError);
  const writer = new HeaderWriter();
  writer.add(entry(10, 9));
  for (const [encoded, decoded] of [
    [-1, 0],
    [0, 0x1_0000_0000],
    [1.5, 0],
    [0, Number.NaN],
  ] as const) {
    const wrong = { ...entry(1, 1), encodedSize: encoded, decodedSize: decoded };
    t.throws(() => writer.add(wrong), { name: 'RangeError', message: /must be a whole number/ });
    t.equal(writer.count, 1, 'it is not counted');
  }
  writer.add(entry(0xffffffff, 0));
  t.same(writer.finish(), table([entry(10, 9), entry(0xffffffff, 0)]));
});

t.test('limits', async (t) => {
  t.same(resolveLimits(), DEFAULT_LIMITS);
  t.ok(Object.isFrozen(DEFAULT_LIMITS), "they are everybody's");
  t.same(resolveLimits({ maxDepth: 0 }), { ...DEFAULT_LIMITS, maxDepth: 0 });
  for (const wrong of [
    { maxChunks: 0 },
    { maxChunks: 0x1000000 },
    { maxChunkSize: 0 },
    { maxChunkSize: 1.5 },
    { maxSize: Number.POSITIVE_INFINITY },
    { maxSize: -1 },
    { maxDepth: Number.NaN },
  ]) {
    const [name] = Object.keys(wrong);
    t.throws(() => resolveLimits(wrong), {
      name: 'RangeError',
      message: `${name} must be a whole`,
      limit: name,
    });
  }
});
