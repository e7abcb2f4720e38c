/**
 * One of the workers to be: which process fills the place, which one is about to, and when the next one is
 * started after a death. Knows of the other places only whether anybody serves.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.js';
import type { ClusterEvent } from './cluster-server.js';
import type { Ending, Member } from './member.js';

/** Starts of one worker that may fail in a row while no other serves; then it is given up. */
const MOST_FAILED_STARTS = 5;

/** Whose place it is. */
export interface PlaceHost {
  /** Starts a process for a place. */
  fork(place: number): Member;
  /** Whether all started well: from then on workers that die are replaced. */
  readonly isServing: boolean;
  /** Whether everything is to end: nothing is started any more. */
  readonly isClosing: boolean;
  /** The processes that accept connections. */
  readonly pids: readonly number[];
  happened(event: ClusterEvent): void;
  /** No worker can be started here, and no other serves. */
  giveUp(error: Error): void;
}

/** A place for a worker. */
export class Place {
  /** From 1 up. */
  readonly number: number;
  readonly #host: PlaceHost;
  readonly #backoff = new Backoff();
  #current: Member | undefined;
  #next: Member | undefined;
  #failedStarts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(number: number, host: PlaceHost) {
    this.number = number;
    this.#host = host;
  }

  /** Starts the first worker: what it says of why it can't serve is final, other ends are not. */
  async start(): Promise<void> {
    for (;;) {
      if (this.#host.isClosing) throw new Error('closed before it listened');
      const member = this.#host.fork(this.number);
      this.#current = member;
      try {
        await member.listening();
        return;
      } catch (error) {
        const isFinal = member.failure !== undefined || this.#failedStarts >= MOST_FAILED_STARTS;
        if (isFinal || this.#host.isClosing) throw error;
        await sleep(this.#backoff.next(0));
      }
    }
  }

  /** Starts a worker where there is none. */
  fill(): void {
    if (this.#current !== undefined || this.#next !== undefined) return;
    const member = this.#host.fork(this.number);
    this.#current = member;
    member.listening().then(
      () => this.#host.happened({ kind: 'replaced', worker: this.number, pid: member.pid }),
      () => {},
    );
  }

  /** Puts a new worker in; the one before it stops accepting when the new one listens. */
  async renew(): Promise<void> {
    if (this.#host.isClosing) throw new Error('the cluster is closing');
    this.cancel();
    const next = this.#host.fork(this.number);
    this.#next = next;
    await next.listening();
    const old = this.#current;
    this.#current = next;
    this.#next = undefined;
    await old?.drain();
  }

  /** What was to be started later is not. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  /** A process of this place has ended; unless that was meant, another one takes its turn. */
  gone(member: Member, ending: Ending): void {
    if (this.#next === member) this.#next = undefined;
    else if (this.#current === member) this.#current = undefined;
    if (!this.#host.isClosing && !member.ended) this.#died(member, ending);
  }

  #died(member: Member, ending: Ending): void {
    const { isServing, pids } = this.#host;
    const { pid, since, failure: error } = member;
    this.#failedStarts = since === undefined ? this.#failedStarts + 1 : 0;
    // A draining worker has a successor; before `listen` is done it is up to that.
    const isMissed = isServing && this.#current === undefined && this.#next === undefined;
    // While others serve it is tried again at long intervals: to end these too would help nobody.
    const isHopeless = this.#failedStarts >= MOST_FAILED_STARTS && pids.length === 0;
    const wait =
      isMissed && !isHopeless
        ? this.#backoff.next(since === undefined ? 0 : performance.now() - since)
        : undefined;
    // Why the first ones can't serve is what `listen` rejects with.
    if (isServing || error === undefined) {
      this.#host.happened({ kind: 'died', worker: this.number, pid, ...ending, error, wait });
    }
    if (wait !== undefined) this.#timer = setTimeout(() => this.fill(), wait);
    else if (isMissed) {
      this.#host.giveUp(error ?? new Error(`workers end at their start: ${describe(ending)}`));
    }
  }
}

function describe({ code, signal }: Ending): string {
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}
