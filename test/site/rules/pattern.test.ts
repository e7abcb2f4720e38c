/** Patterns of paths: what they match, what they capture, and that none takes long. */
import t from 'tap';
import { LONGEST_TEXT } from '../../../lib/site/rules/config.js';
import { parsePattern } from '../../../lib/site/rules/pattern.js';
import { MOST_SIZE } from '../../../lib/site/rules/size.js';

t.test('what matches, and what does not', async (t) => {
  for (const [source, yes, no] of [
    ['/a', ['/a'], ['/A', '/a/b', '/', '/ab']],
    ['a/b', ['/a/b'], ['a/b', '/b']],
    ['//a//b/', ['/a/b'], ['/a//b']],
    ['/', ['/'], ['/a']],
    ['**', ['/', '/a', '/a/b.c/d', '/.x'], []],
    ['/**', ['/', '/a', '/a/b'], []],
    ['*', ['/a', '/.a'], ['/', '/a/b']],
    ['app/**', ['/app', '/app/x', '/app/x/y'], ['/apple', '/', '/x/app']],
    ['/a/**/b', ['/a/b', '/a/x/b', '/a/x/y/b'], ['/ab', '/a/xb', '/a/b/c']],
    ['**/*.html', ['/a.html', '/x/y/a.html'], ['/a.htm', '/a.html/x']],
    ['/a**b', ['/ab', '/axb'], ['/a/b']],
    ['/a?c', ['/abc'], ['/ac', '/a/c', '/abbc']],
    ['/[ab]x', ['/ax', '/bx'], ['/cx', '/abx']],
    ['/[!ab]x', ['/cx'], ['/ax', '//x', '/x']],
    ['/[^a-c]', ['/d'], ['/b', '//']],
    ['/[]a]', ['/]', '/a'], ['/b']],
    ['/{a,b/c}/d', ['/a/d', '/b/c/d'], ['/b/d']],
    ['/{a,{b,c}}', ['/a', '/b', '/c'], ['/d']],
    ['/{8..11}', ['/8', '/9', '/10', '/11'], ['/7', '/12', '/8..11']],
    ['/{3..1}', ['/1', '/2', '/3'], ['/0']],
    ['/@(a|b)', ['/a', '/b'], ['/ab', '/']],
    ['/+(a|b)', ['/a', '/abba'], ['/', '/c']],
    ['/x*(a|b)', ['/x', '/xab'], ['/xc']],
    ['/x?(a|b)', ['/x', '/xa'], ['/xab']],
    ['**/*.@(jpg|jpeg|gif|png)', ['/a.jpg', '/x/b.png'], ['/a.svg', '/jpg']],
    ['!/a/**', ['/b', '/'], ['/a', '/a/b']],
    ['!!/a', ['/a'], ['/b']],
    ['/!components/**', ['/!components/x'], ['/components/x']],
    ['/:id', ['/1', '/.x'], ['/', '/1/2']],
    ['/:id?', ['/', '/1'], ['/1/2']],
    ['/a/:rest*', ['/a', '/a/b', '/a/b/c'], ['/ab']],
    ['/a/:rest+', ['/a/b', '/a/b/c'], ['/a']],
    ['/:n(\\d+)', ['/1', '/12'], ['/a', '/1a']],
    ['/(\\d+|x)', ['/1', '/x'], ['/y']],
    ['/a\\*b', ['/a*b'], ['/axb']],
    ['/a\\:b', ['/a:b'], ['/axb']],
    ['/.+^$|)}]', ['/.+^$|)}]'], ['/x']],
    ['/ü/🎉?', ['/ü/🎉x', '/ü/🎉🎉'], ['/ü/🎉']],
  ] as const) {
    const pattern = parsePattern(source);
    for (const path of yes) t.ok(pattern.matches(path), `${source} is ${path}`);
    for (const path of no) t.notOk(pattern.matches(path), `${source} is not ${path}`);
    for (const path of yes) t.ok(pattern.capture(path) !== undefined, `${source} captures ${path}`);
    for (const path of no) t.equal(pattern.capture(path), undefined);
  }
});

t.test('what is captured', async (t) => {
  for (const [source, path, captures] of [
    ['/a', '/a', {}],
    ['/:id', '/x y', { id: 'x y' }],
    ['/:a-:b', '/x-y-z', { a: 'x', b: 'y-z' }],
    ['/:a/:b?', '/x', { a: 'x', b: '' }],
    ['/v/:rest*', '/v/x/y', { rest: 'x/y' }],
    ['/v/:rest*', '/v', { rest: '' }],
    ['/n/:id(\\d+)/(x|y)', '/n/12/y', { id: '12', 0: 'y' }],
    ['/*/edit/**', '/p/edit/a/b', { 0: 'p', 1: 'a/b' }],
    ['/{*.js,*.css}', '/a.css', { 0: '', 1: 'a' }],
    ['!/x', '/y', {}],
    ['/:constructor/:__proto__', '/a/b', { constructor: 'a', ['__proto__']: 'b' }],
  ] as const) {
    const pattern = parsePattern(source);
    const found = pattern.capture(path);
    t.same([...(found ?? [])].sort(), Object.entries(captures).sort(), `${source} of ${path}`);
    t.same([...pattern.names].sort(), Object.keys(captures).sort());
  }
});

