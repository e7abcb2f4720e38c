/** Rules through a real server: the examples of serve-handler's documentation first, then attacks. */
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { serveCluster } from '../../../lib/cluster/index.js';
import type { ServeDirectoryOptions } from '../../../lib/compose.js';
import { MessageBuffer } from '../../../lib/http/message-buffer.js';
import type { Response } from '../../../lib/http/response.js';
import { compileRules, MOST_REWRITES } from '../../../lib/site/rules/compile.js';
import { MOST_RULES, RuleError, type RulesConfig } from '../../../lib/site/rules/config.js';
import { loadRules } from '../../../lib/site/rules/load.js';
import { MOST_SIZE, MOST_TOTAL_SIZE } from '../../../lib/site/rules/size.js';
import type { ResourcePath } from '../../../lib/source/source.js';
import { request } from '../../helpers/client.js';
import type { WireResponse } from '../../helpers/response.js';
import { serve } from '../../helpers/server.js';

type Site = Parameters<Test['testdir']>[0];

/** Serves by rules; gives a function that asks and says what came: the status, and where to or what. */
async function site(
  t: Test,
  files: Site,
  config: RulesConfig,
  options: ServeDirectoryOptions = {},
): Promise<{ said: (target: string) => Promise<string>; port: number }> {
  const rules = await loadRules(config);
  const { port } = await serve(t, t.testdir(files), { rules, ...options });
  const said = async (target: string): Promise<string> => {
    const { status, get, body } = (await request(port, target)) as WireResponse;
    return status >= 400 ? `${status}` : `${status} ${get('location') ?? body}`;
  };
  return { said, port };
}

t.test('cleanUrls', async (t) => {
  const files = {
    'a.html': 'a',
    app: { 'b.html': 'b' },
    '!components': { 'c.html': 'c' },
    components: { 'd.html': 'd' },
  };
  const all = await site(t, files, { cleanUrls: true });
  t.equal(await all.said('/a'), '200 a');
  t.equal(await all.said('/a.html'), '301 /a');
  const none = await site(t, files, { cleanUrls: false });
  t.equal(await none.said('/a'), '404');
  t.equal(await none.said('/a.html'), '200 a');
  const some = await site(t, files, { cleanUrls: ['/app/**', '/!components/**'] });
  t.equal(await some.said('/app/b'), '200 b');
  t.equal(await some.said('/app/b.html'), '301 /app/b');
  t.equal(await some.said('/a'), '404');
  t.equal(await some.said('/a.html'), '200 a');
  // As there: the exclamation mark is one, for it is not at the start.
  t.equal(await some.said('/!components/c'), '200 c');
  t.equal(await some.said('/components/d'), '404');
  const over = await site(t, files, { cleanUrls: true }, { cleanUrls: false });
  t.equal(await over.said('/a.html'), '200 a', 'what is said beside rules comes first');
});

t.test('rewrites', async (t) => {
  const files = {
    'index.html': 'home',
    'edit-project.html': 'edit',
    'edit-project-123.html': 'edit 123',
    app: { 'style.css': 'style', real: 'real', empty: {} },
  };
  const { said, port } = await site(t, files, {
    rewrites: [
      { source: 'app/**', destination: '/index.html' },
      { source: 'projects/*/edit', destination: '/edit-project.html' },
    ],
  });
  t.equal(await said('/app/x'), '200 home');
  t.equal(await said('/app/x/y.js'), '200 home', 'a rule says it, so it is done');
  t.equal(await said('/app/'), '200 home', 'a folder without an index file');
  t.equal(await said('/app/style.css'), '200 style', 'a file comes first');
  t.equal(await said('/app/real'), '200 real', 'also without an extension');
  t.equal(await said('/projects/1/edit'), '200 edit');
  t.equal(await said('/projects/1/2/edit'), '404', 'a star is one segment');
  t.equal(await said('/other'), '404');
  const first = await request(port, '/app/x');
  const again = await request(port, '/app/x', [`If-None-Match: ${first.get('etag')}`]);
  t.equal(again.status, 304);
  const part = await request(port, '/app/x', ['Range: bytes=0-1']);
  t.same([part.status, String(part.body)], [206, 'ho']);

  const segments = await site(t, files, {
    rewrites: [{ source: '/projects/:id/edit', destination: '/edit-project-:id.html' }],
  });
  t.equal(await segments.said('/projects/123/edit'), '200 edit 123');
  t.equal(await segments.said('/projects/124/edit'), '404');
});

