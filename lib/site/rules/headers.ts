/**
 * Fields for some files: set in place of those that are there, or taken away. Which rules are meant goes by
 * the path of the file that is sent, however its address looks.
 */
import { isEntityTag } from '../../http/etag.js';
import { isFieldValue, isToken } from '../../http/grammar.js';
import type { Response } from '../../http/response.js';
import type { ResourcePath } from '../../source/source.js';
import type { FileFields } from '../file-handler.js';
import { type HeaderRule, RuleError } from './config.js';
import type { Pattern } from './pattern.js';

/** Fields that frame a message, or say which part of a file it holds: these are the server's. */
const OURS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-range',
  'date',
  'keep-alive',
  'server',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Paths whose rules are remembered; when there are more, all are looked up anew. */
const MOST_KNOWN = 1024;
/** Longer paths are not: what is kept for an attacker should be little. */
const LONGEST_KNOWN = 256;

/** One field: its name as it is written, and its value; `null`: it is taken away. */
type Change = readonly [name: string, value: string | null];
type Changes = ReadonlyMap<string, Change>;

interface Rule {
  readonly pattern: Pattern;
  readonly changes: Changes;
}

/** @throws RuleError for fields that can't be sent */
export function headerRules(
  rules: readonly HeaderRule[],
  pattern: (source: string, path: readonly (string | number)[]) => Pattern,
): FileFields {
  return new HeaderRules(
    rules.map(({ source, headers }, index) => ({
      pattern: pattern(source, ['headers', index, 'source']),
      changes: new Map(
        headers.map(({ key, value }, at) => {
          checkField(key, value, ['headers', index, 'headers', at]);
          return [key.toLowerCase(), [key, value]];
        }),
      ),
    })),
  );
}

function checkField(key: string, value: string | null, path: readonly (string | number)[]): void {
  const name = key.toLowerCase();
  if (!isToken(key)) {
    throw new RuleError(
      [...path, 'key'],
      'it is no name of a field; it takes letters, digits and -',
    );
  }
  if (OURS.has(name)) {
    throw new RuleError([...path, 'key'], `${key} is set by the server, from what it sends`);
  }
  if (value === null) return;
  if (!isFieldValue(value) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new RuleError(
      [...path, 'value'],
      'it has characters that no field can hold, such as a line end',
    );
  }
  if (name === 'etag' && !isEntityTag(value)) {
    throw new RuleError(
      [...path, 'value'],
      'it is no entity tag; it takes quotes, such as "\\"v1\\""',
    );
  }
}

class HeaderRules implements FileFields {
  readonly #rules: readonly Rule[];
  readonly #known = new Map<string, Fieldset | undefined>();
  /** One for each set of rules that meet on a path. */
  readonly #sets = new Map<string, Fieldset>();

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  etag(path: ResourcePath): string | undefined {
    return this.#find(path)?.etag;
  }

  isCoded(path: ResourcePath): boolean {
    return this.#find(path)?.isCoded === true;
  }

  to(path: ResourcePath, response: Response, etag?: string): Response {
    return this.#find(path)?.to(response, etag) ?? response;
  }

  #find(path: string): Fieldset | undefined {
    if (this.#known.has(path)) return this.#known.get(path);
    const set = this.#look(path);
    if (path.length <= LONGEST_KNOWN) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      // A copy: a path is a slice of the head it came in, and would keep all of that alive.
      this.#known.set(Buffer.from(path, 'utf8').toString('utf8'), set);
    }
    return set;
  }

  #look(path: string): Fieldset | undefined {
    const met = this.#rules.filter(({ pattern }) => pattern.matches(path));
    if (met.length === 0) return undefined;
    const key = met.map((rule) => this.#rules.indexOf(rule)).join();
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = new Fieldset(new Map(met.flatMap(({ changes }) => [...changes])));
      if (this.#sets.size >= MOST_KNOWN) this.#sets.clear();
      this.#sets.set(key, set);
    }
    return set;
  }
}

/** The changes that all rules for a path come to: the later ones win. */
class Fieldset {
  readonly etag: string | undefined;
  readonly isCoded: boolean;
  readonly #changes: Changes;
  readonly #made = new WeakMap<Response, Response>();

  constructor(changes: Changes) {
    this.#changes = changes;
    this.etag = changes.get('etag')?.[1] ?? undefined;
    this.isCoded = changes.has('content-encoding');
  }

  /** @param etag always the same for one response, which is of one representation */
  to(response: Response, etag: string | undefined): Response {
    const known = this.#made.get(response);
    if (known !== undefined) return known;
    const made: Response = { ...response, fields: this.#fields(response, etag) };
    // What is streamed is sent once.
    if (response.message !== undefined) this.#made.set(response, made);
    return made;
  }

  #fields({ status, fields }: Response, etag: string | undefined): string[] {
    const changes = new Map(this.#changes);
    if (etag !== undefined) changes.set('etag', ['ETag', etag]);
    // An error has no entity tag, and parts are of a type of their own.
    if (status >= 400) changes.delete('etag');
    const kept: string[] = [];
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] as string;
      const value = fields[index + 1] as string;
      const key = name.toLowerCase();
      if (key === 'content-type' && value.startsWith('multipart/byteranges')) changes.delete(key);
      if (!changes.has(key)) kept.push(name, value);
    }
    for (const [name, value] of changes.values()) if (value !== null) kept.push(name, value);
    return kept;
  }
}
