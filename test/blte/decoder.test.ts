/** Whole files: real ones, every mode, every cut, every single wrong octet, and how streams behave. */
import fs from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import t from 'tap';
import { type BlteOptions, createBlteDecoder, decodeBlte } from '../../lib/blte/decoder.js';
import { BlteError } from '../../lib/blte/error.js';
import { KeyRing } from '../../lib/blte/keys.js';
import { chunkPool } from '../../lib/blte/pool.js';
import {
  deflated,
  encrypted,
  file,
  framed,
  gathered,
  KEYS,
  lz4,
  type Made,
  type Maker,
  md5,
  pieces,
  plain,
  prose,
  singleFile,
} from '../helpers/blte.js';
import { until } from '../helpers/client.js';
import { random } from '../helpers/random.js';

const keys = KeyRing.parse(KEYS);
const text = (size: number, seed = size): Buffer => prose(size, random(seed + 1));

/** Chunks of all modes, and of modes in modes. */
const ALL: readonly Maker[] = [
  plain(text(50)),
  deflated(text(90)),
  lz4(text(80)),
  encrypted(plain(text(40))),
  encrypted(deflated(text(60)), Buffer.from('0123456789abcdef', 'hex')),
  framed([plain(text(20)), encrypted(lz4(text(70)))]),
  encrypted(framed([deflated(text(30)), plain(Buffer.alloc(0))])),
  framed([framed([plain(text(9))], { format: 0x10 })]),
  plain(Buffer.alloc(0)),
  deflated(Buffer.alloc(0)),
  lz4(Buffer.alloc(0)),
];

function decode(input: Iterable<Buffer>, options: BlteOptions = { keys }): Promise<Buffer> {
  return gathered(decodeBlte(input, options));
}

async function throughTransform(input: Iterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  const sink = new Writable({
    highWaterMark: 1,
    write(part: Buffer, _encoding, done) {
      parts.push(part);
      setImmediate(done);
    },
  });
  await pipeline(Readable.from(input), createBlteDecoder({ keys }), sink);
  return Buffer.concat(parts);
}

/** The error that decoding ends with, and what was given before it. */
async function failure(
  bytes: Buffer,
  options: BlteOptions = { keys },
): Promise<{ error: BlteError; before: Buffer }> {
  const parts: Buffer[] = [];
  try {
    for await (const part of decodeBlte([bytes], options)) parts.push(part);
  } catch (error) {
    if (!(error instanceof BlteError)) throw error;
    return { error, before: Buffer.concat(parts) };
  }
  throw new Error('no error');
}

t.test('real files', async (t) => {
  const folder = new URL('../../../test/blte/fixtures/', import.meta.url);
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.blte'));
  t.equal(names.length, 2);
  for (const name of names) {
    const bytes = fs.readFileSync(new URL(name, folder));
    const twin = fs.readFileSync(new URL(name.replace(/blte$/, 'bin'), folder));
    for (const most of [1, 7, 1000, bytes.length]) {
      t.ok((await decode(pieces(bytes, most))).equals(twin), `${name} by ${most}`);
      t.ok((await throughTransform(pieces(bytes, most))).equals(twin), `${name} by ${most}`);
    }
    t.ok(name.includes(md5(twin).toString('hex').slice(0, 16)), 'the name tells the content');
  }
});

t.test('the vectors of encryption', async (t) => {
  for (const [index, ciphertext] of [
    [0, '2c0dfde0c2fe3b0154fad127'],
    [1, 'e61c17bd4f5c08de9cf5903f'],
    [258, 'fdc2a119f9128da049842b43'],
  ] as const) {
    const made = encrypted(plain(Buffer.from('Hello, BLTE')))(index);
    t.equal(made.bytes.subarray(-12).toString('hex'), ciphertext);
    const { bytes } = file([...Array(index).fill(plain(Buffer.alloc(0))), () => made]);
    t.equal((await decode([bytes])).toString(), 'Hello, BLTE');
  }
});

t.test('all modes, cut anywhere', async (t) => {
  for (const format of [0x0f, 0x10]) {
    const { bytes, content } = file(ALL, { format });
    t.ok((await decode([bytes])).equals(content));
    t.ok((await throughTransform([bytes])).equals(content));
    t.ok((await decode(pieces(bytes, 1))).equals(content));
    t.ok((await throughTransform(pieces(bytes, 1))).equals(content));
    for (let seed = 0; seed < 30; seed++) {
      const { below } = random(seed);
      const most = 1 + below(300);
      t.ok((await decode(pieces(bytes, most, { below } as never))).equals(content), `${seed}`);
    }
    t.ok((await decode([Buffer.alloc(0), bytes, Buffer.alloc(0)])).equals(content));
  }
});

