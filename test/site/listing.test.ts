/** Listings through a real server: what is shown, fields, JSON, conditions, odd addresses and names. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom';
import t, { type Test } from 'tap';
import { createSite, type SiteOptions } from '../../lib/site/site.js';
import { type Collection, type Entry, type Source, SourceError } from '../../lib/source/source.js';
import { request } from '../helpers/client.js';
import { canCountDescriptors, descriptors, descriptorsDownTo } from '../helpers/counts.js';
import { permissionsHold } from '../helpers/files.js';
import { start } from '../helpers/process.js';
import type { WireResponse } from '../helpers/response.js';
import { serve, serveHandler } from '../helpers/server.js';

const JSON_ONLY = ['Accept: application/json'];

/** What a page says, by its table. */
interface Page {
  readonly title: string;
  readonly columns: readonly string[];
  readonly sorted: string | undefined;
  /** Name, reference, size, time. */
  readonly rows: readonly (readonly [string, string, string, string])[];
  readonly crumbs: readonly (readonly [string, string | null])[];
  readonly text: string;
}

/** Reads a page strictly: what is no well-formed markup throws. */
function parse(response: WireResponse): Page {
  const text = response.body.toString();
  const main = text
    .slice(text.indexOf('<body>'), text.indexOf('<script>'))
    .replace(/<(input|link|meta)\b([^>]*)>/g, '<$1$2/>')
    .replaceAll(' hidden', ' hidden=""');
  const document = new DOMParser({ onError: onErrorStopParsing }).parseFromString(
    `${main}</body>`,
    'application/xml',
  );
  const all = (name: string, within: Element = document.documentElement as Element): Element[] =>
    [...within.getElementsByTagName(name)] as Element[];
  const textOf = (element: Element | undefined): string => element?.textContent ?? '';
  const [body] = all('tbody');
  return {
    title: /<title>(.*)<\/title>/s.exec(text)?.[1] ?? '',
    columns: all('th').map(textOf),
    sorted:
      all('th')
        .find((th) => th.hasAttribute('aria-sort'))
        ?.getAttribute('aria-sort') ?? undefined,
    rows: all('tr', body).map((row) => {
      const [name, size, time] = all('td', row);
      const link = all('a', row)[0]?.getAttribute('href') ?? '';
      return [textOf(name), link, textOf(size), textOf(time)] as const;
    }),
    crumbs: all('li').map((item) => [
      textOf(item),
      all('a', item)[0]?.getAttribute('href') ?? null,
    ]),
    text,
  };
}

const names = ({ rows }: Page): string[] => rows.map(([name]) => name);

async function page(port: number, target: string, fields: string[] = []): Promise<Page> {
  return parse(await request(port, target, fields));
}

function json(response: WireResponse): Record<string, unknown>[] {
  if (response.get('content-type') !== 'application/json') throw new Error(response.head);
  return JSON.parse(response.body.toString());
}

function tree(t: Test): string {
  const root = t.testdir({
    'index.html': 'index',
    files: {
      'file10.txt': 'x'.repeat(10),
      'file2.txt': 'x'.repeat(2048),
      'a.txt': '',
      '.hidden': '',
      sub: { deep: { 'x y': {} } },
      '10': {},
      '9': {},
    },
    empty: {},
    hidden: { '.only': '' },
    shown: { 'index.html': 'shown' },
  });
  const at = (name: string, ...when: Parameters<typeof Date.UTC>): void => {
    const seconds = Date.UTC(...when) / 1000;
    fs.utimesSync(path.join(root, 'files', name), seconds, seconds);
  };
  at('file10.txt', 2020, 0, 2, 3, 4, 5);
  at('file2.txt', 2019, 11, 31, 23, 59);
  at('a.txt', 2021, 5, 6);
  at('sub', 2021, 1, 1);
  at('10', 2022, 1, 1);
  at('9', 2023, 1, 1);
  return root;
}

