/** Looking for loops takes a bounded number of comparisons, whatever the rules are. */
import t from 'tap';
import { Addresses } from '../../../lib/site/paths/addresses.js';
import { RuleError } from '../../../lib/site/rules/config.js';
import { urlDestination } from '../../../lib/site/rules/destination.js';
import { checkLoops, FOLLOWED_PER_RULE } from '../../../lib/site/rules/loops.js';
import { type Pattern, parsePattern } from '../../../lib/site/rules/pattern.js';
import { atOnce } from '../../../lib/site/rules/steps.js';

type Pair = readonly [source: string, destination: string];

interface Count {
  compared: number;
  found: string;
}

/** How often a path is compared with a pattern, and what is found. */
function count(pairs: readonly Pair[], cleanUrls = false): Count {
  const result = { compared: 0, found: 'nothing' };
  const rules = pairs.map(([source, to]) => {
    const pattern = parsePattern(source);
    const capture: Pattern['capture'] = (path) => {
      result.compared++;
      return pattern.capture(path);
    };
    const destination = urlDestination(to, pattern.names);
    return { pattern: { ...pattern, capture }, destination, status: 301 as const };
  });
  try {
    atOnce(checkLoops(rules, new Addresses({ cleanUrls })));
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    result.found = `${error.path.join('.')}: ${error.message}`;
  }
  return result;
}

const COUNT = 999;

function chain(make: (n: number) => Pair): Pair[] {
  return Array.from({ length: COUNT }, (_, n) => make(n));
}

t.test('rules that lead to each other are each followed once', async (t) => {
  for (const [name, pairs] of [
    ['all of a path', chain((n) => [`/v${n}/:rest*`, `/v${n + 1}/:rest*`])],
    ['a segment', chain((n) => [`/:a${n}/x${n}`, `/:a${n}/x${n + 1}`])],
    ['no pattern', chain((n) => [`/${n}`, `/${n + 1}`])],
    ['backwards', chain((n) => [`/v${n + 1}/:rest*`, `/v${n}/:rest*`])],
    ['to one place', chain((n) => [`/:a-${n}`, '/new'])],
  ] as const) {
    const { compared, found } = count(pairs);
    t.equal(found, 'nothing', name);
    t.ok(compared <= COUNT ** 2, `${name}: ${compared}`);
  }
});

t.test('no rules take more than a few paths each', async (t) => {
  const most = FOLLOWED_PER_RULE * COUNT ** 2;
  for (const [name, pairs] of [
    ['another path for each start', chain((n) => [`/${n}/:x`, `/${n + 1}/:x-${n}`])],
    ['longer and longer', chain((n) => [`/${n}/:x`, `/${n + 1}/:x${':x'.repeat(300)}`])],
  ] as const) {
    const { compared, found } = count(pairs);
    t.equal(found, 'nothing', name);
    t.ok(compared <= most, `${name}: ${compared}`);
    const clean = count(pairs, true);
    t.ok(clean.compared <= 2 * most, `${name}: ${clean.compared}`);
  }
});

t.test('what is costly to compare is compared less often', async (t) => {
  const costly = `(${'.*a.{0,9}'.repeat(60)}|.*)`;
  const pairs = Array.from({ length: 99 }, (_, n): Pair => [`/${costly}/${n}`, `/:0/${n + 1}`]);
  const long = pairs.map(
    ([source, to]): Pair => [source, `${to.replace('/', `/${'a'.repeat(200)}`)}`],
  );
  const { compared } = count(long);
  t.ok(compared < 99 ** 2, `${compared}`);
});

t.test('a loop of many rules is found, and told by its first', async (t) => {
  const ring = chain((n) => [`/v${n}/:rest*`, `/v${(n + 1) % COUNT}/:rest*`]);
  const { compared, found } = count(ring);
  t.match(
    found,
    /^redirects\.0: it would lead round and round, by way of redirects 1, 2, 3, .*998$/,
  );
  t.ok(compared <= COUNT ** 2, `${compared}`);

  const tail = [...chain((n) => [`/${n}`, `/${n + 1}`]), ['/999', '/997'] as const];
  t.match(count(tail).found, /^redirects\.997: .* by way of redirects 998, 999$/);
});

t.test('a loop that only some values lead round', async (t) => {
  const by = (value: string): Pair[] => [
    ['/a', `/b/${value}`],
    ['/b/:y', '/:y'],
    ['/x', '/a'],
  ];
  t.match(count(by('x')).found, /^redirects\.0: .* redirects 1, 2$/);
  t.equal(count(by('y')).found, 'nothing');
});
