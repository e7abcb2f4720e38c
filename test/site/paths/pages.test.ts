/** Single-page applications, clean URLs, slashes at the end and error pages, through a real server. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { ServeDirectoryOptions } from '../../../lib/compose.js';
import { createSite } from '../../../lib/site/site.js';
import { directory } from '../../../lib/source/directory.js';
import type { ResourcePath, Source } from '../../../lib/source/source.js';
import { request } from '../../helpers/client.js';
import { canCountDescriptors, descriptorsOn } from '../../helpers/counts.js';
import { requestHead } from '../../helpers/head.js';
import { serve } from '../../helpers/server.js';

const HTML = 'Accept: text/html,application/xhtml+xml,*/*;q=0.8';

const SITE = {
  'index.html': 'home',
  'about.html': 'about',
  'both.html': 'both, the page',
  both: { 'index.html': 'both, the folder' },
  bare: { 'a.txt': 'a', 'b.txt': 'b' },
  'named.html': 'named, the page',
  named: { 'x.txt': 'x' },
  docs: { 'index.html': 'docs', 'guide.html': 'guide', 'a b.html': 'blank' },
  'script.js': 'script',
  LICENSE: 'licence',
  '.secret.html': 'secret',
  'twice.html.html': 'twice',
};

/** What is answered: the status, and where it leads or what is there. */
type Said = readonly [target: string, said: string];

async function check(
  t: Test,
  options: ServeDirectoryOptions,
  cases: readonly Said[],
  accept: readonly string[] = [],
): Promise<void> {
  const { port } = await serve(t, t.testdir(SITE), options);
  for (const [target, said] of cases) {
    const answer = await request(port, target, accept);
    const { status, body } = answer;
    const is = status < 300 || status >= 400 ? body : answer.get('location');
    t.equal(status >= 400 ? `${status}` : `${status} ${is}`, said, target);
    const head = await request(port, target, accept, 'HEAD');
    t.equal(head.status, status, `HEAD ${target}`);
    t.equal(head.get('content-length'), answer.get('content-length'), `HEAD ${target}`);
  }
}

t.test('clean URLs', async (t) => {
  await check(t, { cleanUrls: true }, [
    ['/', '200 home'],
    ['/index.html', '301 /'],
    ['/index.html?a=1', '301 /?a=1'],
    ['/index', '301 /'],
    ['/about', '200 about'],
    ['/about.html', '301 /about'],
    ['/about.html?q=//x', '301 /about?q=//x'],
    ['/about/', '301 /about'],
    ['/docs', '301 /docs/'],
    ['/docs/', '200 docs'],
    ['/docs/index.html', '301 /docs/'],
    ['/docs/index', '301 /docs/'],
    ['/docs/guide', '200 guide'],
    ['/docs//guide.html', '301 /docs/guide'],
    ['/docs/a%20b.html', '301 /docs/a%20b'],
    ['/docs/a%20b', '200 blank'],
    // A folder and a page of one name: each keeps an address of its own.
    ['/both.html', '200 both, the page'],
    ['/both', '301 /both/'],
    ['/both/', '200 both, the folder'],
    // A folder without an index file, and a page beside it.
    ['/named', '301 /named/'],
    ['/named/', '200 named, the page'],
    ['/named.html', '200 named, the page'],
    ['/twice.html.html', '301 /twice.html'],
    ['/twice.html', '200 twice'],
    ['/nothing', '404'],
    ['/nothing/', '404'],
    ['/bare/', '404'],
    ['/script.js', '200 script'],
    ['/script', '404'],
    ['/.secret', '404'],
    ['/.secret.html', '301 /.secret'],
    ['/.html', '404'],
    ['/docs/.html', '404'],
  ]);
  await check(t, {}, [
    ['/about', '404'],
    ['/about.html', '200 about'],
    ['/index.html', '200 home'],
  ]);
});

t.test('clean URLs of some paths only', async (t) => {
  const cleanUrls = (path: ResourcePath): boolean => path.startsWith('/docs/');
  await check(t, { cleanUrls }, [
    ['/about', '404'],
    ['/about.html', '200 about'],
    ['/docs/guide.html', '301 /docs/guide'],
    ['/docs/guide', '200 guide'],
  ]);
});

