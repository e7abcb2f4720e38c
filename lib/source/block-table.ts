/** Blocks by their index. Knows nothing else of them. */
import type { Block } from './block-pool.js';

/** Chains, a power of two: a pool has some 200 blocks by default. */
const CHAINS = 64;

/**
 * The blocks of one content. Chained through themselves: of a Map, which is made anew each time that enough has come
 * and gone, 80 KB of garbage become old each second in which 6,000 blocks are read.
 */
export class BlockTable {
  #chains: (Block | undefined)[] | undefined;

  get(index: number): Block | undefined {
    let block = this.#chains?.[index % CHAINS];
    while (block !== undefined && block.index !== index) block = block.next;
    return block;
  }

  /** Adds a block, by an index that no other has. */
  add(block: Block): void {
    this.#chains ??= new Array<Block | undefined>(CHAINS).fill(undefined);
    block.next = this.#chains[block.index % CHAINS];
    this.#chains[block.index % CHAINS] = block;
  }

  /** Takes a block out, if it is in. */
  delete(block: Block): void {
    if (this.#chains === undefined) return;
    const chain = block.index % CHAINS;
    let before: Block | undefined;
    let other = this.#chains[chain];
    while (other !== undefined && other !== block) {
      before = other;
      other = other.next;
    }
    if (other === undefined) return;
    if (before === undefined) this.#chains[chain] = block.next;
    else before.next = block.next;
    block.next = undefined;
  }

  /** All of them, in no order. */
  all(): Block[] {
    const all: Block[] = [];
    for (let block of this.#chains ?? []) {
      for (; block !== undefined; block = block.next) all.push(block);
    }
    return all;
  }
}
