/**
 * Redirects that lead back to where they began are found before the first client goes round. Follows what
 * rules say of one path each; knows no files.
 */
import type { ResourcePath } from '../../source/source.js';
import { pathOf } from '../path.js';
import type { Addresses } from '../paths/addresses.js';
import { RuleError } from './config.js';
import type { Captures, Pattern } from './pattern.js';
import type { RedirectRule } from './redirects.js';

/** What stands for a segment: any value will do, for none that a rule would name is likely to be this. */
const SAMPLE = 'any-segment';

/**
 * @param addresses of the site that the rules are for
 * @throws RuleError for the first rule that leads back to itself
 */
export function checkLoops(rules: readonly RedirectRule[], addresses: Addresses): void {
  for (const [start, rule] of rules.entries()) {
    const passed = [start];
    let path = target(rule, sample(rule.pattern));
    while (path !== undefined) {
      const index = follow(rules, path, addresses);
      if (index === undefined) break;
      if (passed.includes(index)) {
        // A loop further on is told of the rule that is in it.
        if (index !== start) break;
        throw new RuleError(
          ['redirects', start],
          passed.length === 1
            ? 'its destination is a source of its own: it would lead round and round'
            : `it would lead round and round, by way of redirects ${passed.slice(1).join(', ')}`,
        );
      }
      passed.push(index);
      const next = rules[index] as RedirectRule;
      path = target(next, next.pattern.capture(path) ?? sample(next.pattern));
    }
  }
}

/** Which rule applies to a path, or to what the path is shortened to. */
function follow(
  rules: readonly RedirectRule[],
  path: string,
  addresses: Addresses,
): number | undefined {
  const names = [path];
  const short = addresses.short(path as ResourcePath);
  if (short !== undefined) names.push(short.path);
  for (const name of names) {
    const index = rules.findIndex((rule) => {
      const captures = rule.pattern.capture(name);
      return captures !== undefined && target(rule, captures) !== name;
    });
    if (index !== -1) return index;
  }
  return undefined;
}

/** The path that a rule leads to; `undefined`: another site. */
function target({ destination }: RedirectRule, captures: Captures): string | undefined {
  const location = destination(captures);
  return location.startsWith('/') ? pathOf(location.replace(/[?#].*$/s, '')) : undefined;
}

function sample({ names }: Pattern): Captures {
  return new Map([...names].map((name) => [name, SAMPLE]));
}
