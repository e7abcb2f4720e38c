/**
 * The supervisor's answers to workers that ask for room for connections. What one worker doesn't use
 * is called back before another is refused, so that a limit is exact however uneven its connections
 * are spread. Knows nothing of how workers live and die.
 */
import { Ledger } from './ledger.js';
import type { Member } from './member.js';
import type { ToSupervisor } from './messages.js';

/**
 * A worker that doesn't say in time what it can spare is taken to need it all; milliseconds. Long
 * enough for a busy machine: a client would rather wait than be refused where there is room.
 */
const YIELD_TIMEOUT = 5000;

/** Counts connections over all workers. */
export class ConnectionCounter {
  readonly perAddress: boolean;
  readonly #ledger: Ledger;
  readonly #members: () => Iterable<Member>;
  /** Questions are answered one at a time: what was called back is not given away twice. */
  #turn: Promise<void> = Promise.resolve();

  constructor(most: number, mostPerAddress: number, members: () => Iterable<Member>) {
    this.#ledger = new Ledger(most, mostPerAddress);
    this.#members = members;
    this.perAddress = mostPerAddress > 0;
  }

  /** Room for a worker that starts. */
  first(member: Member, workers: number): Promise<number> {
    const room = this.#turn.then(() =>
      member.state === 'gone' ? 0 : this.#ledger.first(member.key, workers),
    );
    this.#turn = room.then(() => {});
    return room;
  }

  /** Takes what a worker says; what is about something else is left alone. */
  told(member: Member, message: ToSupervisor): void {
    if (message.kind === 'more') {
      this.#turn = this.#turn.then(() => this.#give(member, message.wanted));
    } else if (message.kind === 'yielded') {
      this.#ledger.yielded(member.key, message.room);
    } else if (message.kind === 'enter') {
      const admitted = this.#ledger.enter(member.key, message.address);
      member.tell({ kind: 'entered', call: message.call, admitted });
    } else if (message.kind === 'leave') {
      this.#ledger.leave(member.key, message.address);
    }
  }

  /** A worker has ended, and with it its connections. */
  forget(member: Member): void {
    this.#ledger.forget(member.key);
  }

  async #give(member: Member, wanted: number): Promise<void> {
    const missing = wanted - this.#ledger.free;
    if (missing > 0) {
      const others = [...this.#members()].filter(
        (other) => other !== member && this.#ledger.has(other.key),
      );
      await Promise.all(others.map((other) => other.yield(missing, YIELD_TIMEOUT)));
    }
    if (member.state === 'gone') return;
    member.tell({ kind: 'granted', room: this.#ledger.more(member.key, wanted) });
  }
}
