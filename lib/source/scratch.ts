/**
 * Buffers for what is read, sent and forgotten: taken again once they are sent, so that reading small
 * extents leaves no garbage. No more than a few: what is left with slow clients gets memory of its own.
 */
import { HEAD_ROOM, MessageBuffer } from '../http/message-buffer.js';
import { SMALL_EXTENT } from './source.js';

/** Buffers kept at hand, in number: 1 MiB of them. */
const MOST_BUFFERS = 16;

/** Hands out message buffers. */
export class Scratch {
  readonly #free: Buffer[] = [];

  /** Octets of the buffers at hand. */
  get spare(): number {
    return this.#free.length * (HEAD_ROOM + SMALL_EXTENT);
  }

  /** A message buffer for `size` octets of content, at most {@link SMALL_EXTENT}. */
  take(size: number): MessageBuffer {
    const memory = this.#free.pop();
    // A slow client shall not hold much more than it asked for.
    if (memory === undefined && size < SMALL_EXTENT / 2) return new MessageBuffer(size);
    return new MessageBuffer(size, memory ?? allocate(), this.#give);
  }

  readonly #give = (memory: Buffer): void => {
    if (this.#free.length < MOST_BUFFERS) this.#free.push(memory);
  };
}

function allocate(): Buffer {
  return Buffer.allocUnsafeSlow(HEAD_ROOM + SMALL_EXTENT);
}
