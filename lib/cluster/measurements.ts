/**
 * What the workers measured, kept so that counts never fall: a worker that has ended, or does not answer,
 * counts with the last that it told.
 */
import { type Family, lastingFamilies, sumFamilies } from '../observe/families.js';
import type { Member } from './member.js';

/** What all workers that ever were have measured. */
export class Measurements {
  readonly #last = new Map<Member, readonly Family[]>();
  /** Of all that have ended. */
  #ended: readonly Family[] = [];

  /** A worker has told. */
  told(member: Member, families: readonly Family[]): void {
    if (families.length > 0) this.#last.set(member, families);
  }

  /** A worker has ended. */
  gone(member: Member): void {
    const last = this.#last.get(member);
    if (last === undefined) return;
    this.#last.delete(member);
    this.#ended = sumFamilies([this.#ended, lastingFamilies(last)]);
  }

  /** Asks the workers; one that does not answer within `milliseconds` is as it last was. */
  async all(members: Iterable<Member>, milliseconds: number): Promise<(readonly Family[])[]> {
    await Promise.all([...members].map((member) => member.measure(milliseconds)));
    return [...this.#last.values(), this.#ended];
  }
}
