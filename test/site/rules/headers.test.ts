/** Fields by rules where they could do harm: in caches, in errors, and where a body is in a coding. */
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { compileRules } from '../../../lib/site/rules/compile.js';
import { type HeaderRule, RuleError } from '../../../lib/site/rules/config.js';
import { request } from '../../helpers/client.js';
import type { WireResponse } from '../../helpers/response.js';
import { serve } from '../../helpers/server.js';

const YEAR = 'public, max-age=31536000, immutable';
const LONG = 'x'.repeat(5000);

function rule(source: string, fields: Readonly<Record<string, string | null>>): HeaderRule {
  return { source, headers: Object.entries(fields).map(([key, value]) => ({ key, value })) };
}

function all({ fields }: WireResponse, name: string): string[] {
  return fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

const accepting = (coding: string): string[] => [`Accept-Encoding: ${coding}`];

t.test('what the answer depends on is added to, never replaced', async (t) => {
  const rules = compileRules({
    headers: [
      rule('**', { Vary: 'Origin', 'Cache-Control': YEAR }),
      rule('*.js', { vary: 'origin, Accept-Encoding, Cookie' }),
    ],
  });
  const { port } = await serve(t, t.testdir({ 'a.js': LONG, 'a.css': LONG }), {
    rules,
    compression: true,
  });
  for (const coding of ['br', 'identity', 'gzip']) {
    const script = await request(port, '/a.js', accepting(coding));
    t.same(all(script, 'vary'), ['Accept-Encoding', 'Origin, Cookie'], `${coding}: each once`);
    t.equal(script.get('cache-control'), YEAR);
    const style = await request(port, '/a.css', accepting(coding));
    t.same(all(style, 'vary'), ['Accept-Encoding', 'Origin'], coding);
    const etag = `If-None-Match: ${style.get('etag')}`;
    const same = await request(port, '/a.css', [...accepting(coding), etag]);
    t.same([same.status, all(same, 'vary')], [304, ['Accept-Encoding', 'Origin']], coding);
  }
});

t.test('all depends on all', async (t) => {
  const headers = [rule('**', { Vary: '*' }), rule('*.js', { Vary: 'Cookie' })];
  const { port } = await serve(t, t.testdir({ 'a.js': 'a', 'a.bin': 'b' }), {
    rules: compileRules({ headers }),
  });
  t.same(all(await request(port, '/a.js'), 'vary'), ['*']);
  t.same(all(await request(port, '/a.bin'), 'vary'), ['*']);
  t.throws(() => compileRules({ headers: [rule('**', { vary: null })] }), RuleError);
  for (const name of ['TE', 'Proxy-Connection']) {
    t.throws(() => compileRules({ headers: [rule('**', { [name]: 'x' })] }), RuleError, name);
  }
});

const CACHED = {
  'Cache-Control': YEAR,
  'CDN-Cache-Control': YEAR,
  Expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
  'Last-Modified': 'Thu, 01 Jan 2015 00:00:00 GMT',
  'X-All': 'yes',
};

t.test('no error is kept because files are', async (t) => {
  const files = { 'a.txt': LONG, '404.html': 'lost' };
  const html = ['Accept: text/html'];
  const { port } = await serve(t, t.testdir(files), {
    rules: compileRules({ headers: [rule('**', { ...CACHED, Vary: 'Origin' })] }),
    errorPages: true,
  });
  for (const fields of [['Range: bytes=9999-'], ['If-Match: "other"'], html]) {
    const target = fields === html ? '/nope.js' : '/a.txt';
    const error = await request(port, target, fields);
    t.ok(error.status >= 400, `${error.status}`);
    t.equal(error.get('cache-control'), 'no-store');
    for (const name of ['cdn-cache-control', 'expires', 'last-modified']) {
      t.equal(error.get(name), undefined, name);
    }
    t.same(all(error, 'vary'), ['Accept', 'Origin']);
    t.equal(error.get('x-all'), 'yes', 'other fields are for errors about files too');
  }
  t.equal((await request(port, '/a.txt')).get('cache-control'), YEAR);
  t.equal((await request(port, '/404.html')).get('cache-control'), YEAR, 'as a file');
});

t.test('a rule that names the page of an error says how long that is kept', async (t) => {
  const html = ['Accept: text/html'];
  const short = rule('404.html', { 'Cache-Control': 'max-age=300' });
  const { port } = await serve(t, t.testdir({ '404.html': 'lost' }), {
    rules: compileRules({ headers: [rule('**', CACHED), short] }),
    errorPages: true,
  });
  const page = await request(port, '/nope', html);
  t.same([page.status, page.get('cache-control')], [404, 'max-age=300']);
  t.equal(page.get('expires'), undefined);
  const missing = await request(port, '/404.html', ['Range: bytes=99-']);
  t.same(
    [missing.status, missing.get('cache-control')],
    [416, 'no-store'],
    'the page, not its errors',
  );

  const wide = await serve(t, t.testdir({ '404.html': 'lost' }), {
    rules: compileRules({ headers: [rule('*.html', CACHED), rule('!/x', CACHED)] }),
    errorPages: true,
  });
  t.equal((await request(wide.port, '/nope', html)).get('cache-control'), 'no-store');
});

t.test('a file that is stored in a coding is sent as it is', async (t) => {
  const stored = gzipSync(LONG);
  const files = {
    'big.js': stored,
    'big.js.br': brotliCompressSync(stored),
    'plain.js': LONG,
  };
  const rules = compileRules({
    headers: [
      rule('big.js', { 'Content-Encoding': 'gzip', 'Content-Type': 'text/javascript' }),
      rule('plain.js', { 'content-encoding': null }),
    ],
  });
  const { port } = await serve(t, t.testdir(files), {
    rules,
    compression: true,
    precompressed: true,
  });
  const tags = new Set<string | undefined>();
  for (const coding of ['br, gzip', 'gzip', 'zstd', 'identity']) {
    const file = await request(port, '/big.js', accepting(coding));
    t.same(all(file, 'content-encoding'), ['gzip'], coding);
    t.same(file.body, stored, 'coded once');
    t.equal(String(gunzipSync(file.body)), LONG);
    tags.add(file.get('etag'));
    const plain = await request(port, '/plain.js', accepting(coding));
    t.same([plain.get('content-encoding'), String(plain.body)], [undefined, LONG], coding);
  }
  t.equal(tags.size, 1, 'one representation, one tag');
  const [etag] = tags;
  t.match(etag, /^"/, 'strong');
  t.equal((await request(port, '/big.js', [`If-None-Match: ${etag}`])).status, 304);

  const part = await request(port, '/big.js', ['Range: bytes=0-9', `If-Range: ${etag}`]);
  t.same([part.status, part.get('content-encoding')], [206, 'gzip']);
  t.same(part.body, stored.subarray(0, 10));
  const parts = await request(port, '/big.js', ['Range: bytes=0-1,5-6']);
  t.same([parts.status, parts.body], [200, stored], 'as of every file in a coding');
});

t.test('what has no file in it is in no coding', async (t) => {
  const { port } = await serve(t, t.testdir({ 'a.txt': gzipSync(LONG) }), {
    rules: compileRules({
      headers: [rule('**', { 'Content-Encoding': 'gzip', 'Content-Type': 'a/b', 'X-All': 'yes' })],
    }),
  });
  const { status, get } = await request(port, '/a.txt', ['Range: bytes=9999-']);
  t.same([status, get('content-encoding'), get('x-all')], [416, undefined, 'yes']);
  t.match(get('content-type'), /^text\/plain/);
  const whole = await request(port, '/a.txt');
  t.same([whole.get('content-type'), whole.get('content-encoding')], ['a/b', 'gzip']);
  const same = await request(port, '/a.txt', [`If-None-Match: ${whole.get('etag')}`]);
  t.same([same.status, same.get('content-encoding')], [304, undefined]);
});
