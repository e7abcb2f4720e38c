/** Basic authentication on the wire: who gets in, what the others are told, and what caches may keep. */
import fs from 'node:fs';
import path from 'node:path';
import bcrypt from 'bcryptjs';
import t from 'tap';
import { MOST_CHECKS } from '../../lib/auth/bcrypt-checks.js';
import { MOST_GUESSES } from '../../lib/auth/users.js';
import { directorySite } from '../../lib/compose.js';
import { authLayer } from '../../lib/site/auth.js';
import { loadRules } from '../../lib/site/rules/load.js';
import { createSite } from '../../lib/site/site.js';
import { directory } from '../../lib/source/directory.js';
import { request } from '../helpers/client.js';
import { requestHead } from '../helpers/head.js';
import { serve } from '../helpers/server.js';

function basic(credentials: string | Buffer): string {
  return `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`;
}

t.test('who gets in', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello' });
  const { port } = await serve(t, root, { auth: { users: ['ann:secret', 'bob:p:q', 'é:ü'] } });
  const right = Buffer.from('ann:secret').toString('base64');
  for (const [line, status] of [
    [basic('ann:secret'), 200],
    [basic('bob:p:q'), 200],
    [basic('é:ü'), 200],
    [basic('e\u0301:u\u0308'), 200],
    [`authorization:  bAsIc   ${right}`, 200],
    [basic('ann:wrong'), 401],
    [basic('ann:secret\0'), 401],
    [basic('ann:secret\n'), 401],
    [basic('ann'), 401],
    [basic(':secret'), 401],
    [basic(Buffer.from('é:ü', 'latin1')), 401],
    [basic(''), 401],
    ['Authorization:', 401],
    ['Authorization: Basic', 401],
    [`Authorization: Basic${right}`, 401],
    [`Authorization: Basic ${right} x`, 401],
    [`Authorization: Basic ${right}====`, 401],
    [`Authorization: Basic ${right}, Basic ${right}`, 401],
    [`Authorization: Bearer ${right}`, 401],
    [`Authorization: Basic *${right}`, 401],
    [`X-Authorization: Basic ${right}`, 401],
    [`Cookie: Basic ${right}`, 401],
  ] as const) {
    t.equal((await request(port, '/a.txt', [line])).status, status, line);
  }
  const twice = await request(port, '/a.txt', [basic('ann:secret'), basic('ann:secret')]);
  t.equal(twice.status, 401, 'two fields are none');
});

t.test('the others learn nothing but how to ask', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello', folder: { 'index.html': '' } });
  const { port } = await serve(t, root, { auth: { users: ['ann:secret'], realm: 'Mine' } });
  const bodies = new Set<string>();
  for (const [target, method] of [
    ['/a.txt', 'GET'],
    ['/none', 'GET'],
    ['/folder', 'GET'],
    ['/%2f', 'GET'],
    ['/.hidden', 'GET'],
    ['/a.txt', 'HEAD'],
    ['/a.txt', 'OPTIONS'],
    ['/a.txt', 'POST'],
    ['*', 'OPTIONS'],
  ] as const) {
    const answer = await request(port, target, ['Range: bytes=0-1', 'If-None-Match: *'], method);
    t.equal(answer.status, 401, `${method} ${target}`);
    t.equal(answer.get('www-authenticate'), 'Basic realm="Mine", charset="UTF-8"');
    t.equal(answer.get('cache-control'), 'no-store');
    t.equal(answer.get('etag'), undefined);
    if (method !== 'HEAD') bodies.add(String(answer.body));
  }
  t.equal(bodies.size, 1);
});

t.test('what only some may see, caches for all must not keep', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello' });
  const options = { maxAge: 60, immutable: true };
  const open = await serve(t, root, options);
  const closed = await serve(t, root, { ...options, auth: { users: ['ann:secret'] } });
  const field = async (port: number): Promise<unknown> =>
    (await request(port, '/a.txt', [basic('ann:secret')])).get('cache-control');
  t.equal(await field(open.port), 'public, max-age=60, immutable');
  t.equal(await field(closed.port), 'private, max-age=60, immutable');
});

