/** The encoder: everything comes back, what can't be is refused before it is made, and files are left right. */
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { expectedChunks } from '../../../lib/blte/encode/options.js';
import {
  BlteError,
  decodeBlte,
  EncodeError,
  type EncodeOptions,
  encodeBlte,
  encodeBlteFile,
  KeyRing,
  LimitError,
  openBlte,
  parseESpec,
} from '../../../lib/blte/index.js';
import {
  deflated,
  encrypted,
  file,
  gathered,
  KEY,
  KEYS,
  lz4,
  plain,
  prose,
} from '../../helpers/blte.js';
import { encodeRun, encodeViolation, MemoryFile, SPEC_KEY } from '../../helpers/blte-encodings.js';
import { pattern } from '../../helpers/files.js';
import { random } from '../../helpers/random.js';

const keys = KeyRing.parse(KEYS);
const E = `e:{${SPEC_KEY},11223344`;

async function modes(encoded: Buffer): Promise<string> {
  const { chunks } = await openBlte(
    (first, last) => Readable.from([encoded.subarray(first, last + 1)]),
    encoded.length,
  );
  return [...(chunks ?? [])]
    .map(({ offset, decodedSize }) => `${String.fromCharCode(encoded[offset] ?? 0)}${decodedSize}`)
    .join(' ');
}

const isQuick = process.env.TEST_QUICK === '1';

t.test('contents and ESpecs at random; npm run fuzz:blte has more', async (t) => {
  const seed = Number(process.env.BLTE_SEED ?? Date.now() % 1e6);
  const runs = Number(process.env.BLTE_RUNS ?? (isQuick ? 150 : 500));
  for (let count = 0; count < runs; count++) {
    const run = encodeRun(seed + count);
    const wrong = await encodeViolation(run).catch((error) => String(error));
    if (wrong === undefined) continue;
    t.fail(`not "${wrong}": npm run fuzz:blte -- --runs 1 --seed ${run.seed}`, { spec: run.spec });
    return;
  }
  t.pass(`${runs} from seed ${seed}`);
});

t.test('it makes what is made by other means', async (t) => {
  const content = prose(5000, random(1));
  const [first, second] = [content.subarray(0, 2000), content.subarray(2000)];
  const spec = `b:{2000=${E},n},*=4}`;
  for (const format of [0x0f, 0x10] as const) {
    const made = await encodeBlte(content, { spec, format, keys });
    const expected = file([encrypted(plain(first)), lz4(second)], { format }).bytes;
    // Compressors differ; all the rest is the same.
    t.equal(await modes(made), 'E2000 43000');
    t.same(made.subarray(0, 12), expected.subarray(0, 12));
    const entry = format === 0x0f ? 24 : 40;
    t.same(made.subarray(12, 12 + entry), expected.subarray(12, 12 + entry));
    const from = 12 + 2 * entry;
    t.same(made.subarray(from, from + 2016), expected.subarray(from, from + 2016));
  }
  const same = file([deflated(content, 9)]).bytes;
  t.same(await encodeBlte(content, { spec: 'b:{*=z}' }), same);
});

t.test('the vectors of encryption', async (t) => {
  const vector = KeyRing.parse(`FA505078126ACB3E ${KEY}`);
  for (const [index, ciphertext] of [
    [0, '2c0dfde0c2fe3b0154fad127'],
    [1, 'e61c17bd4f5c08de9cf5903f'],
    [258, 'fdc2a119f9128da049842b43'],
  ] as const) {
    const before = index === 0 ? '' : `1*${index}=n,`;
    const spec = `b:{${before}*=${E},n}}`;
    const content = `${'x'.repeat(index)}Hello, BLTE`;
    const made = await encodeBlte(Buffer.from(content), { spec, keys: vector });
    t.equal(made.subarray(-12).toString('hex'), ciphertext);
  }
});

t.test('how content is cut', async (t) => {
  for (const [size, spec, expected] of [
    [0, 'b:{1K*=z}', 'Z0'],
    [0, 'b:{*=n}', 'N0'],
    [10, 'b:{10=n,*=z}', 'N10'],
    [10, 'b:{10=n,5*=z}', 'N10'],
    [11, 'b:{10=n,*=z}', 'N10 Z1'],
    [10, 'b:{5*=n}', 'N5 N5'],
    [11, 'b:{5*=n}', 'N5 N5 N1'],
    [10, 'b:{2*3=n,1=z,*=4}', 'N2 N2 N2 Z1 43'],
    [10, 'b:{10=b:{3*=n}}', 'F10'],
    [10, undefined, 'Z10'],
  ] as const) {
    const made = await encodeBlte(pattern(size), { spec });
    t.equal(await modes(made), expected, `${size}: ${spec}`);
    const encoding = parseESpec(spec ?? 'b:{256K*=z}');
    const rules = encoding.kind === 'blocks' ? encoding.rules : [];
    t.equal(expectedChunks(rules, size), expected.split(' ').length);
  }
  const made = await encodeBlte(pattern(700_000), { chunkSize: 300_000 });
  t.equal(await modes(made), 'Z300000 Z300000 Z100000');
  const large = await encodeBlte(pattern(600_000));
  t.equal(await modes(large), 'Z262144 Z262144 Z75712');
});

