/**
 * Patterns of paths: globs, and segments such as `:id`. They become regular expressions of RE2JS, which
 * takes time in proportion to the path whatever the pattern: node's own, and the matchers that use them,
 * can be made to run for years. Knows no rules.
 */
import { RE2JS } from 're2js';
import { LONGEST_TEXT } from './config.js';
import { Reader } from './reader.js';
import { checkSize } from './size.js';

/** What a source captured of a path, by name or by number from 0. */
export type Captures = ReadonlyMap<string, string>;

/** A pattern that paths are compared with, as a whole: decoded, without a slash at their end. */
export interface Pattern {
  /** What it captures. */
  readonly names: ReadonlySet<string>;
  /** Whether it is one path, as it is written. */
  readonly isPlain: boolean;
  /** What it takes of the room for all patterns; 0: it is not compiled. */
  readonly size: number;
  /** The most that it takes to compare it with a path: steps of its matcher, and one. */
  cost(path: string): number;
  matches(path: string): boolean;
  /** `undefined`: it does not match. */
  capture(path: string): Captures | undefined;
}

const NONE: Captures = new Map();

/**
 * Reads a pattern. A slash at its start may be missing; a `!` before it turns it round.
 * @throws Error whose message says what of it can't be used
 */
export function parsePattern(source: string): Pattern {
  if (source.length > LONGEST_TEXT) {
    throw new Error(`it has ${source.length} characters; a pattern takes ${LONGEST_TEXT}`);
  }
  const bangs = /^!*(?!\()/.exec(source)?.[0].length ?? 0;
  const rooted = `/${source.slice(bangs)}`.replace(/\/{2,}/g, '/');
  const text = rooted.length > 1 ? rooted.replace(/\/$/, '') : rooted;
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(text)) throw new Error('it has a segment . or ..');
  const isPlain = !/[*?+@![\](){}:\\]/.test(text);
  const pattern = isPlain ? literal(text) : expression(text);
  return bangs % 2 === 1 ? negated(pattern) : pattern;
}

function literal(text: string): Pattern {
  return {
    names: new Set(),
    isPlain: true,
    size: 0,
    cost: () => 1,
    matches: (path) => path === text,
    capture: (path) => (path === text ? NONE : undefined),
  };
}

function negated({ matches, cost, size }: Pattern): Pattern {
  return {
    names: new Set(),
    isPlain: false,
    size,
    cost,
    matches: (path) => !matches(path),
    capture: (path) => (matches(path) ? undefined : NONE),
  };
}

function expression(text: string): Pattern {
  const reader = new Reader(text);
  const source = reader.read();
  const size = checkSize(source);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source, RE2JS.DOTALL);
  } catch (error) {
    throw new Error(`it can't be read: ${(error as Error).message}`, { cause: error });
  }
  const { names, literal } = reader;
  const fit = (path: string): string | undefined =>
    path.includes(literal) ? fitting(compiled, path) : undefined;
  return {
    names: new Set(names),
    isPlain: false,
    size,
    cost: (path) => (path.includes(literal) ? 1 + size * (path.length + 1) : 1),
    matches: (path) => fit(path) !== undefined,
    capture: (path) => {
      // First without captures: most paths do not match, and to capture costs more.
      const fits = fit(path);
      if (fits === undefined) return undefined;
      const matcher = compiled.matcher(fits);
      matcher.matches();
      return new Map(names.map((name, index) => [name, matcher.group(index + 1) ?? '']));
    },
  };
}

/** Where all of a pattern is left out, as of `/:page?`, nothing is left of the root. */
function fitting(compiled: RE2JS, path: string): string | undefined {
  if (compiled.testExact(path)) return path;
  return path === '/' && compiled.testExact('') ? '' : undefined;
}
