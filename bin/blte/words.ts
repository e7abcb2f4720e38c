/**
 * Which command lines are about BLTE files, and not about serving. Here alone, for every start asks it, and few
 * go on to what those commands load.
 */

export const BLTE_WORDS = ['encode', 'decode', 'inspect'] as const;

export type BlteWord = (typeof BLTE_WORDS)[number];

/**
 * Whether arguments begin with `blte` and one of its words, or are `blte --help`. Everything else serves: `blte`
 * alone is a folder of that name, and two folders were never served.
 */
export function isBlteCommand([first, second, ...others]: readonly string[]): boolean {
  if (first !== 'blte' || second === undefined) return false;
  if (second === '--help' || second === '-h') return others.length === 0;
  return BLTE_WORDS.some((word) => word === second);
}
