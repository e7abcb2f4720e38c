/** What a service manager says it hands over. */
import t from 'tap';
import { MOST_INHERITED, takeInherited } from '../../lib/listen/activation.js';

t.test('what is for this process', async (t) => {
  const env = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b', PATH: '/bin' };
  t.same(takeInherited(env, 7), [{ fd: 3 }, { fd: 4 }]);
  t.same(env, { PATH: '/bin' }, 'children are not told');
  t.same(takeInherited({ LISTEN_PID: '7', LISTEN_FDS: '0' }, 7), []);
  t.equal(takeInherited({ LISTEN_PID: '7', LISTEN_FDS: '64' }, 7).length, MOST_INHERITED);
});

t.test('what is for another, or for nobody', async (t) => {
  for (const env of [
    {},
    { LISTEN_FDS: '1' },
    { LISTEN_PID: '7' },
    { LISTEN_PID: '8', LISTEN_FDS: '1' },
    { LISTEN_PID: '07', LISTEN_FDS: '1' },
    { LISTEN_PID: '', LISTEN_FDS: '1' },
  ]) {
    const before = { ...env };
    t.same(takeInherited(env, 7), [], JSON.stringify(env));
    t.same(env, before);
  }
});

t.test('numbers that are none', async (t) => {
  for (const count of ['', 'x', '-1', '1.5', '1e1', '65', '99999999999', ' 1']) {
    const env = { LISTEN_PID: '7', LISTEN_FDS: count };
    t.throws(() => takeInherited(env, 7), { name: 'RangeError', message: /^LISTEN_FDS is/ }, count);
  }
});
