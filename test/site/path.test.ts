import path from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { HttpError } from '../../lib/http/error.js';
import { encodePath, pathOf, resolvePath } from '../../lib/site/path.js';
import type { ResourcePath } from '../../lib/source/source.js';

t.test('resolved', async (t) => {
  for (const [target, expected, isCollection] of [
    ['/', '/', true],
    ['/a', '/a', false],
    ['/a/', '/a', true],
    ['/a/b.txt', '/a/b.txt', false],
    ['/a//b', '/a/b', false],
    ['//a', '/a', false],
    ['//evil.example/', '/evil.example', true],
    ['///a///', '/a', true],
    ['/./a', '/a', false],
    ['/a/.', '/a', true],
    ['/a/..', '/', true],
    ['/a/../', '/', true],
    ['/a/../b', '/b', false],
    ['/a/b/../../c/', '/c', true],
    ['/a/%2e/b', '/a/b', false],
    ['/a/%2E%2e/b', '/b', false],
    ['/a/.%2e', '/', true],
    ['/...', '/...', false],
    ['/..a/a..', '/..a/a..', false],
    ['/.a', '/.a', false],
    ['/a.', '/a.', false],
    ['/a..b', '/a..b', false],
    ['/%61%2D', '/a-', false],
    ['/caf%C3%A9', '/café', false],
    ['/%F0%9F%98%80', '/😀', false],
    ['/a%20b', '/a b', false],
    ['/a%0Ab', '/a\nb', false],
    ['/a+b', '/a+b', false],
    ['/100%25', '/100%', false],
    ['/a?b', '/a?b', false],
    // Decoded once: what is left encoded is a name.
    ['/%252e%252e/a', '/%2e%2e/a', false],
    ['/%252fa', '/%2fa', false],
    ['/%2500', '/%00', false],
    ['/%255c', '/%5c', false],
    // UNC: the slashes are merged, and no host is left.
    ['//server/share/a', '/server/share/a', false],
  ] as const) {
    t.same(resolvePath(target), { path: expected, isCollection }, target);
    t.equal(pathOf(target), expected);
  }
});

t.test('refused', async (t) => {
  for (const [target, status, message] of [
    ['', 400, /not absolute/],
    ['*', 400, /not absolute/],
    ['a', 400, /not absolute/],
    ['..', 400, /not absolute/],
    ['/..', 400, /climbs/],
    ['/../a', 400, /climbs/],
    ['/a/../..', 400, /climbs/],
    ['/a/../../a', 400, /climbs/],
    ['/./..', 400, /climbs/],
    ['//..', 400, /climbs/],
    ['/%2e%2e/a', 400, /climbs/],
    ['/%2e./a', 400, /climbs/],
    ['/.%2E/a', 400, /climbs/],
    ['/a%2fb', 400, /encoded separator/],
    ['/..%2Fa', 400, /encoded separator/],
    ['/a%5cb', 400, /encoded separator/],
    ['/..%5Ca', 400, /encoded separator/],
    ['/a\\b', 400, /backslash/],
    ['/\\\\server\\share', 400, /backslash/],
    ['/..\\a', 400, /backslash/],
    ['/%00', 400, /NUL/],
    ['/a%00.html', 400, /NUL/],
    ['/a\0', 400, /NUL/],
    ['/%', 400, /escape/],
    ['/%4', 400, /escape/],
    ['/%zz', 400, /escape/],
    ['/%u0041', 400, /escape/],
    // Invalid UTF-8: a lone lead, a lone trail, cut short, overlong '/', '.' and NUL, a surrogate,
    // beyond U+10FFFF, latin1's é.
    ['/%C3', 400, /UTF-8/],
    ['/%A9', 400, /UTF-8/],
    ['/%E2%82', 400, /UTF-8/],
    ['/%C0%AF', 400, /UTF-8/],
    ['/%E0%80%AF', 400, /UTF-8/],
    ['/%F0%80%80%AF', 400, /UTF-8/],
    ['/%C0%AE%C0%AE/a', 400, /UTF-8/],
    ['/%C0%80', 400, /UTF-8/],
    ['/%ED%A0%80', 400, /UTF-8/],
    ['/%F4%90%80%80', 400, /UTF-8/],
    ['/%FF', 400, /UTF-8/],
    ['/caf%E9', 400, /UTF-8/],
    // Windows' forms.
    ['/C:', 404, /drive or stream/],
    ['/C:/Windows', 404, /drive or stream/],
    ['/a/c%3A/b', 404, /drive or stream/],
    ['/a.txt::$DATA', 404, /drive or stream/],
    ['/a.txt:stream', 404, /drive or stream/],
    ['/a.txt%3astream', 404, /drive or stream/],
  ] as const) {
    t.throws(() => resolvePath(target), { name: 'HttpError', status, message }, target);
    t.equal(pathOf(target), undefined);
  }
});

