/** The gate before a socket: one write a turn, its bound, the budget of all gates. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import t from 'tap';
import { BatchBudget, Gate } from '../../lib/server/gate.js';

const CHUNK = Buffer.alloc(32_768);

/** What a socket does for a gate; writes wait until `finish`. */
class SlowSocket extends Writable {
  readonly writes: number[] = [];
  #callback: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 32_768 });
  }

  finish(): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }

  override _write(_chunk: Buffer, _encoding: string, callback: () => void): void {
    this.writes.push(1);
    this.#callback = callback;
  }

  override _writev(chunks: unknown[], callback: () => void): void {
    this.writes.push(chunks.length);
    this.#callback = callback;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function gateTo(budget: BatchBudget): { socket: SlowSocket; gate: Gate } {
  const socket = new SlowSocket();
  return { socket, gate: new Gate(socket as unknown as Socket, budget) };
}

/** Writes until the gate asks to wait; how many chunks that took. */
function fill(gate: Gate): number {
  for (let count = 1; ; count++) if (!gate.write(CHUNK) || count === 100) return count;
}

t.test('what comes in one turn leaves in one write, of sixteen chunks at most', async (t) => {
  const { socket, gate } = gateTo(new BatchBudget());
  t.equal(fill(gate), 16);
  t.same(socket.writes, []);
  await turn();
  t.same(socket.writes, [16]);
  let drains = 0;
  gate.on('drain', () => drains++);
  socket.finish();
  await turn();
  t.equal(drains, 1);
  t.ok(gate.write(Buffer.from('short')), 'no drain will come: none is to be waited for');
  await turn();
  socket.finish();
  await turn();
  t.same(socket.writes, [16, 1]);
  gate.close();
  gate.close();
  t.equal(socket.listenerCount('drain'), 0);
});

t.test('all together hold no more than the budget beyond a chunk each', async (t) => {
  const budget = new BatchBudget(40 * CHUNK.length);
  const gates = Array.from({ length: 50 }, () => gateTo(budget));
  const counts = gates.map(({ gate }) => fill(gate));
  const beyond = counts.reduce((sum, count) => sum + count - 1, 0);
  t.ok(beyond <= 40, `${beyond} chunks`);
  t.equal(counts[0], 6, 'an eighth');
  t.equal(counts.at(-1), 1);
  await turn();
  for (const [i, { socket, gate }] of gates.entries()) {
    if (i % 2 === 0) socket.finish();
    else gate.close();
  }
  await turn();
  t.equal(budget.take(Number.POSITIVE_INFINITY), 5 * CHUNK.length, 'all of it came back');
});

t.test('a pipe through a gate', async (t) => {
  const { socket, gate } = gateTo(new BatchBudget());
  t.ok(gate instanceof EventEmitter);
  const source = Readable.from(
    Array.from({ length: 40 }, () => CHUNK),
    { highWaterMark: 1 },
  );
  source.pipe(gate as unknown as NodeJS.WritableStream, { end: false });
  let ended = false;
  source.on('end', () => {
    ended = true;
  });
  for (let turns = 0; turns < 500 && !ended; turns++) {
    await turn();
    socket.finish();
  }
  await turn();
  t.equal(
    socket.writes.reduce((a, b) => a + b, 0),
    40,
  );
});

t.test('a gate for less than a batch', async (t) => {
  for (const [most, chunks] of [
    [98_304, 3],
    [1, 1],
    [1e9, 16],
  ] as const) {
    const budget = new BatchBudget();
    const socket = new SlowSocket();
    const gate = new Gate(socket as unknown as Socket, budget, most);
    t.equal(fill(gate), chunks, `${most}`);
    gate.close();
    t.equal(budget.taken, 0);
    socket.destroy();
  }
});
