import t from 'tap';
import { HttpError } from '../../lib/http/error.js';
import { errorResponse } from '../../lib/http/error-response.js';
import { Fields } from '../../lib/http/fields.js';
import type { Response } from '../../lib/http/response.js';

function fieldOf(response: Response, name: string): string | undefined {
  const at = response.fields.indexOf(name);
  return at === -1 ? undefined : response.fields[at + 1];
}

t.test('HTML for those who accept it, text for the rest', async (t) => {
  for (const [accept, type] of [
    [undefined, 'text/plain'],
    ['*/*', 'text/plain'],
    ['text/html;q=0', 'text/plain'],
    ['application/json, text/html;q=0.5', 'text/html'],
  ] as const) {
    const fields = new Fields(accept === undefined ? [] : ['Accept', accept]);
    t.equal(
      fieldOf(errorResponse(404, fields), 'Content-Type'),
      `${type}; charset=utf-8`,
      String(accept),
    );
  }
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
  const statuses = [
    400, 403, 404, 405, 408, 412, 413, 414, 416, 417, 421, 429, 431, 500, 501, 503, 505,
  ];
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
