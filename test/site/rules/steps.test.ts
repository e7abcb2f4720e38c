/** Rules are made in steps, between which a server answers. */
import t from 'tap';
import { compiling } from '../../../lib/site/rules/compile.js';
import { RuleError, type RulesConfig } from '../../../lib/site/rules/config.js';
import { loadRules } from '../../../lib/site/rules/load.js';
import { atOnce, each, inTurns, type Steps } from '../../../lib/site/rules/steps.js';

/** Each step takes longer than others should wait. */
function* slow(count: number): Steps<number> {
  const made = yield* each(Array(count).fill(0), (_, index) => {
    const end = performance.now() + 11;
    while (performance.now() < end);
    return index;
  });
  return made.length;
}

/** How many turns others had until something was done. */
async function turns(work: Promise<unknown>): Promise<number> {
  let count = 0;
  let isDone = false;
  const next = (): void => {
    count++;
    if (!isDone) setImmediate(next);
  };
  setImmediate(next);
  await work;
  isDone = true;
  return count;
}

t.test('others have their turn between slow steps', async (t) => {
  const done = inTurns(slow(8));
  t.ok((await turns(done)) >= 5);
  t.equal(await done, 8);
  t.equal(atOnce(slow(2)), 2);
});

t.test('what fails in a step fails the whole', async (t) => {
  const failing = (): Steps<number[]> =>
    each([1, 2], (n) => {
      if (n === 2) throw new Error('two');
      return n;
    });
  t.throws(() => atOnce(failing()), { message: 'two' });
  await t.rejects(inTurns(failing()), { message: 'two' });
  await t.rejects(loadRules({ unlisted: ['/!(a)'] }), RuleError);
});

t.test('each pattern is a step of its own, and each comparison of loops', async (t) => {
  const many = <T>(make: (n: number) => T): T[] => Array.from({ length: 50 }, (_, n) => make(n));
  for (const config of [
    { cleanUrls: many((n) => `/:x/${n}`) },
    { directoryListing: many((n) => `/:x/${n}`) },
    { unlisted: many((n) => `/:x/${n}`) },
    { rewrites: many((n) => ({ source: `/:x/${n}`, destination: '/y' })) },
    { headers: many((n) => ({ source: `/:x/${n}`, headers: [] })) },
  ] satisfies RulesConfig[]) {
    const steps = [...compiling(config)].length;
    t.ok(steps >= 50, `${Object.keys(config)}: ${steps}`);
  }
  const redirects = many((n) => ({ source: `/:a/:b(${n}|x)`, destination: `/:a/${n + 1}` }));
  t.ok([...compiling({ redirects })].length > 1000);
});
