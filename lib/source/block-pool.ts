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

/**
 * A block of memory, never changed while anybody holds it. It is used again as it is, object and all: blocks
 * live long enough to be garbage of the costly kind, 0.7 MB each second in which 6,000 are read.
 */
export class Block {
  readonly buffer: Buffer;
  /** `undefined`: it is free. */
  owner: BlockOwner | undefined;
  /** Which of its owner's blocks. */
  index = 0;
  state: 'loading' | 'loaded' | 'failed' = 'loading';
  /** Octets in it, once it is loaded. */
  length = 0;
  /** Who is told when it is loaded. */
  readonly waiters: Waiter[] = [];
  /** How many use it. */
  holders = 0;
  /** Somebody may use it for ever: left to the garbage collector when the others are done. */
  lost = false;
  /** Its neighbours among those that are kept: the one unused for longer, and the other. */
  older: Block | undefined;
  newer: Block | undefined;
  isKept = false;
  /** The next one in a chain of its owner's. */
  next: Block | undefined;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }
}

/** Blocks that nobody holds, but somebody may come for: linked by themselves, as a Set makes garbage too. */
class Kept {
  count = 0;
  #oldest: Block | undefined;
  #newest: Block | undefined;

  add(block: Block): void {
    this.count++;
    block.isKept = true;
    block.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = block;
    else this.#newest.newer = block;
    this.#newest = block;
  }

  /** @returns whether it was one of them */
  remove(block: Block): boolean {
    if (!block.isKept) return false;
    const { older, newer } = block;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    block.older = undefined;
    block.newer = undefined;
    block.isKept = false;
    this.count--;
    return true;
  }

  /** The one unused for longest, which is none of them any more. */
  shift(): Block | undefined {
    const block = this.#oldest;
    if (block !== undefined) this.remove(block);
    return block;
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
  readonly #free: Block[] = [];
  readonly #kept = new Kept();
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
    const used = all - this.#free.length - this.#kept.count;
    return { used: used * this.size, allocated: all * this.size };
  }

  /** How many blocks could be taken. */
  get available(): number {
    return this.#free.length + this.#left + this.#kept.count;
  }

  /**
   * Up to `most` blocks, held once, for those of an owner from `index` on; fewer where few are left, so that many
   * readers get one each rather than few readers many: one without a block makes garbage.
   */
  take(most: number, owner: BlockOwner, index: number): Block[] {
    const count = Math.min(most, Math.max(1, this.available >> 3));
    const taken: Block[] = [];
    while (taken.length < count) {
      const block = this.#free.pop() ?? this.#make() ?? this.#evict();
      if (block === undefined) break;
      block.owner = owner;
      block.index = index + taken.length;
      block.state = 'loading';
      block.length = 0;
      block.holders = 1;
      taken.push(block);
    }
    return taken;
  }

  /** Counts one more who uses a block. */
  hold(block: Block): void {
    if (block.holders++ === 0) this.#kept.remove(block);
  }

  /** Counts one less. */
  release(block: Block): void {
    if (--block.holders > 0) return;
    if (!block.lost && block.owner?.keeps(block) === true) {
      this.#kept.add(block);
      return;
    }
    forget(block);
    // In the place of a lost one another may be made.
    if (block.lost) this.#left++;
    else this.#free.push(block);
  }

  /** The owner has no use for a block any more: it is free once nobody holds it. */
  discard(block: Block): void {
    block.owner?.drop(block);
    if (!this.#kept.remove(block)) return;
    block.owner = undefined;
    this.#free.push(block);
  }

  #make(): Block | undefined {
    if (this.#left === 0) return undefined;
    this.#left--;
    return new Block(this.#allocate(this.size));
  }

  #evict(): Block | undefined {
    const block = this.#kept.shift();
    if (block !== undefined) forget(block);
    return block;
  }
}

function forget(block: Block): void {
  block.owner?.drop(block);
  block.owner = undefined;
}
