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

// Each turn leaves a part alive, so that collections find more than semi-spaces hold.
const PROGRAM = `
  import v8 from 'node:v8';
  import { tuneMemory, youngGeneration } from ${JSON.stringify(new URL('../../lib/cluster/v8.js', import.meta.url))};
  const kept = [];
  const load = async () => {
    for (let turn = 0; turn < 400; turn++) {
      kept[turn % 40] = Array.from({ length: 2000 }, (_, value) => ({ value }));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  if (process.argv[1] === 'tuned') tuneMemory();
  await load();
  const loaded = youngGeneration();
  kept.length = 0;
  // It has V8 make it as small as when nothing happens for a while.
  v8.getHeapSnapshot().destroy();
  const idle = youngGeneration();
  await load();
  console.log(JSON.stringify({ loaded, idle, again: youngGeneration() }));
`;

interface Sizes {
  readonly loaded: number;
  readonly idle: number;
  readonly again: number;
}

function sizes(name: string, ...options: readonly string[]): Sizes {
  const words = [...options, '--input-type=module', '--eval', PROGRAM, name];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const all = { env, encoding: 'utf8', timeout: 30_000 } as const;
  return JSON.parse(execFileSync(process.execPath, words, all));
}

const MOST = 8 * 1024 ** 2;

t.test('a process that runs lets its young generation grow so far, and can end', (t) => {
  const tuned = sizes('tuned');
  t.same([tuned.loaded, tuned.again], [MOST, MOST], 'also when it was idle meanwhile');
  t.ok(tuned.idle < MOST);
  t.ok(sizes('as it is').loaded > MOST, 'which it would not otherwise');
  t.end();
});

t.test('nor where node was told how far, or how', (t) => {
  t.equal(sizes('tuned', '--max-semi-space-size=8').loaded, 2 * MOST);
  t.ok(sizes('tuned', '--semi-space-growth-factor=2').loaded > MOST);
  t.end();
});
