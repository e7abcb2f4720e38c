/** Content that is stored as it is: given as it comes, and never in memory as a whole. */
import type { ByteFeed, Use } from './feed.js';

/**
 * Gives the next octets of a feed on as they come, without a copy and beside what is yielded.
 * @returns how many of them the feed had not
 */
export type Pass = (feed: ByteFeed, octets: number) => Promise<number>;

/** How content is given. */
export interface Giving {
  readonly use: Use;
  /** What plain content is given by; `undefined`: it is yielded. */
  readonly pass?: Pass | undefined;
}

/** The next octets of a feed. @returns how many of them it had not */
export async function* plainContent(
  feed: ByteFeed,
  octets: number,
  { use, pass }: Giving,
): AsyncGenerator<Buffer, number, undefined> {
  if (pass !== undefined) return await pass(feed, octets);
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