t.test('private without passwords', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello', folder: {} });
  const auth = { users: ['ann:secret'] };
  for (const [options, expected] of [
    [{}, 'public, max-age=60'],
    [{ private: false }, 'public, max-age=60'],
    [{ private: true }, 'private, max-age=60'],
    [{ private: true, auth }, 'private, max-age=60'],
    [{ private: false, auth }, 'private, max-age=60'],
  ] as const) {
    const { port } = await serve(t, root, { maxAge: 60, listing: true, ...options });
    for (const target of ['/a.txt', '/folder/']) {
      const { get } = await request(port, target, [basic('ann:secret')]);
      t.equal(get('cache-control'), expected, `${target} ${JSON.stringify(options)}`);
    }
  }
});

t.test('password files', async (t) => {
  const root = t.testdir({ site: { 'a.txt': 'hello' } });
  const file = path.join(root, 'passwords');
  fs.writeFileSync(file, `ann:${bcrypt.hashSync('secret', 4).replace('$2b', '$2y')}\n`);
  const { port } = await serve(t, path.join(root, 'site'), { auth: { file } });
  for (const [credentials, status] of [
    ['ann:secret', 200],
    ['ann:secret', 200],
    ['ann:wrong', 401],
    ['bob:secret', 401],
  ] as const) {
    t.equal((await request(port, '/a.txt', [basic(credentials)])).status, status, credentials);
  }
});

t.test('checks are bounded', async (t) => {
  const root = t.testdir({ site: { 'a.txt': 'hello' } });
  const file = path.join(root, 'passwords');
  fs.writeFileSync(file, `ann:${bcrypt.hashSync('secret', 9)}\n`);
  const { port } = await serve(t, path.join(root, 'site'), { auth: { file } });
  const answers = await Promise.all(
    Array.from({ length: MOST_CHECKS + 20 }, (_, i) =>
      request(port, '/a.txt', [basic(`ann:${i}`)]),
    ),
  );
  const statuses = new Set(answers.map(({ status }) => status));
  t.same([...statuses].sort(), [401, 503], 'those beyond are put off');
  t.equal(answers.find(({ status }) => status === 503)?.get('retry-after'), '1');
});

t.test('a password file that would be served is refused', async (t) => {
  const text = `ann:${bcrypt.hashSync('secret', 4)}`;
  const root = t.testdir({ site: { passwords: text, '.passwords': text, folder: {} } });
  fs.symlinkSync(path.join(root, 'site'), path.join(root, 'link'));
  const make = (site: string, file: string, dotfiles = false): (() => void) => {
    const options = { auth: { file: path.join(root, file) }, dotfiles };
    return () => directorySite(path.join(root, site), options);
  };
  t.throws(make('site', 'site/passwords'), { message: /would be served/ });
  t.throws(make('link', 'site/passwords'), { message: /would be served/ });
  t.throws(make('site', 'link/passwords'), { message: /would be served/ });
  t.throws(make('site', 'site/.passwords', true), { message: /would be served/ });
  t.doesNotThrow(make('site', 'site/.passwords'));
  t.doesNotThrow(make('site/folder', 'site/passwords'));
});

t.test('what is wrong is told when the site is made', async (t) => {
  for (const realm of ['', 'a"b', 'a\\b', 'a\r\nb', 'é', 'a'.repeat(101)]) {
    t.throws(() => authLayer({ users: ['a:b'], realm }), { message: /^realm takes/ }, realm);
  }
  t.doesNotThrow(() => authLayer({ users: ['a:b'], realm: 'a'.repeat(100) }));
  const source = directory(t.testdir({}));
  t.throws(() => createSite(source, { auth: {} }), { message: /auth has no users/ });
  t.throws(() => createSite(source, { auth: { file: '/none' } }), { message: /does not exist/ });
});