t.test('slashes are added', async (t) => {
  await check(t, { trailingSlash: 'add', cleanUrls: true }, [
    ['/', '200 home'],
    ['/about', '301 /about/'],
    ['/about?a', '301 /about/?a'],
    ['/about/', '200 about'],
    ['/about.html', '301 /about/'],
    ['/docs', '301 /docs/'],
    ['/docs/index.html', '301 /docs/'],
    ['/index.html', '301 /'],
    ['/LICENSE', '200 licence'],
    ['/script.js', '200 script'],
    ['/test', '301 /test/'],
    ['/test/', '404'],
    ['/test.js', '404'],
    ['//evil.example', '404'],
    ['//evil', '301 /evil/'],
  ]);
});

t.test('slashes are removed', async (t) => {
  await check(t, { trailingSlash: 'remove', cleanUrls: true }, [
    ['/', '200 home'],
    ['/about/', '301 /about'],
    ['/about', '200 about'],
    ['/docs/', '301 /docs'],
    ['/docs/?a=b', '301 /docs?a=b'],
    ['/docs', '200 docs'],
    ['/docs/index.html', '301 /docs'],
    ['/bare', '404'],
    ['/named', '200 named, the page'],
    ['/both', '200 both, the folder'],
    ['/both.html', '200 both, the page'],
    ['//evil.example/', '301 /evil.example'],
    ['///evil.example//', '301 /evil.example'],
    ['/a/../%2e/evil/', '301 /evil'],
  ]);
});

t.test('a folder that is listed has its slash: links in the list go by it', async (t) => {
  for (const cacheSize of [0, 1_000_000]) {
    const { port } = await serve(t, t.testdir(SITE), {
      trailingSlash: 'remove',
      cleanUrls: true,
      listing: true,
      cacheSize,
    });
    for (const [target, location] of [
      ['/bare', '/bare/'],
      ['/bare?sort=size', '/bare/?sort=size'],
      ['/docs/', '/docs'],
      ['/about/', '/about'],
      ['/nothing/', '/nothing'],
      ['/script.js/', '/script.js'],
    ] as const) {
      t.equal((await request(port, target)).get('location'), location, target);
    }
    const list = await request(port, '/bare/', ['Accept: application/json']);
    t.equal(list.status, 200);
    t.match(String(list.body), 'a.txt');
    t.equal(String((await request(port, '/named')).body), 'named, the page');
  }
});

t.test('no answer sends to another host, or anywhere twice', async (t) => {
  const { port } = await serve(t, t.testdir(SITE), {
    cleanUrls: true,
    trailingSlash: 'remove',
    single: true,
  });
  for (const target of [
    '//evil.example/..',
    '//evil.example/%2e%2e/',
    '/%09/evil.example/',
    '/evil.example%0d%0aSet-Cookie:%20a=b/',
    '/.//evil.example/',
    '/x%3fy/',
    '/x%23y/',
    '/index.html/',
    '/docs/index.html/index.html/',
    '/%F0%9F%8E%89/',
    '/a%22%3E%3Cscript%3E/',
    '/index/index/',
    '/about.html.html/',
  ]) {
    let at = target;
    for (let hops = 0; hops < 5; hops++) {
      const answer = await request(port, at, [HTML]);
      const location = answer.get('location');
      t.equal(answer.get('set-cookie'), undefined, target);
      t.notMatch(String(answer.body), '<script>', target);
      if (location === undefined) break;
      t.match(location, /^\/(?![/\\])[\x21-\x7e]*$/, target);
      t.not(location, at, target);
      at = location;
      t.ok(hops < 4, `${target} ends somewhere`);
    }
  }
  const backslash = await request(port, '/%5cevil.example/');
  t.equal(backslash.status, 400);
});

t.test('an index file of another name', async (t) => {
  const options = { index: 'about.html' };
  await check(t, options, [
    ['/', '200 about'],
    ['/docs/', '404'],
    ['/index.html', '200 home'],
  ]);
  await check(t, { ...options, cleanUrls: true }, [
    ['/about.html', '301 /'],
    ['/about', '301 /'],
    ['/index.html', '301 /index'],
    ['/index', '200 home'],
  ]);
  await check(t, { ...options, single: true }, [['/users', '200 about']], [HTML]);
  await check(t, { index: 'LICENSE', cleanUrls: true }, [
    ['/', '200 licence'],
    ['/LICENSE', '200 licence'],
    ['/index.html', '301 /index'],
  ]);
});

