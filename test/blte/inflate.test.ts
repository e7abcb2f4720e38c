/** zlib streams of known size: where they are written, what is wrong with them, and Nodes that write elsewhere. */
import zlib from 'node:zlib';
import t from 'tap';
import { INFLATE_AT_ONCE } from '../../lib/blte/inflate.js';
import { prose } from '../helpers/blte.js';
import { random } from '../helpers/random.js';

type Inflate = (input: Buffer, size: number, room: (octets: number) => Buffer) => Promise<Buffer>;

const MODULE = '../../lib/blte/inflate.js';

/** The module, loaded anew in a Node whose zlib can be told where to write, or can not. */
async function loaded(name: string, isOurs: boolean): Promise<Inflate> {
  const { inflate } = (await import(
    `${MODULE}?${name}`
  )) as typeof import('../../lib/blte/inflate.js');
  const { createInflate } = zlib;
  const replace = (value: typeof createInflate): unknown =>
    Object.defineProperty(zlib, 'createInflate', { value });
  if (!isOurs) {
    replace((options) => {
      const engine = createInflate(options);
      Object.assign((engine as unknown as { _handle: object })._handle, { writeSync: undefined });
      return engine;
    });
  }
  try {
    // The first call looks what can be done.
    await inflate(zlib.deflateSync('x'), 1, (octets) => Buffer.alloc(octets));
  } finally {
    replace(createInflate);
  }
  return async (...given) => inflate(...given);
}

const SIZES = [0, 1, 63, 64, 65, 5000, INFLATE_AT_ONCE, INFLATE_AT_ONCE + 1, 500_000];

for (const isOurs of [true, false]) {
  const kind = isOurs ? 'into our memory' : 'into its own';
  t.test(kind, async (t) => {
    const inflate = await loaded(`ours=${isOurs}`, isOurs);
    for (const size of SIZES) {
      const content = prose(size, random(size));
      const input = zlib.deflateSync(content);
      const given: Buffer[] = [];
      const room = (octets: number): Buffer => {
        const memory = Buffer.alloc(octets + 10, 0xaa);
        given.push(memory);
        return memory;
      };
      const found = await inflate(input, size, room);
      t.ok(found.equals(content), `${size}`);
      t.equal(given.length, isOurs ? 1 : 0);
      if (isOurs) {
        if (size > 0) t.equal(found.buffer, given[0]?.buffer);
        t.ok(
          given[0]?.subarray(size + 1).every((octet) => octet === 0xaa),
          'and no further',
        );
      }
      for (const [wrong, length, message] of [
        [input, size + 1, `it has ${size} octets instead of ${size + 1}`],
        [input, size + 200_000, `it has ${size} octets instead of`],
        [
          input,
          Math.max(0, size - 1),
          size === 0 ? undefined : /^it has (more than \d+ octets|1 octets instead of 0)$/,
        ],
        [input, 0, size === 0 ? undefined : /^it has (more than 0 octets|1 octets instead of 0)$/],
        [Buffer.concat([input, Buffer.from('xyz')]), size, '3 octets follow its end'],
        [input.subarray(0, -1), size, 'unexpected end of file'],
        [Buffer.alloc(0), size, /unexpected end of file|it has 0 octets|it has no octets/],
        [
          Buffer.concat([input.subarray(0, -1), Buffer.from([~(input.at(-1) as number)])]),
          size,
          /./,
        ],
      ] as const) {
        if (message === undefined) continue;
        await t.rejects(inflate(wrong, length, room), { message }, `${size} as ${length}`);
      }
    }
  });
}

t.test('many at a time take turns, also behind those that fail', async (t) => {
  const inflate = await loaded('turns', true);
  const content = prose(400_000, random(1));
  const input = zlib.deflateSync(content);
  let now = 0;
  let most = 0;
  const all = Array.from({ length: 30 }, async (_, index) => {
    const size = index % 3 === 0 ? 399_999 : content.length;
    const inflated = inflate(input, size, (octets) => {
      now++;
      most = Math.max(most, now);
      return Buffer.alloc(octets);
    });
    await inflated.then(
      (found) => t.ok(found.equals(content) && index % 3 > 0),
      () => t.equal(index % 3, 0),
    );
    now--;
  });
  await Promise.all(all);
  t.ok(most >= 2 && most <= 4, `${most} at a time had memory`);
});

t.test('an engine that is used again takes any window, also after an error', async (t) => {
  const inflate = await loaded('windows', true);
  const content = prose(60_000, random(31));
  const windows = [9, 10, 12, 14, 15, 8, 15];
  const streams = windows.map((windowBits) => zlib.deflateSync(content, { windowBits }));
  const right = streams[0] as Buffer;
  const broken = Buffer.from(right);
  broken[broken.length - 1] = (broken[broken.length - 1] as number) ^ 1;
  const wrong: readonly [Buffer, number][] = [
    [broken, content.length],
    [right.subarray(0, 100), content.length],
    [Buffer.concat([Buffer.from([0x78, 0x9c, 7]), right]), content.length],
    [Buffer.alloc(0), content.length],
    [right, content.length - 1],
    [right, content.length + 1],
    [Buffer.concat([right, right]), content.length],
    [zlib.deflateSync(content, { dictionary: Buffer.from('frost') }), content.length],
  ];
  for (const [input, size] of wrong) {
    await t.rejects(inflate(input, size, Buffer.alloc));
    for (const [index, stream] of streams.entries()) {
      const found = await inflate(stream, content.length, Buffer.alloc);
      t.ok(found.equals(content), `window ${windows[index]}`);
    }
  }
});

t.test('what is small and encoded as something large is not inflated at once', async (t) => {
  const inflate = await loaded('empty blocks', true);
  const empty = zlib.deflateRawSync(Buffer.alloc(0), { finishFlush: zlib.constants.Z_FULL_FLUSH });
  const blocks = Array<Buffer>(20_000).fill(empty);
  const end = Buffer.from([3, 0, 0, 0, 0, 1]);
  const input = Buffer.concat([Buffer.from([0x78, 0x9c]), ...blocks, end]);
  t.equal((await inflate(input, 0, Buffer.alloc)).length, 0);
  const { inflate: direct } = await import('../../lib/blte/inflate.js');
  const pending = direct(input, 0, Buffer.alloc);
  t.ok(pending instanceof Promise, 'but in the thread pool');
  await pending;
});