t.test('large chunks: inflated in the thread pool, hashed and decrypted in parts', async (t) => {
  const content = text(3_000_000);
  for (const maker of [
    plain(content),
    deflated(content),
    lz4(content),
    encrypted(plain(content)),
    encrypted(deflated(content), Buffer.alloc(8, 9)),
    framed([deflated(content.subarray(0, 1_500_000)), lz4(content.subarray(1_500_000))]),
  ]) {
    const { bytes } = file([plain(text(10)), maker], { format: 0x10 });
    const decoded = await decode(pieces(bytes, 100_000));
    t.ok(decoded.equals(Buffer.concat([text(10), content])));
  }
});

t.test('other things go on while large chunks are decoded', async (t) => {
  const content = text(8_000_000);
  for (const maker of [plain(content), lz4(content), encrypted(plain(content))]) {
    const { bytes } = file([maker]);
    let turns = 0;
    let timer = setImmediate(function turn() {
      turns++;
      timer = setImmediate(turn);
    });
    await decode([bytes]);
    clearImmediate(timer);
    t.ok(turns >= 7, `${turns} turns for 8 MB`);
  }
});

t.test('every wrong octet is found, or does no harm', async (t) => {
  for (const format of [0x0f, 0x10]) {
    const { bytes, content } = file(ALL, { format });
    let found = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [0x01, 0x80, bytes[at] as number]) {
        if (change === 0) continue;
        const wrong = Buffer.from(bytes);
        wrong[at] = (wrong[at] as number) ^ change;
        const parts: Buffer[] = [];
        try {
          for await (const part of decodeBlte([wrong], { keys })) parts.push(part);
        } catch (error) {
          if (!(error instanceof BlteError)) throw error;
          found++;
        }
        const given = Buffer.concat(parts);
        if (!given.equals(content.subarray(0, given.length))) t.fail(`octet ${at} ^ ${change}`);
      }
    }
    t.ok(found >= 2 * bytes.length, `${found} errors`);
  }
});

t.test('every cut is found, and what goes on behind the end', async (t) => {
  const { bytes, content } = file(ALL);
  for (let length = 0; length < bytes.length; length++) {
    const { error, before } = await failure(bytes.subarray(0, length));
    if (!before.equals(content.subarray(0, before.length))) t.fail(`cut at ${length}`);
    if (!/ends after/.test(error.message)) t.fail(`${length}: ${error.message}`);
    await t.rejects(throughTransform([bytes.subarray(0, length)]), BlteError);
  }
  for (const behind of ['\0', 'N', 'BLTE']) {
    const { error, before } = await failure(Buffer.concat([bytes, Buffer.from(behind)]));
    t.ok(before.equals(content));
    t.match(error, { message: /goes on behind its last chunk/, offset: bytes.length });
  }
});