t.test('encodePath', async (t) => {
  for (const [resolved, expected] of [
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a b', '/a%20b'],
    ['/café', '/caf%C3%A9'],
    ['/100%', '/100%25'],
    ['/%2f', '/%252f'],
    ['/a?b#c', '/a%3Fb%23c'],
    ['/a\r\nb', '/a%0D%0Ab'],
    ['/"<>', '/%22%3C%3E'],
  ] as const) {
    t.equal(encodePath(resolved as ResourcePath), expected, JSON.stringify(resolved));
  }
});

const piece = fc.oneof(
  fc.constantFrom('/', '//', '.', '..', '%2e', '%2E', '%2f', '%5c', '\\', '%00', '%25', ':', 'a'),
  fc.constantFrom('%C0%AF', '%c3%a9', '%zz', '%', '...', '~', ' ', '%0a', 'index.html', '+', '?'),
  fc.string({ maxLength: 3 }),
  fc.string({ maxLength: 3, unit: 'binary' }).map(encodeURIComponent),
);
const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

/** What `resolvePath` makes of a target, or `undefined` when it refuses it as it should. */
function resolved(text: string): ResourcePath | undefined {
  try {
    return resolvePath(text).path;
  } catch (error) {
    if (error instanceof HttpError && (error.status === 400 || error.status === 404))
      return undefined;
    throw error;
  }
}

t.test('a resolved path has no empty segment, dot segment, NUL, backslash or colon', async (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(target, (text) => {
      const result = resolved(text);
      if (result === undefined) return true;
      accepted++;
      if (result === '/') return true;
      const [before, ...segments] = result.split('/');
      return (
        before === '' &&
        segments.every((segment) => !['', '.', '..'].includes(segment)) &&
        !/[\0\\:]/.test(result)
      );
    }),
    { numRuns: 2000 },
  );
  t.ok(accepted > 200, `${accepted} of 2000 were accepted`);
});

t.test('a resolved path stays inside the root it is joined to', async () => {
  fc.assert(
    fc.property(target, (text) => {
      const result = resolved(text);
      if (result === undefined) return true;
      const joined = path.posix.join('/srv/www', result);
      const windows = path.win32.join('C:\\srv\\www', result);
      return (
        (joined === '/srv/www/' || joined === `/srv/www${result}`) &&
        (windows === 'C:\\srv\\www' || windows.startsWith('C:\\srv\\www\\'))
      );
    }),
    { numRuns: 2000 },
  );
});

t.test('a resolved path, encoded and resolved again, is the same path', async () => {
  fc.assert(
    fc.property(target, (text) => {
      const result = resolved(text);
      return result === undefined || resolvePath(encodePath(result)).path === result;
    }),
    { numRuns: 2000 },
  );
});

t.test('an encoded path names no other host and no other field line', async () => {
  fc.assert(
    fc.property(target, (text) => {
      const result = resolved(text);
      return result === undefined || /^\/(?![/\\])[!-~]*$/.test(encodePath(result));
    }),
    { numRuns: 2000 },
  );
});

t.test('a plain target takes the short way to the same result as the long one', async () => {
  const segment = fc.stringMatching(/^[a-z0-9](?:\.?[a-z0-9_~-]){0,3}$/);
  fc.assert(
    fc.property(fc.array(segment), fc.boolean(), (segments, slash) => {
      const plain = `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`;
      // An escape makes the target take the long way.
      const escaped = plain.replace(/[a-z0-9]/, (char) => `%${char.charCodeAt(0).toString(16)}`);
      return JSON.stringify(resolvePath(plain)) === JSON.stringify(resolvePath(escaped));
    }),
  );
});
