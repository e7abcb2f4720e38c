/**
 * Fields for some files: set in place of those that are there, or taken away; what an answer depends on is
 * only ever added to. Which rules are meant goes by the path of the file that is sent, however its address
 * looks.
 */
import { isEntityTag } from '../../http/etag.js';
import { isFieldValue, isToken, listMembers } from '../../http/grammar.js';
import type { Response } from '../../http/response.js';
import type { ResourcePath } from '../../source/source.js';
import { onceEach } from '../added-fields.js';
import type { FileFields } from '../file-parts.js';
import { type HeaderRule, RuleError } from './config.js';
import type { Pattern } from './pattern.js';
import { each, type Steps } from './steps.js';

/** Fields that frame a message, or say which part of a file it holds: these are the server's. */
const OURS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-range',
  'date',
  'keep-alive',
  'proxy-connection',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields about the content of a file: nothing where that is not sent. */
const OF_CONTENT: ReadonlySet<string> = new Set([
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'repr-digest',
]);

/** Answers about a file without its content (RFC 9110 §15.4.5, §15.5.13, §15.5.17). */
const WITHOUT_FILE: ReadonlySet<number> = new Set([304, 412, 416]);

/** Beside Cache-Control and what is named after it (RFC 9213 §2.2). */
const OF_CACHES: ReadonlySet<string> = new Set(['expires', 'pragma', 'surrogate-control']);

/** Paths whose rules are remembered; when there are more, all are looked up anew. */
const MOST_KNOWN = 1024;
/** Longer paths are not: what is kept for an attacker should be little. */
const LONGEST_KNOWN = 256;

/** One field. */
interface Change {
  /** As it is written. */
  readonly name: string;
  /** `null`: it is taken away. */
  readonly value: string | null;
  /** Whether the rule is for this one path, by its name. */
  readonly isExact: boolean;
}

type Changes = ReadonlyMap<string, Change>;

interface Rule {
  readonly pattern: Pattern;
  readonly changes: Changes;
}

/** @throws RuleError for fields that can't be sent */
export function* headerRules(
  rules: readonly HeaderRule[],
  pattern: (source: string, path: readonly (string | number)[]) => Pattern,
): Steps<FileFields> {
  const made = yield* each(rules, ({ source, headers }, index) => {
    const found = pattern(source, ['headers', index, 'source']);
    const changes = headers.map(({ key, value }, at): [string, Change] => {
      checkField(key, value, ['headers', index, 'headers', at]);
      return [key.toLowerCase(), { name: key, value, isExact: found.isPlain }];
    });
    return { pattern: found, changes: merged(changes) };
  });
  return new HeaderRules(made);
}

/** The last change of each field counts; what answers depend on adds up. */
function merged(changes: Iterable<readonly [string, Change]>): Changes {
  const all = new Map<string, Change>();
  for (const [key, change] of changes) {
    const before = key === 'vary' ? all.get(key)?.value : undefined;
    const value = before == null ? change.value : `${before}, ${change.value}`;
    all.set(key, { ...change, value });
  }
  return all;
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
  if (value === null) {
    if (name !== 'vary') return;
    throw new RuleError(
      [...path, 'value'],
      'caches tell answers apart by Vary: more can be added to it, and nothing taken away',
    );
  }
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
      set = new Fieldset(merged(met.flatMap(({ changes }) => [...changes])));
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
  readonly #vary: Change | undefined;
  readonly to: (response: Response, etag?: string) => Response = onceEach(
    (response, etag?: string) => this.#fields(response, etag),
  );

  constructor(changes: Changes) {
    const others = new Map(changes);
    this.#vary = others.get('vary');
    others.delete('vary');
    this.#changes = others;
    this.etag = changes.get('etag')?.value ?? undefined;
    this.isCoded = changes.has('content-encoding');
  }

  #fields({ status, fields }: Response, etag: string | undefined): string[] {
    const wanted = new Map(this.#changes);
    if (etag !== undefined) wanted.set('etag', { name: 'ETag', value: etag, isExact: false });
    const changes = new Map([...wanted].filter((each) => applies(each, status)));
    const kept: string[] = [];
    const varies: string[] = [];
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] as string;
      const value = fields[index + 1] as string;
      const key = name.toLowerCase();
      // Parts are of a type of their own.
      if (key === 'content-type' && value.startsWith('multipart/byteranges')) changes.delete(key);
      if (key === 'vary') varies.push(value);
      if (!changes.has(key)) kept.push(name, value);
    }
    for (const { name, value } of changes.values()) if (value !== null) kept.push(name, value);
    return [...kept, ...this.#varyBeside(varies)];
  }

  /** What is not said yet of what the answer depends on (RFC 9110 §12.5.5). */
  #varyBeside(said: readonly string[]): string[] {
    const { name, value } = this.#vary ?? {};
    if (name === undefined || value == null) return [];
    const known = new Set(listMembers(said.join().toLowerCase()));
    const added = listMembers(value).filter((member) => {
      const isNew = !known.has('*') && !known.has(member.toLowerCase());
      known.add(member.toLowerCase());
      return isNew;
    });
    return added.length === 0 ? [] : [name, added.join(', ')];
  }
}

/** Whether a change is meant for an answer with this status. */
function applies([key, { isExact }]: readonly [string, Change], status: number): boolean {
  const isBare = WITHOUT_FILE.has(status);
  if (isBare && OF_CONTENT.has(key)) return false;
  if (status < 400) return true;
  // An error has no validators, and must not be kept for a year because files are: only a rule that names
  // its page says how long.
  if (key === 'etag' || key === 'last-modified') return false;
  const isOfCaches = OF_CACHES.has(key) || key.endsWith('cache-control');
  return !isOfCaches || (isExact && !isBare);
}
