/** What is there at once is answered at once: no promise is in the way of a file from memory. */
import t from 'tap';
import { mapAnswer, whenThere } from '../../lib/site/handler.js';
import { createSite } from '../../lib/site/site.js';
import type { Opened, Source } from '../../lib/source/source.js';
import { MemorySource } from '../helpers/bodies.js';
import { requestHead } from '../helpers/head.js';

const CONTEXT = { signal: new AbortController().signal, remote: '' };

t.test('values and promises', async (t) => {
  t.equal(
    whenThere(2, (value) => value + 1),
    3,
  );
  const later = whenThere(Promise.resolve(2), (value) => value + 1);
  t.ok(later instanceof Promise);
  t.equal(await later, 3);
  t.equal(await whenThere(2, async (value) => value + 1), 3);
  await t.rejects(async () => whenThere(Promise.reject(new Error('no')), () => 1), /no/);
  const answer = { status: 204, fields: [], body: undefined };
  t.equal(
    mapAnswer(answer, (response) => response),
    answer,
  );
});

/** As a source that answers at once, and the same by promises. */
const FILES = new MemorySource({
  '/index.html': { bytes: Buffer.from('index') },
  '/page.html': { bytes: Buffer.from('page') },
  '/full/index.html': { bytes: Buffer.from('full') },
});
const open = (path: string): Opened =>
  path === '/full' || path === '/bare' ? { kind: 'collection' } : (FILES.open(path) as Opened);
const AT_ONCE: Source = { open, close: async () => {} };
const LATER: Source = { open: async (path) => open(path), close: async () => {} };

t.test('every way to an answer takes a promise only where the source does', async (t) => {
  for (const options of [
    {},
    { cleanUrls: true },
    { trailingSlash: 'add' },
    { trailingSlash: 'remove', listing: true },
    { cleanUrls: true, trailingSlash: 'remove' },
    { single: true, errorPages: true, secure: true, cors: '*' },
  ] as const) {
    const [now, later] = [createSite(AT_ONCE, options), createSite(LATER, options)];
    for (const target of [
      '/',
      '/page',
      '/page.html',
      '/page/',
      '/full',
      '/full/',
      '/bare',
      '/bare/',
      '/no',
    ]) {
      const what = `${JSON.stringify(options)} ${target}`;
      const request = requestHead(target, ['Accept: text/html']);
      const answer = now(request, CONTEXT);
      t.notOk(answer instanceof Promise, what);
      const late = await later(request, CONTEXT);
      const { status, fields } = await answer;
      t.same([late.status, late.fields], [status, fields], what);
    }
  }
});