t.test('rewrites one after the other', async (t) => {
  const files = { 'c.html': 'c', folder: { 'index.html': 'folder' } };
  const { said } = await site(t, files, {
    rewrites: [
      { source: '/b', destination: '/c.html' },
      { source: '/a', destination: '/b' },
      { source: '/x', destination: '/y' },
      { source: '/y', destination: '/x' },
      { source: '/f', destination: '/folder' },
      { source: '/g', destination: '/folder/' },
    ],
  });
  t.equal(await said('/a'), '200 c');
  t.equal(await said('/x'), '404', 'each rule once');
  t.equal(await said('/f'), '200 folder');
  t.equal(await said('/g'), '200 folder');
  const rewrites = Array.from({ length: MOST_REWRITES + 1 }, (_, n) => ({
    source: `/${n}`,
    destination: `/${n + 1}`,
  }));
  const { rewrite } = compileRules({ rewrites }).options;
  t.equal(rewrite?.('/0' as ResourcePath), `/${MOST_REWRITES}`, 'and no more than that');
  t.equal(rewrite?.('/none' as ResourcePath), undefined);
});

t.test('redirects', async (t) => {
  const { said, port } = await site(
    t,
    { home: 'home', 'old-pages': { x: 'still here' }, 'both.html': 'both' },
    {
      redirects: [
        { source: '/from', destination: '/to' },
        { source: '/old-pages/**', destination: '/home' },
        { source: '/old-docs/:id', destination: '/new-docs/:id' },
        { source: '/old', destination: '/new', type: 302 },
        { source: '/ext/:path*', destination: 'https://example.com/x/:path*', type: 308 },
        { source: '/q', destination: '/s?a=1#there', type: 307 },
        { source: '/seen', destination: '/other', type: 303 },
      ],
    },
  );
  t.equal(await said('/from'), '301 /to');
  t.equal(await said('/from/'), '301 /to');
  t.equal(await said('/from?a=b&c'), '301 /to?a=b&c');
  t.equal(await said('/old-pages/x'), '301 /home', 'also where something is');
  t.equal(await said('/old-pages/a/b'), '301 /home');
  t.equal(await said('/old-docs/12'), '301 /new-docs/12');
  t.equal(await said('/old-docs/12/3'), '404');
  t.equal(await said('/old-docs/a%20b%3Fc'), '301 /new-docs/a%20b%3Fc');
  t.equal(await said('/old'), '302 /new');
  t.equal(await said('/OLD'), '404', 'paths are case-sensitive');
  t.equal(await said('/ext/a/b'), '308 https://example.com/x/a/b');
  t.equal(await said('/q'), '307 /s?a=1#there');
  t.equal(await said('/q?b=2'), '307 /s?a=1&b=2#there');
  t.equal(await said('/seen'), '303 /other');
  t.equal(await said('/home'), '200 home');
  t.equal((await request(port, '/from', [], 'POST')).status, 301);
  t.equal((await request(port, '/from', [], 'OPTIONS')).status, 204);
  t.equal((await request(port, '/from', [], 'BREW')).status, 501);
  const head = await request(port, '/from', [], 'HEAD');
  t.same([head.status, head.get('location')], [301, '/to']);
});

t.test('a rule does not lead to itself', async (t) => {
  const { said } = await site(
    t,
    { home: 'home', a: { 'index.html': 'a' } },
    {
      redirects: [
        { source: '/a', destination: '/a/' },
        { source: '**', destination: '/home' },
      ],
    },
  );
  t.equal(await said('/x'), '301 /home');
  t.equal(await said('/home'), '200 home');
  t.equal(await said('/a'), '301 /home', 'the next rule counts');
});

