/** Numbers that look random and can be had again: the seed is printed, and gives the same run. */

/** A source of random numbers. */
export interface Random {
  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number;
  /** One of `values`. */
  pick<T>(values: readonly T[]): T;
}

/** Bob Jenkins' small generator in Mulberry's form: 32 bits of state, enough for test input. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  function below(bound: number): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * bound);
  }
  return { below, pick: (values) => values[below(values.length)] as (typeof values)[number] };
}