t.test('what a folder holds', async (t) => {
  const { port } = await serve(t, tree(t), { listing: true });
  const files = await page(port, '/files/');
  t.equal(files.title, 'files/');
  t.same(files.rows, [
    ['Parent folder', '../', '', ''],
    ['9/', './9/', '', '2023-02-01 00:00'],
    ['10/', './10/', '', '2022-02-01 00:00'],
    ['sub/', './sub/', '', '2021-02-01 00:00'],
    ['a.txt', './a.txt', '0 B', '2021-06-06 00:00'],
    ['file2.txt', './file2.txt', '2.0 KiB', '2019-12-31 23:59'],
    ['file10.txt', './file10.txt', '10 B', '2020-01-02 03:04'],
  ]);
  t.match(files.text, '<time datetime="2020-01-02T03:04:05.000Z">2020-01-02 03:04</time>');
  t.match(files.text, '<footer><p>3 folders, 3 files, 2.0 KiB</p>');
  t.same(files.columns, ['Name', 'Size', 'Modified (UTC)']);
  t.same(files.crumbs, [
    ['Home', '../'],
    ['files', null],
  ]);
  const deep = await page(port, '/files/sub/deep/x%20y/');
  t.same(deep.crumbs, [
    ['Home', '../../../../'],
    ['files', '../../../'],
    ['sub', '../../'],
    ['deep', '../'],
    ['x y', null],
  ]);
  t.match(deep.text, 'This folder is empty.');
  for (const target of ['/empty/', '/hidden/']) {
    t.same(names(await page(port, target)), ['Parent folder'], target);
  }
  t.equal((await request(port, '/')).body.toString(), 'index', 'an index file comes first');
  t.equal((await request(port, '/shown/')).body.toString(), 'shown');
  t.equal((await request(port, '/files')).get('location'), '/files/');
  t.equal((await request(port, '/none/')).status, 404);
  t.equal((await request(port, '/files/a.txt/')).status, 404);
  t.equal((await request(port, '/files/', [], 'POST')).status, 405);

  const dotfiles = await serve(t, tree(t), { listing: true, dotfiles: true });
  t.same(names(await page(dotfiles.port, '/hidden/')), ['Parent folder', '.only']);
});

t.test('the root has no way up', async (t) => {
  const { port } = await serve(t, t.testdir({ a: '' }), { listing: true });
  const root = await page(port, '/');
  t.same(names(root), ['a']);
  t.same(root.crumbs, [['Home', null]]);
  t.equal(root.title, '/');
});

t.test('nobody asked for listings', async (t) => {
  const root = tree(t);
  for (const options of [{}, { listing: false }] satisfies SiteOptions[]) {
    const { port } = await serve(t, root, options);
    const response = await request(port, '/files/');
    t.equal(response.status, 404);
    t.notMatch(response.body.toString(), 'file10');
  }
  t.throws(() => createSite({} as Source, { listing: true, maxSorted: -1 }), {
    message: 'maxSorted is -1; it takes a whole number from 0 up',
  });
});

t.test('order', async (t) => {
  const { port } = await serve(t, tree(t), { listing: true });
  const folders = ['9/', '10/', 'sub/'];
  for (const [query, expected, sorted] of [
    ['', [...folders, 'a.txt', 'file2.txt', 'file10.txt'], 'ascending'],
    [
      '?sort=name&order=desc',
      ['sub/', '10/', '9/', 'file10.txt', 'file2.txt', 'a.txt'],
      'descending',
    ],
    ['?sort=size', [...folders, 'a.txt', 'file10.txt', 'file2.txt'], 'ascending'],
    ['?sort=size&order=desc', [...folders, 'file2.txt', 'file10.txt', 'a.txt'], 'descending'],
    ['?sort=date', ['sub/', '10/', '9/', 'file2.txt', 'file10.txt', 'a.txt'], 'ascending'],
    [
      '?sort=date&order=desc',
      ['9/', '10/', 'sub/', 'a.txt', 'file10.txt', 'file2.txt'],
      'descending',
    ],
    [
      '?sort=%3Cscript%3E&order=%22%3E%3Cb%3E',
      [...folders, 'a.txt', 'file2.txt', 'file10.txt'],
      'ascending',
    ],
  ] as const) {
    const response = await request(port, `/files/${query}`);
    const listed = parse(response);
    t.same(names(listed).slice(1), expected, query);
    t.equal(listed.sorted, sorted);
    const array = json(await request(port, `/files/${query}`, JSON_ONLY));
    t.same(
      array.map(({ name, kind }) => `${name}${kind === 'folder' ? '/' : ''}`),
      expected,
      'JSON too',
    );
  }
  const odd = await page(port, '/files/?sort=%3Cscript%3E&order=%22%3E%3Cb%3E');
  t.equal(odd.text, (await page(port, '/files/')).text, 'nothing of a query comes back');
  const { text } = await page(port, '/files/?sort=size&order=desc');
  t.match(text, '<th scope="col"><a href="?sort=name&#38;order=asc">Name</a></th>');
  t.match(text, 'aria-sort="descending"><a href="?sort=size&#38;order=asc">Size</a>');
  t.match(text, '<a href="?sort=date&#38;order=desc">Modified');
});

