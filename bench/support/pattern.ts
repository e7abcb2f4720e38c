/**
 * The content of all files that are served: a fixed sequence of octets that looks random, so that a
 * client can tell each octet of an answer without having read the file. Its period is a prime: a block
 * at the wrong place never looks right.
 */

const PERIOD = 1_048_573;

/** A stretch of the pattern. */
export interface ContentRange {
  readonly position: number;
  readonly length: number;
}

/** Twice in a row, so that each stretch of a period is in one piece. */
const OCTETS: Buffer = makeOctets();

/** A generator of random numbers below 2^32 that gives the same ones every time (xorshift). */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function makeOctets(): Buffer {
  const twice = Buffer.allocUnsafeSlow(2 * PERIOD);
  const next = seeded(20_250_101);
  for (let i = 0; i < PERIOD; i++) twice[i] = next() >>> 16;
  twice.copy(twice, PERIOD, 0, PERIOD);
  return twice;
}

/** `length` octets, at most a period, from `position` on. Not to be written to. */
export function patternAt(position: number, length: number): Buffer {
  const start = position % PERIOD;
  return OCTETS.subarray(start, start + Math.min(length, PERIOD));
}

/** Whether octets are those of the pattern from `position` on. */
export function isPatternAt(position: number, octets: Uint8Array): boolean {
  for (let done = 0; done < octets.length; ) {
    const expected = patternAt(position + done, octets.length - done);
    if (expected.compare(octets, done, done + expected.length) !== 0) return false;
    done += expected.length;
  }
  return true;
}
