/**
 * One reader of blocks: gives octets in order, and blocks back once its consumer has taken them. Knows
 * how far it is; what is loaded and for whom is the business of blocks.ts.
 */
import type { Block } from './block-pool.js';
import type { Blocks } from './blocks.js';

/** Called with octets that stay as they are until the consumer has taken them; none: the end. */
export type BytesCallback = (error: Error | null, bytes: Buffer) => void;

const NOTHING = Buffer.alloc(0);

/** What was given to the consumer. */
interface Lent {
  readonly buffer: Buffer;
  /** `undefined`: the buffer is the reader's own. */
  readonly block: Block | undefined;
  /** The octets that had been given with it, in all. */
  readonly end: number;
}

/** Made by `Blocks.reader`. */
export class BlockReader {
  readonly #blocks: Blocks;
  readonly #last: number;
  readonly #taken: () => number;
  /** Perhaps still used by the consumer, oldest first. */
  readonly #lent: Lent[] = [];
  /** Loaded for this reader and not come to yet, in order. */
  #ahead: Block[] = [];
  /** Buffers of this reader alone, for when the pool is empty. */
  readonly #own: Buffer[] = [];
  #given = 0;
  #ended = false;

  constructor(blocks: Blocks, last: number, taken: () => number) {
    this.#blocks = blocks;
    this.#last = last;
    this.#taken = taken;
  }

  /** Calls back, perhaps at once, with octets from `position` on, at most a block. */
  read(position: number, callback: BytesCallback): void {
    this.#takeBack();
    const block = this.#comeTo(this.#blocks.indexOf(position));
    if (block === undefined) this.#readAlone(position, callback);
    else if (block.state === 'loaded') this.#give(block, position, callback);
    else block.waiters.push((error) => this.#give(block, position, callback, error));
  }

  /** Lets go of all blocks. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const block of this.#ahead.splice(0)) this.#blocks.pool.release(block);
    this.#blocks.leave();
    this.#takeBack();
    // What was given in this turn is often written at its end.
    if (this.#lent.length > 0) setImmediate(() => this.#abandon());
  }

  /** What the consumer may still use now is left to the garbage collector. */
  #abandon(): void {
    this.#takeBack();
    for (const { block } of this.#lent.splice(0)) {
      if (block === undefined) continue;
      block.lost = true;
      this.#blocks.pool.release(block);
    }
  }

  /** The block, held for this reader. */
  #comeTo(index: number): Block | undefined {
    for (let next = this.#ahead.shift(); next !== undefined; next = this.#ahead.shift()) {
      if (next.index === index && next.state !== 'failed') return next;
      this.#blocks.pool.release(next);
    }
    const found = this.#blocks.find(index);
    if (found !== undefined) return found;
    const [first, ...rest] = this.#blocks.load(index, this.#blocks.indexOf(this.#last));
    this.#ahead = rest;
    return first;
  }

  #give(block: Block, position: number, callback: BytesCallback, error: Error | null = null): void {
    const start = this.#blocks.startOf(block.index);
    const from = position - start;
    const to = Math.min(block.length, this.#last + 1 - start);
    if (error === null && !this.#ended && from < to) {
      this.#lend(block.buffer, block, from, to, callback);
      return;
    }
    this.#blocks.pool.release(block);
    callback(error, NOTHING);
  }

  #readAlone(position: number, callback: BytesCallback): void {
    const buffer = this.#own.pop() ?? Buffer.allocUnsafeSlow(this.#blocks.pool.size);
    this.#blocks.loadAlone([buffer], position, (error, octets) => {
      const to = Math.min(octets, this.#last + 1 - position);
      if (error !== null || this.#ended || to <= 0) callback(error, NOTHING);
      else this.#lend(buffer, undefined, 0, to, callback);
    });
  }

  #lend(
    buffer: Buffer,
    block: Block | undefined,
    from: number,
    to: number,
    callback: BytesCallback,
  ): void {
    this.#given += to - from;
    this.#lent.push({ buffer, block, end: this.#given });
    callback(null, to - from === buffer.length ? buffer : buffer.subarray(from, to));
  }

  #takeBack(): void {
    if (this.#lent.length === 0) return;
    const taken = this.#taken();
    while (this.#lent.length > 0 && (this.#lent[0] as Lent).end <= taken) {
      const { block, buffer } = this.#lent.shift() as Lent;
      if (block === undefined) this.#own.push(buffer);
      else this.#blocks.pool.release(block);
    }
  }
}