t.test('what can not be used', async (t) => {
  for (const [source, message] of [
    ['/!(a)', /!\(…\), which is not known/],
    ['!(a)', /!\(…\), which is not known/],
    ['/@(a', /no \) where one is opened/],
    ['/{a', /no } where one is opened/],
    ['/[a', /a \[ that is not closed/],
    ['/()', /parentheses that are empty/],
    ['/((a))', /inside of others/],
    ['/(a', /not closed/],
    ['/(?=a)', /it has \(\?…\), which is not known/],
    ['/(?:a)', /it has \(\?…\)/],
    ['/:x(?P<n>a)', /it has \(\?…\)/],
    ['/([z-a])', /it can't be read/],
    ['/(a{1001})', /it can't be read/],
    ['/:a/:a', /it has :a twice/],
    ['/{1..99999}', /more than 1000 numbers/],
    ['/a/../b', /a segment \. or \.\./],
    ['./a', /a segment \. or \.\./],
    [`/${'a'.repeat(LONGEST_TEXT)}`, /it has 1025 characters; a pattern takes 1024/],
  ] as const) {
    t.throws(() => parsePattern(source), { message }, source.slice(0, 40));
  }
  t.ok(parsePattern(`/${'a'.repeat(LONGEST_TEXT - 1)}`));
  t.ok(parsePattern(`${'{'.repeat(500)}a${'}'.repeat(500)}`).matches('/a'), 'deeply nested');
});

t.test('what a path can not match costs next to nothing', async (t) => {
  for (const [source, near, far] of [
    ['/abc/:x', '/abc/', '/ab/c'],
    ['/x/:lang/docs/**', '/docs', '/x/y/doc'],
    ['/@(abc|d)ef', 'ef', '/abc'],
    ['/a\\*b:x', '/a*b', '/aab'],
    ['/{abcdef,g}', '/', 'abcdef'],
  ] as const) {
    const { cost } = parsePattern(source);
    t.equal(cost(far), 1, source);
    t.ok(cost(near) > 1, source);
  }
  t.equal(parsePattern('!/abc/:x').cost('/x'), 1);
  t.equal(parsePattern('/abc').cost('/abc'), 1);
});

/** Each is a few characters long, and would be compiled to millions of instructions. */
t.test('what a pattern comes to has a bound', async (t) => {
  for (const source of [
    `/${'{1..999}'.repeat(127)}`,
    `/${'(a{1000})'.repeat(113)}`,
    `/(${'[^a]{1000}'.repeat(100)})`,
    `/(${'[[:^alpha:]]{1000}'.repeat(50)})`,
    `/(${'a{0,999}'.repeat(100)})`,
    `/(${'\\p{Greek}{1000}'.repeat(60)})`,
    `/(${'[\\pL\\pN]{100}'.repeat(60)})`,
    `/:a(${'x{500}'.repeat(9)})*`,
    `/(\\Q[\\E${'a{1000}'.repeat(100)}])`,
    `/{${'{1..999},'.repeat(100)}a}`,
    `/@(${'{1..999}|'.repeat(100)}a)`,
    `/(${'\\pL'.repeat(335)}.{999})`,
  ]) {
    t.ok(source.length <= LONGEST_TEXT);
    t.throws(
      () => parsePattern(source),
      {
        message: /^it comes to \d+ characters or more, .*; a pattern takes 8192: take \* or :name/,
      },
      source.slice(0, 20),
    );
  }
  // Of these a slash and two parentheses are 3.
  const sized = (size: number): string => `/(${'a{1000}'.repeat(8)}b{${size - 8003}})`;
  for (const size of [MOST_SIZE - 1, MOST_SIZE]) t.equal(parsePattern(sized(size)).size, size);
  t.throws(() => parsePattern(sized(MOST_SIZE + 1)), {
    message: /^it comes to 8193 characters/,
  });
  t.ok(parsePattern('/{0..999}/{0..999}').matches('/1/999'));
  t.ok(parsePattern('/:sha([0-9a-f]{40,64})/(\\d{1,9})').size < 1100, 'what is common is small');
  t.equal(parsePattern('/plain').size, 0, 'what is not compiled takes no room');
});

/** Reading of how large an expression is goes over hostile syntax itself. */
t.test('to tell the size takes no time either', async (t) => {
  for (const part of ['[', '[[:a', '[\\pL', '\\p{', '\\Q', '[:a:]', '{1', '[^]', '\\p{a}[']) {
    const source = `/(${part.repeat(Math.floor(1000 / part.length))})`;
    try {
      parsePattern(source);
    } catch (error) {
      t.match((error as Error).message, /^it /, part);
    }
  }
});

/** A matcher that goes back and tries again would not get through these before the end of the world. */
t.test('no pattern takes long, whatever the path', async (t) => {
  const many = 'a'.repeat(8000);
  const deep = '/a'.repeat(4000);
  for (const source of [
    '**/*a*a*a*a*b',
    '**/**/**/**/**/**/**/**/b',
    '/+(a|aa)b',
    '/*(a*)*(a*)*(a*)b',
    '/{a,aa,aaa}*{a,aa}*{a,aa}*b',
    `/${'*a'.repeat(400)}b`,
    `/:x-${'?'.repeat(200)}b`,
    '/(.*a.*a.*a.*a.*a)b',
    '/:p([a-z]*[a-z]*[a-z]*[a-z]*)1',
    `${'/**'.repeat(300)}/b`,
  ]) {
    const pattern = parsePattern(source);
    for (const path of [`/${many}`, `/${many}c`, deep, `${deep}/c`]) {
      t.equal(pattern.capture(path), undefined, source.slice(0, 40));
    }
  }
  const wide = parsePattern('/:a*/x/:b*/x/:c*');
  t.ok(wide.capture(`${'/x'.repeat(2000)}`), 'captures too');
});
