import t from 'tap';
import { HttpError } from '../../lib/http/error.js';
import { errorResponse, prefersHtml } from '../../lib/http/error-response.js';
import { Fields } from '../../lib/http/fields.js';
import type { Response } from '../../lib/http/response.js';

function fieldOf(response: Response, name: string): string | undefined {
  const at = response.fields.indexOf(name);
  return at === -1 ? undefined : response.fields[at + 1];
}

t.test('HTML for those who accept it, text for the rest', async (t) => {
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
    ['text/html', true],
    ['TEXT/HTML', true],
    [' text/html ', true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['application/json, text/html', true],
    ['application/json,text/html;q=0.5', true],
    ['text/html ; q=1', true],
    ['text/html;q=0.001', true],
    ['text/html;level=1', true],
    ['text/html;q=0', false],
    ['text/html; q=0.000', false],
    ['text/html;q=0, */*', false],
    ['text/html;q=0;ext=1', false],
  ] as const) {
    const fields = new Fields(accept === undefined ? [] : ['Accept', accept]);
    t.equal(prefersHtml(fields), expected, String(accept));
    const type = expected ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
    t.equal(fieldOf(errorResponse(404, fields), 'Content-Type'), type, String(accept));
  }
  t.equal(prefersHtml(undefined), false);
});

t.test('the text', async (t) => {
  const plain = errorResponse(404);
  t.equal(
    String(plain.body),
    '404 Not Found\nThere is nothing at this address, or a folder that is not listed.\n',
  );
  t.equal(plain.status, 404);
  const html = String(errorResponse(404, new Fields(['Accept', 'text/html'])).body);
  t.match(html, /^<!doctype html>\n<html lang="en">/);
  t.match(html, '<title>404 Not Found</title>');
  t.match(html, '<p>There is nothing at this address, ');
  t.equal(String(errorResponse(599).body), '599 \n\n', 'a status not known here');
});

t.test('the fields', async (t) => {
  t.same(errorResponse(405, undefined, ['Allow', 'GET']).fields, [
    'Content-Type',
    'text/plain; charset=utf-8',
    'X-Content-Type-Options',
    'nosniff',
    'Cache-Control',
    'no-store',
    'Vary',
    'Accept',
    'Allow',
    'GET',
  ]);
});

t.test('every status that is sent has a hint, in both forms', async (t) => {
  const statuses = [400, 403, 404, 405, 408, 412, 413, 414, 416, 417, 429, 431, 500, 501, 503, 505];
  for (const status of [301, ...statuses]) {
    const [first, hint] = String(errorResponse(status).body).split('\n');
    t.match(first, new RegExp(`^${status} [A-Z]`));
    t.match(hint, /^[A-Z].*\.$/, `hint of ${status}`);
  }
});

t.test('nothing of the request comes back', async (t) => {
  const marker = 'MARKER<script>';
  const names = ['Accept', 'Host', 'User-Agent', 'Range', marker];
  for (const accept of ['text/plain', 'text/html']) {
    const fields = new Fields(names.flatMap((name) => [name, `${accept}, ${marker}`]));
    for (const status of [301, 400, 404, 416, 500]) {
      const { body, fields: sent } = errorResponse(status, fields);
      t.notMatch(String(body) + sent.join(), /MARKER|script/i, `${status} as ${accept}`);
    }
  }
});

t.test('HttpError', async (t) => {
  const error = new HttpError(405, 'no', ['Allow', 'GET']);
  t.match(error, { name: 'HttpError', status: 405, message: 'no', fields: ['Allow', 'GET'] });
  t.same(new HttpError(400, 'no').fields, []);
});

t.test('what exactly was wrong is said, and can be no markup', async (t) => {
  const detail = 'no <b>Host</b> & "more"';
  t.match(String(errorResponse(400, undefined, [], detail).body), `In short: ${detail}.\n`);
  const html = String(errorResponse(400, new Fields(['Accept', 'text/html']), [], detail).body);
  t.match(html, 'In short: no &#60;b&#62;Host&#60;/b&#62; &#38; &#34;more&#34;.');
  t.notMatch(html, '<b>');
});
