/** Buffers that are used again: only when given back, and not more of them than said. */
import t from 'tap';
import { HEAD_ROOM, type MessageBuffer } from '../../lib/http/message-buffer.js';
import { Scratch } from '../../lib/source/scratch.js';
import { SMALL_EXTENT } from '../../lib/source/source.js';

const memoryOf = ({ content }: MessageBuffer): ArrayBufferLike => content.buffer;

t.test('memory goes to the next one once it is given back', async (t) => {
  const scratch = new Scratch();
  const first = scratch.take(SMALL_EXTENT);
  const second = scratch.take(SMALL_EXTENT);
  t.not(memoryOf(first), memoryOf(second));
  first.written();
  const third = scratch.take(10);
  t.equal(memoryOf(third), memoryOf(first));
  t.equal(third.content.length, 10);
  t.not(memoryOf(scratch.take(SMALL_EXTENT)), memoryOf(second), 'which was never given back');
});

t.test('no more than 16 are kept', async (t) => {
  const scratch = new Scratch();
  const taken = Array.from({ length: 20 }, () => scratch.take(SMALL_EXTENT));
  for (const message of taken) message.written();
  const known = new Set(taken.map(memoryOf));
  const again = Array.from({ length: 20 }, () => scratch.take(SMALL_EXTENT));
  t.equal(again.filter((message) => known.has(memoryOf(message))).length, 16);
});

t.test('a small one does not take the room of a large one', async (t) => {
  for (const [size, room] of [
    [SMALL_EXTENT / 2 - 1, SMALL_EXTENT / 2 - 1],
    [SMALL_EXTENT / 2, SMALL_EXTENT],
  ] as const) {
    const { buffer } = new Scratch().take(size).content;
    t.equal(buffer.byteLength, HEAD_ROOM + room);
  }
});