t.test('what does not fit is refused, with the way out', async (t) => {
  const content = pattern(100);
  for (const [options, message] of [
    [
      { spec: 'b:{99=n}' },
      'behind the last rule, at octet 99; end the ESpec with a rule for the rest',
    ],
    [
      { spec: 'b:{101=n}' },
      'chunk 0, by 101=n: the content ends at octet 100, 101 were wanted here',
    ],
    [
      { spec: 'b:{40*3=z:6}' },
      'chunk 2, by 40*3=z:6: the content ends at octet 100, 40 were wanted',
    ],
    [
      { spec: 'b:{100=n,1=z}' },
      'chunk 1, by 1=z: the content ends at octet 100, 1 were wanted here',
    ],
    [{ spec: 'b:{50=n,50=b:{20=n}}' }, 'chunk 1, in its frame the content goes on'],
    [
      { spec: 'b:{50=n,50=b:{60=n}}' },
      'chunk 1, in its frame chunk 0, by 60=n: the content ends at',
    ],
    [{ spec: 'b:{*=n}', limits: { maxChunkSize: 99 } }, 'what is left is more than 99 octets'],
    [{ spec: '4', limits: { maxChunkSize: 99 } }, 'what is left is more than 99 octets'],
    [{ spec: 'b:{100=n}', limits: { maxChunkSize: 99 } }, 'chunks of 100 octets are too large, 99'],
    [{ spec: 'b:{1*=n}', limits: { maxChunks: 99 } }, 'more than 99 chunks, which are the most'],
    [
      { spec: 'b:{10=b:{*=b:{*=b:{*=n}}}}', limits: { maxDepth: 2 } },
      'frames would be nested more than 2 deep (maxDepth)',
    ],
    [{ spec: 'b:*=b:*=b:*=b:*=b:*=b:*=n' }, 'frames would be nested more than 4 deep (maxDepth)'],
    [{ spec: `${E},b:{*=n}}`, limits: { maxDepth: 0 } }, 'nested more than 0 deep (maxDepth)'],
    [{ spec: `b:{*=${E},b:{*=n}}}`, limits: { maxDepth: 0 } }, 'nested more than 0 deep'],
    [{ spec: 'b:{10*=n}', limits: { maxSize: 99 } }, 'more than 99 octets (maxSize)'],
    [{ spec: 'n', limits: { maxSize: 99 } }, 'more than 99 octets (maxSize)'],
    [{ spec: 'z', limits: { maxSize: 99 } }, 'more than 99 octets (maxSize)'],
    [{ spec: 'b:{*=b:{1*=n}}' }, '100 octets become 2613, decoders take', { maxChunkSize: 200 }],
    [
      { spec: `b:{*=${E},n}}`, keys: undefined },
      'the key FA505078126ACB3E, in the ESpec 3ECB6A127850',
    ],
    [
      { spec: 'e:{FA505078126ACB3E,11223344,n}' },
      'is not known here; FA505078126ACB3E is, which an ESpec writes as 3ECB6A12785050FA',
    ],
    [{ spec: 'b:{*=q}' }, 'ESpec, character 6: n, z, 4, e or b is expected, not "q}"'],
    [{ spec: 'n', format: 0x10 }, 'format 0x10 is one of tables, and this ESpec makes none'],
    [{ spec: 'n', chunkSize: 5 }, 'chunkSize is short for a spec; give one of them'],
    [{ chunkSize: 0 }, 'chunkSize must be a whole number from 1'],
    [{ keys: ['1'] as never }, 'keys is no KeyRing; KeyRing.parse makes one of a text'],
    [{ chunkSize: 1.5 }, 'chunkSize must be a whole number from 1'],
    [{ chunkSize: 2 ** 25 }, 'chunks of 33554432 octets are too large, 16777216 are the most'],
    [{ format: 0x11 as never }, 'format must be 0x0f or 0x10'],
    [{ spec: { kind: 'zlib', level: 99, bits: 15 } }, 'a level from 1 to 9 is expected'],
  ] as readonly [EncodeOptions, string, object?][]) {
    const given = { keys, ...options };
    if (message.includes('become')) Object.assign(given, { limits: { maxChunkSize: 200 } });
    // One after the other: what fails while nobody waits for it is an error of the process.
    for (const encode of [
      () => encodeBlte(content, given),
      () => encodeBlteFile(content, new MemoryFile(random(1)), { ...given, size: 100 }),
    ] as readonly (() => Promise<unknown>)[]) {
      const error = await encode().then(
        () => new Error('none'),
        (reason: Error) => reason,
      );
      t.ok(error.message.includes(message), `${message}: ${error.message}`);
      t.notMatch(error.message, KEY);
    }
  }
});

