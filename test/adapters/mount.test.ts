/** Mount points: what is taken off an address, and what of it may go into a Location. */
import t from 'tap';
import { mountBelow, mountOf } from '../../lib/adapters/mount.js';

t.test('what Connect and Express have taken off', async (t) => {
  for (const [originalUrl, url, base, isBare] of [
    [undefined, '/a', '', false],
    ['/a', '/a', '', false],
    ['/static/a?b', '/a?b', '/static', false],
    ['/static/', '/', '/static', false],
    ['/static', '/', '/static', true],
    ['/static?x=/a', '/?x=/a', '/static', true],
    ['/a/b/c', '/c', '/a/b', false],
    ['/rewritten', '/other', '', false],
    ['//evil.example/a', '/a', '/evil.example', false],
    ['/\\evil.example/a', '/a', '/evil.example', false],
    ['/\t/evil.example/a', '/a', '/%09/evil.example', false],
    ['/x\\y/a', '/a', '/x%5Cy', false],
    ['http://evil.example/static/a', 'http://evil.example/a', '/static', false],
    ['http://evil.example/static/', 'http://evil.example/', '/static', false],
    ['http://evil.example/static', 'http://evil.example', '/static', true],
    ['HTTPS://evil.example/static?x', 'HTTPS://evil.example?x', '/static', true],
    ['http://evil.example//static/a', 'http://evil.example/a', '/static', false],
    ['/x\r\nSet-Cookie: a/a', '/a', '/x%0D%0ASet-Cookie:%20a', false],
  ] as const) {
    const target = url.replace(/^https?:\/\/evil\.example\/?/i, '/');
    t.same(mountOf({ url, originalUrl }), { target, base, isBare }, `${originalUrl}`);
  }
  t.same(mountOf({}), { target: '/', base: '', isBare: false });
});

t.test('prefixes that stay in the address', async (t) => {
  for (const [prefix, url, target, base, isBare] of [
    ['', '/a?b', '/a?b', '', false],
    ['/', '/a', '/a', '', false],
    ['/static', '/static/a', '/a', '/static', false],
    ['/static', '/static/', '/', '/static', false],
    ['/static/', '/static/a', '/a', '/static', false],
    ['/static', '/static', '/', '/static', true],
    ['/static', '/static?a/b', '/?a/b', '/static', true],
    ['/:one/b', '/x/b/c/d', '/c/d', '/x/b', false],
    ['/:one', '//evil.example/a', '/evil.example/a', '', false],
    ['/static', 'http://evil.example/static/a', '/a', '/static', false],
    ['/static', 'http://evil.example/static?a', '/?a', '/static', true],
  ] as const) {
    t.same(mountBelow(prefix, url), { target, base, isBare }, `${prefix} ${url}`);
  }
});
