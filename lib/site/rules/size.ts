/**
 * How large expressions are, before they are compiled: a short text can come to a program of any length.
 * An estimate, and never too low by much: reads syntax, and knows no meaning.
 */

/**
 * Most that one pattern may come to: characters of its expression, ranges written out and what is repeated
 * as often as it is. Room for two ranges of a thousand numbers.
 */
export const MOST_SIZE = 8192;

/**
 * Most for all patterns of a site together: a thousand ordinary ones, or some 30 MB and half a second where
 * each is as costly as can be.
 */
export const MOST_TOTAL_SIZE = 131_072;

/** A class such as `\pL` has hundreds of ranges, and takes as long as this many characters. */
const OF_CLASS = 20;

/** @throws Error for an expression that is too large */
export function checkSize(expression: string): number {
  const size = sizeOf(expression);
  if (size > MOST_SIZE) throw tooLarge(size);
  return size;
}

export function tooLarge(size: number): Error {
  return new Error(
    `it comes to ${size} characters or more, with ranges and repetitions written out; a pattern takes ${MOST_SIZE}: ` +
      'take * or :name in place of some of them',
  );
}

/**
 * One thing that may be repeated: a quoted text, a class, an escape, any character; or how often. No text can
 * be read in two ways here that both fail, so that none takes long.
 */
const PARTS =
  /\\Q.*?(?:\\E|$)|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\\[pP](?:\{[^}]*\}|.)|\\.|(\{\d+(?:,\d*)?\})|./gs;

function sizeOf(expression: string): number {
  let size = 0;
  let last = 0;
  for (const [part, repetition] of expression.matchAll(PARTS)) {
    if (repetition === undefined) {
      last = part.length + (part.match(/\\[pP]/g)?.length ?? 0) * OF_CLASS;
      size += last;
    } else {
      const [least = 0, most = 0] = (repetition.match(/\d+/g) ?? []).map(Number);
      // What may be left out takes twice the room.
      size += last * (Math.max(least, 2 * most - least) - 1);
      last = size;
    }
  }
  return size;
}