t.test('headers', async (t) => {
  const { port } = await site(
    t,
    { 'a.png': 'png', 'b.svg': 'svg', '404.html': 'lost', 'tag.txt': 'tagged', x: { 'c.png': '' } },
    {
      headers: [
        {
          source: '**/*.@(jpg|jpeg|gif|png)',
          headers: [{ key: 'Cache-Control', value: 'max-age=7200' }],
        },
        { source: '404.html', headers: [{ key: 'Cache-Control', value: 'max-age=300' }] },
        {
          source: '**',
          headers: [
            { key: 'X-All', value: 'yes' },
            { key: 'x-content-type-options', value: null },
          ],
        },
        { source: 'tag.txt', headers: [{ key: 'ETag', value: '"v1"' }] },
        { source: 'x/**', headers: [{ key: 'X-ALL', value: 'other' }] },
      ],
    },
    { errorPages: true },
  );
  for (const attempt of ['first', 'again']) {
    const png = await request(port, '/a.png');
    t.equal(png.get('cache-control'), 'max-age=7200', attempt);
    t.equal(png.get('x-all'), 'yes');
    t.equal(png.get('x-content-type-options'), undefined, 'taken away');
    t.equal((await request(port, '/b.svg')).get('cache-control'), 'no-cache');
    t.equal((await request(port, '/x/c.png')).get('x-all'), 'other', 'the last one counts');
  }
  const lost = await request(port, '/nothing', ['Accept: text/html']);
  t.same([lost.status, lost.get('cache-control')], [404, 'max-age=300']);
  t.equal((await request(port, '/nothing')).get('x-all'), undefined, 'no file, no rule');

  const tagged = await request(port, '/tag.txt');
  t.equal(tagged.get('etag'), '"v1"');
  const same = await request(port, '/tag.txt', ['If-None-Match: "v1"']);
  t.same([same.status, same.get('etag'), same.get('x-all')], [304, '"v1"', 'yes']);
  t.equal((await request(port, '/tag.txt', ['If-None-Match: "v2"'])).status, 200);
  t.equal((await request(port, '/tag.txt', ['If-Match: "v2"'])).status, 412);
  t.equal((await request(port, '/tag.txt', ['If-Match: "v2"'])).get('etag'), undefined);
  const ranged = ['Range: bytes=0-1', 'If-Range: "v1"'];
  t.equal((await request(port, '/tag.txt', ranged)).status, 206);
});

t.test('parts keep their type, and one response stays one', async (t) => {
  const { fileFields } = compileRules({
    headers: [{ source: '**', headers: [{ key: 'Content-Type', value: 'a/b' }] }],
  }).parts;
  const path = '/x' as ResourcePath;
  const message = MessageBuffer.of(Buffer.from('x'));
  const plain: Response = {
    status: 200,
    fields: ['content-type', 'c/d'],
    body: undefined,
    message,
  };
  t.same(fileFields?.to(path, plain).fields, ['Content-Type', 'a/b']);
  t.equal(fileFields?.to(path, plain), fileFields?.to(path, plain));
  const parts: Response = {
    status: 206,
    fields: ['Content-Type', 'multipart/byteranges; boundary=x'],
    body: undefined,
  };
  t.same(fileFields?.to(path, parts).fields, parts.fields);
  t.not(fileFields?.to(path, parts), fileFields?.to(path, parts), 'what is sent once is not kept');
  for (let n = 0; n < 3000; n++) fileFields?.to(`/${n}` as ResourcePath, plain);
  t.same(fileFields?.to(path, plain).fields, ['Content-Type', 'a/b'], 'after many others');
});

