/** Where rules lead: no captured text gets out of its place. */
import t from 'tap';
import { pathDestination, urlDestination } from '../../../lib/site/rules/destination.js';

const NAMES = new Set(['id', 'rest', '0']);

t.test('redirects', async (t) => {
  for (const [text, captures, expected] of [
    ['/to', {}, '/to'],
    ['to', {}, '/to'],
    ['/new/:id', { id: '12' }, '/new/12'],
    ['/:id.html', { id: 'a b' }, '/a%20b.html'],
    ['/new/:rest*', { rest: 'a/b c/ü' }, '/new/a/b%20c/%C3%BC'],
    ['/new/:rest*', { rest: '' }, '/new/'],
    ['/:0', { 0: 'x' }, '/x'],
    ['/a%20b/ü "<>', {}, '/a%20b/%C3%BC%20%22%3C%3E'],
    ['/100%', {}, '/100%25'],
    ['/a\\:b', {}, '/a:b'],
    ['/s?q=:id#:id', { id: '&a=b#c' }, '/s?q=%26a%3Db%23c#%26a%3Db%23c'],
    ['/s?a=//b', {}, '/s?a=//b'],
    ['https://example.com', {}, 'https://example.com/'],
    ['https://example.com?q=:id', { id: '1' }, 'https://example.com?q=1'],
    ['HTTP://example.com:8080/:id/x', { id: '?#' }, 'http://example.com:8080/%3F%23/x'],
    ['http://[::1]:80/', {}, 'http://[::1]:80/'],
    // What an attacker may send.
    ['/:id', { id: '/evil.example' }, '/evil.example'],
    ['/:rest', { rest: '//evil.example/x' }, '/evil.example/x'],
    [':rest', { rest: '/evil.example' }, '/evil.example'],
    ['/:id', { id: '\\evil.example' }, '/%5Cevil.example'],
    ['/:id', { id: '\t/evil.example' }, '/%09/evil.example'],
    ['/:id', { id: 'a\r\nSet-Cookie: b=c' }, '/a%0D%0ASet-Cookie%3A%20b%3Dc'],
    ['/:id', { id: '\0' }, '/%00'],
    ['/:id', { id: 'javascript:alert(1)' }, '/javascript%3Aalert(1)'],
    ['/:id', { id: '"><script>' }, '/%22%3E%3Cscript%3E'],
    ['https://example.com/:id', { id: '@evil.example' }, 'https://example.com/%40evil.example'],
  ] as const) {
    const made = urlDestination(text, NAMES)(new Map(Object.entries(captures)));
    t.equal(made, expected, text);
  }
  for (const [text, message] of [
    ['//evil.example', /begins with two slashes/],
    ['\\/evil.example', /begins with two slashes/],
    ['/\\evil.example', /begins with two slashes/],
    ['/a\\b', /backslash/],
    ['javascript:alert(1)', /a path, or an http or https URL/],
    ['data:text/html,x', /a path, or an http or https URL/],
    ['ftp://a/b', /a path, or an http or https URL/],
    ['https:/a', /a path, or an http or https URL/],
    ['https:///a', /a path, or an http or https URL/],
    ['https://:id/a', /its host is no plain name/],
    ['https://:id.example.com/', /its host is no plain name/],
    ['https://user@example.com/', /its host is no plain name/],
    ['https://example.com:id/', /its host is no plain name/],
    ['/:name', /it names :name, which its source has not \(it has :id, :rest, :0\)/],
  ] as const) {
    t.throws(() => urlDestination(text, NAMES), { message }, text);
  }
  t.throws(() => urlDestination('/:id', new Set()), { message: /\(it has none\)/ });
});

t.test('rewrites', async (t) => {
  for (const [text, captures, expected] of [
    ['/index.html', {}, '//index.html'],
    ['index.html', {}, '/index.html'],
    ['/edit-:id.html', { id: 'a b' }, '//edit-a b.html'],
  ] as const) {
    const made = pathDestination(text, NAMES)(new Map(Object.entries(captures)));
    t.equal(made, expected, text);
  }
  for (const [text, message] of [
    ['https://example.com/', /it names another site; only redirects lead there/],
    ['//example.com/', /it names another site/],
    ['/a?b', /has a \? or a #/],
    ['/a#b', /has a \? or a #/],
    ['/a\\b', /backslash/],
    ['/:other', /it names :other/],
  ] as const) {
    t.throws(() => pathDestination(text, NAMES), { message }, text);
  }
});
