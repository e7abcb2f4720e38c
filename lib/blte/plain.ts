/** Content that is stored as it is: given as it comes, and never in memory as a whole. */
import type { ByteFeed, Use } from './feed.js';
import type { Take } from './pieces.js';
import type { BlteChunk } from './table.js';
import type { Soon } from './turns.js';

/** Where a chunk is. */
type Start = Pick<BlteChunk, 'index' | 'offset'>;

/** Plain chunks that follow each other in a feed: of each an octet that says so, and its content. */
export class PlainRun {
  readonly #first: Start;
  readonly #sizes: number[] = [];
  #octets: number;
  /** The chunk that comes next, and what of the one before it has not come. */
  #next = 0;
  #left: number;

  /**
   * @param first it begins with this one, which is still to be added
   * @param begun octets of content that come before, of a chunk that has begun
   */
  constructor(first: Start, begun = 0) {
    this.#first = first;
    this.#octets = begun;
    this.#left = begun;
  }

  /** How many chunks there are. */
  get count(): number {
    return this.#sizes.length;
  }

  /** Octets of all of them that have not come. */
  get octets(): number {
    return this.#octets;
  }

  /** Adds the chunk that follows those before it. */
  add({ encodedSize }: BlteChunk): void {
    this.#sizes.push(encodedSize);
    this.#octets += encodedSize;
  }

  /** Gives what is content of the octets that come next. */
  split(piece: Uint8Array, give: (content: Uint8Array) => void): void {
    this.#octets -= piece.length;
    for (let at = 0; at < piece.length; ) {
      if (this.#left === 0) {
        this.#left = (this.#sizes[this.#next++] as number) - 1;
        at++;
        continue;
      }
      const end = Math.min(piece.length, at + this.#left);
      this.#left -= end - at;
      give(end - at === piece.length ? piece : piece.subarray(at, end));
      at = end;
    }
  }

  /** The chunk in which it ends where nothing comes any more, and how many octets of that are missing. */
  get broken(): Start & { encodedSize: number; left: number } {
    const begun = this.#left > 0 ? this.#next - 1 : this.#next;
    const encodedSize = this.#sizes[begun] as number;
    let { index, offset } = this.#first;
    index += begun;
    for (const size of this.#sizes.slice(0, begun)) offset += size;
    const left = this.#left > 0 ? this.#left : encodedSize;
    return { index, offset, encodedSize, left };
  }
}

/** Whom the content of plain chunks is given on to as it comes: without a copy, and beside what is yielded. */
export interface Passing {
  /** Whether more is wanted now. Otherwise the feed resumes once it is. */
  wantsMore(): boolean;
  /** @param content it stays as it is until `feed` is told that it is done with */
  give(content: Uint8Array, feed: ByteFeed): void;
}

/**
 * Gives the content of a run on.
 * @returns whether the feed had all of it
 */
export function passOn(run: PlainRun, feed: ByteFeed, passing: Passing): Soon<boolean> {
  const give = (content: Uint8Array): void => passing.give(content, feed);
  const take: Take = (piece) => {
    run.split(piece, give);
    return passing.wantsMore() ? 'more' : 'later';
  };
  const hasAll = (): boolean => run.octets === 0;
  const given = feed.each(run.octets, take, passing.wantsMore());
  return given instanceof Promise ? given.then(hasAll) : hasAll();
}

/** How content is given. */
export interface Giving {
  readonly use: Use;
  /** What plain chunks are given on to that are not checked again; `undefined`: they are yielded. */
  readonly passing?: Passing | undefined;
  /** The chunk that is read to its end, whatever others find out of it meanwhile, by its index. */
  readonly whole?: number | undefined;
}

/** The next octets of a feed. @returns how many of them it had not */
export async function* plainContent(
  feed: ByteFeed,
  octets: number,
  use: Use,
): AsyncGenerator<Buffer, number, undefined> {
  let left = octets;
  while (left > 0) {
    const piece = await feed.some(left);
    if (piece === undefined) break;
    left -= piece.length;
    yield use === 'kept'
      ? Buffer.from(piece)
      : Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  }
  return left;
}
