/** What is remembered of encoded files: what it costs is counted, and contents never push tables out. */
import v8 from 'node:v8';
import vm from 'node:vm';
import t from 'tap';
import { DEFAULT_LIMITS } from '../../lib/blte/limits.js';
import { BlteTable } from '../../lib/blte/table.js';
import { HEAD_ROOM, MessageBuffer } from '../../lib/http/message-buffer.js';
import { CONTENT_BUDGET, Known, LAYOUT_BUDGET, Layouts } from '../../lib/source/layouts.js';
import type { ResourcePath } from '../../lib/source/source.js';
import { MIB } from '../helpers/files.js';

/** As long as a directory makes them. */
const TAG = `"${'0'.repeat(27)}"`;

const at = (index: number | string): ResourcePath =>
  `/folder/file-${index}.bin.blte` as ResourcePath;

const single = (): Known =>
  new Known({ kind: 'single', mode: 0x5a, encodedSize: 1, size: undefined });

/** As many chunks of nothing. */
function table(chunks: number, remembers = false): Known {
  return new Known(new BlteTable(Buffer.alloc(12 + 24 * chunks), 0x0f, chunks), remembers);
}

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as () => void;

/** What nobody holds is no more: WeakRefs hold until the turn is over. */
async function collect(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  gc();
}

t.test('tables: those used longest ago go first', async (t) => {
  const layouts = new Layouts(100_000);
  for (let index = 0; index < 1000; index++) {
    layouts.keep(at(index), TAG, single());
    layouts.find(at(0), TAG);
  }
  await collect();
  const { tables, contents } = layouts.memory;
  t.ok(tables > 90_000 && tables <= 100_000, `${tables} octets`);
  t.equal(contents, 0);
  t.ok(layouts.find(at(0), TAG), 'in use all the time');
  t.equal(layouts.find(at(1), TAG), undefined);
  t.ok(layouts.find(at(999), TAG));
  t.equal(layouts.find(at(999), '"b"'), undefined, 'another version');
});

t.test('nothing is kept by what is no name of one version', (t) => {
  const layouts = new Layouts();
  for (const etag of [undefined, `W/${TAG}`]) {
    layouts.keep(at(0), etag, single());
    layouts.keepContent(at(0), etag, new MessageBuffer(1));
    t.equal(layouts.find(at(0), etag), undefined);
    t.equal(layouts.room(at(0), etag), 0, 'nor is it worth collecting');
    t.equal(layouts.takeContent(at(0), etag), undefined);
  }
  t.same(layouts.memory, { tables: 0, contents: 0 });
  t.end();
});

t.test('the budget of tables holds what is said of it', async (t) => {
  const layouts = new Layouts();
  const all = Array.from({ length: 10_000 }, (_, index) => at(index));
  for (const path of all) layouts.keep(path, TAG, table(64));
  await collect();
  const count = all.filter((path) => layouts.find(path, TAG) !== undefined).length;
  t.ok(count > 6100 && count < 6300, `${count} files of 64 chunks`);
  const largest = table(DEFAULT_LIMITS.maxChunks, true);
  for (const index of ['a', 'b']) layouts.keep(at(index), TAG, largest);
  for (const index of ['a', 'b']) t.equal(layouts.find(at(index), TAG), largest, 'the largest');
  t.ok(layouts.memory.tables <= LAYOUT_BUDGET);
});

t.test('what is kept again is measured again', (t) => {
  class Growing extends Known {
    measured = 2000;
    override get octets(): number {
      return this.measured;
    }
  }
  const layouts = new Layouts(10_000);
  const known = new Growing({ kind: 'single', mode: 0x5a, encodedSize: 1, size: undefined });
  layouts.keep(at(0), TAG, known);
  const before = layouts.memory.tables;
  known.measured = 5000;
  layouts.keep(at(0), TAG, known);
  t.equal(layouts.memory.tables, before + 3000);
  t.equal(layouts.find(at(0), TAG), known);
  t.end();
});

t.test('contents have a budget of their own, and are given once', (t) => {
  const layouts = new Layouts();
  for (let index = 0; index < 150; index++) {
    layouts.keep(at(index), TAG, table(2));
    layouts.keepContent(at(index), TAG, new MessageBuffer(MIB));
    const { contents } = layouts.memory;
    if (contents > CONTENT_BUDGET) t.fail(`${contents} octets`);
  }
  const all = Array.from({ length: 150 }, (_, index) => index);
  t.ok(
    all.every((index) => layouts.find(at(index), TAG)),
    'no table had to go',
  );
  const { tables, contents } = layouts.memory;
  t.ok(contents > 7 * MIB, `${contents} octets`);
  t.equal(layouts.takeContent(at(149), '"b"'), undefined, 'another version');
  const given = all.filter((index) => layouts.takeContent(at(index), TAG) !== undefined);
  t.same(given, [143, 144, 145, 146, 147, 148, 149], 'the last ones');
  t.ok(all.every((index) => layouts.takeContent(at(index), TAG) === undefined));
  t.same(layouts.memory, { tables, contents: 0 }, 'whoever was given it counts it');
  t.end();
});

t.test('small contents are counted with what is around them', (t) => {
  const layouts = new Layouts(LAYOUT_BUDGET, 100_000);
  const count = 1000;
  for (let index = 0; index < count; index++) {
    layouts.keepContent(at(index), TAG, new MessageBuffer(0));
  }
  let held = 0;
  for (let index = 0; index < count; index++) {
    if (layouts.takeContent(at(index), TAG) !== undefined) held++;
  }
  t.ok(held > 0 && held * (HEAD_ROOM + 1024) <= 100_000, `${held} contents`);
  t.end();
});

t.test('the largest content that there is room for', (t) => {
  for (const path of [at(0), at('x'.repeat(4000))]) {
    const layouts = new Layouts();
    const room = layouts.room(path, TAG);
    t.ok(room > CONTENT_BUDGET - 16_384 && room < CONTENT_BUDGET, `${room} octets`);
    layouts.keep(path, TAG, single());
    layouts.keepContent(path, TAG, new MessageBuffer(room));
    t.equal(layouts.memory.contents, CONTENT_BUDGET);
    t.equal(layouts.takeContent(path, TAG)?.content.length, room);
    layouts.keepContent(path, TAG, new MessageBuffer(room + 1));
    t.equal(layouts.takeContent(path, TAG), undefined);
    t.ok(layouts.find(path, TAG), 'what is known stays');
  }
  t.equal(new Layouts(LAYOUT_BUDGET, 100).room(at(0), TAG), 0);
  t.end();
});

t.test('a table that had to go is shared for as long as somebody reads by it', async (t) => {
  const layouts = new Layouts(20_000);
  const tables = [table(500), table(500), table(2000)];
  const [first, second, tooLarge] = tables as [Known, Known, Known];
  layouts.keep(at(1), TAG, first);
  layouts.keep(at(2), TAG, second);
  layouts.keep(at(3), TAG, tooLarge);
  for (let round = 0; round < 3; round++) {
    t.equal(layouts.find(at(1), TAG), first);
    t.equal(layouts.find(at(2), TAG), second);
    t.equal(layouts.find(at(3), TAG), tooLarge, 'also one that is beyond the budget');
    t.ok(layouts.memory.tables <= 20_000);
  }
  const forgotten = (): void => layouts.keep(at(4), TAG, table(2000));
  forgotten();
  await collect();
  t.equal(layouts.find(at(4), TAG), undefined);
  t.equal(layouts.find(at(1), TAG), first);
});