t.test('directoryListing, unlisted and renderSingle', async (t) => {
  const listing = { listing: true };
  /** The status, and the names that are listed. */
  const listed = async ({ port }: { port: number }, target: string): Promise<string> => {
    const { status, body } = await request(port, target, ['Accept: application/json']);
    if (status !== 200) return `${status}`;
    const entries: { name: string }[] = JSON.parse(String(body));
    return `200 ${entries.map(({ name }) => name).sort()}`;
  };
  const files = {
    assets: { a: '', secret: '', sub: { secret: '', b: '' }, private: { c: '' } },
    other: { d: '', e: '' },
  };
  const some = await site(
    t,
    files,
    { directoryListing: ['/assets/**', '/!assets/private'], unlisted: ['secret', '/assets/sub/b'] },
    listing,
  );
  t.equal(await listed(some, '/assets/'), '200 a,private,sub');
  t.equal(await listed(some, '/assets/sub/'), '200 ');
  t.equal(await some.said('/assets/secret'), '200 ', 'not listed is not hidden');
  t.equal(await listed(some, '/other/'), '404');
  const none = await site(t, files, { directoryListing: false }, listing);
  t.equal(await listed(none, '/assets/'), '404');
  const all = await site(t, files, { directoryListing: true }, listing);
  t.equal(await listed(all, '/other/'), '200 d,e');
  const single = await site(t, { test: { 'only.png': 'png' } }, { renderSingle: true });
  t.equal(await single.said('/test/'), '200 png');
  t.equal(await single.said('/test'), '301 /test/');
});

t.test('trailingSlash', async (t) => {
  const files = { test: { 'index.html': 'test' } };
  const added = await site(t, files, { trailingSlash: true });
  t.equal(await added.said('/test'), '301 /test/');
  t.equal(await added.said('/none'), '301 /none/');
  const removed = await site(t, files, { trailingSlash: false });
  t.equal(await removed.said('/test/'), '301 /test');
  t.equal(await removed.said('/test'), '200 test');
});

t.test('nothing hidden or outside is reached', async (t) => {
  const root = t.testdir({
    outside: 'outside',
    site: { '.env': 'secret', '.git': { config: 'secret' }, 'index.html': 'home' },
  });
  const rules = await loadRules({
    rewrites: [
      { source: '/get/:rest(.*)', destination: '/:rest' },
      { source: '/dot/:name', destination: '/.:name' },
      { source: '/up-:a', destination: '/:a/outside' },
      { source: '/env', destination: '/.env' },
    ],
    redirects: [{ source: '/go:rest(.*)', destination: '/:rest' }],
  });
  const { port } = await serve(t, `${root}/site`, { rules });
  for (const target of [
    '/env',
    '/dot/env',
    '/dot/git/config',
    '/get/.env',
    '/get/.git/config',
    '/get/../outside',
    '/get/%2e%2e/outside',
    '/up-..',
    '/up-%2e%2e',
    '/get/%2fetc/passwd',
    '/get//etc/passwd',
    '/get/%00',
    '/get/C:/x',
    '/get/%5c%5chost/x',
  ]) {
    const answer = await request(port, target);
    t.ok(answer.status === 404 || answer.status === 400, `${target}: ${answer.status}`);
    t.notMatch(String(answer.body), /secret|outside$/, target);
  }
  for (const [target, location] of [
    ['/go/evil.example', '/evil.example'],
    ['/go//evil.example', '/evil.example'],
    ['/go///evil.example/%2e%2e', '/'],
    ['/go/%09/evil.example', '/%09/evil.example'],
    ['/go%0d%0aSet-Cookie:%20a=b', undefined],
    ['/go/%0d%0aSet-Cookie=b', '/%0D%0ASet-Cookie%3Db'],
    ['/go/%22%3E%3Cscript%3E', '/%22%3E%3Cscript%3E'],
  ] as const) {
    const answer = await request(port, target);
    t.equal(answer.get('location'), location, target);
    t.equal(answer.get('set-cookie'), undefined);
    t.notMatch(String(answer.body), 'script');
  }
  const query = await request(port, '/go/x?<script>'.replace(/[<>]/g, '%3C'));
  t.equal(query.get('location'), '/x?%3Cscript%3C');
});

