/** Input made to harm: lies about sizes both ways, bombs, nesting, counts; what they cost is held to a bound. */
import zlib from 'node:zlib';
import t from 'tap';
import { BlteError, type BlteLimits, decodeBlte, KeyRing, openBlte } from '../../lib/blte/index.js';
import { VerifiedChunks } from '../../lib/blte/verified.js';
import {
  deflated,
  type Entry,
  encrypted,
  file,
  framed,
  KEYS,
  lz4Block,
  type Maker,
  md5,
  pieces,
  plain,
  sequence,
  singleFile,
  table,
} from '../helpers/blte.js';

const MIB = 1_048_576;

/** The error that decoding ends with, the octets given before, and how much memory it took meanwhile. */
async function outcome(
  input: Iterable<Buffer>,
  limits?: Partial<BlteLimits>,
): Promise<{ message: string; given: number; memory: number }> {
  const before = outside();
  let most = before;
  let given = 0;
  const timer = setInterval(() => {
    most = Math.max(most, outside());
  }, 1);
  try {
    for await (const part of decodeBlte(input, { limits, keys: KeyRing.parse(KEYS) })) {
      given += part.length;
      most = Math.max(most, outside());
    }
    return { message: 'none', given, memory: most - before };
  } catch (error) {
    if (!(error instanceof BlteError)) throw error;
    return { message: error.message, given, memory: Math.max(most, outside()) - before };
  } finally {
    clearInterval(timer);
  }
}

/** Memory of buffers, and of zlib. */
function outside(): number {
  const { external, arrayBuffers } = process.memoryUsage();
  return external + arrayBuffers;
}

/** 1 GiB of zeros, deflated: 1 MiB, made a piece at a time. */
function bomb(): Buffer {
  const piece = zlib.deflateRawSync(Buffer.alloc(MIB), {
    finishFlush: zlib.constants.Z_FULL_FLUSH,
  });
  const body = Buffer.concat(Array<Buffer>(1024).fill(piece));
  return Buffer.concat([Buffer.from([0x78, 0x9c]), body, Buffer.from([3, 0, 0, 0, 0, 0])]);
}

const raw =
  (bytes: Buffer, size: number): Maker =>
  () => ({ bytes, content: Buffer.alloc(size) });

t.test('bombs', async (t) => {
  const body = Buffer.concat([Buffer.from('Z'), bomb()]);
  for (const [size, message] of [
    [1024, /^chunk 0 \(mode Z\): its zlib stream is broken: it has more than 1024 octets/],
    [0, /more than 0 octets/],
    [MIB, /more than 1048576 octets/],
  ] as const) {
    const { bytes } = file([raw(body, size)]);
    const { message: said, given, memory } = await outcome([bytes]);
    t.match(said, message);
    t.equal(given, 0);
    t.ok(memory < 8 * MIB, `${memory} octets`);
  }
  const honest = file([raw(body, 0)], {
    lie: (entry) => {
      entry.decodedSize = 1024 * MIB;
    },
  });
  const told = await outcome([honest.bytes]);
  t.match(told.message, /1073741824 octets decoded, 16777216 are the most/);
  t.ok(told.memory < MIB);

  const single = Buffer.concat([Buffer.from('BLTE\0\0\0\0'), body]);
  const streamed = await outcome(pieces(single, 10_000), { maxSize: 64 * MIB });
  t.match(streamed.message, /more than 67108864 octets.*\(maxSize\)/);
  t.ok(streamed.given <= 64 * MIB);
  t.ok(streamed.memory < 128 * MIB, 'what was given is garbage, not held');

  const zeros = Buffer.alloc(8);
  zeros.writeBigUInt64LE(1024n);
  const run = Buffer.concat([Buffer.from('4'), zeros, sequence(Buffer.alloc(1), 1, 200_000_000)]);
  const unpacked = await outcome([file([raw(run, 1024)]).bytes]);
  t.match(unpacked.message, /LZ4 block is broken: it has more than 1024 octets/);
  for (const size of [2n ** 40n, 2n ** 64n - 1n, 16n * BigInt(MIB) + 1n]) {
    zeros.writeBigUInt64LE(size);
    const large = singleFile(raw(Buffer.concat([Buffer.from('4'), zeros, lz4Block(zeros)]), 8));
    const { message, memory } = await outcome([large.bytes]);
    t.match(message, `says that it has ${size} octets, 16777216 are the most (maxChunkSize)`);
    t.ok(memory < MIB);
  }
});

