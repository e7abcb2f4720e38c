/** Folders without what should not be listed. */
import t from 'tap';
import { streamedBody } from '../../../lib/http/response.js';
import { createListing } from '../../../lib/site/listing/listing.js';
import { visible } from '../../../lib/site/paths/visible.js';
import type { Collection, Entry, ResourcePath } from '../../../lib/source/source.js';
import { requestHead } from '../../helpers/head.js';

const ROOT = '/' as ResourcePath;

function folder(...batches: readonly (readonly string[])[]): Collection {
  return {
    kind: 'collection',
    modified: 7,
    async *entries() {
      for (const names of batches) {
        yield names.map((name): Entry => ({ name, kind: 'resource', size: 1, modified: 0 }));
      }
    },
  };
}

async function names(of: Collection): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of of.entries?.() ?? []) found.push(...batch.map(({ name }) => name));
  return found;
}

t.test('what is unlisted is left out, by its path', async (t) => {
  const asked: string[] = [];
  const kept = visible(folder(['a', 'b'], ['b'], ['c']), '/x' as ResourcePath, (path) => {
    asked.push(path);
    return path === '/x/b';
  });
  t.same(await names(kept), ['a', 'c']);
  t.same(asked, ['/x/a', '/x/b', '/x/b', '/x/c']);
  t.equal(kept.modified, 7);
  const closed: Collection = { kind: 'collection' };
  t.equal(
    visible(closed, ROOT, () => false),
    closed,
    'what can not be listed stays so',
  );
});

t.test('a listing that is sent while it is read goes on behind what is left out', async (t) => {
  const list = createListing({ cacheControl: 'no-cache', maxSorted: 1 });
  const all = folder(['a', 'b'], ['no'], ['no', 'no'], ['c'], ['no']);
  for (const accept of ['text/html', 'application/json']) {
    const request = requestHead('/', [`Accept: ${accept}`]);
    const left = visible(all, ROOT, (path) => path === '/no');
    const context = { signal: new AbortController().signal, remote: '' };
    const response = await list(request, ROOT, left, context);
    let text = '';
    for await (const chunk of streamedBody(response)?.read() ?? []) text += chunk;
    for (const name of ['a', 'b', 'c']) t.match(text, `./${name}"`, `${accept} ${name}`);
    t.notMatch(text, './no"');
    if (accept === 'application/json') t.equal(JSON.parse(text).length, 3);
  }
});
