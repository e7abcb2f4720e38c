/**
 * A gate that lets through no more than a rate allows: a chunk is held and passed on in parts. Holds
 * one chunk at a time, and a timer only while it does.
 */
import { EventEmitter } from 'node:events';
import type { Gate } from './gate.js';
import type { TokenBucket } from './token-bucket.js';

/** Writes to a gate at a rate. Emits `drain` as a stream does. */
export class PacedGate extends EventEmitter {
  readonly #gate: Gate;
  readonly #bucket: TokenBucket;
  #held: Uint8Array[] = [];
  #octets = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(gate: Gate, bucket: TokenBucket) {
    super();
    this.#gate = gate;
    this.#bucket = bucket;
    gate.on('drain', this.#drained);
  }

  /** Octets that were written and not yet passed on. */
  get held(): number {
    return this.#octets;
  }

  /** Takes a chunk. False: wait for `drain`. */
  write(chunk: Uint8Array): boolean {
    this.#held.push(chunk);
    this.#octets += chunk.length;
    // A timer that runs, or a gate that is full, goes on by itself.
    return this.#octets === chunk.length && this.#pass();
  }

  /** Lets go of the socket and of what it holds. Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#gate.off('drain', this.#drained);
    this.#gate.close();
    this.#held = [];
    this.#octets = 0;
  }

  readonly #due = (): void => {
    this.#timer = undefined;
    this.#drained();
  };

  readonly #drained = (): void => {
    if (this.#pass()) this.emit('drain');
  };

  /** Whether all is passed on, and more would be taken. */
  #pass(): boolean {
    for (;;) {
      const [chunk] = this.#held;
      if (chunk === undefined) return true;
      if (this.#timer !== undefined) return false;
      const allowed = this.#bucket.take(chunk.length);
      if (allowed > 0) {
        const part = chunk.subarray(0, allowed);
        if (allowed === chunk.length) this.#held.shift();
        else this.#held[0] = chunk.subarray(allowed);
        this.#octets -= allowed;
        if (!this.#gate.write(part)) return false;
      } else if (chunk.length === 0) {
        this.#held.shift();
      } else {
        this.#timer = setTimeout(this.#due, this.#bucket.wait(chunk.length));
        return false;
      }
    }
  }
}
