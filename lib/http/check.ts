/** Options are checked once, where an object is made from them. */

/**
 * Passes a number on.
 * @throws RangeError naming the option when `value` is no number from `least` up
 */
export function checkNumber(name: string, value: number, least = 0): number {
  if (typeof value !== 'number' || !(value >= least)) {
    throw new RangeError(`${name} is ${String(value)}; it takes a number from ${least} up`);
  }
  return value;
}

/**
 * Passes a whole number on.
 * @throws RangeError naming the option when `value` is no whole number from `least` up
 */
export function checkWhole(name: string, value: number, least = 0): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${name} is ${String(value)}; it takes a whole number from ${least} up`);
}