t.test(
  '401.html is shown to those who are asked for the password, and nothing else is',
  async (t) => {
    const html = 'Accept: text/html';
    const PAGE = '<link rel="stylesheet" href="/style.css"><p>Ask Ann for the password.';
    const root = t.testdir({
      '401.html': PAGE,
      '404.html': 'lost, and secret',
      'index.html': 'secret',
      'style.css': 'secret',
      folder: { '401.html': 'secret', 'a.txt': 'secret' },
    });
    const auth = { users: ['ann:right'] };
    for (const options of [{}, { streamThreshold: 0 }, { single: true, cleanUrls: true }]) {
      const shared = { auth, errorPages: true, listing: true, compression: true, ...options };
      const { port } = await serve(t, root, shared);
      // Heads but for their time: what is asked for must not show in them.
      const heads = new Set<string>();
      for (const target of [
        '/',
        '/style.css',
        '/401.html',
        '/401.html?a',
        '/401',
        '/404.html',
        '/none',
        '/folder/',
        '/folder/401.html',
        '/folder',
        '/%2e%2e/',
        '/%00',
      ]) {
        const more = [
          'Range: bytes=0-3',
          'If-None-Match: *',
          'If-Modified-Since: x',
          basic('ann:x'),
        ];
        const answer = await request(port, target, [html, 'Accept-Encoding: gzip', ...more]);
        t.equal(answer.status, 401, target);
        t.equal(answer.body.toString(), PAGE);
        heads.add(answer.head.replace(/^Date: .*\r\n/m, ''));
        const head = await request(port, target, [html], 'HEAD');
        t.equal(head.get('content-length'), `${PAGE.length}`);
        const plain = await request(port, target);
        t.equal(plain.status, 401);
        t.match(plain.body.toString(), /^401 Unauthorized\n/, 'whoever reads no HTML gets a line');
        t.notMatch(plain.body.toString() + plain.head, 'secret');
      }
      t.equal(heads.size, 1);
      const [head] = heads as unknown as [string];
      t.match(head, 'WWW-Authenticate: Basic realm="Files"');
      t.match(head, 'Cache-Control: no-store');
      t.match(head, 'Content-Type: text/html');
      t.notMatch(head, /^(?:ETag|Last-Modified|Accept-Ranges|Content-Range|Content-Encoding):/im);
      const known = basic('ann:right');
      t.equal((await request(port, '/style.css', [html, known])).body.toString(), 'secret');
      t.equal((await request(port, '/401.html', [known])).status, options.cleanUrls ? 301 : 200);
    }
  },
);

t.test('a 401.html that may not be seen, or is none, is not shown', async (t) => {
  const html = 'Accept: text/html';
  const auth = { users: ['ann:right'] };
  const text = async (root: string, options: object): Promise<string> => {
    const { port } = await serve(t, root, { auth, ...options });
    const answer = await request(port, '/', [html]);
    t.equal(answer.status, 401);
    return answer.body.toString();
  };
  const root = t.testdir({
    site: { '401.html': 'shown', folder: {} },
    linked: { '401.html': t.fixture('symlink', '../outside.html') },
    folder: { '401.html': {} },
    'outside.html': 'secret',
  });
  const own = '<h1 style="font-size:1.5rem">401 Unauthorized</h1>';
  t.equal(await text(path.join(root, 'site'), { errorPages: true }), 'shown');
  t.match(await text(path.join(root, 'site'), { errorPages: false }), own);
  t.match(await text(path.join(root, 'linked'), { errorPages: true }), own);
  t.match(await text(path.join(root, 'folder'), { errorPages: true }), own);
});

t.test('fields by rule hold for 401.html, also after a reload of the rules', async (t) => {
  const root = t.testdir({ '401.html': 'shown' });
  const rules = (value: string) =>
    loadRules({ headers: [{ source: '401.html', headers: [{ key: 'X-Rule', value }] }] });
  const { port, setRules } = await serve(t, root, {
    ...{ auth: { users: ['ann:right'] }, errorPages: true, rules: await rules('1') },
  });
  const field = async (): Promise<unknown> =>
    (await request(port, '/', ['Accept: text/html'])).get('x-rule');
  t.equal(await field(), '1');
  setRules(await rules('2'));
  t.equal(await field(), '2');
});

t.test('who guesses is put off, and learns nothing', async (t) => {
  const site = createSite(
    { open: () => null, close: async () => {} },
    { auth: { users: ['a:b'] } },
  );
  const from = (remote: string) => (credentials: string | undefined) =>
    site(requestHead('/', credentials === undefined ? [] : [basic(credentials)]), {
      signal: new AbortController().signal,
      remote,
    });
  const ask = from('192.0.2.1');
  for (let count = 0; count < MOST_GUESSES; count++) {
    t.equal((await ask(`a:${count}`)).status, 401);
    // To ask without a password is no guess.
    t.equal((await ask(undefined)).status, 401);
  }
  const [wrong, right] = [await ask('a:x'), await ask('a:b')];
  t.equal(wrong.status, 429);
  t.match(wrong.fields.join(), 'Retry-After,5');
  t.same(right.fields, wrong.fields);
  t.equal(right.status, 429);
  t.equal((await ask(undefined)).status, 401);
  t.equal((await from('192.0.2.2')('a:b')).status, 404);
});
