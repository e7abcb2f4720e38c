/**
 * Blocks shared by readers: each gets exactly its octets whatever the others do, each block is read
 * once for those close together, memory that a consumer still uses is never written over.
 */
import fc from 'fast-check';
import t from 'tap';
import { BlockPool } from '../../lib/source/block-pool.js';
import type { BlockReader } from '../../lib/source/block-reader.js';
import { Blocks, type LoadCallback } from '../../lib/source/blocks.js';
import { pattern } from '../helpers/files.js';

const SIZE = 16;

interface PendingLoad {
  readonly buffers: readonly Buffer[];
  readonly position: number;
  readonly done: LoadCallback;
}

/** Content whose loads end when the test says so. */
class Stage {
  readonly content: Buffer;
  readonly pool: BlockPool;
  readonly blocks: Blocks;
  readonly pending: PendingLoad[] = [];
  /** How often each block was loaded. */
  readonly loads = new Map<number, number>();
  allocated = 0;

  constructor(octets: number, poolBlocks: number, first = 0, end = octets) {
    this.content = pattern(octets, octets + 1);
    this.pool = new BlockPool(poolBlocks * SIZE, SIZE, (size) => {
      this.allocated++;
      return Buffer.alloc(size);
    });
    this.blocks = new Blocks(this.pool, first, end, (buffers, position, done) => {
      for (const i of buffers.keys()) {
        const index = position / SIZE + i;
        this.loads.set(index, (this.loads.get(index) ?? 0) + 1);
      }
      this.pending.push({ buffers, position, done });
    });
  }

  /** Ends one of the loads under way. */
  complete(which = 0, error: Error | null = null): boolean {
    const [load] = this.pending.splice(which % Math.max(1, this.pending.length), 1);
    if (load === undefined) return false;
    let at = load.position;
    if (error === null) {
      for (const buffer of load.buffers) at += this.content.copy(buffer, 0, at, at + buffer.length);
    }
    load.done(error, Math.max(0, at - load.position));
    return true;
  }
}

/** A reader with its consumer, which checks what it has before it says that it is done with it. */
class Consumer {
  readonly #stage: Stage;
  readonly #reader: BlockReader;
  readonly #last: number;
  readonly #held: { at: number; bytes: Buffer }[] = [];
  #position: number;
  #taken = 0;
  waiting = false;
  ended = false;
  error: Error | undefined;

  constructor(stage: Stage, first: number, last: number) {
    this.#stage = stage;
    this.#position = first;
    this.#last = last;
    this.#reader = stage.blocks.reader(last, () => this.#taken);
  }

  get done(): boolean {
    return this.#position > this.#last;
  }

  get held(): number {
    return this.#held.length;
  }

