/** What sluice's memory may come to: the bars of the memory benchmark, as data. Measures nothing. */

/** Downloads at full speed may add this much to the resident set of an idle server, in octets. */
export const MOST_GROWTH = 12e6;
/** Between the least and the greatest peak of downloads from 1 MB to 10 GB, in octets. */
export const MOST_DIFFERENCE = 2e6;
/** A stalled download may add this much to the resident set, in octets. */
export const MOST_EACH = 56e3;
/** By how much a soak's second half may lie above the first in its lowest resident set, in octets. */
export const MOST_RISE = 8e6;
/**
 * By how much the line through the descriptors may rise over the second half: what is under way comes and goes, and
 * the line wavers by some.
 */
export const MOST_DESCRIPTORS_RISE = 4;
