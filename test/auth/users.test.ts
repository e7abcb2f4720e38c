/** Who may come in: given users and password files, what is remembered, and what too many checks come to. */
import fs from 'node:fs';
import path from 'node:path';
import bcrypt from 'bcryptjs';
import t, { type Test } from 'tap';
import { BusyError, MOST_CHECKS, MOST_CHECKS_PER_ADDRESS } from '../../lib/auth/bcrypt-checks.js';
import {
  GUESS_EVERY_MS,
  GuessError,
  LONGEST_HASHED,
  MOST_GUESSES,
  REMEMBERED_MS,
  Users,
} from '../../lib/auth/users.js';

/** A password file with hashes that are quick to make; `cost` for slower ones. */
function passwords(t: Test, users: Readonly<Record<string, string>>, cost = 4): string {
  const lines = Object.entries(users).map(
    ([name, password]) => `${name}:${bcrypt.hashSync(password, cost)}\n`,
  );
  const file = path.join(t.testdir({}), 'passwords');
  fs.writeFileSync(file, lines.join(''));
  return file;
}

t.test('given users are known at once', async (t) => {
  const users = new Users({ users: ['ann:secret', 'bob:a:b', 'jos\u0065\u0301:\u{1f511}'] });
  for (const [name, password, expected] of [
    ['ann', 'secret', true],
    ['bob', 'a:b', true],
    ['jos\xe9', '\u{1f511}', true],
    ['ann', 'a:b', false],
    ['ann', 'secre', false],
    ['ann', 'secrets', false],
    ['ann', '', false],
    ['an', 'nsecret', false],
    ['', '', false],
    ['Ann', 'secret', false],
    ['__proto__', 'secret', false],
  ] as const) {
    t.equal(users.check(name, password, ''), expected, `${name}:${password}`);
  }
  t.notOk(users.isChecking, 'no thread');
});

t.test('users of a file', async (t) => {
  const file = passwords(t, { ann: 'secret', 'jos\xe9': 'm\xfcll' });
  const users = new Users({ users: ['bob:plain'], file });
  t.equal(users.check('bob', 'plain', ''), true, 'given ones are known at once');
  t.equal(await users.check('ann', 'secret', ''), true);
  t.equal(await users.check('jose\u0301', 'mu\u0308ll', ''), true, 'however it is composed');
  t.equal(await users.check('ann', 'wrong', ''), false);
  t.equal(await users.check('nobody', 'secret', ''), false, 'though the decoy has this password');
  t.equal(await users.check('constructor', 'secret', ''), false);
  t.equal(users.check('ann', 'secret', ''), true, 'what was right is remembered');
  t.type(users.check('ann', 'wrong', ''), Promise, 'what was wrong is not');
});

t.test('bcrypt knows the first 72 octets: longer passwords are not held against it', async (t) => {
  const whole = '\xe9'.repeat(LONGEST_HASHED / 2);
  const long = `${whole}b`;
  const users = new Users({
    users: [`bob:${long}`],
    file: passwords(t, { ann: whole, eve: long }),
  });
  t.equal(await users.check('ann', whole, ''), true);
  t.equal(users.check('ann', long, ''), false, 'at once');
  t.equal(users.check('ann', `${whole}${'x'.repeat(1000)}`, ''), false);
  t.equal(users.check('eve', long, ''), false, 'nor is it known to be right');
  t.equal(users.check('nobody', long, ''), false);
  // 72 characters are more octets.
  t.equal(users.check('ann', '\xe9'.repeat(LONGEST_HASHED), ''), false);
  t.equal(await users.check('ann', 'e\u0301'.repeat(LONGEST_HASHED / 2), ''), true, 'as composed');
  t.equal(users.check('bob', long, ''), true, 'a given one may be longer');
});

t.test('what is remembered is forgotten in time, when nobody uses it', async (t) => {
  let time = 1000;
  const users = new Users({ file: passwords(t, { ann: 'secret' }) }, () => time);
  t.equal(await users.check('ann', 'secret', ''), true);
  // The clock of the cache is read once a millisecond of real time.
  const pass = async (milliseconds: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    time += milliseconds;
  };
  for (let times = 0; times < 3; times++) {
    await pass(REMEMBERED_MS - 1);
    t.equal(users.check('ann', 'secret', ''), true);
  }
  await pass(REMEMBERED_MS + 1);
  t.type(users.check('ann', 'secret', ''), Promise);
});

