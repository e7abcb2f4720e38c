/**
 * The worker's side of limits on connections that hold over all workers: connections within the room
 * that was granted cost nothing; beyond it, and for each address where that is limited, the supervisor
 * is asked, and the connection waits unread. Knows no sockets.
 */
import type { Admission } from '../server/options.js';
import type { ToSupervisor } from './messages.js';

/** What is asked of the supervisor here. */
export type Question = Extract<ToSupervisor, { kind: 'more' | 'enter' | 'leave' }>;

/** Counts one worker's connections. */
export class SharedAdmission implements Admission {
  #room: number;
  readonly #perAddress: boolean;
  readonly #ask: (question: Question) => void;
  #used = 0;
  /** Connections that wait for room, oldest first. */
  #waiting: ((hasRoom: boolean) => void)[] = [];
  /** How many of them the question under way is for; 0: none is. */
  #asked = 0;
  readonly #entering = new Map<number, (admitted: boolean) => void>();
  #calls = 0;

  constructor(room: number, perAddress: boolean, ask: (question: Question) => void) {
    this.#room = room;
    this.#perAddress = perAddress;
    this.#ask = ask;
  }

  enter(address: string): boolean | Promise<boolean> {
    if (this.#used < this.#room) {
      this.#used++;
      return this.#perAddress ? this.#enterAddress(address) : true;
    }
    const room = new Promise<boolean>((resolve) => this.#waiting.push(resolve));
    this.#askForRoom();
    return this.#perAddress ? room.then((hasRoom) => hasRoom && this.#enterAddress(address)) : room;
  }

  leave(address: string): void {
    this.#used--;
    if (this.#perAddress) this.#ask({ kind: 'leave', address });
  }

  /** The supervisor's answer: so much more room, or none. */
  granted(room: number): void {
    this.#room += room;
    const found = Math.min(this.#waiting.length, this.#room - this.#used);
    // Refused are only those that were asked for: for the rest the supervisor may find more.
    const answered = this.#waiting.splice(0, Math.max(this.#asked, found));
    this.#asked = 0;
    for (const resolve of answered) {
      const hasRoom = this.#used < this.#room;
      if (hasRoom) this.#used++;
      resolve(hasRoom);
    }
    if (this.#waiting.length > 0) this.#askForRoom();
  }

  /** Gives up room that is not used: what another wants, and half of the rest. */
  yield(wanted: number): number {
    const spare = Math.max(0, this.#room - this.#used);
    const given = Math.min(spare, Math.max(wanted, Math.ceil(spare / 2)));
    this.#room -= given;
    return given;
  }

  /** The supervisor's answer about an address. */
  entered(call: number, admitted: boolean): void {
    const resolve = this.#entering.get(call);
    this.#entering.delete(call);
    if (!admitted) this.#used--;
    resolve?.(admitted);
  }

  #askForRoom(): void {
    if (this.#asked > 0) return;
    this.#asked = this.#waiting.length;
    this.#ask({ kind: 'more', wanted: this.#asked });
  }

  #enterAddress(address: string): Promise<boolean> {
    const call = ++this.#calls;
    return new Promise((resolve) => {
      this.#entering.set(call, resolve);
      this.#ask({ kind: 'enter', call, address });
    });
  }
}
