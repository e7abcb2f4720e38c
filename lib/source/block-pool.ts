/**
 * Blocks of memory of one size within one budget, over all that is read by blocks. Knows whether a
 * block is used, not what is in it: neither files nor positions.
 */

/** The pool's budget by default: 6 MiB, 192 blocks of 32 KiB. */
export const DEFAULT_READ_AHEAD = 6_291_456;

/** Whom blocks belong to. */
export interface BlockOwner {
  /** Whether a block that nobody holds any more is worth keeping for those who come soon. */
  keeps(block: Block): boolean;
  /** The block's memory is needed for something else: forgets it. */
  drop(block: Block): void;
}

/** Called when a block is loaded, or could not be. */
export type Waiter = (error: Error | null) => void;

/** A block of memory, filled once and never changed while anybody holds it. */
export class Block {
  readonly buffer: Buffer;
  readonly owner: BlockOwner;
  /** Which of its owner's blocks. */
  readonly index: number;
  state: 'loading' | 'loaded' | 'failed' = 'loading';
  /** Octets in it, once it is loaded. */
  length = 0;
  /** Who is told when it is loaded. */
  waiters: Waiter[] = [];
  /** How many use it. */
  holders = 0;
  /** Somebody may use it for ever: left to the garbage collector when the others are done. */
  lost = false;

  constructor(buffer: Buffer, owner: BlockOwner, index: number) {
    this.buffer = buffer;
    this.owner = owner;
    this.index = index;
  }
}

/** What a pool holds, in octets. */
export interface PoolStats {
  /** In blocks that are read into, or that somebody reads. */
  readonly used: number;
  /** In all blocks, those kept for the next ones too. */
  readonly allocated: number;
}

/** A bounded pool of blocks. */
export class BlockPool {
  /** The octets of each block. */
  readonly size: number;
  readonly #free: Buffer[] = [];
  /** Kept, and held by nobody; the one longest unused first. */
  readonly #idle = new Set<Block>();
  readonly #allocate: (size: number) => Buffer;
  readonly #most: number;
  #left: number;

  /** @param budget of all blocks together, in octets; less than one block: an empty pool */
  constructor(
    budget: number,
    size: number,
    allocate: (size: number) => Buffer = Buffer.allocUnsafeSlow,
  ) {
    this.size = size;
    this.#allocate = allocate;
    this.#most = Math.floor(budget / size);
    this.#left = this.#most;
  }

  /** Octets of the blocks that somebody holds, and of all that there are. */
  get held(): PoolStats {
    const all = this.#most - this.#left;
    const used = all - this.#free.length - this.#idle.size;
    return { used: used * this.size, allocated: all * this.size };
  }

  /** How many buffers could be taken. */
  get available(): number {
    return this.#free.length + this.#left + this.#idle.size;
  }

  /**
   * Up to `most` buffers; fewer where few are left, so that many readers get one each rather than few
   * readers many: one without a buffer makes garbage.
   */
  take(most: number): Buffer[] {
    const count = Math.min(most, Math.max(1, this.available >> 3));
    const taken: Buffer[] = [];
    while (taken.length < count) {
      const buffer = this.#free.pop() ?? this.#make() ?? this.#evict();
      if (buffer === undefined) break;
      taken.push(buffer);
    }
    return taken;
  }

  /** Counts one more who uses a block. */
  hold(block: Block): void {
    if (block.holders++ === 0) this.#idle.delete(block);
  }

  /** Counts one less. */
  release(block: Block): void {
    if (--block.holders > 0) return;
    if (!block.lost && block.owner.keeps(block)) {
      this.#idle.add(block);
      return;
    }
    block.owner.drop(block);
    // In the place of a lost one another may be made.
    if (block.lost) this.#left++;
    else this.#free.push(block.buffer);
  }

  /** The owner has no use for a block any more: it is free once nobody holds it. */
  discard(block: Block): void {
    block.owner.drop(block);
    if (this.#idle.delete(block)) this.#free.push(block.buffer);
  }

  #make(): Buffer | undefined {
    if (this.#left === 0) return undefined;
    this.#left--;
    return this.#allocate(this.size);
  }

  #evict(): Buffer | undefined {
    for (const block of this.#idle) {
      this.#idle.delete(block);
      block.owner.drop(block);
      return block.buffer;
    }
    return undefined;
  }
}
