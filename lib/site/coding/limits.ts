/** The bounds of compressing, apart from what compresses: whoever divides them need not load that. */

/**
 * Most compressions by default: of content in memory, under way or waiting, and as many streams. These hold
 * 48 MiB at most, and what comes beyond is answered at once, uncompressed.
 */
export const DEFAULT_MAX_COMPRESSIONS = 16;

/** Content in memory that is compressed at the same time: half of the thread pool, which also reads files. */
export const MOST_AT_ONCE = 2;

/** Shorter content, in octets, is sent as it is: with a head it fits into one packet either way. */
export const LEAST_CONTENT = 1024;
