/** When a file is read at once, and when by the thread pool. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { PAUSE_FACTOR, PROMPT_SIZE, PromptReads, SLOW_READ } from '../../lib/source/prompt.js';

t.test('up to a size', async (t) => {
  const reads = new PromptReads();
  t.ok(reads.takes(0));
  t.ok(reads.takes(PROMPT_SIZE));
  t.notOk(reads.takes(PROMPT_SIZE + 1));
});

t.test('octets from a position, fewer at the end', async (t) => {
  const name = path.join(t.testdir({ file: '0123456789' }), 'file');
  const descriptor = fs.openSync(name, 'r');
  t.teardown(() => fs.closeSync(descriptor));
  const reads = new PromptReads();
  const read = (size: number, position?: number): string => {
    const bytes = Buffer.alloc(size);
    return bytes.toString('latin1', 0, reads.read(descriptor, bytes, position));
  };
  t.equal(read(10), '0123456789');
  t.equal(read(3, 4), '456');
  t.equal(read(20, 8), '89');
  t.equal(read(0), '');
  t.equal(read(5, 10), '');
});

t.test('not for a while after a slow read', async (t) => {
  const name = path.join(t.testdir({ file: 'x' }), 'file');
  const descriptor = fs.openSync(name, 'r');
  t.teardown(() => fs.closeSync(descriptor));
  let now = 0;
  let duration = SLOW_READ;
  let reading = false;
  const reads = new PromptReads(() => {
    if (reading) now += duration / 2;
    return now;
  });
  const read = (): void => {
    reading = true;
    reads.read(descriptor, Buffer.alloc(1));
    reading = false;
  };
  read();
  t.ok(reads.takes(1), 'at the edge it is not slow');
  duration = 2 * SLOW_READ + 1;
  read();
  t.notOk(reads.takes(1));
  now += PAUSE_FACTOR * (duration / 2) - 1;
  t.notOk(reads.takes(1));
  now += 1;
  t.ok(reads.takes(1), 'then it is tried again');
});
