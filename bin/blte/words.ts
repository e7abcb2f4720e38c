/**
 * Which command lines are about BLTE files, and not about serving. Here alone, for every start asks it, and few
 * go on to what those commands load.
 */

export const BLTE_WORDS = ['encode', 'decode', 'inspect'] as const;

export type BlteWord = (typeof BLTE_WORDS)[number];

/**
 * Whether arguments begin with `blte` and one of its words, or with `blte --help`. Everything else serves: `blte`
 * alone is a folder of that name, and two folders were never served.
 */
export function isBlteCommand([first, second]: readonly string[]): boolean {
  if (first !== 'blte' || second === undefined) return false;
  return second === '--help' || second === '-h' || isWord(second);
}

/** What to tell beside an error where those commands were perhaps meant: `serve inspect a`, `serve blte help`. */
export function blteHint([first, second]: readonly string[]): string | undefined {
  if (first === undefined || (first === 'blte' && second?.startsWith('-'))) return undefined;
  if (first === 'blte') return `serve blte has ${BLTE_WORDS.join(', ')}; see serve blte --help`;
  return isWord(first) ? 'files in BLTE: see serve blte --help' : undefined;
}

function isWord(text: string): boolean {
  return BLTE_WORDS.some((word) => word === text);
}
