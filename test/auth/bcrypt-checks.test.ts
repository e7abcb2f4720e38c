/** The thread that checks passwords: it is there while it is needed, and its death is told. */
import bcrypt from 'bcryptjs';
import t from 'tap';
import { BcryptChecks, BusyError, MOST_CHECKS_PER_ADDRESS } from '../../lib/auth/bcrypt-checks.js';
import { until } from '../helpers/client.js';

const HASH = bcrypt.hashSync('secret', 4);

t.test('the thread ends when there is nothing to check, and is started again', async (t) => {
  const checks = new BcryptChecks(50);
  t.notOk(checks.isRunning);
  for (let round = 0; round < 2; round++) {
    t.equal(await checks.compare('secret', HASH, ''), true);
    t.equal(await checks.compare('wrong', HASH, ''), false);
    t.ok(checks.isRunning);
    await until(() => !checks.isRunning, 10_000, 'the thread has ended');
  }
});

t.test('what ends the thread fails those who wait, and nobody after them', async (t) => {
  const checks = new BcryptChecks(50);
  const malformed = 'x'.repeat(60);
  t.equal(await checks.compare('secret', HASH, ''), true);
  const outcomes = await Promise.allSettled([
    checks.compare('secret', malformed, ''),
    checks.compare('secret', HASH, ''),
  ]);
  t.same(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.equal(await checks.compare('secret', HASH, ''), true);
  await until(() => !checks.isRunning, 10_000, 'the thread has ended');
  t.notOk(checks.isRunning);
});

t.test('an IPv6 network counts as one address', async (t) => {
  const checks = new BcryptChecks(50);
  const compare = (address: string): Promise<boolean> => checks.compare('secret', HASH, address);
  const first = Array.from({ length: MOST_CHECKS_PER_ADDRESS }, (_, i) =>
    compare(`2001:db8::${i}`),
  );
  const refused = await compare('2001:db8::ffff').catch((error) => error);
  t.ok(refused instanceof BusyError);
  t.equal(await compare('2001:db8:0:1::1'), true, 'another network');
  t.same(
    await Promise.all(first),
    first.map(() => true),
  );
  t.equal(await compare('2001:db8::ffff'), true);
});
