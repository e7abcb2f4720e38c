/**
 * Redirects that lead back to where they began are found before the first client goes round. Follows what
 * rules say of one path each; knows no files. Finding all loops could take for ever: it stops at a bound,
 * and what is not found by then only its clients notice, who give up after twenty redirects.
 */
import { HttpError } from '../../http/error.js';
import type { ResourcePath } from '../../source/source.js';
import { pathOf } from '../path.js';
import type { Addresses } from '../paths/addresses.js';
import { RuleError } from './config.js';
import type { Captures, Pattern } from './pattern.js';
import type { RedirectRule } from './redirects.js';
import type { Steps } from './steps.js';

/** What stands for a segment: any value will do, for none that a rule would name is likely to be this. */
const SAMPLE = 'any-segment';

/** How many paths are followed for each rule: one, where rules lead to each other with the same values. */
export const FOLLOWED_PER_RULE = 4;

/** Most steps of matchers, all in all: some seconds where each takes as long as can be, mostly far less. */
const MOST_STEPS = 100_000_000;

/** Longer paths are not followed: each redirect may make them many times as long. */
const LONGEST_FOLLOWED = 256;

/** Where a path is sent on. */
interface Sent {
  /** The rule that applies. */
  readonly rule: number;
  /** Where it leads; `undefined`: away. */
  readonly path: string | undefined;
}

/**
 * @param addresses of the site that the rules are for
 * @throws RuleError for the first rule that leads back to itself
 */
export function* checkLoops(rules: readonly RedirectRule[], addresses: Addresses): Steps<void> {
  const trails = new Trails(rules, addresses);
  for (const [start, rule] of rules.entries()) {
    yield;
    const passed = new Set([start]);
    let path = target(rule, sample(rule.pattern));
    while (path !== undefined) {
      const sent = yield* trails.from(path);
      if (sent === undefined) break;
      if (passed.has(sent.rule)) {
        // A loop further on is told of the rule that is in it.
        if (sent.rule !== start) break;
        throw new RuleError(
          ['redirects', start],
          passed.size === 1
            ? 'its destination is a source of its own: it would lead round and round'
            : `it would lead round and round, by way of redirects ${[...passed].slice(1).join(', ')}`,
        );
      }
      passed.add(sent.rule);
      path = sent.path;
    }
  }
}

/** Where paths lead. Each is compared with the rules once, however many rules lead to it. */
class Trails {
  readonly #rules: readonly RedirectRule[];
  readonly #addresses: Addresses;
  readonly #known = new Map<string, Sent | undefined>();
  readonly #most: number;
  #steps = 0;

  constructor(rules: readonly RedirectRule[], addresses: Addresses) {
    this.#rules = rules;
    this.#addresses = addresses;
    this.#most = rules.length * FOLLOWED_PER_RULE;
  }

  /** `undefined`: it stays there, as far as is known. */
  *from(path: string): Steps<Sent | undefined> {
    if (this.#known.has(path)) return this.#known.get(path);
    if (this.#known.size >= this.#most) return undefined;
    const sent = yield* this.#follow(path);
    this.#known.set(path, sent);
    return sent;
  }

  /** By which rule a path is sent on, or what it is shortened to. */
  *#follow(path: string): Steps<Sent | undefined> {
    const names = [path];
    const short = this.#addresses.short(path as ResourcePath);
    if (short !== undefined) names.push(short.path);
    for (const name of names) {
      for (const [rule, { pattern }] of this.#rules.entries()) {
        const cost = pattern.cost(name);
        this.#steps += cost;
        if (this.#steps > MOST_STEPS) return undefined;
        if (cost > 1) yield;
        const captures = pattern.capture(name);
        if (captures === undefined) continue;
        const to = target(this.#rules[rule] as RedirectRule, captures);
        if (to !== name) return { rule, path: to };
      }
    }
    return undefined;
  }
}

/** The path that a rule leads to; `undefined`: another site, or further than is looked. */
function target({ destination }: RedirectRule, captures: Captures): string | undefined {
  const location = made(destination, captures);
  if (location === undefined || !location.startsWith('/')) return undefined;
  const path = pathOf(location.replace(/[?#].*$/s, ''));
  return path === undefined || path.length > LONGEST_FOLLOWED ? undefined : path;
}

/** `undefined`: there is no such address. */
function made(destination: RedirectRule['destination'], captures: Captures): string | undefined {
  try {
    return destination(captures);
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

function sample({ names }: Pattern): Captures {
  return new Map([...names].map((name) => [name, SAMPLE]));
}
