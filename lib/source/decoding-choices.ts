/**
 * What can be chosen of decoding, as values and as types: for what offers the choice, and loads nothing that
 * decodes. What each of them means is in tables by these types: one that is added here is an error there.
 */

export const DECODED_FORMATS = ['blte'] as const;

/** Formats that are decoded. */
export type DecodedFormat = (typeof DECODED_FORMATS)[number];

export const VERIFY = ['always', 'once'] as const;

/**
 * When chunks are compared with their checksums: each time that they are read, or once for each version of the
 * stored file, as its strong entity tag tells them apart.
 */
export type Verify = (typeof VERIFY)[number];

/** For files of a folder, whose versions the system itself tells apart. */
export const DEFAULT_VERIFY: Verify = 'once';