t.test('a page of one application', async (t) => {
  await check(
    t,
    { single: true },
    [
      ['/', '200 home'],
      ['/users', '200 home'],
      ['/users/1?tab=2', '200 home'],
      ['/users/', '200 home'],
      ['/script.js', '200 script'],
      ['/LICENSE', '200 licence'],
      ['/docs', '301 /docs/'],
      ['/docs/', '200 docs'],
      ['/bare/', '200 home'],
      ['/missing.js', '404'],
      ['/users/john.doe', '404'],
      ['/.hidden', '200 home'],
      ['/a.b/c', '200 home'],
      ['/%2e%2e/x', '400'],
    ],
    [HTML],
  );
  const { port } = await serve(t, t.testdir(SITE), { single: true });
  for (const accept of ['*/*', 'application/json', 'text/html;q=0', 'image/*,*/*;q=0.8']) {
    const answer = await request(port, '/users', [`Accept: ${accept}`]);
    t.equal(answer.status, 404, accept);
    t.equal(answer.get('vary'), 'Accept');
  }
  t.equal((await request(port, '/users')).status, 404, 'no Accept at all');
  t.equal((await request(port, '/users', [HTML], 'POST')).status, 405);

  const first = await request(port, '/users', [HTML]);
  t.equal(first.get('vary'), 'Accept');
  t.equal(first.get('content-type'), 'text/html; charset=utf-8');
  const etag = first.get('etag') as string;
  const again = await request(port, '/users', [HTML, `If-None-Match: ${etag}`]);
  t.equal(again.status, 304);
  t.equal(again.get('vary'), 'Accept', 'as the 200 would say (RFC 9110 §15.4.5)');
  const part = await request(port, '/users', [HTML, 'Range: bytes=1-2']);
  t.same([part.status, String(part.body)], [206, 'om']);
  t.equal((await request(port, '/')).get('vary'), undefined, 'the page itself varies with nothing');
});

t.test('an application without its page', async (t) => {
  const { port } = await serve(t, t.testdir({ 'a.txt': 'a' }), { single: true });
  t.equal((await request(port, '/users', [HTML])).status, 404);
});

t.test('a folder with one file shows it', async (t) => {
  const root = t.testdir({
    one: { 'only.txt': 'only', '.hidden': '' },
    two: { a: 'a', b: 'b' },
    none: {},
    deep: { inner: { x: 'x' } },
  });
  for (const cacheSize of [0, 1_000_000]) {
    const { port } = await serve(t, root, { renderSingle: true, cacheSize });
    const only = await request(port, '/one/');
    t.same([only.status, String(only.body)], [200, 'only']);
    t.equal(only.get('content-type'), 'text/plain; charset=utf-8');
    for (const target of ['/two/', '/none/', '/deep/', '/']) {
      t.equal((await request(port, target)).status, 404, target);
    }
  }
});

t.test('error pages', async (t) => {
  const root = t.testdir({
    '404.html': '<p>lost',
    '400.html': '<p>bad',
    'index.html': 'home',
    sub: { '404.html': 'not this' },
  });
  for (const options of [{}, { cacheSize: 0 }, { streamThreshold: 0 }]) {
    const { port } = await serve(t, root, { errorPages: true, ...options });
    for (const attempt of ['first', 'again']) {
      const answer = await request(port, '/sub/x', [HTML]);
      t.same([answer.status, String(answer.body)], [404, '<p>lost'], attempt);
      t.equal(answer.get('content-type'), 'text/html; charset=utf-8');
      t.equal(answer.get('vary'), 'Accept');
      t.equal(answer.get('cache-control'), 'no-store');
      for (const name of ['etag', 'last-modified', 'accept-ranges', 'content-range']) {
        t.equal(answer.get(name), undefined, name);
      }
      const head = await request(port, '/sub/x', [HTML], 'HEAD');
      t.same([head.status, head.get('content-length')], [404, '7']);
    }
    // RFC 9110 §13.2.1, §14.2: neither has a meaning where the answer is no success.
    const page = await request(port, '/404.html');
    t.equal(page.status, 200, 'the page itself is a file like any other');
    const etag = page.get('etag') as string;
    for (const line of ['Range: bytes=0-1', `If-None-Match: ${etag}`, 'If-Match: "x"']) {
      const answer = await request(port, '/nothing', [HTML, line]);
      t.same([answer.status, String(answer.body)], [404, '<p>lost'], line);
    }
    t.equal(String((await request(port, '/%00', [HTML])).body), '<p>bad');
    for (const accept of ['*/*', 'application/json', 'text/html;q=0']) {
      const answer = await request(port, '/app.js', [`Accept: ${accept}`]);
      t.same([answer.status, answer.get('content-type')], [404, 'text/plain; charset=utf-8']);
      t.match(String(answer.body), /^404 Not Found\n/, accept);
    }
  }
  const { port } = await serve(t, root, {});
  t.match(String((await request(port, '/x', [HTML])).body), '404 Not Found', 'not asked for');
});