t.test('at the edge of each limit', async (t) => {
  const content = pattern(100);
  for (const options of [
    { spec: 'b:{*=n}', limits: { maxChunkSize: 100 } },
    { spec: 'b:{100=n}', limits: { maxChunkSize: 100 } },
    { spec: '4', limits: { maxChunkSize: 100 } },
    { spec: 'b:{1*=n}', limits: { maxChunks: 100 } },
    { spec: 'b:{7*=z}', limits: { maxSize: 100 } },
    { spec: 'z', limits: { maxSize: 100 } },
    { spec: 'b:{*=n}', limits: { maxDepth: 0 } },
    { spec: `${E},z}`, limits: { maxDepth: 0 } },
    { spec: `${E},b:{*=n}}`, limits: { maxDepth: 1 } },
    { spec: `b:{*=${E},b:{*=n}}}`, limits: { maxDepth: 1 } },
    { spec: 'b:{10=b:{*=b:{*=n}},*=n}', limits: { maxDepth: 2 } },
    { spec: 'b:*=b:*=b:*=b:*=b:*=n' },
    { spec: `${'b:*='.repeat(65)}n`, limits: { maxDepth: 64 } },
  ]) {
    const given = { keys, ...options };
    const made = await encodeBlte(content, given);
    t.same(await gathered(decodeBlte([made], given)), content, options.spec);
  }
});

/** The limit that what fails is beyond. */
async function limitOf(made: Promise<unknown>): Promise<unknown> {
  const error: unknown = await made.then(
    () => new Error('none'),
    (reason: unknown) => reason,
  );
  t.ok(error instanceof EncodeError || error instanceof LimitError, `${error}`);
  return (error as { limit?: unknown }).limit;
}

t.test('errors name the limit', async (t) => {
  for (const [limit, spec, most] of [
    ['maxDepth', 'b:*=b:*=n', 0],
    ['maxChunkSize', 'b:100=n', 99],
    ['maxChunkSize', 'b:*=n', 99],
    ['maxChunks', 'b:1*=n', 99],
    ['maxSize', 'b:*=n', 99],
    ['maxSize', 'n', 99],
  ] as const) {
    const made = encodeBlte(pattern(100), { spec, limits: { [limit]: most } });
    t.equal(await limitOf(made), limit, spec);
  }
  t.equal(await limitOf(encodeBlte(pattern(100), { spec: 'b:99=n' })), undefined);
});

t.test('every wrong octet of an encoded file is found, or does no harm', async (t) => {
  const content = prose(600, random(3));
  const spec = `b:{50=n,90=z:{6,mpq},80=4,60=${E},z},70=${E},b:{30*=4}},60=b:{25*=n},*=z}`;
  for (const format of [0x0f, 0x10] as const) {
    const made = await encodeBlte(content, { spec, format, keys });
    let harmless = 0;
    for (let at = 0; at < made.length; at++) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const wrong = Buffer.from(made);
        wrong[at] = (wrong[at] as number) ^ bits;
        const given: Buffer[] = [];
        try {
          for await (const part of decodeBlte([wrong], { keys })) given.push(part);
          harmless++;
          t.ok(Buffer.concat(given).equals(content), `octet ${at} does no harm`);
        } catch (error) {
          if (!(error instanceof BlteError)) throw error;
          const before = Buffer.concat(given);
          if (!before.equals(content.subarray(0, before.length))) t.fail(`octet ${at}`);
        }
      }
    }
    t.equal(harmless, 0, 'all of them are found');
  }
});