t.test('without a table a chunk is held to the limit, encoded and decoded', async (t) => {
  const limits = { maxChunkSize: 1000 };
  for (const [maker, message] of [
    [encrypted(plain(Buffer.alloc(1001))), /\(mode E>N\): it has 1001 octets, 1000 are the most/],
    [
      encrypted(deflated(Buffer.alloc(MIB))),
      /\(mode E>Z\): it has more than 1000 octets, which are the most \(maxChunkSize\)$/,
    ],
    [
      framed([plain(Buffer.alloc(600)), plain(Buffer.alloc(600))]),
      /\(mode F\): it has 1200 octets/,
    ],
    [
      framed([deflated(Buffer.alloc(3000))]),
      /\(mode F\): in its header, chunk 0: it has 3000 octets/,
    ],
    [encrypted(plain(Buffer.alloc(5000))), /\(mode E\): it has more than 2040 octets encoded/],
  ] as const) {
    for (const most of [100, 10_000]) {
      const { bytes } = singleFile(maker);
      const { message: said, given } = await outcome(pieces(bytes, most), limits);
      t.match(said, message);
      t.equal(given, 0);
    }
  }
  for (const maker of [encrypted(plain(Buffer.alloc(1000))), framed([plain(Buffer.alloc(1000))])]) {
    t.match(await outcome([singleFile(maker).bytes], limits), { message: 'none', given: 1000 });
  }
});

t.test('sizes that lie, both ways', async (t) => {
  const content = Buffer.alloc(5000, 'abcdefg');
  for (const maker of [plain(content), deflated(content), framed([deflated(content)])]) {
    for (const [lie, expected] of [
      [(entry: Entry) => entry.decodedSize--, /octets/],
      [(entry: Entry) => entry.decodedSize++, /octets/],
      [
        (entry: Entry) => {
          entry.decodedSize = 0;
        },
        /octets/,
      ],
      [
        (entry: Entry) => {
          entry.decodedSize = 16 * MIB;
        },
        /octets/,
      ],
      [
        (entry: Entry) => {
          entry.decodedSize = 0xffffffff;
        },
        /are the most/,
      ],
      [(entry: Entry) => entry.encodedSize--, /MD5/],
      [(entry: Entry) => entry.encodedSize++, /ends after/],
      [
        (entry: Entry) => {
          entry.encodedSize = 0;
        },
        /no octets/,
      ],
      [
        (entry: Entry) => {
          entry.encodedSize = 1;
        },
        /MD5/,
      ],
      [
        (entry: Entry) => {
          entry.encodedSize = 16 * MIB;
        },
        /ends after/,
      ],
      [
        (entry: Entry) => {
          entry.encodedSize = 0xffffffff;
        },
        /are the most/,
      ],
    ] as const) {
      for (const checked of [true, false]) {
        const { bytes } = file([maker], {
          lie: (entry) => {
            lie(entry);
            if (!checked) entry.md5 = Buffer.alloc(16);
          },
        });
        const { message, given, memory } = await outcome([bytes]);
        t.not(message, 'none');
        if (checked) t.match(message, expected);
        t.ok(given === 0, message);
        t.ok(memory < 70 * MIB, `${memory} octets: ${message}`);
      }
    }
  }
});

t.test('tables that are large, or are not there', async (t) => {
  const entry = {
    encodedSize: 9,
    decodedSize: 8,
    md5: md5(Buffer.alloc(0)),
    decodedMd5: Buffer.alloc(16),
  };
  const head = table([entry], { count: 0xffffff, headerSize: 12 + 24 * 0xffffff });
  const many = await outcome([head]);
  t.match(many.message, /16777215 chunks, 262144 are the most \(maxChunks\)/);
  t.ok(many.memory < MIB);
  const most = await outcome([table([entry], { count: 262_144, headerSize: 12 + 24 * 262_144 })]);
  t.match(most.message, /ends after 36 octets, its header needs 6291468/);
  t.ok(most.memory < 26 * MIB, `${most.memory}`);
  const asked: number[] = [];
  const opened = openBlte(async function* (first, last) {
    asked.push(last - first + 1);
    yield table([entry], { count: 262_144, headerSize: 12 + 24 * 262_144 }).subarray(
      first,
      last + 1,
    );
  }, 1000);
  await t.rejects(opened, /ends after 1000 octets, its header needs 6291468/);
  t.same(asked, [12], 'a header that can not be there is not asked for');
});

t.test('chunks whose table makes them overlap: the file is read once, in order', async (t) => {
  // Sizes alone say where chunks are, so that those which should overlap are further on than there is.
  const { bytes } = file([plain(Buffer.alloc(100)), plain(Buffer.alloc(100))], {
    lie: (entry) => {
      entry.encodedSize = 150;
    },
  });
  const { message } = await outcome([bytes]);
  t.match(message, /^chunk 0 \(mode N\): its MD5 is not/);
});

t.test('errors name the limit that something is beyond', async (t) => {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(101n);
  const limits = { maxChunkSize: 100, maxSize: 100, maxChunks: 1, maxDepth: 1 };
  const long = Buffer.alloc(101);
  for (const [made, limit] of [
    [file([plain(long)]), 'maxChunkSize'],
    [file([raw(Buffer.alloc(2000), 1)]), 'maxChunkSize'],
    [file([plain(Buffer.alloc(1)), plain(Buffer.alloc(1))]), 'maxChunks'],
    [file([framed([framed([plain(Buffer.alloc(1))])])]), 'maxDepth'],
    [file([framed([plain(Buffer.alloc(1)), plain(Buffer.alloc(1))])]), 'maxChunks'],
    [singleFile(encrypted(plain(long))), 'maxChunkSize'],
    [singleFile(encrypted(deflated(long))), 'maxChunkSize'],
    [singleFile(raw(Buffer.concat([Buffer.from('4'), size, lz4Block(long)]), 101)), 'maxChunkSize'],
    [file([deflated(Buffer.alloc(1))], { headerSize: 7 }), undefined],
  ] as const) {
    const error = await decoded([made.bytes], limits);
    t.equal(error?.limit, limit, `${error?.message}`);
    if (limit !== undefined) t.match(`${error?.message}`, new RegExp(`\\((?:by )?${limit}\\)$`));
  }
});

