/**
 * From a pattern of paths to an expression of RE2JS. What is refused here can't be matched in time that is in
 * proportion to the path, or would mean something else there. Compiles nothing.
 */
import { RE2JS } from 're2js';
import { MOST_SIZE, tooLarge } from './size.js';

/** One pass, from left to right. */
export class Reader {
  /** The names of the groups, in order. */
  readonly names: string[] = [];
  /** What every path that matches has in it: the longest there is. */
  literal = '';
  readonly #text: string;
  /** What the last part stands for, where that is one character. */
  #char: string | undefined;
  #at = 0;
  #unnamed = 0;
  /** Characters of ranges that are written out. */
  #ranged = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(end = ''): string {
    let made = '';
    let run = '';
    while (this.#at < this.#text.length && !end.includes(this.#text.charAt(this.#at) || '\0')) {
      this.#char = undefined;
      made += this.#part();
      run = this.#char === undefined ? '' : run + this.#char;
      // What is one choice of several need not be there.
      if (end === '' && run.length > this.literal.length) this.literal = run;
    }
    this.#char = undefined;
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
    const meant = char === '\\' && rest.length > 1 ? rest.charAt(1) : char;
    this.#char = meant;
    return RE2JS.quote(meant);
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
    const [whole, content] = found as unknown as [string, string];
    // A group of its own would be another one than the one that captures.
    if (content.startsWith('?')) throw new Error('it has (?…), which is not known');
    this.#at += whole.length;
    return content;
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
      // Before they are made: a short text can ask for a million of them.
      this.#ranged += (last - first + 1) * (`${last}`.length + 1);
      if (this.#ranged > MOST_SIZE) throw tooLarge(this.#ranged);
      return `(?:${Array.from({ length: last - first + 1 }, (_, n) => first + n).join('|')})`;
    }
    this.#at++;
    return `(?:${this.#choices(',', '}').join('|')})`;
  }
}