t.test('JSON', async (t) => {
  const { port } = await serve(t, tree(t), { listing: true });
  const response = await request(port, '/files/', JSON_ONLY);
  t.same(json(response).slice(2, 4), [
    {
      name: 'sub',
      kind: 'folder',
      size: null,
      modified: '2021-02-01T00:00:00.000Z',
      href: './sub/',
    },
    { name: 'a.txt', kind: 'file', size: 0, modified: '2021-06-06T00:00:00.000Z', href: './a.txt' },
  ]);
  t.equal(response.get('vary'), 'Accept');
  t.equal(response.get('x-content-type-options'), 'nosniff');
  t.same(json(await request(port, '/empty/', JSON_ONLY)), []);
  for (const [accept, type] of [
    ['application/json;q=0.9, text/html;q=0.8', 'application/json'],
    ['application/json, */*', 'application/json'],
    ['application/json;q=0.8, text/html', 'text/html; charset=utf-8'],
    ['*/*', 'text/html; charset=utf-8'],
    ['image/png', 'text/html; charset=utf-8'],
    ['application/json;q=0, */*;q=0.1', 'text/html; charset=utf-8'],
  ] as const) {
    const answer = await request(port, '/files/', [`Accept: ${accept}`]);
    t.equal(answer.get('content-type'), type, accept);
    t.equal(answer.get('vary'), 'Accept');
  }
});