t.test('nothing becomes longer than an address', async (t) => {
  const times = (count: number): string => `/b/${':x'.repeat(count)}`;
  const { port } = await site(
    t,
    { a: '' },
    {
      redirects: [{ source: '/go/:x', destination: times(500) }],
      // Each makes it five hundred times as long: after six there is no memory that holds it.
      rewrites: Array.from({ length: 6 }, () => ({ source: '/:y/:x', destination: times(500) })),
    },
  );
  const at = async (target: string): Promise<[number, number]> => {
    const { status, head } = await request(port, target);
    return [status, head.length];
  };
  const [status, length] = await at(`/go/${'a'.repeat(32)}`);
  t.equal(status, 301);
  t.ok(length > 16_000);
  for (const target of [`/go/${'a'.repeat(33)}`, `/go/${'a'.repeat(7000)}`, '/x/ab']) {
    const [refused, short] = await at(target);
    t.equal(refused, 414, target.slice(0, 20));
    t.ok(short < 1000);
  }
});

/** What is wrong with rules, and where. */
function complaint(config: unknown): string {
  try {
    compileRules(config as RulesConfig);
    return 'nothing';
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return `${error.path.join('.')}: ${error.message}`;
  }
}

t.test('rules that can not be used', async (t) => {
  const to = (source: string, destination: string): object => ({ source, destination });
  const header = (key: string, value: string | null): object => ({
    headers: [{ source: '/a', headers: [{ key, value }] }],
  });
  for (const [config, expected] of [
    [{}, /^nothing$/],
    [{ cleanUrls: ['/a', '/!(b)'] }, /^cleanUrls\.1: it has !\(…\)/],
    [{ directoryListing: [''] }, /^directoryListing\.0: it is empty/],
    [{ unlisted: ['a\nb'] }, /^unlisted\.0: it has control characters/],
    [{ unlisted: ['\ud800'] }, /^unlisted\.0: it has control characters, or halves/],
    [
      { unlisted: Array(MOST_RULES + 1).fill('a') },
      /^unlisted: it has 1001 entries; it takes 1000/,
    ],
    [{ unlisted: Array(MOST_RULES).fill('a') }, /^nothing$/],
    [{ rewrites: [to('/a', 'x'.repeat(1025))] }, /^rewrites\.0\.destination: it has 1025 char/],
    [{ rewrites: [to('/a', '/b\r\nX: y')] }, /^rewrites\.0\.destination: it has control/],
    [{ redirects: [to('/a', '/b\r\nX: y')] }, /^redirects\.0\.destination: it has control/],
    [{ redirects: [to('/a', '/b\ud800')] }, /^redirects\.0\.destination: it has control/],
    [{ redirects: [{ ...to('/a', '/b'), type: 200 }] }, /^redirects\.0\.type: it takes 301/],
    [{ redirects: [to('/:a', '/:b')] }, /^redirects\.0\.destination: it names :b/],
    [header('X y', ''), /^headers\.0\.headers\.0\.key: it is no name of a field/],
    [header('X', 'a\r\nY: b'), /^headers\.0\.headers\.0\.value: it has characters/],
    [header('X', 'a\0'), /^headers\.0\.headers\.0\.value: it has characters/],
    [header('X', '→'), /^headers\.0\.headers\.0\.value: it has characters/],
    [header('X', 'é'), /^nothing$/],
    [header('Content-Length', '5'), /^headers\.0\.headers\.0\.key: Content-Length is set by/],
    [header('transfer-encoding', null), /is set by the server/],
    [header('ETag', 'v1'), /^headers\.0\.headers\.0\.value: it is no entity tag/],
    [header('ETag', null), /^nothing$/],
  ] as const) {
    t.match(complaint(config), expected);
  }
});

