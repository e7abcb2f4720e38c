/** LZ4 blocks: the vector, wrong ones case by case, and any octets at all, which never write past the end. */
import t from 'tap';
import { Lz4Block } from '../../lib/blte/lz4.js';
import { lz4Block, prose, sequence } from '../helpers/blte.js';
import { random } from '../helpers/random.js';

function decoded(input: Buffer, size: number, step = Number.POSITIVE_INFINITY): Buffer {
  const output = Buffer.alloc(size);
  const block = new Lz4Block(input, output);
  while (!block.decode(step));
  return output;
}

t.test('the vector', async (t) => {
  const block = Buffer.from('df48656c6c6f2c20424c544521200d001c504c54452120', 'hex');
  t.equal(decoded(block, 65).toString(), 'Hello, BLTE! '.repeat(5));
  t.throws(() => decoded(block, 64), /more than 64 octets/);
  t.throws(() => decoded(block, 66), /65 octets instead of 66/);
});

t.test('right blocks', async (t) => {
  const { below } = random(3);
  for (const content of [
    Buffer.alloc(0),
    Buffer.from('a'),
    Buffer.alloc(100_000, 'a'),
    Buffer.alloc(100_000, 'abc'),
    prose(200_000, random(4)),
    Buffer.from(Array.from({ length: 5000 }, () => below(256))),
  ]) {
    const block = lz4Block(content);
    for (const step of [1, 1000, Number.POSITIVE_INFINITY]) {
      t.ok(decoded(block, content.length, step).equals(content), `${content.length} by ${step}`);
    }
  }
  const far = Buffer.concat([
    sequence(Buffer.alloc(65_535, 7), 65_535, 300),
    sequence(Buffer.alloc(0)),
  ]);
  t.ok(decoded(far, 65_835).equals(Buffer.alloc(65_835, 7)));
});

t.test('wrong blocks', async (t) => {
  const abc = Buffer.from('abc');
  for (const [input, size, message] of [
    [Buffer.alloc(0), 0, /ends within a sequence/],
    [Buffer.from([0x10]), 1, /ends within literals/],
    [Buffer.from([0xf0]), 20, /ends within a sequence/],
    [Buffer.from([0xf0, 0xff, 0xff]), 20, /more than 20/],
    [Buffer.from([0xf0, 0xff, 0xff]), 525, /ends within a sequence/],
    [sequence(abc).subarray(0, 3), 3, /ends within literals/],
    [sequence(abc), 2, /more than 2/],
    [sequence(abc), 4, /3 octets instead of 4/],
    [sequence(abc, 3).subarray(0, 5), 7, /ends within a sequence/],
    [sequence(abc, 3), 7, /ends within a sequence/],
    [sequence(abc, 0), 7, /refers 0 octets back/],
    [sequence(abc, 4), 7, /refers 4 octets back/],
    [sequence(abc, 65_535), 7, /refers 65535 octets back/],
    [sequence(abc, 3, 5), 7, /more than 7/],
    [sequence(abc, 1, 1_000_000), 7, /more than 7/],
    [Buffer.concat([sequence(abc, 3, 19), Buffer.from([255])]), 1000, /ends within/],
  ] as const) {
    t.throws(() => decoded(input, size), message, input.toString('hex'));
  }
});

t.test('no input writes where it should not, or takes long', async (t) => {
  const { below } = random(5);
  for (let round = 0; round < 20_000; round++) {
    const input = Buffer.from(Array.from({ length: below(40) }, () => below(256)));
    const memory = Buffer.alloc(200, 0xaa);
    const size = below(100);
    try {
      const block = new Lz4Block(input, memory.subarray(50, 50 + size));
      while (!block.decode(10));
    } catch (error) {
      if (!/^it (ends|has|refers)/.test((error as Error).message)) throw error;
    }
    const outside = Buffer.concat([memory.subarray(0, 50), memory.subarray(50 + size)]);
    if (!outside.every((octet) => octet === 0xaa)) t.fail(input.toString('hex'));
  }
  t.pass('20,000 inputs');
});