  /** Asks for the next octets, if it may. */
  read(): boolean {
    if (this.waiting || this.ended || this.done || this.error !== undefined) return false;
    this.waiting = true;
    this.#reader.read(this.#position, (error, bytes) => {
      this.waiting = false;
      if (this.ended) return;
      if (error !== null) this.error = error;
      else if (bytes.length === 0) throw new Error(`nothing at ${this.#position}`);
      else {
        this.#held.push({ at: this.#position, bytes });
        this.#position += bytes.length;
      }
    });
    return true;
  }

  /** Is done with the oldest of what it has. */
  take(): void {
    const [oldest] = this.#held;
    if (oldest === undefined) return;
    this.check();
    this.#held.shift();
    this.#taken += oldest.bytes.length;
  }

  /** What it has is still what it was given. */
  check(): void {
    for (const { at, bytes } of this.#held) {
      if (!bytes.equals(this.#stage.content.subarray(at, at + bytes.length))) {
        throw new Error(`what was given at ${at} was written over`);
      }
    }
  }

  end(): void {
    this.ended = true;
    this.#reader.end();
    this.#reader.end();
  }
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs consumers to their end, each taking at most `most` before it is done with the oldest. */
function run(stage: Stage, consumers: readonly Consumer[], most = 2): void {
  for (let idle = false; !idle; ) {
    idle = !stage.complete();
    for (const consumer of consumers) {
      while (consumer.held >= most) consumer.take();
      if (consumer.read()) idle = false;
    }
  }
  for (const consumer of consumers) while (consumer.held > 0) consumer.take();
}

t.test('whatever the schedule, each reader gets its octets and memory is sound', async (t) => {
  const action = fc.record({
    what: fc.constantFrom('read', 'read', 'read', 'take', 'load', 'fail', 'end', 'join'),
    who: fc.nat(20),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 * SIZE }),
      fc.nat(24),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 8 }),
      fc.array(action, { maxLength: 150 }),
      async (octets, poolBlocks, ranges, actions) => {
        const stage = new Stage(octets, poolBlocks);
        const extents = ranges.map(([a, b]) => [a % octets, b % octets].sort((x, y) => x - y));
        const consumers: Consumer[] = [];
        const join = () => {
          const [first, last] = extents[consumers.length] ?? [];
          if (first === undefined || last === undefined) return;
          consumers.push(new Consumer(stage, first, last));
        };
        join();
        let lost = 0;
        for (const { what, who } of actions) {
          const consumer = consumers[who % consumers.length] as Consumer;
          if (what === 'read') consumer.read();
          else if (what === 'take') consumer.take();
          else if (what === 'load') stage.complete(who);
          else if (what === 'fail') stage.complete(who, new Error('EIO'));
          else if (what === 'join') join();
          else if (!consumer.ended) {
            lost += consumer.held;
            consumer.end();
            await immediate();
          }
          if (stage.allocated > poolBlocks + lost) throw new Error('over its budget');
          for (const one of consumers) one.check();
        }
        const going = consumers.filter(({ ended, error }) => !ended && error === undefined);
        run(stage, going);
        for (const one of consumers) one.check();
        if (!going.every(({ done }) => done)) throw new Error('not at its end');
        for (const one of consumers) one.end();
        await immediate();
        if (stage.pool.available !== poolBlocks) throw new Error('the pool is not as it was');
      },
    ),
    { numRuns: 500 },
  );
  t.pass('500 schedules');
});

t.test('readers close together load each block once', async (t) => {
  for (const readers of [1, 2, 20]) {
    const stage = new Stage(200 * SIZE + 5, 64);
    const consumers = Array.from(
      { length: readers },
      () => new Consumer(stage, 0, stage.content.length - 1),
    );
    run(stage, consumers);
    t.ok(consumers.every(({ done }) => done));
    t.equal(stage.loads.size, 201);
    t.ok([...stage.loads.values()].every((count) => count === 1));
    t.ok(stage.allocated <= 64);
    if (readers === 1) t.ok(stage.allocated <= 11, `one keeps nothing: ${stage.allocated}`);
  }
});

t.test('who joins within the window reads no more than what was before it came', async (t) => {
  const stage = new Stage(100 * SIZE, 64);
  const last = stage.content.length - 1;
  const leaders = [new Consumer(stage, 0, last), new Consumer(stage, 0, last)];
  for (let count = 0; count < 20; count++) {
    for (const leader of leaders) {
      leader.read();
      stage.complete();
      leader.take();
    }
  }
  const before = new Map(stage.loads);
  const late = new Consumer(stage, 0, last);
  run(stage, [...leaders, late]);
  t.ok(before.size >= 20 && [...before.keys()].every((index) => stage.loads.get(index) === 1));
});

t.test('a slow reader holds nobody back, and no more than it was given', async (t) => {
  const stage = new Stage(400 * SIZE, 16);
  const last = stage.content.length - 1;
  const slow = new Consumer(stage, 0, last);
  slow.read();
  stage.complete();
  slow.read();
  t.equal(slow.held, 2);
  const fast = [new Consumer(stage, 0, last), new Consumer(stage, 3 * SIZE + 7, last)];
  run(stage, fast);
  t.ok(fast.every(({ done }) => done));
  slow.check();
  t.ok(stage.allocated <= 16);
  t.equal(slow.held, 2);
  for (const one of fast) one.end();
  t.ok(stage.pool.available >= 16 - 2 - 7, 'its own two, and those read ahead for it');
  run(stage, [slow]);
  t.ok(slow.done, 'what is gone by then is read again');
});