t.test('all patterns together have a bound', async (t) => {
  const most = MOST_TOTAL_SIZE / MOST_SIZE;
  // One of each kind of rule, and the rest wherever.
  const large = `/(${'a{1000}'.repeat(8)}b{189})`;
  const config = (more: number): RulesConfig => ({
    cleanUrls: [large],
    directoryListing: [`!${large}`],
    rewrites: Array.from({ length: most - 5 + more }, () => ({ source: large, destination: '/x' })),
    redirects: [{ source: large, destination: '/y' }],
    headers: [{ source: large, headers: [] }],
    unlisted: [large, ...Array(MOST_RULES - 1).fill('/no/pattern')],
  });
  t.equal(complaint(config(0)), 'nothing');
  t.match(
    complaint(config(1)),
    /^\w+\.0.*: with it all patterns come to 139264 characters, .*; they take 131072: take paths/,
  );
});

t.test('redirects that lead round and round', async (t) => {
  const redirects = (...pairs: [string, string][]): RulesConfig => ({
    redirects: pairs.map(([source, destination]) => ({ source, destination })),
  });
  for (const [config, expected] of [
    [redirects(['/a', '/b'], ['/b', '/a']), /^redirects\.0: .* by way of redirects 1$/],
    [redirects(['/x', '/a'], ['/a', '/b'], ['/b', '/a']), /^redirects\.1: .* redirects 2$/],
    [redirects(['/:x*', '/v2/:x*']), /^redirects\.0: its destination is a source of its own/],
    [redirects(['/a/:x', '/b/:x'], ['/b/:x', '/a/:x']), /^redirects\.0: .* redirects 1$/],
    [{ cleanUrls: true, ...redirects(['/a', '/a.html']) }, /^redirects\.0: its destination/],
    [{ cleanUrls: true, ...redirects(['/a', '/a/index.html']) }, /^redirects\.0: its dest/],
    [{ cleanUrls: true, ...redirects(['/', '/index.html']) }, /^redirects\.0: its destination/],
    [{ cleanUrls: ['/b/**'], ...redirects(['/a', '/a.html']) }, /^nothing$/],
    [redirects(['/a', '/a.html']), /^nothing$/],
    [redirects(['/a', '/b'], ['/b', '/c']), /^nothing$/],
    [redirects(['/a', 'https://example.com/a']), /^nothing$/],
    [redirects(['/a', '/a/']), /^nothing$/],
    [redirects(['**', '/home']), /^nothing$/],
    [redirects(['/:lang/x', '/x']), /^nothing$/],
  ] as const) {
    t.match(complaint(config), expected, JSON.stringify(config));
  }
});

t.test('what a site says of addresses counts where redirects lead', async (t) => {
  const to = (destination: string): RulesConfig => ({
    redirects: [{ source: '/a', destination }],
  });
  for (const [config, own, leads] of [
    [to('/a.html'), { cleanUrls: true }, false],
    [{ ...to('/a.html'), cleanUrls: true }, { cleanUrls: false }, true],
    [{ ...to('/a/index.html'), cleanUrls: true }, {}, false],
    [{ ...to('/a/index.html'), cleanUrls: true }, { index: 'home.html' }, true],
    [{ ...to('/a/home.html'), cleanUrls: true }, { index: 'home.html' }, false],
  ] as const) {
    const compile = (): unknown => compileRules(config, own);
    if (leads) t.doesNotThrow(compile);
    else t.throws(compile, RuleError);
  }
});

t.test('rules are changed while a server answers', async (t) => {
  const to = (destination: string): RulesConfig => ({ redirects: [{ source: '/a', destination }] });
  const { port, setRules } = await serve(t, t.testdir({ a: 'a' }), {
    rules: compileRules(to('/1')),
  });
  const leads = async (): Promise<string | undefined> =>
    (await request(port, '/a')).get('location');
  t.equal(await leads(), '/1');
  setRules(compileRules(to('/2')));
  t.equal(await leads(), '/2');
  setRules(undefined);
  t.equal(await leads(), undefined);

  const cluster = serveCluster(t.testdir(), { workers: 1, port: 0, rules: to('/1') });
  await t.rejects(cluster.setRules(to('//host')), RuleError);
});

