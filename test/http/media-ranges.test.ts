/** Which types a client would rather have: weights, precision, what is malformed. */
import t from 'tap';
import { Fields } from '../../lib/http/fields.js';
import { prefersHtml, prefersType } from '../../lib/http/media-ranges.js';

const JSON_TYPE = 'application/json';
const HTML = 'text/html';

t.test('JSON or HTML', async (t) => {
  for (const [accept, json, html] of [
    [undefined, false, false],
    ['', false, false],
    ['*/*', false, false],
    ['application/json', true, false],
    ['Application/JSON', true, false],
    ['text/html', false, true],
    ['application/*', true, false],
    ['application/json, */*', true, false],
    ['application/json, text/plain, */*', true, false],
    ['application/*, */*', true, false],
    ['application/json, text/html', false, false],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', false, true],
    ['application/json;q=0.9, text/html', false, true],
    ['application/json, text/html;q=0.9', true, false],
    ['application/json;q=0.5, text/html;q=0.500', false, false],
    ['application/json;q=0', false, false],
    ['application/json;q=0, */*', false, true],
    ['application/json;Q=0.0, text/html;q=0', false, false],
    ['*/*;q=0.1, text/*;q=0', true, false],
    ['application/json ; charset=utf-8 ; q=0.3, text/html;q=0.2', true, false],
    ['application/json;q=0.001', true, false],
    ['application/json;q=1.000', true, false],
    // What says nothing: malformed weights, types that only look alike.
    ['application/json;q=2', false, false],
    ['application/json;q=-1', false, false],
    ['application/json;q=0.1234', false, false],
    ['application/json;q=', false, false],
    ['application/json;q=NaN', false, false],
    ['application/jsonp', false, false],
    ['xapplication/json', false, false],
    ['app/*', false, false],
    ['/*', false, false],
    ['*', false, false],
    [';;;,,,;q=1', false, false],
  ] as const) {
    t.equal(prefersType(accept, JSON_TYPE, HTML), json, `JSON: ${accept}`);
    t.equal(prefersType(accept, HTML, JSON_TYPE), html, `HTML: ${accept}`);
  }
});

t.test('who would be shown a page', async (t) => {
  for (const [accept, expected] of [
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['text/*', false],
    ['text/plain', false],
    ['application/json', false],
    ['application/xhtml+xml', false],
    ['text/htmlx', false],
    ['xtext/html', false],
    ['x text/html', false],
    ['text/html', true],
    ['TEXT/HTML', true],
    [' text/html ', true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['application/json, text/html', true],
    ['*/*, text/*, text/html;q=0.1', true],
    ['application/json,text/html;q=0.5', true],
    ['text/html ; q=1', true],
    ['text/html;q=0.001', true],
    ['text/html;level=1', true],
    ['text/html;q=0', false],
    ['text/html; q=0.000', false],
    ['text/html;q=0, */*', false],
    ['text/html;q=0;ext=1', false],
    ['text/html;level=1;q=0', false],
    // A malformed weight says nothing, for pages as for all types.
    ['text/html;q=2', false],
    ['text/html;q=2, text/html', true],
  ] as const) {
    const fields = new Fields(accept === undefined ? [] : ['Accept', accept]);
    t.equal(prefersHtml(fields), expected, String(accept));
  }
  t.equal(prefersHtml(undefined), false);
});

t.test('a field as long as a head may be is read in step', async (t) => {
  for (const member of ['application/json;q=0.9 , ', ';', ',', '*/*;', 'q=']) {
    const long = `${member.repeat(16_384 / member.length)}application/json`;
    t.type(prefersType(long, JSON_TYPE, HTML), 'boolean');
    t.equal(prefersHtml(new Fields(['Accept', `${long}, text/html`])), true);
  }
});
