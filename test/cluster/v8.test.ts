/** What V8 is told, unless node was told otherwise. */
import { execFileSync } from 'node:child_process';
import v8 from 'node:v8';
import t from 'tap';
import { tuneMemory, workerOptions } from '../../lib/cluster/v8.js';

const YOUNG = '--max-semi-space-size=4';
const PRETENURING = '--no-allocation-site-pretenuring';

t.test('unless node was told otherwise', (t) => {
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  });
  const before = process.env.NODE_OPTIONS;
  const told = t.capture(v8, 'setFlagsFromString', () => {});
  for (const [said, options, flags] of [
    ['', [YOUNG, PRETENURING], [[PRETENURING]]],
    ['--max-semi-space-size=16', [PRETENURING], [[PRETENURING]]],
    ['--max_semi_space_size=16', [PRETENURING], [[PRETENURING]]],
    ['--no-warnings --allocation-site-pretenuring', [YOUNG], []],
  ] as const) {
    process.env.NODE_OPTIONS = said;
    t.same(workerOptions(), options, said);
    tuneMemory();
    t.same(
      told().map(({ args }) => args),
      flags,
      said,
    );
  }
  process.env.NODE_OPTIONS = '';
  process.execArgv.push(YOUNG);
  t.same(workerOptions(), [PRETENURING], 'on its command line');
  process.execArgv.pop();
  t.end();
});

t.test('a process that runs lets its young generation grow so far, and can end', (t) => {
  const url = JSON.stringify(new URL('../../lib/cluster/v8.js', import.meta.url));
  // Each turn leaves a part alive, so that collections find more than semi-spaces hold.
  const program = `
    import { tuneMemory, youngGeneration } from ${url};
    if (process.argv[1] === 'tuned') tuneMemory();
    const kept = [];
    for (let turn = 0; turn < 400; turn++) {
      kept[turn % 40] = Array.from({ length: 2000 }, (_, value) => ({ value }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(youngGeneration());
  `;
  const grown = (...args: string[]): number => {
    const all = ['--input-type=module', '--eval', program, ...args];
    const env = { ...process.env, NODE_OPTIONS: '' };
    return Number(execFileSync(process.execPath, all, { env, encoding: 'utf8', timeout: 30_000 }));
  };
  t.equal(grown('tuned'), 8 * 1024 ** 2);
  t.ok(grown('as it is') > 8 * 1024 ** 2, 'which it would not otherwise');
  t.end();
});