t.test('nothing but what is ours runs or is loaded', async (t) => {
  const { port } = await serve(t, tree(t), { listing: true });
  const response = await request(port, '/files/');
  const policy = response.get('content-security-policy') ?? '';
  const text = response.body.toString();
  const hashes = (tag: string): string[] =>
    [...text.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(
      (match) =>
        `'sha256-${createHash('sha256')
          .update(match[1] as string)
          .digest('base64')}'`,
    );
  t.same(policy.split('; '), [
    "default-src 'none'",
    `style-src ${hashes('style').join(' ')}`,
    `script-src ${hashes('script').join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ]);
  t.equal(hashes('script').length, 1);
  t.equal(hashes('style').length, 1);
  t.notMatch(text, /(?:src|href|url\()=?["']?(?:https?:|\/)/, 'no reference to anything elsewhere');
  t.notMatch(text, / (?:on[a-z]+|style)=/, 'nothing inline that the policy would stop');
  t.equal(response.get('referrer-policy'), 'no-referrer');
  t.equal(response.get('x-content-type-options'), 'nosniff');
});

t.test('conditions, HEAD and Cache-Control', async (t) => {
  const root = tree(t);
  const { port } = await serve(t, root, { listing: true, maxAge: 60, immutable: true });
  const get = await request(port, '/files/');
  const etag = get.get('etag') as string;
  t.match(etag, /^W\/"[\w-]{27}"$/);
  t.equal(get.get('cache-control'), 'public, max-age=60', 'no folder is immutable');
  t.equal(get.get('last-modified'), undefined);
  t.equal(get.get('content-length'), `${get.body.length}`);
  const head = await request(port, '/files/', [], 'HEAD');
  const undated = ({ head }: WireResponse): string => head.replace(/^Date: .*\r\n/m, '');
  t.equal(undated(head), undated(get));
  t.equal(head.body.length, 0);

  const unchanged = await request(port, '/files/', [`If-None-Match: ${etag}`]);
  t.equal(unchanged.status, 304);
  for (const name of ['etag', 'vary', 'cache-control']) t.equal(unchanged.get(name), get.get(name));
  t.equal(unchanged.get('content-type'), undefined);
  t.equal((await request(port, '/files/', [`If-None-Match: ${etag}`], 'HEAD')).status, 304);
  t.equal((await request(port, '/files/', [`If-Match: ${etag}`])).status, 412, 'weak');
  t.equal((await request(port, '/files/', ['Range: bytes=0-9'])).status, 200);
  const since = 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT';
  t.equal((await request(port, '/files/', [since])).status, 200, 'there is no date to compare');

  const tags = new Set([etag]);
  for (const [target, fields] of [
    ['/files/', JSON_ONLY],
    ['/files/?sort=size', []],
    ['/files/?sort=size', JSON_ONLY],
    ['/files/?sort=size&order=desc', JSON_ONLY],
    ['/empty/', []],
    ['/hidden/', []],
  ] as const) {
    const again = (await request(port, target, fields)).get('etag') as string;
    t.notOk(tags.has(again), `${target} has its own`);
    tags.add(again);
  }
  t.equal(
    (await request(port, '/files/?x=y')).get('etag'),
    etag,
    'what changes nothing changes nothing',
  );

  const changes: [string, () => void][] = [
    ['a file grew', () => fs.appendFileSync(path.join(root, 'files/a.txt'), 'x')],
    ['a time', () => fs.utimesSync(path.join(root, 'files/a.txt'), 5, 5)],
    ['a new file', () => fs.writeFileSync(path.join(root, 'files/new'), '')],
    ['a name', () => fs.renameSync(path.join(root, 'files/new'), path.join(root, 'files/newer'))],
    ['one less', () => fs.rmSync(path.join(root, 'files/newer'))],
  ];
  for (const [what, change] of changes) {
    const before = (await request(port, '/files/')).get('etag') as string;
    change();
    const after = await request(port, '/files/', [`If-None-Match: ${before}`]);
    t.equal(after.status, 200, what);
    t.not(after.get('etag'), before);
  }
});

t.test('addresses that are not plain are redirected within the site', async (t) => {
  const root = tree(t);
  fs.mkdirSync(path.join(root, 'a b%#?'));
  fs.mkdirSync(path.join(root, 'evil.example'));
  const { port } = await serve(t, root, { listing: true });
  for (const [target, location] of [
    ['/files//', '/files/'],
    ['//files/', '/files/'],
    ['/./files/', '/files/'],
    ['/files/sub/../', '/files/'],
    ['/files/.', '/files/'],
    ['/files/sub/..', '/files/'],
    ['//files//?sort=size', '/files/?sort=size'],
    ['//evil.example/', '/evil.example/'],
    ['///evil.example//', '/evil.example/'],
    ['//a%20b%25%23%3F/', '/a%20b%25%23%3F/'],
  ] as const) {
    const response = await request(port, target);
    t.equal(response.status, 301, target);
    t.equal(response.get('location'), location);
  }
  // Encoded more or less than needed is the same address: a redirect would never end.
  for (const target of ['/%66iles/', '/a%20b%25%23%3f/', '/a%20b%25%23%3F/']) {
    t.equal((await request(port, target)).status, 200, target);
  }
});

/** Thirty names that attack the page, its links, the terminal or the eye. */
const ODD = [
  '<script>alert(1)<⁄script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '" autofocus onfocus="alert(1)',
  '&lt;script&gt;',
  '&#x3c;b&#x3e;',
  '<!--',
  ']]>',
  '<bdi><a>',
  '<title>',
  '100%',
  '%2e%2e',
  '%2F%2Fevil',
  '%00',
  'a#b',
  'a?sort=size',
  'a&order=desc',
  'a+b',
  'a;b,c=d',
  '@evil.example',
  'new\nline',
  'carriage\rreturn\r\nSet-Cookie x=y',
  'tab\tbell\x07escape\x1b[31m\x7f',
  'c1\x85\x9b',
  'evil\u202egpj.exe',
  '\u2066isolated\u2069',
  'zero\u200bwidth\ufeff',
  '\u2028line\u2029',
  '😀 日本語 עברית ä',
  ' blanks  around ',
  '...',
  '__proto__',
  'constructor',
  `${'x'.repeat(250)}.html`,
] as const;

t.test('odd names are text, and their links lead to them', async (t) => {
  const root = t.testdir({ sub: {} });
  for (const name of ODD) {
    fs.writeFileSync(path.join(root, name), `content of ${name}`);
    fs.mkdirSync(path.join(root, 'sub', name));
  }
  const { port } = await serve(t, root, { listing: true });
  for (const folder of ['/', '/sub/']) {
    const listed = await page(port, folder);
    const array = json(await request(port, folder, JSON_ONLY));
    const rows = listed.rows.filter(([, href]) => href !== '../');
    const plain = ODD.filter((name) => !name.startsWith('.'));
    t.equal(rows.length, plain.length + (folder === '/' ? 1 : 0));
    for (const name of plain) {
      const entry = array.find((each) => each.name === name);
      const href = entry?.href as string;
      const row = rows.find((each) => each[1] === href);
      t.ok(row, `${encodeURIComponent(name)} is linked to`);
      t.notMatch(row?.[0], /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\ufeff]/u);
      const { pathname } = new URL(href, `http://a${folder}`);
      const response = await request(port, pathname);
      t.equal(response.status, 200);
      if (folder === '/') t.equal(response.body.toString(), `content of ${name}`);
      else {
        const inner = parse(response);
        t.equal(inner.crumbs.length, 3);
        t.notMatch(inner.title, /[<"\p{Cc}\u202e]/u);
      }
    }
  }
});

t.test('what can not be read', async (t) => {
  const root = t.testdir({ closed: { a: '' } });
  const { port } = await serve(t, root, { listing: true });
  if (permissionsHold) {
    fs.chmodSync(path.join(root, 'closed'), 0o300);
    const { status } = await request(port, '/closed/');
    // Else nobody can remove it.
    fs.chmodSync(path.join(root, 'closed'), 0o755);
    t.equal(status, 403);
  }
  const folder = (entries?: Collection['entries']): Source => ({
    open: (path) =>
      path === '/' ? { kind: 'collection', ...(entries === undefined ? {} : { entries }) } : null,
    close: async () => {},
  });
  const entry: Entry = { name: 'x', kind: 'resource', size: 1, modified: Number.NaN };
  for (const [source, status] of [
    [folder(), 404],
    [
      folder(async function* () {
        yield [entry];
        throw new SourceError('forbidden', 'EACCES');
      }),
      403,
    ],
    [
      folder(async function* () {
        yield [{ ...entry, name: 'a\ud800' }];
      }),
      200,
    ],
  ] as const) {
    const { port } = await serveHandler(t, createSite(source, { listing: true }));
    t.equal((await request(port, '/')).status, status);
    t.equal((await request(port, '/', JSON_ONLY)).status, status);
  }
});

t.test('a deep path names its last folders only', async (t) => {
  const root = t.testdir({});
  const deep = Array.from({ length: 60 }, (_, index) => `d${index}`).join('/');
  fs.mkdirSync(path.join(root, deep), { recursive: true });
  const { port } = await serve(t, root, { listing: true });
  const { crumbs } = await page(port, `/${deep}/`);
  t.equal(crumbs.length, 26);
  t.same(crumbs.slice(0, 3), [
    ['Home', '../'.repeat(60)],
    ['…', null],
    ['d36', '../'.repeat(23)],
  ]);
  t.same(crumbs.slice(-2), [
    ['d58', '../'],
    ['d59', null],
  ]);
});

t.test('no descriptor is left', { skip: !canCountDescriptors && 'no /proc' }, async (t) => {
  const { port } = await serve(t, tree(t), { listing: true, maxSorted: 2 });
  await request(port, '/files/');
  const before = descriptors();
  for (let round = 0; round < 20; round++) {
    for (const method of ['GET', 'HEAD']) {
      t.equal((await request(port, '/files/', [], method)).status, 200);
      await request(port, '/files/', ['If-None-Match: *'], method);
      await request(port, '/files/', ['If-Match: "x"'], method);
    }
  }
  t.ok((await descriptorsDownTo(before)) <= before);
});

t.test('the command lists, unless it is told not to', async (t) => {
  const root = tree(t);
  for (const [args, status] of [
    [[], 200],
    [['--listing'], 200],
    [['--no-listing'], 404],
  ] as const) {
    const { port } = await start(t, root, args);
    t.equal((await request(port, '/files/')).status, status, args.join(' '));
  }
});
