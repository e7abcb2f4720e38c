import t from 'tap';
import { planMultipart } from '../../lib/http/multipart.js';
import type { ByteRange } from '../../lib/http/range.js';

/** The body that a plan makes of `content`. */
function body(plan: ReturnType<typeof planMultipart>, content: Buffer): Buffer {
  return Buffer.concat(
    plan.pieces.map((piece) =>
      Buffer.isBuffer(piece) ? piece : content.subarray(piece.first, piece.last + 1),
    ),
  );
}

t.test('two parts, to the octet (RFC 9110 §14.6)', async (t) => {
  const content = Buffer.from('0123456789');
  const ranges = [
    { first: 7, last: 9 },
    { first: 0, last: 0 },
  ];
  const plan = planMultipart(ranges, content.length, 'text/plain', 'BOUNDARY');
  t.equal(plan.type, 'multipart/byteranges; boundary=BOUNDARY');
  const expected = [
    '--BOUNDARY',
    'Content-Type: text/plain',
    'Content-Range: bytes 7-9/10',
    '',
    '789',
    '--BOUNDARY',
    'Content-Type: text/plain',
    'Content-Range: bytes 0-0/10',
    '',
    '0',
    '--BOUNDARY--',
    '',
  ].join('\r\n');
  t.equal(body(plan, content).toString('latin1'), expected);
  t.equal(plan.length, expected.length);
});

t.test('the length is exact', async (t) => {
  const content = Buffer.alloc(1_048_577, 'x');
  const one = (first: number, last: number): ByteRange => ({ first, last });
  for (const [ranges, type] of [
    [[one(0, 0), one(2, 2)], 'text/html; charset=utf-8'],
    [[one(0, 9), one(1_048_576, 1_048_576)], 'video/mp4'],
    [[one(1_048_575, 1_048_576), one(0, 1_048_574)], 'application/octet-stream'],
    [Array.from({ length: 64 }, (_, i) => one(2 * i, 2 * i)), 'a/b'],
    [[one(0, 1), one(2, 3)], 'text/caf\xe9'],
  ] as const) {
    const plan = planMultipart(ranges, content.length, type, 'b'.repeat(36));
    t.equal(body(plan, content).length, plan.length, `${ranges.length} parts of ${type}`);
  }
  const far = planMultipart([one(2 ** 52, 2 ** 52 + 99), one(0, 0)], 2 ** 53 - 1, 'a/b', 'c');
  const texts = far.pieces.filter((piece) => Buffer.isBuffer(piece));
  t.equal(far.length, 101 + Buffer.concat(texts).length, 'positions of sixteen digits');
});
