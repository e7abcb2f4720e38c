/** Names, sizes and dates as a listing shows them: whatever a name holds, it is text and can be seen. */
import fc from 'fast-check';
import t from 'tap';
import {
  formatSize,
  isoTime,
  nameToHtml,
  reference,
  visibleName,
} from '../../lib/site/listing/text.js';

t.test('names', async (t) => {
  for (const [name, visible, html] of [
    ['a b', 'a b', 'a b'],
    ['<b>&"\'', '<b>&"\'', '&#60;b&#62;&#38;&#34;&#39;'],
    ['&lt;', '&lt;', '&#38;lt;'],
    ['a\nb', 'a\\nb', 'a<i>\\n</i>b'],
    ['\t\r\x00', '\\t\\rU+0000', '<i>\\t</i><i>\\r</i><i>U+0000</i>'],
    ['\x1f\x7f', 'U+001FU+007F', '<i>U+001F</i><i>U+007F</i>'],
    ['\x85', 'U+0085', '<i>U+0085</i>'],
    ['x\u202egpj.exe', 'xU+202Egpj.exe', 'x<i>U+202E</i>gpj.exe'],
    ['\u2066\u2069\u200e\u061c', 'U+2066U+2069U+200EU+061C', undefined],
    ['a\u200bb\ufeff\u00ad', 'aU+200BbU+FEFFU+00AD', undefined],
    ['\u2028\u2029', 'U+2028U+2029', undefined],
    ['\u3164\u115f', 'U+3164U+115F', undefined],
    // Emoji and scripts that are joined stay whole.
    ['👩‍👧 می‌خواهم 🏴󠁧󠁢󠁳󠁣󠁴󠁿', '👩‍👧 می‌خواهم 🏴󠁧󠁢󠁳󠁣󠁴󠁿', undefined],
    ['日本語 ä עברית', '日本語 ä עברית', '日本語 ä עברית'],
  ] as const) {
    t.equal(visibleName(name), visible);
    if (html !== undefined) t.equal(nameToHtml(name), html);
  }
});

t.test('references are names, whatever they hold', async (t) => {
  const base = 'http://site.example/a/b/?sort=size#top';
  for (const name of [
    'plain.txt',
    'a b',
    '100%',
    '%41',
    '#top',
    '?sort=name',
    'javascript:alert(1)',
    '//evil.example',
    'http://evil.example/',
    '\\\\evil',
    '&amp;',
    '"onclick="x',
    '😀',
    'a\nb',
    '\u202e',
    '...',
    '~',
    '@',
  ]) {
    for (const isFolder of [false, true]) {
      const url = new URL(reference(name, isFolder), base);
      t.equal(url.origin, 'http://site.example', name);
      t.ok(url.pathname.startsWith('/a/b/'), name);
      t.equal(url.search + url.hash, '', name);
      const rest = url.pathname.slice('/a/b/'.length);
      t.equal(decodeURIComponent(rest), isFolder ? `${name}/` : name);
      t.match(rest, /^[^/]+\/?$/, 'one segment');
    }
  }
  t.equal(reference('a\ud800b', false), './a%EF%BF%BDb', 'half a character leads nowhere');
});

t.test('any name becomes text and a reference to one name in the folder', async (t) => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => !/[/\\]|^\.\.?$/.test(text));
  const marks = fc.constantFrom('<', '>', '"', "'", '&', '\n', '\u202e', '%', '#', '?', ';', 'lt');
  const mixed = fc.array(fc.oneof(name, marks), { minLength: 1 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(mixed, (text) => {
      const html = nameToHtml(text).replace(/<i>(?:\\[tnr]|U\+[0-9A-F]{4,6})<\/i>/g, '');
      if (/[<>"']|&(?!#[0-9]+;)|[\p{Cc}\u202e]/u.test(html)) return false;
      const url = new URL(reference(text, false), 'http://a/b/');
      return (
        url.pathname.lastIndexOf('/') === 2 && decodeURIComponent(url.pathname) === `/b/${text}`
      );
    }),
  );
  t.pass();
});

t.test('sizes', async (t) => {
  for (const [octets, text] of [
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [10_188, '9.9 KiB'],
    [10_189, '10 KiB'],
    [1_048_063, '1023 KiB'],
    [1_048_064, '1.0 MiB'],
    [1024 ** 3, '1.0 GiB'],
    [20 * 1024 ** 3, '20 GiB'],
    [1024 ** 6, '1.0 EiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
    [1e30, '867361737988 EiB'],
  ] as const) {
    t.equal(formatSize(octets), text);
  }
});

t.test('times', async (t) => {
  t.equal(isoTime(0), '1970-01-01T00:00:00.000Z');
  t.equal(isoTime(Date.UTC(2026, 10, 21, 18, 24, 3, 123)), '2026-11-21T18:24:03.123Z');
  t.equal(isoTime(undefined), undefined);
  for (const none of [Number.NaN, 1e300, -1e300, Date.UTC(10_000, 0)]) {
    t.equal(isoTime(none), undefined, String(none));
  }
});