t.test('an error page that changes, and one that can not be had', async (t) => {
  const root = t.testdir({ '404.html': 'old' });
  const { port } = await serve(t, root, { errorPages: true });
  t.equal(String((await request(port, '/x', [HTML])).body), 'old');
  fs.writeFileSync(path.join(root, '404.html'), 'newer');
  t.equal(String((await request(port, '/x', [HTML])).body), 'newer');
  fs.rmSync(path.join(root, '404.html'));
  fs.mkdirSync(path.join(root, '404.html'));
  t.match(String((await request(port, '/x', [HTML])).body), '<title>404 Not Found</title>');

  const failing: Source = {
    open: (path) => {
      if (path === '/404.html') throw new Error('broken');
      return null;
    },
    close: async () => {},
  };
  const context = { signal: new AbortController().signal, remote: '' };
  const answer = createSite(failing, { errorPages: true })(requestHead('/x', [HTML]), context);
  t.match(answer, { status: 404 });
});

t.test('the answer to an error is made once', async (t) => {
  const root = t.testdir({ '404.html': 'lost' });
  fs.utimesSync(path.join(root, '404.html'), 1, 1);
  const { memoryCache } = await import('../../../lib/cache/memory.js');
  const kept = memoryCache(directory(root));
  // Of one version, as a settled file gives it.
  const page = await kept.open('/404.html' as ResourcePath);
  const source: Source = {
    open: (path) => (path === '/404.html' ? page : null),
    close: async () => {},
  };
  const site = createSite(source, { errorPages: true });
  const context = { signal: new AbortController().signal, remote: '' };
  const ask = (): unknown => site(requestHead('/x', [HTML]), context);
  t.equal(ask(), ask());
});

t.test('nothing stays open', { skip: !canCountDescriptors }, async (t) => {
  const root = t.testdir(SITE);
  const options = { cleanUrls: true, single: true, errorPages: true, streamThreshold: 0 };
  const { port } = await serve(t, root, { ...options, cacheSize: 0 });
  for (const target of ['/about.html', '/about/', '/index', '/both.html', '/users', '/x.js']) {
    await request(port, target, [HTML]);
  }
  t.equal(descriptorsOn(root), 0);

  const failing = directory(root, { streamThreshold: 0 });
  const source: Source = {
    open: (path) => {
      if (path === '/about') throw new Error('broken');
      return failing.open(path);
    },
    close: async () => {},
  };
  const context = { signal: new AbortController().signal, remote: '' };
  const site = createSite(source, { cleanUrls: true });
  t.throws(() => site(requestHead('/about.html'), context), /broken/);
  t.equal(descriptorsOn(root), 0);
});

t.test('what can not be used', async (t) => {
  const source: Source = { open: () => null, close: async () => {} };
  t.throws(
    () => createSite(source, { trailingSlash: 'keep' as 'add' }),
    new RangeError('trailingSlash is keep; it takes add or remove'),
  );
  for (const index of ['', '.', '..', '../secret', 'a/', 'a/b', 'a\\b', 'c:a', 'a\0']) {
    t.throws(
      () => createSite(source, { index }),
      new RangeError(`index is ${index}; it takes the name of a file`),
    );
  }
});