t.test('an entity tag of its own, and compression', async (t) => {
  const { port } = await site(
    t,
    {
      'own.txt': 'x'.repeat(5000),
      'large.txt': 'x'.repeat(50_000),
      'built.txt': 'x'.repeat(5000),
      'built.txt.gz': gzipSync('x'.repeat(5000)),
      'weak.txt': 'x'.repeat(5000),
      'own.png': 'x'.repeat(5000),
    },
    {
      headers: [
        { source: '*.{txt,png}', headers: [{ key: 'etag', value: '"v1"' }] },
        { source: 'weak.txt', headers: [{ key: 'ETag', value: 'W/"v1"' }] },
      ],
    },
    { compression: true, precompressed: true, streamThreshold: 20_000 },
  );
  for (const [name, size] of [
    ['own', 5000],
    ['large', 50_000],
    ['built', 5000],
    ['weak', 5000],
  ] as const) {
    const target = `/${name}.txt`;
    const ask = (...fields: string[]): Promise<WireResponse> => request(port, target, fields);
    const plain = await ask();
    const tag = name === 'weak' ? 'W/"v1"' : '"v1"';
    t.same([plain.get('etag'), plain.get('content-encoding')], [tag, undefined], name);
    for (const [coding, decode] of [
      ['gzip', gunzipSync],
      ['br', brotliDecompressSync],
    ] as const) {
      const accept = `Accept-Encoding: ${coding}`;
      // Twice: made, and kept.
      for (let times = 0; times < 2; times++) {
        const coded = await ask(accept);
        t.same([coded.get('etag'), coded.get('content-encoding')], [`W/"v1-${coding}"`, coding]);
        t.equal(decode(coded.body).length, size);
        t.match(coded.get('vary'), 'Accept-Encoding');
      }
      const same = await ask(accept, `If-None-Match: W/"v1-${coding}"`);
      t.same([same.status, same.get('etag')], [304, `W/"v1-${coding}"`]);
      // The tag of another representation says nothing about this one.
      for (const other of ['"v1"', 'W/"v1-zstd"', 'W/"v1-x"']) {
        t.equal((await ask(accept, `If-None-Match: ${other}`)).status, 200, other);
      }
      t.equal((await ask(accept, `If-Match: W/"v1-${coding}"`)).status, 412, 'weak');
      const resumed = await ask(accept, 'Range: bytes=1-', `If-Range: W/"v1-${coding}"`);
      t.equal(resumed.status, 200, 'nor is it resumed by');
    }
    t.equal((await ask(`If-None-Match: ${tag}`)).status, 304);
  }
  t.equal((await request(port, '/own.png', ['Accept-Encoding: gzip'])).get('etag'), '"v1"');
});

t.test('files that are said to be compressed are not compressed once more', async (t) => {
  // As bad as compression can be: doing it again gains something.
  const svg = gzipSync('x'.repeat(50_000), { level: 0 });
  const config: RulesConfig = {
    headers: [
      { source: '*.svgz', headers: [{ key: 'Content-Encoding', value: 'gzip' }] },
      { source: 'plain.txt', headers: [{ key: 'content-encoding', value: null }] },
    ],
  };
  for (const streamThreshold of [1_048_576, 1000]) {
    const files = { 'a.svgz': svg, 'b.txt': svg, 'plain.txt': svg };
    const options = { compression: true, precompressed: true, streamThreshold };
    const { port } = await site(t, files, config, options);
    for (const accept of ['gzip', 'br', 'br, gzip;q=0.5']) {
      const fields = [`Accept-Encoding: ${accept}`];
      const answer = await request(port, '/a.svgz', fields);
      t.same([answer.get('content-encoding'), answer.body], ['gzip', svg], accept);
      const plain = await request(port, '/plain.txt', fields);
      t.same([plain.get('content-encoding'), plain.body], [undefined, svg], accept);
      const other = await request(port, '/b.txt', fields);
      t.equal(other.get('content-encoding'), accept.slice(0, 2) === 'br' ? 'br' : 'gzip');
    }
  }
});
