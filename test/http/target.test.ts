import fc from 'fast-check';
import t from 'tap';
import { parseTarget } from '../../lib/http/target.js';

t.test('targets', async (t) => {
  for (const [method, target, form, authority, path, query] of [
    ['GET', '/', 'origin', undefined, '/', ''],
    ['GET', '/a/b', 'origin', undefined, '/a/b', ''],
    ['GET', '//a', 'origin', undefined, '//a', ''],
    ['GET', '/a?b', 'origin', undefined, '/a', '?b'],
    ['GET', '/a?', 'origin', undefined, '/a', '?'],
    ['GET', '/?a?b', 'origin', undefined, '/', '?a?b'],
    ['GET', '/%41%ff', 'origin', undefined, '/%41%ff', ''],
    ['GET', '/[]|^`{}', 'origin', undefined, '/[]|^`{}', ''],
    ['GET', '/?[]|^`{}\\%', 'origin', undefined, '/', '?[]|^`{}\\%'],
    ['POST', '/http://a/', 'origin', undefined, '/http://a/', ''],
    ['GET', 'http://a', 'absolute', 'a', '/', ''],
    ['GET', 'http://a/', 'absolute', 'a', '/', ''],
    ['GET', 'http://a?b', 'absolute', 'a', '/', '?b'],
    ['GET', 'https://a:1/b?c', 'absolute', 'a:1', '/b', '?c'],
    ['GET', 'hTTp://[::1]:1/b', 'absolute', '[::1]:1', '/b', ''],
    ['GET', 'http://a//b', 'absolute', 'a', '//b', ''],
    ['OPTIONS', 'http://a/', 'absolute', 'a', '/', ''],
    ['OPTIONS', '/', 'origin', undefined, '/', ''],
    ['OPTIONS', '*', 'asterisk', undefined, '*', ''],
    ['CONNECT', 'a:1', 'authority', 'a:1', '', ''],
    ['CONNECT', '[::1]:1', 'authority', '[::1]:1', '', ''],
  ] as const) {
    t.same(parseTarget(method, target), { form, path, query, authority }, `${method} ${target}`);
  }
});

t.test('refused', async (t) => {
  for (const [method, target, message] of [
    ['GET', '', /request-target/],
    ['GET', '*', /request-target/],
    ['POST', '*', /request-target/],
    ['OPTIONS', '**', /request-target/],
    ['OPTIONS', '*?a', /request-target/],
    ['GET', 'a', /request-target/],
    ['GET', '?a', /request-target/],
    ['GET', '#a', /request-target/],
    ['GET', 'a:1', /request-target/],
    ['GET', 'ftp://a/', /request-target/],
    ['GET', 'http:/a', /request-target/],
    ['GET', 'http:a', /request-target/],
    ['GET', 'xhttp://a/', /request-target/],
    ['GET', 'http://', /authority/],
    ['GET', 'http:///a', /authority/],
    ['GET', 'http://:1/', /authority/],
    ['GET', 'http://u@a/', /authority/],
    ['GET', 'http://u:p@a/', /authority/],
    ['GET', 'http://a b/', /authority/],
    ['GET', 'http://a#b', /authority/],
    ['GET', 'http://a:b/', /authority/],
    ['GET', 'http://a/b c', /path/],
    ['GET', '/a b', /path/],
    ['GET', '/a#b', /path/],
    ['GET', '/a\\b', /path/],
    ['GET', '/%', /path/],
    ['GET', '/%0', /path/],
    ['GET', '/%0g', /path/],
    ['GET', '/"', /path/],
    ['GET', '/<', /path/],
    ['GET', '/>', /path/],
    ['GET', '/\0', /path/],
    ['GET', '/\x7f', /path/],
    ['GET', '/\xe9', /path/],
    ['GET', '/\u0141', /path/],
    ['GET', '/\r', /path/],
    ['GET', '/?a b', /query/],
    ['GET', '/?#', /query/],
    ['GET', '/?"', /query/],
    ['GET', '/?<', /query/],
    ['GET', '/?\n', /query/],
    ['GET', '/?\xe9', /query/],
    ['CONNECT', '', /CONNECT/],
    ['CONNECT', '/', /CONNECT/],
    ['CONNECT', '*', /CONNECT/],
    ['CONNECT', 'a', /CONNECT/],
    ['CONNECT', 'a:', /CONNECT/],
    ['CONNECT', ':1', /CONNECT/],
    ['CONNECT', 'a:b', /CONNECT/],
    ['CONNECT', 'u@a:1', /CONNECT/],
    ['CONNECT', 'http://a:1', /CONNECT/],
    ['CONNECT', '[::1]', /CONNECT/],
  ] as const) {
    const name = `${method} ${JSON.stringify(target)}`;
    t.throws(() => parseTarget(method, target), { status: 400, message }, name);
  }
});

t.test('the long way takes long targets', async (t) => {
  const long = `/%41${'a'.repeat(1_000_000)}`;
  t.equal(parseTarget('GET', long).path, long);
});

t.test('an accepted target is its parts put together again, all printable ASCII', async () => {
  const part = fc.constantFrom(
    '/',
    '?',
    '#',
    '*',
    'http://',
    'a',
    ':',
    '80',
    '%41',
    '%',
    '[',
    '\\',
    '@',
  );
  const target = fc
    .array(fc.oneof(part, fc.string({ maxLength: 2 })))
    .map((parts) => parts.join(''));
  const method = fc.constantFrom('GET', 'OPTIONS', 'CONNECT');
  fc.assert(
    fc.property(method, target, (method, text) => {
      let parsed: ReturnType<typeof parseTarget>;
      try {
        parsed = parseTarget(method, text);
      } catch (error) {
        return (error as { status?: number }).status === 400;
      }
      const { form, authority = '', path, query } = parsed;
      const scheme = form === 'absolute' ? text.slice(0, text.indexOf('//') + 2) : '';
      const whole = scheme + authority + path + query;
      const rootAdded = scheme + authority + query;
      return /^[!-~]+$/.test(text) && (whole === text || (path === '/' && rootAdded === text));
    }),
    { numRuns: 2000 },
  );
});
