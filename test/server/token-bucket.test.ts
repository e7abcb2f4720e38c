/** What a rate lets through, on a clock of the test's own. */
import t from 'tap';
import { TokenBucket } from '../../lib/server/token-bucket.js';

t.test('a quarter of a second is kept', async (t) => {
  let now = 1000;
  const bucket = new TokenBucket(1000, () => now);
  t.equal(bucket.take(10_000), 250, 'from the start');
  t.equal(bucket.take(10_000), 0);
  now += 100;
  t.equal(bucket.take(60), 60);
  t.equal(bucket.take(60), 40);
  now += 3_600_000;
  t.equal(bucket.take(10_000), 250, 'and no more after a pause');
});

t.test('all or nothing', async (t) => {
  let now = 0;
  const bucket = new TokenBucket(1000, () => now);
  t.equal(bucket.takeAll(251), false);
  t.equal(bucket.takeAll(250), true);
  t.equal(bucket.takeAll(1), false);
  t.equal(bucket.takeAll(0), true);
  now += 1;
  t.equal(bucket.takeAll(1), true);
});

t.test('over a long time it is the rate', async (t) => {
  for (const rate of [1, 7, 1000, 1_048_576, 10 ** 9]) {
    let now = 0;
    const bucket = new TokenBucket(rate, () => now);
    let sent = 0;
    let writes = 0;
    while (now < 60_000) {
      const taken = bucket.take(32_768);
      sent += taken;
      if (taken > 0) writes++;
      else now += bucket.wait(32_768);
    }
    t.ok(Math.abs(sent - rate * 60) <= rate * 0.3 + 1, `${sent} octets in 60 s at ${rate}`);
    if (rate <= 100_000) t.ok(writes <= 60 * 20 + 10, `${writes} writes`);
  }
});

t.test('what is waited for comes', async (t) => {
  let now = 0;
  const bucket = new TokenBucket(1000, () => now);
  bucket.take(250);
  for (const [wanted, milliseconds] of [
    [1, 1],
    [10, 10],
    [50, 50],
    [32_768, 50],
  ] as const) {
    t.equal(Math.round(bucket.wait(wanted)), milliseconds, `${wanted} octets`);
  }
  now += 50;
  t.equal(bucket.take(32_768), 50);
  const slow = new TokenBucket(1, () => now);
  t.equal(slow.take(5), 1);
  t.equal(slow.wait(5), 1000);
});
