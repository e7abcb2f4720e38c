/**
 * Content read by blocks, each of them once for all who want it at about the same time. Whoever comes
 * to a block first has it loaded, with those behind it in one go; others wait for the same load or
 * find it done. Nobody waits for a slower reader: what is gone by the time one comes to it is loaded
 * again. Knows neither files nor streams: a function loads.
 */
import type { Block, BlockOwner, BlockPool } from './block-pool.js';
import { BlockReader } from './block-reader.js';
import { BlockTable } from './block-table.js';

/** Called with the octets that were loaded: fewer than there is room for where the content ends. */
export type LoadCallback = (error: Error | null, octets: number) => void;

/** Fills buffers in order with the content from `position` on, and says so in a later turn. */
export type Load = (buffers: readonly Buffer[], position: number, done: LoadCallback) => void;

/**
 * How many blocks are loaded in one go at most. Measured with 20 downloads of one file: 0.70 s of
 * processor time per GB with 4, which those that lead wait for all the time; 0.33 with 8; with 16 the
 * blocks read ahead crowd out those that others are about to come to.
 */
const BLOCKS_PER_LOAD = 8;

/** The blocks of one content. */
export class Blocks implements BlockOwner {
  readonly pool: BlockPool;
  /** Loads what is no block of these. */
  readonly loadAlone: Load;
  readonly #first: number;
  readonly #end: number;
  readonly #blocks = new BlockTable();
  #readers = 0;

  /**
   * @param first the octet at which the first block begins
   * @param end the octet behind the last one
   */
  constructor(pool: BlockPool, first: number, end: number, load: Load) {
    this.pool = pool;
    this.#first = first;
    this.#end = end;
    this.loadAlone = load;
  }

  /**
   * A reader of the octets up to `last`.
   * @param taken how many of the octets that the reader gave its consumer has no more use for
   */
  reader(last: number, taken: () => number): BlockReader {
    this.#readers++;
    return new BlockReader(this, last, taken);
  }

  /** A reader has ended. */
  leave(): void {
    this.#readers--;
    if (this.#readers === 0) for (const block of this.#blocks.all()) this.pool.discard(block);
  }

  keeps(block: Block): boolean {
    return this.#readers > 1 && this.#blocks.get(block.index) === block;
  }

  drop(block: Block): void {
    this.#blocks.delete(block);
  }

  /** Which block an octet is in. */
  indexOf(position: number): number {
    return Math.floor((position - this.#first) / this.pool.size);
  }

  /** The octet at which a block begins. */
  startOf(index: number): number {
    return this.#first + index * this.pool.size;
  }

  /** A block that is loaded or being loaded, held for the caller. */
  find(index: number): Block | undefined {
    const block = this.#blocks.get(index);
    if (block !== undefined) this.pool.hold(block);
    return block;
  }

  /**
   * Loads blocks from `index` to `last`, as many as go into one load, up to one that is there already;
   * holds them for the caller. None where the pool has no room.
   */
  load(index: number, last: number): readonly Block[] {
    let most = 1;
    while (
      most < BLOCKS_PER_LOAD &&
      index + most <= last &&
      this.#blocks.get(index + most) === undefined
    )
      most++;
    const blocks = this.pool.take(most, this, index);
    if (blocks.length === 0) return blocks;
    for (const block of blocks) {
      this.#blocks.add(block);
      // Once for the caller, once for the load that writes into it.
      this.pool.hold(block);
    }
    const buffers = blocks.map(({ buffer }) => buffer);
    this.loadAlone(buffers, this.startOf(index), (error, octets) => {
      this.#loaded(blocks, error, octets);
    });
    return blocks;
  }

  #loaded(blocks: readonly Block[], error: Error | null, octets: number): void {
    const { size } = this.pool;
    for (const [i, block] of blocks.entries()) {
      const expected = Math.min(size, this.#end - this.startOf(block.index));
      block.length = error ? 0 : Math.max(0, Math.min(expected, octets - i * size));
      block.state = error ? 'failed' : 'loaded';
      // Whoever comes next finds out anew.
      if (block.length < expected) this.drop(block);
    }
    for (const block of blocks) {
      if (block.waiters.length > 0) for (const waiter of block.waiters.splice(0)) waiter(error);
      this.pool.release(block);
    }
  }
}
