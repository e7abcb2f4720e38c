/**
 * The connections of all workers together, as the supervisor counts them: who may have how many, and
 * how many there are from each address. Workers are granted room in advance, so that a connection
 * costs a message only when its worker has used up what it was granted. Knows neither processes nor
 * sockets.
 */

/** A worker, by any key of its own. */
export type WorkerKey = number;

/** Who has which part of the limits. */
export class Ledger {
  readonly #most: number;
  readonly #mostPerAddress: number;
  /** Room that no worker has been granted. */
  #free: number;
  readonly #granted = new Map<WorkerKey, number>();
  readonly #addresses = new Map<string, number>();
  /** By worker: how many connections of each address it has; gone with the worker. */
  readonly #held = new Map<WorkerKey, Map<string, number>>();

  /** @param most connections @param mostPerAddress of these from one address; 0: no bound, both */
  constructor(most: number, mostPerAddress: number) {
    this.#most = most === 0 ? Number.POSITIVE_INFINITY : most;
    this.#mostPerAddress = mostPerAddress === 0 ? Number.POSITIVE_INFINITY : mostPerAddress;
    this.#free = this.#most;
  }

  /** Room that can be granted. */
  get free(): number {
    return this.#free;
  }

  /** Whether a worker has been granted any room. */
  has(worker: WorkerKey): boolean {
    return (this.#granted.get(worker) ?? 0) > 0;
  }

  /** What a worker is granted at its start: an even part, or what is left. */
  first(worker: WorkerKey, workers: number): number {
    return this.#grant(worker, Math.min(this.#free, Math.floor(this.#most / workers)));
  }

  /** Grants what is wanted and half of what is left beside it, or less where there is less. */
  more(worker: WorkerKey, wanted: number): number {
    const spare = Math.max(0, this.#free - wanted);
    return this.#grant(worker, Math.min(this.#free, wanted + Math.floor(spare / 2)));
  }

  /** A worker gives room back. */
  yielded(worker: WorkerKey, count: number): void {
    const granted = this.#granted.get(worker);
    // A worker that has gone meanwhile has given back everything.
    if (granted === undefined || count === 0) return;
    this.#granted.set(worker, granted - count);
    this.#free += count;
  }

  /**
   * Whether one more connection may come from an address; if so, it is counted. Without an address, as
   * over a unix socket, it always may.
   */
  enter(worker: WorkerKey, address: string): boolean {
    if (address === '') return true;
    const count = this.#addresses.get(address) ?? 0;
    if (count >= this.#mostPerAddress) return false;
    this.#addresses.set(address, count + 1);
    let held = this.#held.get(worker);
    if (held === undefined) {
      held = new Map();
      this.#held.set(worker, held);
    }
    held.set(address, (held.get(address) ?? 0) + 1);
    return true;
  }

  /** A connection that was counted has ended. */
  leave(worker: WorkerKey, address: string): void {
    const held = this.#held.get(worker);
    const count = held?.get(address);
    if (held === undefined || count === undefined) return;
    if (count === 1) held.delete(address);
    else held.set(address, count - 1);
    this.#drop(address, 1);
  }

  /** A worker has ended, and all its connections with it. */
  forget(worker: WorkerKey): void {
    const granted = this.#granted.get(worker) ?? 0;
    this.#granted.delete(worker);
    if (Number.isFinite(granted)) this.#free += granted;
    for (const [address, count] of this.#held.get(worker) ?? []) this.#drop(address, count);
    this.#held.delete(worker);
  }

  #grant(worker: WorkerKey, count: number): number {
    this.#granted.set(worker, (this.#granted.get(worker) ?? 0) + count);
    if (Number.isFinite(count)) this.#free -= count;
    return count;
  }

  #drop(address: string, count: number): void {
    const left = (this.#addresses.get(address) ?? 0) - count;
    if (left > 0) this.#addresses.set(address, left);
    else this.#addresses.delete(address);
  }
}