t.test('errors name chunk, mode and place', async (t) => {
  const good = plain(text(20));
  const raw =
    (hex: string, content = text(12)): Maker =>
    () => ({ bytes: Buffer.from(hex, 'hex'), content });
  const head = `08${'00'.repeat(8)}0411223344`;
  const wrongSize = { lie: (entry: { decodedSize: number }) => entry.decodedSize++ };
  for (const [maker, mode, message] of [
    [raw('58'), 'X', /^chunk 1 \(mode X\): there is no mode X/],
    [raw('00'), '0x00', /there is no mode 0x00/],
    [raw('ff4e'), '0xff', /there is no mode 0xff/],
    [raw('4e00'), 'N', /^chunk 1 \(mode N\): it has 1 octets instead of 12/],
    [raw('5a'), 'Z', /^chunk 1 \(mode Z\): its zlib stream is broken: unexpected end of file/],
    [raw('5a0000'), 'Z', /its zlib stream is broken: /],
    [raw('3400'), '4', /^chunk 1 \(mode 4\): it ends within its size/],
    [raw('340d00000000000000'), '4', /says that it has 13 octets, the table says 12/],
    [raw('3401000000000000000c10'), '4', /in blocks with a version before them/],
    [raw('340c00000000000000'), '4', /LZ4 block is broken: it ends within a sequence/],
    [raw('46'), 'F', /^chunk 1 \(mode F\): in its header: it ends after 0 octets/],
    [raw('464e'), 'F', /in its header: it does not begin with "BLTE"/],
    [raw('46424c544500000000'), 'F', /^chunk 1 \(mode F\), in it chunk 0: it has no octets/],
    [
      raw('46424c5445000000004e00'),
      'F>N',
      /^chunk 1 \(mode F\), in it chunk 0 \(mode N\): it has 1/,
    ],
    [framed([good], wrongSize), 'F', /its own table says 21 octets, the outer one 20/],
    [framed([good, raw('4e00')]), 'F>N', /\(mode F\), in it chunk 1 \(mode N\): it has 1 octets/],
    [raw('45'), 'E', /^chunk 1 \(mode E\): the name of its key has no octets/],
    [raw('4507'), 'E', /the name of its key has 7 octets/],
    [raw(`4508${'00'.repeat(8)}`), 'E', /initialization vector has no octets/],
    [raw(`4508${'00'.repeat(8)}05`), 'E', /initialization vector has 5 octets/],
    [raw(`4508${'00'.repeat(8)}0811223344`), 'E', /ends before its algorithm/],
    [raw(`45${head}41`), 'E', /ARC4, which is not supported/],
    [raw(`45${head}42`), 'E', /unknown algorithm 0x42/],
    [
      raw(`4508efcdab8967452301041122334453aa`),
      'E',
      /with the key 0123456789ABCDEF, not known here/,
    ],
    [encrypted(encrypted(good)), 'E>E', /^chunk 1 \(mode E>E\): it is encrypted twice/],
    [encrypted(framed([encrypted(good)])), 'E>F>E', /encrypted twice/],
    [encrypted(raw('5858')), 'E>X', /no mode X/],
    [encrypted(() => ({ bytes: Buffer.alloc(0), content: text(12) })), 'E', /not even its mode/],
  ] as const) {
    const { bytes } = file([good, maker, good]);
    const { error, before } = await failure(bytes);
    t.match(error.message, message);
    t.match(error, { name: 'BlteError', chunk: 1, mode, offset: 12 + 3 * 24 + 21 });
    t.ok(before.equals(text(20)), 'what comes before is given');
  }
  const { error } = await failure(file([encrypted(good)]).bytes, {});
  t.match(error.message, /key FA505078126ACB3E, not known/, 'without a key ring');
});

t.test('checksums: no octet of a damaged chunk is given, and zeros are not checked', async (t) => {
  const made = [plain(text(20)), plain(text(30)), deflated(text(40))];
  for (const [format, lie, message] of [
    [0x0f, 'md5', /^chunk 1 \(mode N\): its MD5 is not that of the table/],
    [0x10, 'md5', /^chunk 1 \(mode N\): its MD5 is not/],
    [0x10, 'decodedMd5', /^chunk 1 \(mode N\): the MD5 of its content is not/],
  ] as const) {
    const { bytes } = file(made, {
      format,
      lie: (entry, index) => {
        if (index === 1) entry[lie] = md5(Buffer.from('other'));
      },
    });
    const { error, before } = await failure(bytes);
    t.match(error.message, message);
    t.ok(before.equals(text(20)));
    const { bytes: unchecked, content } = file(made, {
      format,
      lie: (entry) => {
        entry[lie] = Buffer.alloc(16);
      },
    });
    t.ok((await decode([unchecked])).equals(content));
  }
});

t.test('without a table', async (t) => {
  for (const maker of [...ALL, deflated(text(500_000)), plain(text(500_000))]) {
    const { bytes, content } = singleFile(maker);
    for (const most of bytes.length > 1000 ? [1000, 70_000, 1e6] : [1, 5, 1000]) {
      t.ok((await decode(pieces(bytes, most))).equals(content), `${bytes[8]} by ${most}`);
      t.ok((await throughTransform(pieces(bytes, most))).equals(content));
    }
  }
  const zlib = singleFile(deflated(text(1000))).bytes;
  for (const [bytes, mode, message] of [
    [zlib.subarray(0, 8), undefined, /^chunk 0: it has no octets/],
    [zlib.subarray(0, 9), 'Z', /^chunk 0 \(mode Z\): its zlib stream is broken: /],
    [zlib.subarray(0, -1), 'Z', /unexpected end of file/],
    [Buffer.concat([zlib, Buffer.from('x')]), 'Z', /something follows its end/],
    [Buffer.concat([zlib.subarray(0, 9), Buffer.alloc(9)]), 'Z', /its zlib stream is broken: /],
    [Buffer.from('BLTE\0\0\0\0X'), 'X', /no mode X/],
    [singleFile(encrypted(encrypted(plain(text(9))))).bytes, 'E>E', /encrypted twice/],
    [
      Buffer.concat([singleFile(encrypted(deflated(text(9)))).bytes, text(4)]),
      'E>Z',
      /4 octets follow/,
    ],
  ] as const) {
    const { error } = await failure(bytes);
    t.match(error.message, message);
    t.match(error, { mode, chunk: 0, offset: 8 });
    for (const most of [1, 9]) {
      await t.rejects(decode(pieces(bytes, most)), { message });
    }
  }
});