t.test('LZ4 as the format wants its end', async (t) => {
  for (const size of [0, 1, 4, 5, 12, 13, 14, 17, 64, 270, 300, 66_000, 2_200_000]) {
    for (const [what, content] of [
      ['zeros', Buffer.alloc(size)],
      ['noise', pattern(size)],
      ['prose', prose(size + 20, random(size)).subarray(0, size)],
    ] as const) {
      const made = await encodeBlte(content, { spec: '4' });
      t.ok((await gathered(decodeBlte([made]))).equals(content), `${size} octets of ${what}`);
      const block = made.subarray(8 + 1 + 8);
      const literals = lastLiterals(block);
      t.ok(literals >= Math.min(5, size), `${literals} literals at the end`);
      if (what === 'zeros' && size > 300) t.ok(block.length < size / 200);
    }
  }
});

/** Literals of the last sequence. */
function lastLiterals(block: Buffer): number {
  for (let at = 0; ; ) {
    const token = block[at++] as number;
    const length = (nibble: number): number => {
      let sum = nibble;
      if (nibble === 15) {
        let more: number;
        do {
          more = block[at++] as number;
          sum += more;
        } while (more === 255);
      }
      return sum;
    };
    const literals = length(token >> 4);
    at += literals;
    if (at >= block.length) return literals;
    at += 2;
    length(token & 15);
  }
}

t.test('a file on a disk, whose size was guessed right, wrong, or not at all', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'blte-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const content = pattern(3_000_000);
  const spec = 'b:{100=n,1K*=n}';
  const expected = await encodeBlte(content, { spec });
  for (const size of [undefined, 0, content.length, 1000, 20_000_000]) {
    const name = path.join(folder, 'a.blte');
    const handle = await open(name, 'w+');
    try {
      const made = await encodeBlteFile(content, handle, { spec, size });
      t.equal(made.chunks, 2931);
    } finally {
      await handle.close();
    }
    t.ok((await readFile(name)).equals(expected), `expected: ${size}`);
  }
});

t.test('a file that takes nothing, fails, or is cut off by others', async (t) => {
  const content = pattern(5000);
  const failing = new MemoryFile(random(1));
  failing.write = () => Promise.reject(new Error('no room'));
  await t.rejects(encodeBlteFile(content, failing), { message: 'no room' });
  const full = new MemoryFile(random(1));
  full.write = async () => ({ bytesWritten: 0 });
  await t.rejects(encodeBlteFile(content, full), { message: 'the file takes no more' });
  const cut = new MemoryFile(random(1));
  cut.read = async () => ({ bytesRead: 0 });
  await t.rejects(encodeBlteFile(content, cut, { spec: 'b:{100*=n}' }), {
    message: /cut the file off/,
  });
});

t.test('input that fails or is given up ends it, and is ended by it', async (t) => {
  for (const spec of ['n', 'z', '4', 'b:{100*=z}']) {
    const broken = Readable.from(
      (function* () {
        yield pattern(150);
        throw new Error('the disk is gone');
      })(),
    );
    await t.rejects(encodeBlte(broken, { spec }), { message: 'the disk is gone' }, spec);
    t.ok(broken.destroyed);

    const endless = new Readable({ read() {} });
    endless.push(pattern(150));
    const abort = new AbortController();
    const encoding = encodeBlte(endless, { spec, signal: abort.signal });
    setImmediate(() => abort.abort(new Error('enough')));
    await t.rejects(encoding, { message: 'enough' }, spec);
    if (!endless.destroyed) await once(endless, 'close');
    t.ok(endless.destroyed);
  }
  const refused = Readable.from([pattern(500)]);
  await t.rejects(encodeBlte(refused, { spec: 'b:{100=n}' }));
  t.ok(refused.destroyed, 'what is left is not read');
});

t.test('one chunk is in memory', async (t) => {
  const piece = pattern(65_536);
  let most = 0;
  const start = process.memoryUsage();
  function* input(): Generator<Buffer> {
    for (let count = 0; count < 1024; count++) {
      const { external, arrayBuffers } = process.memoryUsage();
      most = Math.max(most, external + arrayBuffers - start.external - start.arrayBuffers);
      yield piece;
    }
  }
  const sink = {
    write: async (_bytes: Uint8Array, _offset: number, length: number) => ({
      bytesWritten: length,
    }),
    read: async (_bytes: Uint8Array, _offset: number, length: number) => ({ bytesRead: length }),
    truncate: async () => {},
  };
  const made = await encodeBlteFile(input(), sink, { spec: 'b:{1M*=n}' });
  t.equal(made.size, 67_108_864);
  t.ok(most < 33_554_432, `${most} octets for 64 chunks of 1 MiB, with garbage`);
});

t.test('a frame of more chunks than a call takes arguments', { skip: isQuick }, async (t) => {
  const content = prose(130_000, random(32));
  const bytes = await encodeBlte(content, { spec: 'b:{130000=b:{1*=n}}' });
  t.ok((await gathered(decodeBlte(bytes))).equals(content));
});
