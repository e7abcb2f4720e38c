/** Errors on their way between processes; sums of what workers report. */
import t from 'tap';
import { withoutScript } from '../../lib/cluster/member.js';
import { fromPlain, toPlain } from '../../lib/cluster/messages.js';
import { sumStats } from '../../lib/cluster/sum-stats.js';

t.test('errors keep what they say', async (t) => {
  const error = Object.assign(new RangeError('no'), { code: 'EADDRINUSE', port: 80, inner: {} });
  const again = fromPlain(structuredClone(toPlain(error)));
  t.match(again, { name: 'RangeError', message: 'no', code: 'EADDRINUSE', port: 80 });
  t.notOk('inner' in again);
  t.match(fromPlain(toPlain('text')), { name: 'Error', message: 'text' });
});

t.test('sums', async (t) => {
  const exchange = { id: '1.1', total: 2, method: 'GET', target: '/', remote: 'a', sent: 1 };
  const cache = { size: 1, entries: 2, hits: 3, misses: 4, evictions: 5 };
  t.same(
    sumStats([
      { pid: 1, stats: { connections: 1, exchanges: [exchange], cache } },
      { pid: 2, stats: undefined },
      { pid: 3, stats: { connections: 2, exchanges: [exchange, exchange], cache } },
    ]),
    {
      connections: 3,
      exchanges: [exchange, exchange, exchange],
      cache: { size: 2, entries: 4, hits: 6, misses: 8, evictions: 10 },
      pids: [1, 3],
      silent: [2],
    },
  );
  const none = { connections: 0, exchanges: [], cache: undefined };
  t.same(sumStats([{ pid: 1, stats: none }]).cache, undefined);
});

t.test("workers don't run the program of a command line", async (t) => {
  t.same(withoutScript(['--input-type=module', '-e', 'code', '--no-warnings']), ['--no-warnings']);
  t.same(withoutScript(['--input-type', 'module', '--eval', 'code']), []);
  t.same(withoutScript(['--max-old-space-size=64']), ['--max-old-space-size=64']);
});