t.test('the same question at the same time is asked once', async (t) => {
  const users = new Users({ file: passwords(t, { ann: 'secret' }) });
  // Of one address fewer would be looked at, one after the other.
  const all = Array.from({ length: 100 }, () => users.check('ann', 'secret', 'b'));
  t.same(await Promise.all(all), Array(100).fill(true));
});

t.test('too many checks are refused, not queued', async (t) => {
  const users = new Users({ file: passwords(t, { ann: 'secret' }, 8) });
  const outcomes = (count: number, address: (index: number) => string): Promise<unknown>[] =>
    Array.from({ length: count }, async (_, index) => {
      try {
        return await users.check('ann', `${address(index)} ${index}`, address(index));
      } catch (error) {
        return error instanceof BusyError ? 'busy' : error;
      }
    });
  const one = await Promise.all(outcomes(MOST_CHECKS_PER_ADDRESS + 2, () => 'one'));
  t.same(one, [...Array(MOST_CHECKS_PER_ADDRESS).fill(false), 'busy', 'busy']);
  const all = await Promise.all(outcomes(MOST_CHECKS + 1, (index) => `${index}`));
  t.same(all, [...Array(MOST_CHECKS).fill(false), 'busy']);
  for (const address of ['', '127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    const proxied = await Promise.all(outcomes(MOST_CHECKS_PER_ADDRESS + 1, () => address));
    t.same(proxied, Array(MOST_CHECKS_PER_ADDRESS + 1).fill(false), 'many may share it');
  }
  t.equal(await users.check('ann', 'secret', 'one'), true, 'and then there is room again');
});

t.test('checks leave the event loop alone', async (t) => {
  const users = new Users({ file: passwords(t, { ann: 'secret' }, 10) });
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await users.check('ann', 'wrong', '');
  clearImmediate(timer);
  t.ok(turns > 10, `${turns} turns while one password was looked at`);
});

t.test('what can be no users', async (t) => {
  for (const user of ['', 'a', 'a:', ':b', 'a:b\n', 'a\0:b']) {
    t.throws(() => new Users({ users: [user] }), { name: 'TypeError' }, JSON.stringify(user));
  }
  t.throws(() => new Users({}), { message: /auth has no users/ });
  t.throws(() => new Users({ users: Array(101).fill('a:b') }), { name: 'RangeError' });
  t.doesNotThrow(() => new Users({ users: Array(100).fill('a:b') }));
});

t.test('wrong passwords of an address are bounded; what it knew stays good', async (t) => {
  let time = 1000;
  const file = passwords(t, { eve: 'other' });
  const users = new Users({ users: ['ann:secret', 'bob:pass'], file }, () => time);
  const outcome = async (name: string, password: string, address: string): Promise<unknown> => {
    try {
      return await users.check(name, password, address);
    } catch (error) {
      return error instanceof GuessError ? Math.round(error.wait) : error;
    }
  };
  const [network, neighbour, far] = ['2001:db8::1', '2001:db8::2', '192.0.2.1'];
  t.equal(await outcome('bob', 'pass', neighbour), true);
  for (let count = 0; count < MOST_GUESSES; count++) {
    t.equal(await outcome(count % 2 ? 'ann' : 'eve', `${count}`, network), false, `${count}`);
  }
  t.equal(await outcome('ann', 'more', network), GUESS_EVERY_MS);
  t.equal(await outcome('ann', 'secret', network), GUESS_EVERY_MS, 'the right one is not told');
  t.equal(await outcome('bob', 'pass', network), GUESS_EVERY_MS, "nor are other's");
  t.equal(await outcome('ann', 'secret', neighbour), GUESS_EVERY_MS, 'nor next to it');
  t.equal(await outcome('bob', 'pass', neighbour), true, 'but to whom has said it before');
  t.equal(await outcome('ann', 'secret', far), true, 'and to others');
  time += GUESS_EVERY_MS - 1;
  t.equal(await outcome('ann', 'more', network), 1);
  time += 1;
  t.equal(await outcome('ann', 'more', network), false, 'one more');
  t.equal(await outcome('ann', 'secret', network), GUESS_EVERY_MS);
  time += GUESS_EVERY_MS;
  t.equal(await outcome('ann', 'secret', network), true, 'and in time the right one');
  for (const address of ['', '127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    for (let count = 0; count <= MOST_GUESSES; count++) {
      t.equal(await outcome('ann', `${count}`, address), false, `${address}: many may share it`);
    }
  }
});
