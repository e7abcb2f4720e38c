/**
 * Patterns of paths: globs, and segments such as `:id`. They become regular expressions of RE2JS, which
 * takes time in proportion to the path whatever the pattern: node's own, and the matchers that use them,
 * can be made to run for years. Knows no rules.
 */
import { RE2JS } from 're2js';
import { LONGEST_TEXT } from './config.js';

/** What a source captured of a path, by name or by number from 0. */
export type Captures = ReadonlyMap<string, string>;

/** A pattern that paths are compared with, as a whole: decoded, without a slash at their end. */
export interface Pattern {
  /** What it captures. */
  readonly names: ReadonlySet<string>;
  /** Whether it is one path, as it is written. */
  readonly isPlain: boolean;
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
    matches: (path) => path === text,
    capture: (path) => (path === text ? NONE : undefined),
  };
}

function negated({ matches }: Pattern): Pattern {
  return {
    names: new Set(),
    isPlain: false,
    matches: (path) => !matches(path),
    capture: (path) => (matches(path) ? undefined : NONE),
  };
}

function expression(text: string): Pattern {
  const reader = new Reader(text);
  const source = reader.read();
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source, RE2JS.DOTALL);
  } catch (error) {
    throw new Error(`it can't be read: ${(error as Error).message}`, { cause: error });
  }
  const { names } = reader;
  return {
    names: new Set(names),
    isPlain: false,
    matches: (path) => fitting(compiled, path) !== undefined,
    capture: (path) => {
      // First without captures: most paths do not match, and to capture costs more.
      const fits = fitting(compiled, path);
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

/** From a pattern to an expression: one pass, from left to right. */
class Reader {
  /** The names of the groups, in order. */
  readonly names: string[] = [];
  readonly #text: string;
  #at = 0;
  #unnamed = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(end = ''): string {
    let made = '';
    while (this.#at < this.#text.length && !end.includes(this.#text.charAt(this.#at) || '\0')) {
      made += this.#part();
    }
    return made;
  }

  #part(): string {
    const rest = this.#text.slice(this.#at);
    const char = rest.charAt(0);
    if (char === '/') {
      const stars = /^\/\*\*(?=\/|$)/.exec(rest);
      if (stars !== null) {
        this.#at += 3;
        return `(?:/(${this.#group('.*')}))?`;
      }
      if (/^\/(?::\w|\()/.test(rest)) {
        this.#at++;
        return this.#segment('/');
      }
    }
    if (/^(?::\w|\()/.test(rest)) return this.#segment('');
    if (/^[@?*+!]\(/.test(rest)) return this.#extended(char);
    if (char === '*') return this.#star();
    if (char === '[') return this.#class();
    if (char === '{') return this.#braces();
    this.#at++;
    if (char === '?') return '[^/]';
    if (char === '\\' && rest.length > 1) this.#at++;
    return RE2JS.quote(char === '\\' && rest.length > 1 ? rest.charAt(1) : char);
  }

  #group(content: string, name = `${this.#unnamed++}`): string {
    if (this.names.includes(name)) throw new Error(`it has :${name} twice`);
    this.names.push(name);
    return content;
  }

  /** `:name`, `:name(expression)` or `(expression)`, each perhaps with `?`, `*` or `+`. */
  #segment(slash: string): string {
    const [found, name] = /^(?::(\w+))?/.exec(this.#text.slice(this.#at)) as RegExpExecArray;
    this.#at += found.length;
    const one = this.#text.charAt(this.#at) === '(' ? this.#parenthesised() : '[^/]+?';
    this.#group(one, name);
    const modifier = /^[?*+](?!\()/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += modifier.length;
    const all = modifier === '*' || modifier === '+' ? `(?:${one})(?:/(?:${one}))*` : one;
    const whole = `${slash}(${all})`;
    return modifier === '?' || modifier === '*' ? `(?:${whole})?` : whole;
  }

  #parenthesised(): string {
    const found = /^\(((?:[^()\\]|\\.)+)\)/s.exec(this.#text.slice(this.#at));
    if (found === null) {
      throw new Error('it has parentheses that are empty, not closed or inside of others');
    }
    this.#at += found[0].length;
    return found[1] as string;
  }

  /** `@(a|b)`, `?(a|b)`, `*(a|b)`, `+(a|b)`. */
  #extended(kind: string): string {
    if (kind === '!') throw new Error('it has !(…), which is not known; name what it should match');
    this.#at += 2;
    const choices = this.#choices('|', ')');
    return `(?:${choices.join('|')})${kind === '@' ? '' : kind}`;
  }

  #choices(separator: string, end: string): string[] {
    const choices: string[] = [];
    for (;;) {
      choices.push(this.read(separator + end));
      const next = this.#text.charAt(this.#at++);
      if (next === '') throw new Error(`it has no ${end} where one is opened`);
      if (next === end) return choices;
    }
  }

  #star(): string {
    const before = this.#text.charAt(this.#at - 1);
    while (this.#text.charAt(this.#at) === '*') this.#at++;
    const after = this.#text.charAt(this.#at);
    const isSegment = before === '/' && (after === '' || after === '/');
    return `(${this.#group(isSegment ? '[^/]+' : '[^/]*')})`;
  }

  #class(): string {
    const found = /^\[([!^]?)(\]?[^\]]*)\]/.exec(this.#text.slice(this.#at));
    if (found === null || found[2] === '') throw new Error('it has a [ that is not closed');
    this.#at += found[0].length;
    const members = (found[2] as string).replace(/[[\]\\^&~]/g, '\\$&');
    return found[1] === '' ? `[${members}]` : `[^/${members}]`;
  }

  /** `{a,b}`, or a range of numbers such as `{1..9}`. */
  #braces(): string {
    const range = /^\{(\d{1,6})\.\.(\d{1,6})\}/.exec(this.#text.slice(this.#at));
    if (range !== null) {
      this.#at += range[0].length;
      const [first, last] = [Number(range[1]), Number(range[2])].sort((a, b) => a - b) as [
        number,
        number,
      ];
      if (last - first >= 1000) throw new Error('it has a range of more than 1000 numbers');
      return `(?:${Array.from({ length: last - first + 1 }, (_, n) => first + n).join('|')})`;
    }
    this.#at++;
    return `(?:${this.#choices(',', '}').join('|')})`;
  }
}
