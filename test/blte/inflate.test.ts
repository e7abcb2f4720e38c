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