t.test('a load that fails tells those who wait for it, and nobody else', async (t) => {
  const stage = new Stage(40 * SIZE, 32);
  const last = stage.content.length - 1;
  const [first, second, ahead] = [
    new Consumer(stage, 0, last),
    new Consumer(stage, SIZE, last),
    new Consumer(stage, 20 * SIZE, last),
  ];
  for (const one of [first, second, ahead]) one.read();
  t.equal(stage.pending.length, 2, 'the second waits for what the first reads');
  stage.complete(0, new Error('EIO'));
  t.match(first.error, { message: 'EIO' });
  t.match(second.error, { message: 'EIO' });
  const anew = new Consumer(stage, 0, last);
  run(stage, [ahead, anew]);
  t.ok(ahead.done && anew.done, 'it is tried again for who comes next');
  for (const one of [first, second, ahead, anew]) one.end();
  t.equal(stage.pool.available, 32);
});

t.test('a block that was read ahead and failed is tried again, not the end', async (t) => {
  const stage = new Stage(8 * SIZE, 64);
  const last = stage.content.length - 1;
  const [leader, follower] = [new Consumer(stage, 0, last), new Consumer(stage, 0, last)];
  // The one waits for the first block, the other has all eight read ahead, of which it wants one.
  leader.read();
  const behind = new Consumer(stage, 3 * SIZE, last);
  behind.read();
  leader.end();
  stage.complete(0, new Error('EIO'));
  t.match(behind.error, { message: 'EIO' });
  run(stage, [follower]);
  t.ok(follower.done);

  const alone = new Stage(8 * SIZE, 64);
  let taken = 0;
  const reader = alone.blocks.reader(last, () => taken);
  const errors: (string | undefined)[] = [];
  const ask = (at: number) => reader.read(at, (error) => errors.push(error?.message));
  ask(0);
  alone.complete(0, new Error('EIO'));
  ask(SIZE);
  t.same(errors, ['EIO'], 'the second was read with the first, and is read again');
  alone.complete();
  t.same(errors, ['EIO', undefined]);
  taken = SIZE;
  reader.end();
});

t.test('content that has become shorter ends, and is not kept as it is', async (t) => {
  const stage = new Stage(10 * SIZE, 32, 0, 12 * SIZE);
  const got: number[] = [];
  const reader = stage.blocks.reader(12 * SIZE - 1, () => 0);
  for (let at = 8 * SIZE; ; ) {
    let length = -1;
    reader.read(at, (_error, bytes) => {
      length = bytes.length;
    });
    stage.complete();
    got.push(length);
    if (length === 0) break;
    at += length;
  }
  t.same(got, [SIZE, SIZE, 0]);
  t.equal(stage.blocks.find(10), undefined);
  reader.end();
});

t.test('one that ends while its load is under way gives all back', async (t) => {
  const stage = new Stage(40 * SIZE, 32);
  const one = new Consumer(stage, 0, 39);
  one.read();
  one.end();
  t.equal(stage.pool.available, 29, 'what is being written into is not free');
  stage.complete();
  await immediate();
  t.equal(stage.pool.available, 32);
});

t.test('without room in the pool a reader uses its own memory again', async (t) => {
  const stage = new Stage(50 * SIZE, 0);
  const seen = new Set<Buffer>();
  let taken = 0;
  const reader = stage.blocks.reader(50 * SIZE - 1, () => taken);
  for (let at = 0; at < 50 * SIZE; at += SIZE) {
    reader.read(at, (_error, bytes) => {
      t.ok(bytes.equals(stage.content.subarray(at, at + SIZE)));
      seen.add(bytes);
    });
    stage.complete();
    taken = at;
  }
  t.ok(seen.size <= 3, `${seen.size} buffers`);
});