t.test('a decoder as a stream', async (t) => {
  const { bytes, content } = file(Array.from({ length: 40 }, () => deflated(text(50_000))));

  await t.test('decodes no more than is wanted', async (t) => {
    const decoder = createBlteDecoder();
    let given = 0;
    const source = new Readable({
      highWaterMark: 1000,
      read() {
        this.push(given < bytes.length ? bytes.subarray(given, given + 1000) : null);
        given += 1000;
      },
    });
    const piped = pipeline(source, decoder, async (output: AsyncIterable<Buffer>) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      t.ok(given < bytes.length / 4, `${given} of ${bytes.length} octets were taken`);
      t.ok(decoder.readableLength <= 2 * 65_536, `${decoder.readableLength} octets are held`);
      return gathered(output);
    });
    t.ok((await piped).equals(content));
  });

  await t.test('one written piece that becomes many chunks waits for the reader', async (t) => {
    const decoder = createBlteDecoder();
    decoder.end(bytes);
    decoder.once('readable', () => {});
    await until(() => decoder.readableLength > 0, 1000, 'the first chunk');
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.ok(decoder.readableLength <= 2 * 65_536, `${decoder.readableLength} octets are held`);
    t.ok((await gathered(decoder)).equals(content));
  });

  await t.test('an error destroys it', async (t) => {
    const wrong = Buffer.from(bytes);
    wrong[wrong.length - 1] = (wrong.at(-1) as number) ^ 1;
    const decoder = createBlteDecoder();
    const ended = gathered(decoder);
    decoder.end(wrong);
    await t.rejects(ended, { name: 'BlteError', chunk: 39, mode: 'Z' });
    t.ok(decoder.destroyed);
  });

  await t.test('nothing written is cut off', async (t) => {
    const decoder = createBlteDecoder();
    const ended = gathered(decoder);
    decoder.end();
    await t.rejects(ended, { message: 'header: it ends after 0 octets, its header needs 8' });
  });

  await t.test('is destroyed at any time', async (t) => {
    const { used } = chunkPool;
    for (const written of [0, 3, 5000, bytes.length]) {
      for (const read of [false, true]) {
        const decoder = createBlteDecoder();
        const closed = new Promise((resolve) => decoder.once('close', resolve));
        if (written > 0) decoder.write(bytes.subarray(0, written));
        if (read) decoder.resume();
        await new Promise((resolve) => setTimeout(resolve, 2));
        decoder.destroy();
        await closed;
      }
    }
    await until(() => chunkPool.used === used, 2000, 'memory is given back');
    t.equal(chunkPool.used, used);
  });

  await t.test('options are checked at once', async (t) => {
    t.throws(() => createBlteDecoder({ limits: { maxDepth: -1 } }), RangeError);
    t.throws(() => decodeBlte([], { limits: { maxChunks: 0 } }), RangeError);
  });
});

