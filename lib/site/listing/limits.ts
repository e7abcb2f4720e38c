/** The bounds of listing, apart from what lists: whoever divides them need not load that. */

/** Reading and sorting so many takes some 200 ms of processor time; they take 1.3 MB. */
export const DEFAULT_MAX_SORTED = 10_000;

/** Each holds two descriptors and up to 384 entries, for as long as its client takes. */
export const DEFAULT_MAX_UNSORTED = 64;
