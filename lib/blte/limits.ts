/** What BLTE input may ask for at most: every size in it is somebody's claim. */

/** Limits of decoding. */
export interface BlteLimits {
  /**
   * Chunks of a file. Its header is kept in memory, with 24 octets for each chunk, or 40. 262,144: 1 GiB in
   * chunks of 4 KiB, with a header of 6 MiB.
   */
  readonly maxChunks: number;
  /**
   * Octets of a decoded chunk, which is in memory as a whole; encoded it may have a 64th more, and 1 KiB.
   * 16 MiB, where 64 KiB to 1 MiB are usual.
   */
  readonly maxChunkSize: number;
  /** Octets of the decoded file. 64 GiB: a file without a table would otherwise say so itself, or never. */
  readonly maxSize: number;
  /** Frames (mode F) in one another; each holds its content in memory meanwhile. 4, where 1 is usual. */
  readonly maxDepth: number;
}

/** The limits where nothing else is said. Frozen: they are everybody's. */
export const DEFAULT_LIMITS: BlteLimits = Object.freeze({
  maxChunks: 262_144,
  maxChunkSize: 16_777_216,
  maxSize: 68_719_476_736,
  maxDepth: 4,
});

/** The highest that each can be set to: what the format can say, or a Buffer hold; frames are recursion. */
export const HIGHEST_LIMITS: BlteLimits = Object.freeze({
  maxChunks: 0xff_ffff,
  maxChunkSize: 0x7000_0000,
  maxSize: Number.MAX_SAFE_INTEGER,
  maxDepth: 64,
});

/** Options that are no limit, or ask for what one forbids. */
export class LimitError extends RangeError {
  /** The limit, which the message names too. */
  readonly limit: keyof BlteLimits;

  constructor(limit: keyof BlteLimits, message: string) {
    super(message);
    this.limit = limit;
  }
}

/** The limits that are given, with defaults for the others. @throws RangeError for what is no limit */
export function resolveLimits(given: Partial<BlteLimits> = {}): BlteLimits {
  const limits = { ...DEFAULT_LIMITS };
  const unknown = Object.keys(given).find((name) => !(name in limits));
  if (unknown !== undefined) {
    throw new RangeError(`${unknown} is no limit; there are ${Object.keys(limits).join(', ')}`);
  }
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof BlteLimits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    const least = name === 'maxDepth' ? 0 : 1;
    if (!Number.isInteger(value) || value < least || value > HIGHEST_LIMITS[name]) {
      const range = `from ${least} to ${HIGHEST_LIMITS[name]}`;
      throw new LimitError(name, `${name} must be a whole number ${range}`);
    }
    limits[name] = value;
  }
  return limits;
}

/**
 * Octets of an encoded chunk. What can't be compressed grows by less than a 250th in every mode; frames add
 * their header.
 */
export function mostEncoded({ maxChunkSize }: BlteLimits): number {
  return maxChunkSize + Math.ceil(maxChunkSize / 64) + 1024;
}