/** What decoding fails with. */
async function decoded(input: Iterable<Buffer>, limits: object): Promise<BlteError | undefined> {
  try {
    for await (const _ of decodeBlte(input, { limits, keys: KeyRing.parse(KEYS) }));
    return undefined;
  } catch (error) {
    return error as BlteError;
  }
}

t.test('frames in frames', async (t) => {
  const nested = (depth: number): Maker => {
    let maker = plain(Buffer.from('core'));
    for (let level = 0; level < depth; level++) maker = framed([maker]);
    return maker;
  };
  for (const depth of [5, 6, 1000]) {
    const { message, given, memory } = await outcome([file([nested(depth)]).bytes]);
    t.match(
      message,
      /^chunk 0 \(mode F\)(, in it chunk 0 \(mode F\)){4}: frames are nested more than 4/,
    );
    t.equal(given, 0);
    t.ok(memory < 4 * MIB);
  }
  t.equal((await outcome([file([nested(4)]).bytes])).message, 'none');
  t.match((await outcome([file([nested(1)]).bytes], { maxDepth: 0 })).message, /more than 0 deep/);
  t.equal((await outcome([file([nested(64)]).bytes], { maxDepth: 64 })).message, 'none');
  let single = singleFile(plain(Buffer.from('core'))).bytes;
  for (let level = 0; level < 1000; level++) {
    const bytes = Buffer.concat([Buffer.from('F'), single]);
    single = singleFile(() => ({ bytes, content: bytes })).bytes;
  }
  t.match((await outcome([single])).message, /frames are nested more than 4 deep/);

  // Each frame says that it is large; none is made room for before its own table agrees.
  const large = file([nested(3)], {
    lie: (entry) => {
      entry.decodedSize = 16 * MIB;
    },
  });
  const { message, memory } = await outcome([large.bytes]);
  t.match(message, /its own table says 4 octets, the outer one 16777216/);
  t.ok(memory < MIB);
  const inner = framed([plain(Buffer.alloc(10))], {
    lie: (entry) => {
      entry.encodedSize = 99;
    },
  });
  t.match(
    (await outcome([file([inner]).bytes])).message,
    /has 47 octets, its own table makes it 135/,
  );
  const wide = framed(Array<Maker>(50_000).fill(plain(Buffer.alloc(0))));
  t.equal((await outcome([file([wide]).bytes])).message, 'none');
});

t.test('chunks of nothing', async (t) => {
  const empty = await outcome([file(Array<Maker>(5000).fill(deflated(Buffer.alloc(0)))).bytes]);
  t.same([empty.message, empty.given], ['none', 0]);
});

t.test('nothing but noise', async (t) => {
  let state = 99;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  };
  for (let round = 0; round < 3000; round++) {
    const body = Buffer.from(Array.from({ length: 1 + (next() % 60) }, () => next() & 0xff));
    body[0] = 'NZ4FE'.charCodeAt(next() % 5);
    const maker = raw(body, next() % 100);
    const bytes = round % 2 === 0 ? file([maker]).bytes : singleFile(maker).bytes;
    const { given } = await outcome([bytes]);
    if (given > 100) t.fail(bytes.toString('hex'));
  }
  t.pass('3000 files');
});

t.test('chunks with nothing in them do not keep the thread', async (t) => {
  const count = 20_000;
  const empty = Array<Maker>(count).fill(plain(Buffer.alloc(0)));
  const { bytes } = file(empty);
  const inFrame = file([framed(empty)]).bytes;
  const octet = plain(Buffer.from('x'));
  const between = file([octet, ...empty, octet]).bytes;
  const verified = new VerifiedChunks(count + 2);
  for (let index = 0; index < count + 2; index++) verified.add(index);
  const readAt = (first: number, last: number): Buffer[] => [between.subarray(first, last + 1)];
  const reader = await openBlte(readAt, between.length, { verified });
  const turnsOf = async (content: AsyncIterable<Uint8Array>): Promise<number> => {
    let turns = 0;
    const next = (): void => {
      turns++;
      immediate = setImmediate(next);
    };
    let immediate = setImmediate(next);
    for await (const piece of content) t.equal(piece.length, 1);
    clearImmediate(immediate);
    return turns;
  };
  // A turn for 1024 of them.
  const least = Math.floor(count / 1024) - 1;
  for (const [name, content] of [
    ['in a table', decodeBlte([bytes])],
    ['in a frame', decodeBlte([inFrame])],
    ['in a table that was right before', reader.read() as AsyncIterable<Uint8Array>],
  ] as const) {
    const turns = await turnsOf(content);
    t.ok(turns >= least, `${name}: ${turns} turns`);
  }
});
