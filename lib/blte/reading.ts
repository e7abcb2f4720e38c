/** Content that is being read: its pieces, and what of them is wanted. */
import type { ByteFeed } from './feed.js';
import type { Content } from './stream.js';

export interface Reading {
  /** Each stays as it is until the next is asked for. */
  readonly pieces: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** Octets before what is wanted. */
  readonly skip: number;
  /** Octets that are wanted. */
  readonly wanted: number;
  /** Where they come from: to be closed at the end. */
  readonly feed: ByteFeed | undefined;
}

/** Content of which there is nothing. */
export const NOTHING: Reading = { pieces: [], skip: 0, wanted: 0, feed: undefined };

/** What is wanted of it. */
export async function* wantedOf(open: () => Reading): Content {
  const { pieces, skip, wanted, feed } = open();
  let before = skip;
  let left = wanted;
  try {
    for await (const piece of pieces) {
      const from = Math.min(before, piece.length);
      const to = Math.min(piece.length, from + left);
      before -= from;
      left -= to - from;
      if (from < to) yield to - from === piece.length ? piece : piece.subarray(from, to);
      if (left <= 0) return;
    }
  } finally {
    await feed?.close();
  }
}
