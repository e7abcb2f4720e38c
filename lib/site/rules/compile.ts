/**
 * From rules as data to what a site is made with. All that can be wrong with a rule is found here, before
 * the first request.
 */
import type { ResourcePath } from '../../source/source.js';
import type { PathParts } from '../file-parts.js';
import type { Layer } from '../handler.js';
import { resolveDecoded } from '../path.js';
import { Addresses, type AddressOptions } from '../paths/addresses.js';
import type { SubstituteOptions } from '../paths/substitutes.js';
import { LONGEST_TEXT, MOST_RULES, RuleError, type RulesConfig } from './config.js';
import { type Destination, pathDestination, urlDestination } from './destination.js';
import { headerRules } from './headers.js';
import { checkLoops } from './loops.js';
import { type Pattern, parsePattern } from './pattern.js';
import { type RedirectRule, redirects } from './redirects.js';
import { MOST_TOTAL_SIZE } from './size.js';
import { atOnce, each, type Steps } from './steps.js';

/** Rules, ready to be used. */
export interface SiteRules {
  /** What they say of how files are served, as a site could say it itself. */
  readonly options: AddressOptions & SubstituteOptions;
  /** What only they can say. */
  readonly parts: PathParts;
  /** What they put before that. */
  readonly layers: readonly Layer[];
}

/** How often one path is rewritten: each time by another rule. */
export const MOST_REWRITES = 16;

type Path = readonly (string | number)[];
/** @throws RuleError for what is no pattern, or one too many */
type PatternReader = (source: string, path: Path) => Pattern;
type Test = (path: ResourcePath) => boolean;

interface RewriteRule {
  readonly pattern: Pattern;
  readonly destination: Destination;
}

const REDIRECT_STATUSES: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Makes rules of what they say, in one go.
 * @param own what the site says itself, where that matters to rules
 * @throws RuleError for the first rule that can't be used
 */
export function compileRules(config: RulesConfig, own: AddressOptions = {}): SiteRules {
  return atOnce(compiling(config, own));
}

/** The same in steps, of which the longest is the reading of one pattern. */
export function* compiling(config: RulesConfig, own: AddressOptions = {}): Steps<SiteRules> {
  checkCounts(config);
  const pattern = patterns();
  const cleanUrls = yield* test(config.cleanUrls ?? false, pattern, ['cleanUrls']);
  const mayList = yield* test(config.directoryListing ?? true, pattern, ['directoryListing']);
  const rewrites = yield* each(config.rewrites ?? [], ({ source, destination }, index) => {
    const found = pattern(source, ['rewrites', index, 'source']);
    const path = ['rewrites', index, 'destination'];
    return {
      pattern: found,
      destination: attempt(path, () => pathDestination(checked(destination), found.names)),
    };
  });
  const redirectRules = yield* each(
    config.redirects ?? [],
    ({ source, destination, type = 301 }, index): RedirectRule => {
      if (!REDIRECT_STATUSES.includes(type)) {
        throw new RuleError(['redirects', index, 'type'], 'it takes 301, 302, 303, 307 or 308');
      }
      const found = pattern(source, ['redirects', index, 'source']);
      const path = ['redirects', index, 'destination'];
      return {
        pattern: found,
        destination: attempt(path, () => urlDestination(checked(destination), found.names)),
        status: type,
      };
    },
  );
  const { headers = [], unlisted = [], trailingSlash } = config;
  const fileFields = yield* headerRules(headers, pattern);
  const isUnlisted = yield* unlistedBy(unlisted, pattern);
  const addresses = new Addresses({ ...own, cleanUrls: own.cleanUrls ?? cleanUrls });
  yield* checkLoops(redirectRules, addresses);
  return {
    layers: redirectRules.length > 0 ? [redirects(redirectRules)] : [],
    options: {
      ...(cleanUrls === false ? {} : { cleanUrls }),
      ...(trailingSlash === undefined ? {} : { trailingSlash: trailingSlash ? 'add' : 'remove' }),
      ...(rewrites.length > 0 ? { rewrite: (path) => rewritten(rewrites, path) } : {}),
      ...(config.renderSingle === true ? { renderSingle: true } : {}),
    },
    parts: {
      ...(mayList === true ? {} : { mayList: (path) => isTrue(mayList, path) }),
      ...(unlisted.length > 0 ? { unlisted: isUnlisted } : {}),
      ...(headers.length > 0 ? { fileFields } : {}),
    },
  };
}

function checkCounts(config: RulesConfig): void {
  for (const [name, list] of Object.entries(config)) {
    if (Array.isArray(list) && list.length > MOST_RULES) {
      throw new RuleError([name], `it has ${list.length} entries; it takes ${MOST_RULES}`);
    }
  }
}

/** Reads patterns as long as there is room for them. */
function patterns(): PatternReader {
  let total = 0;
  return (source, path) => {
    const found = attempt(path, () => parsePattern(checked(source)));
    total += found.size;
    if (total <= MOST_TOTAL_SIZE) return found;
    throw new RuleError(
      path,
      `with it all patterns come to ${total} characters, with ranges and repetitions written out; ` +
        `they take ${MOST_TOTAL_SIZE}: take paths without patterns, or fewer rules`,
    );
  };
}

/** @throws Error for what no path or address can hold */
function checked(text: string): string {
  if (text === '') throw new Error('it is empty; it takes a path');
  if (text.length > LONGEST_TEXT) {
    throw new Error(`it has ${text.length} characters; it takes ${LONGEST_TEXT}`);
  }
  if (/[\x00-\x1f\x7f]|\p{Surrogate}/u.test(text)) {
    throw new Error('it has control characters, or halves of characters');
  }
  return text;
}

function attempt<T>(path: Path, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new RuleError(path, (error as Error).message);
  }
}

function* test(
  said: boolean | readonly string[],
  pattern: PatternReader,
  path: Path,
): Steps<boolean | Test> {
  if (typeof said === 'boolean') return said;
  const patterns = yield* each(said, (source, index) => pattern(source, [...path, index]));
  return (asked) => patterns.some(({ matches }) => matches(asked));
}

function isTrue(said: boolean | Test, path: ResourcePath): boolean {
  return typeof said === 'boolean' ? said : said(path);
}

/** By names, wherever they are, or by paths. */
function* unlistedBy(sources: readonly string[], pattern: PatternReader): Steps<Test> {
  const patterns = yield* each(sources, (source, index) => pattern(source, ['unlisted', index]));
  return (path) => {
    const name = path.slice(path.lastIndexOf('/'));
    return patterns.some(({ matches }) => matches(name) || matches(path));
  };
}

/**
 * By the first rule that applies, then by the first of the others, and so on.
 * @throws HttpError where it would lead out of the root
 */
function rewritten(rules: readonly RewriteRule[], path: ResourcePath): ResourcePath | undefined {
  const left = [...rules];
  let target: ResourcePath | undefined;
  for (let step = 0; step < MOST_REWRITES; step++) {
    const from = target ?? path;
    let captures: ReturnType<Pattern['capture']>;
    const index = left.findIndex((rule) => {
      captures = rule.pattern.capture(from);
      return captures !== undefined;
    });
    if (index === -1 || captures === undefined) break;
    const [rule] = left.splice(index, 1) as [RewriteRule];
    target = resolveDecoded(rule.destination(captures)).path;
  }
  return target;
}
