/** How often an address may do something, and how little is kept of it. */
import t from 'tap';
import { MOST_ADDRESSES, networkOf, RateLimit } from '../../lib/limit/rate-limit.js';

t.test('a second of requests at once, then the rate', async (t) => {
  let now = 5000;
  const limit = new RateLimit(10, () => now);
  for (let count = 0; count < 10; count++) t.equal(limit.take('a'), 0, `request ${count + 1}`);
  t.equal(Math.round(limit.take('a')), 100, 'the eleventh has to wait');
  t.equal(limit.take('b'), 0, 'another address has not');
  now += 99;
  t.ok(limit.take('a') > 0);
  now += 1;
  t.equal(limit.take('a'), 0);
  t.ok(limit.take('a') > 0, 'those that were refused cost nothing, those that were not do');
  now += 60_000;
  let count = 0;
  while (limit.take('a') === 0) count++;
  t.equal(count, 10, 'no more after a pause');
});

t.test('rates at the edge', async (t) => {
  let now = 0;
  const one = new RateLimit(1, () => now);
  t.equal(one.take('a'), 0);
  t.equal(Math.round(one.take('a')), 1000);
  now += 1000;
  t.equal(one.take('a'), 0);
  const slow = new RateLimit(0.1, () => now);
  t.equal(slow.take('a'), 0);
  t.equal(Math.round(slow.take('a')), 10_000);
  const fast = new RateLimit(1e6, () => now);
  let count = 0;
  while (count < 2e6 && fast.take('a') === 0) count++;
  t.ok(Math.abs(count - 1e6) <= 2, `${count}`);
});

t.test('a bounded number of addresses', async (t) => {
  const limit = new RateLimit(1, () => 0);
  limit.take('first');
  for (let count = 0; count < MOST_ADDRESSES - 1; count++) limit.take(`a${count}`);
  t.equal(limit.addresses, MOST_ADDRESSES);
  t.ok(limit.take('first') > 0, 'at the edge all are known');
  limit.take('one more');
  t.equal(limit.addresses, MOST_ADDRESSES);
  t.equal(limit.take('first'), 0, 'the one that was quiet the longest is forgotten');
  for (let count = 0; count < 3 * MOST_ADDRESSES; count++) limit.take(`b${count}`);
  t.equal(limit.addresses, MOST_ADDRESSES);
});

t.test('what is counted as one', async (t) => {
  for (const [address, expected] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['1::', '1:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['2001:0db8:0000:0002::1', '2001:db8:0:2'],
  ] as const) {
    t.equal(networkOf(address), expected, address);
  }
});

t.test('to look takes nothing', async (t) => {
  let now = 1000;
  const limit = new RateLimit(0.2, () => now, 3);
  for (let count = 0; count < 3; count++) {
    for (let looks = 0; looks < 9; looks++) t.equal(limit.wait('a'), 0);
    t.equal(limit.take('a'), 0, 'three at once');
  }
  t.equal(Math.round(limit.wait('a')), 5000);
  t.equal(limit.wait('a'), limit.take('a'));
  t.equal(limit.wait('b'), 0);
  t.equal(limit.addresses, 1, 'who was only looked at is not remembered');
  now += 5000;
  t.equal(limit.wait('a'), 0);
  t.equal(limit.take('a'), 0);
  t.ok(limit.wait('a') > 0);
});
