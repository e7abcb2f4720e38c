/**
 * Work in steps of some milliseconds each, the longest: whoever answers requests meanwhile lets them go on
 * between. Knows nothing of the work.
 */

/** What gives way after each step. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** How long others wait, in milliseconds, beside what one step takes. */
const LONGEST_TURN = 10;

/** All at once: for who has nothing else to do. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** In turns, with whatever else there is to do between them. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let start = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - start < LONGEST_TURN) continue;
    await new Promise((resolve) => setImmediate(resolve));
    start = performance.now();
  }
}

/** Makes something of each entry of a list, in a step of its own. */
export function* each<T, U>(list: readonly T[], make: (entry: T, index: number) => U): Steps<U[]> {
  const made: U[] = [];
  for (const [index, entry] of list.entries()) {
    yield;
    made.push(make(entry, index));
  }
  return made;
}
