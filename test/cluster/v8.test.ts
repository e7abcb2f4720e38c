/** What V8 is told, unless node was told otherwise. */
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
