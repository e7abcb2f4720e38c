/**
 * Whether a client takes what it is sent. Looked at by the sweep, not by timers: what the kernel has
 * taken since the last look is progress. What the peer takes out of its own buffer, which may hold
 * megabytes, can't be seen from here before it has room again.
 */
import type { Socket } from 'node:net';
import type { ConnectionHost } from './connection-host.js';
import { RATE_GRACE } from './options.js';

/** What a look at the socket found. */
export type ProgressState = 'moving' | 'waiting' | 'given-up';

/** Follows one response. */
export class WriteProgress {
  /** When it began, moved on by the time in which nothing waited for the client. */
  #started: number;
  #lastLook: number;
  readonly #before: number;
  #taken: number;
  #lastProgress: number;

  /** @param now milliseconds on the host's clock */
  constructor(socket: Socket, now: number) {
    this.#started = now;
    this.#lastLook = now;
    this.#lastProgress = now;
    this.#taken = octetsTaken(socket);
    this.#before = this.#taken;
  }

  /** Looks again. `waiting`: nothing was taken since the last look, and something could have been. */
  check(socket: Socket, now: number, host: ConnectionHost): ProgressState {
    const taken = octetsTaken(socket);
    const moved = taken !== this.#taken;
    this.#taken = taken;
    // A response that waits for its source, not for the client, makes no progress either.
    const isSourceSlow = !moved && socket.writableLength === 0;
    if (isSourceSlow) this.#started += now - this.#lastLook;
    this.#lastLook = now;
    const { minRate } = host.limits;
    const elapsed = now - this.#started;
    if (minRate > 0 && elapsed > RATE_GRACE && (taken - this.#before) * 1000 < minRate * elapsed) {
      return 'given-up';
    }
    if (moved || isSourceSlow) {
      this.#lastProgress = now;
      return 'moving';
    }
    const { stall } = host.timeouts;
    return stall > 0 && now - this.#lastProgress >= stall ? 'given-up' : 'waiting';
  }
}

/**
 * Octets that the kernel has taken. `bytesWritten` counts what was handed to the socket; how much of
 * the write under way still waits is known to the handle only, in a property that node's own socket
 * timeout uses too. What waits behind that write, at most a batch (gate.ts), is counted as taken. Under
 * TLS it is the handle below that writes: its octets are the encrypted ones.
 */
function octetsTaken(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: Handle | null };
  const below = handle?._parent;
  if (below?.bytesWritten !== undefined) return below.bytesWritten - (below.writeQueueSize ?? 0);
  return socket.bytesWritten - (handle?.writeQueueSize ?? 0);
}

/** What node's own modules use of a handle. */
interface Handle {
  readonly writeQueueSize?: number;
  readonly bytesWritten?: number;
  readonly _parent?: Handle;
}
