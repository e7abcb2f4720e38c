/** The waits before a worker is replaced. */
import t from 'tap';
import { Backoff, LONGEST_WAIT, SHORTEST_WAIT, STEADY_AFTER } from '../../lib/cluster/backoff.js';

t.test('twice as long each time, up to the longest', async (t) => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 10 }, () => backoff.next(0));
  t.same(waits, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
  t.equal(waits[0], SHORTEST_WAIT);
  t.equal(waits.at(-1), LONGEST_WAIT);
  t.equal(backoff.deaths, 10);
  for (let death = 0; death < 2000; death++) backoff.next(0);
  t.equal(backoff.next(0), LONGEST_WAIT, 'no overflow');
});

t.test('a worker that served for long starts a new count', async (t) => {
  const backoff = new Backoff();
  for (let death = 0; death < 5; death++) backoff.next(0);
  t.equal(backoff.next(STEADY_AFTER - 1), 3200);
  t.equal(backoff.next(STEADY_AFTER), SHORTEST_WAIT);
  t.equal(backoff.next(0), 200);
});