t.test('an iterable is ended when nobody wants more, and when it is aborted', async (t) => {
  const made: Made = file([plain(text(100)), plain(text(100))]);
  let ended = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      yield made.bytes.subarray(0, 200);
      await new Promise(() => {});
    } finally {
      ended++;
    }
  }
  async function* polite(): AsyncGenerator<Buffer> {
    try {
      yield* pieces(made.bytes, 10);
    } finally {
      ended++;
    }
  }
  for await (const part of decodeBlte(polite())) {
    t.equal(part.length, 100);
    break;
  }
  t.equal(ended, 1);

  const abort = new AbortController();
  const reading = gathered(decodeBlte(endless(), { signal: abort.signal }));
  setTimeout(() => abort.abort(new Error('enough')), 10);
  await t.rejects(reading, { message: 'enough' });

  const stream = new Readable({ read() {} });
  stream.push(made.bytes.subarray(0, 50));
  const second = new AbortController();
  const waiting = gathered(decodeBlte(stream, { signal: second.signal }));
  setTimeout(() => second.abort(new Error('enough')), 10);
  await t.rejects(waiting, { message: 'enough' });
  t.ok(stream.destroyed);

  await t.rejects(gathered(decodeBlte([made.bytes], { signal: AbortSignal.abort() })), {
    name: 'AbortError',
  });
  await t.rejects(gathered(decodeBlte(['text'] as unknown as Buffer[])), TypeError);
  const broken = new Readable({ read() {} });
  broken.push(made.bytes.subarray(0, 50));
  setTimeout(() => broken.destroy(new Error('the disk is on fire')), 10);
  await t.rejects(gathered(decodeBlte(broken)), { message: 'the disk is on fire' });
});

t.test('a wrong key is thought of where what it gave looks damaged', async (t) => {
  const { bytes } = file([encrypted(deflated(text(60)))]);
  const [name] = KEYS.split(' ');
  const wrong = KeyRing.parse(`${name} ${'00'.repeat(16)}`);
  await t.rejects(gathered(decodeBlte([bytes], { keys: wrong })), {
    message: new RegExp(`^chunk 0 \\(mode E>.*, or the key ${name} is wrong$`),
  });
  await t.rejects(gathered(decodeBlte([file([deflated(text(60))], { lie }).bytes])), {
    message: /instead of \d+$/,
  });
  function lie(entry: { decodedSize: number }): void {
    entry.decodedSize++;
  }
});

t.test('what is no input, no limit and no key ring', async (t) => {
  const { bytes, content } = file([deflated(text(60))]);
  t.ok((await gathered(decodeBlte(bytes))).equals(content), 'all of it is input, too');
  for (const input of ['text', 5, undefined, null, {}]) {
    t.throws(() => decodeBlte(input as unknown as Buffer), /^the input is neither a stream nor/);
  }
  const limits = { maxChunk: 1 } as object;
  t.throws(() => decodeBlte(bytes, { limits }), {
    name: 'RangeError',
    message: 'maxChunk is no limit; there are maxChunks, maxChunkSize, maxSize, maxDepth',
  });
  t.throws(() => decodeBlte(bytes, { keys: KEYS as unknown as KeyRing }), /^keys is no KeyRing/);
});

t.test('the input is taken over before anything is asked for', async (t) => {
  const silent = (): Readable => new Readable({ read() {} });
  const abort = new AbortController();
  const aborted = silent();
  decodeBlte(aborted, { signal: abort.signal });
  abort.abort();
  t.ok(aborted.destroyed, 'an abort ends it');
  const late = silent();
  decodeBlte(late, { signal: AbortSignal.abort() });
  t.ok(late.destroyed, 'one that was there before, too');

  const returned = silent();
  t.same(await decodeBlte(returned).return(), { done: true, value: undefined });
  t.ok(returned.destroyed, 'whoever wants nothing ends it');

  // What is asked for is still given: an end that is made by who reads is no end of the file.
  const parts = [1, 2, 3].map((seed) => prose(5000, random(seed)));
  const whole = decodeBlte([file(parts.map((part) => deflated(part))).bytes]);
  const asked = [whole.next(), whole.next()];
  t.same(await whole.return(), { done: true, value: undefined });
  const got = await Promise.all(asked);
  t.same(
    got.map(({ value }) => value),
    parts.slice(0, 2),
  );

  const failed = silent();
  const content = decodeBlte(failed);
  failed.destroy(new Error('the line is dead'));
  await new Promise((resolve) => setImmediate(resolve));
  await t.rejects(
    content.next(),
    { message: 'the line is dead' },
    'its error waits, unhandled by none',
  );

  const dead = silent();
  dead.once('error', () => {});
  dead.destroy(new Error('it was dead before'));
  await new Promise((resolve) => setImmediate(resolve));
  await t.rejects(decodeBlte(dead).next(), { message: 'it was dead before' });
});

t.test('after all of that no memory of chunks is in use', async (t) => {
  await until(() => chunkPool.used === 0, 2000, 'memory is given back').catch(() => {});
  t.equal(chunkPool.used, 0);
});
