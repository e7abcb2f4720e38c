/** Real files through a real server: bytes, fields, ranges, preconditions, folders, error pages. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { converse, pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { age, MIB, pattern, permissionsHold } from '../helpers/files.js';
import { parseMultipart, type WireResponse } from '../helpers/response.js';
import { serve } from '../helpers/server.js';

const SIZES = { '0': 0, '1': 1, below: MIB - 1, at: MIB, above: MIB + 1, large: 5 * MIB + 7 };

function sizedSite(t: Test, sizes: Record<string, number> = SIZES): string {
  const root = t.testdir({});
  for (const [name, size] of Object.entries(sizes)) {
    fs.writeFileSync(path.join(root, `${name}.bin`), pattern(size, size + 3));
    age(path.join(root, `${name}.bin`));
  }
  return root;
}

/** The fields of an answer, but for the date. */
function fieldsOf({ head }: WireResponse): string {
  return head.replace(/^Date: .*\r\n/m, '');
}

t.test('files on both sides of the threshold', async (t) => {
  const small = { '0': 0, '1': 1, '99': 99, '100': 100, '101': 101, '1000': 1000 };
  for (const [name, sizes, options] of [
    ['1 MiB', SIZES, {}],
    ['1 MiB, no cache', SIZES, { cacheSize: 0 }],
    ['1 MiB, no read-ahead', SIZES, { readAhead: 0 }],
    ['100 octets, chunks of 7', small, { streamThreshold: 100, chunkSize: 7 }],
    ['0 octets', small, { streamThreshold: 0, chunkSize: 64 }],
  ] as const) {
    await t.test(name, async (t) => {
      const root = sizedSite(t, sizes);
      const { port } = await serve(t, root, options);
      for (const [file, size] of Object.entries(sizes)) {
        const bytes = pattern(size, size + 3);
        for (const attempt of ['first', 'again']) {
          const response = await request(port, `/${file}.bin`);
          t.equal(response.status, 200);
          t.equal(response.get('content-length'), `${size}`);
          t.ok(response.body.equals(bytes), `${file}, ${attempt}`);
          const head = await request(port, `/${file}.bin`, [], 'HEAD');
          t.equal(fieldsOf(head), fieldsOf(response), `HEAD ${file}`);
        }
      }
    });
  }
});

t.test('ranges on both sides of the threshold', async (t) => {
  const root = sizedSite(t);
  for (const options of [{}, { cacheSize: 0, chunkSize: 1000 }]) {
    const { port } = await serve(t, root, options);
    for (const [name, size] of Object.entries(SIZES)) {
      const bytes = pattern(size, size + 3);
      const ask = (range: string): Promise<WireResponse> =>
        request(port, `/${name}.bin`, [`Range: bytes=${range}`]);
      const cases: [string, number, number][] = [
        ['0-0', 0, 0],
        ['0-', 0, size - 1],
        ['-1', size - 1, size - 1],
        [`-${size + 5}`, 0, size - 1],
        [`${size - 1}-`, size - 1, size - 1],
        ['0-99999999999999999999999', 0, size - 1],
        [
          `${size >> 1}-${(size >> 1) + 40_000}`,
          size >> 1,
          Math.min(size - 1, (size >> 1) + 40_000),
        ],
      ];
      for (const [range, first, last] of size === 0 ? [] : cases) {
        const response = await ask(range);
        t.equal(response.status, 206, `${name} ${range}`);
        t.equal(response.get('content-range'), `bytes ${first}-${last}/${size}`);
        t.ok(response.body.equals(bytes.subarray(first, last + 1)), `${name} ${range}`);
      }
      for (const range of [`${size}-`, `${size}-${size + 9}`, '-0', '99999999999999999999999-']) {
        const response = await ask(range);
        t.equal(response.status, 416, `${name} ${range}`);
        t.equal(response.get('content-range'), `bytes */${size}`);
      }
      for (const range of ['', 'a-b', '1-0', '1', '-', '0-0,x', '0x0-1']) {
        t.equal((await ask(range)).status, 200, `${name} ${range}`);
      }
      t.equal((await request(port, `/${name}.bin`, ['Range: lines=0-0'])).status, 200);
      const head = await request(port, `/${name}.bin`, ['Range: bytes=0-0'], 'HEAD');
      t.equal(head.status, 200, 'HEAD knows no ranges');
    }
  }
});

t.test('several ranges', async (t) => {
  const root = sizedSite(t);
  const { port } = await serve(t, root);
  for (const name of ['at', 'above', 'large'] as const) {
    const size = SIZES[name];
    const bytes = pattern(size, size + 3);
    const ask = (range: string): Promise<WireResponse> =>
      request(port, `/${name}.bin`, [`Range: bytes=${range}`]);
    const response = await ask(`0-0, ${size - 200_000}-, -1, 500-70000 ,,10-9999`);
    t.equal(response.status, 206);
    t.equal(response.get('content-range'), undefined);
    const parts = parseMultipart(response);
    t.same(
      parts.map(({ first, last }) => [first, last]),
      [
        [0, 0],
        [size - 200_000, size - 1],
        [size - 1, size - 1],
        [500, 70_000],
        [10, 9999],
      ],
    );
    for (const part of parts) {
      t.equal(part.type, 'application/octet-stream');
      t.equal(part.size, size);
      t.ok(part.bytes.equals(bytes.subarray(part.first, part.last + 1)));
    }
    t.equal((await ask(`0-0,${size}-`)).get('content-range'), `bytes 0-0/${size}`);
    const many = Array.from({ length: 64 }, (_, index) => `${index * 3}-${index * 3}`);
    t.equal(parseMultipart(await ask(many.join(','))).length, 64);
    t.equal((await ask([...many, '500-500'].join(','))).status, 200, 'too many');
    t.equal((await ask('0-,0-')).status, 200, 'more than there is');
    const twice = await converse(
      port,
      requestBytes(`/${name}.bin`, ['Range: bytes=0-1,5-6']) +
        requestBytes(`/${name}.bin`, ['Range: bytes=2-2', 'Connection: close']),
    );
    t.same(
      twice.map(({ status }) => status),
      [206, 206],
      'what follows is in its place',
    );
  }
});

t.test('preconditions', async (t) => {
  const root = sizedSite(t);
  for (const name of ['below', 'above']) {
    const { port } = await serve(t, root);
    // The stamps of a large file have to settle before its tag is strong.
    let plain = await request(port, `/${name}.bin`, [], 'HEAD');
    for (let wait = 0; plain.get('etag')?.startsWith('W/') && wait < 50; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      plain = await request(port, `/${name}.bin`, [], 'HEAD');
    }
    const etag = plain.get('etag') as string;
    const modified = plain.get('last-modified') as string;
    const earlier = 'Sun, 06 Nov 1994 08:49:37 GMT';
    t.match(etag, /^"[A-Za-z0-9_-]{20,}"$/, 'strong');
    for (const [fields, expected] of [
      [[`If-None-Match: ${etag}`], 304],
      [[`If-None-Match: W/${etag}`], 304],
      [['If-None-Match: *'], 304],
      [[`If-None-Match: "x", ${etag}`], 304],
      [['If-None-Match: "x"'], 200],
      [['If-None-Match: "x"', `If-Modified-Since: ${modified}`], 200],
      [[`If-Modified-Since: ${modified}`], 304],
      [[`If-Modified-Since: ${earlier}`], 200],
      [['If-Modified-Since: yesterday'], 200],
      [[`If-Match: ${etag}`], 200],
      [['If-Match: *'], 200],
      [['If-Match: "x"'], 412],
      [[`If-Match: W/${etag}`], 412],
      [[`If-Unmodified-Since: ${earlier}`], 412],
      [[`If-Unmodified-Since: ${modified}`], 200],
      [[`If-Match: ${etag}`, `If-Unmodified-Since: ${earlier}`], 200],
      [['Range: bytes=0-0', `If-Range: ${etag}`], 206],
      [['Range: bytes=0-0', `If-Range: W/${etag}`], 200],
      [['Range: bytes=0-0', 'If-Range: "x"'], 200],
      [['Range: bytes=0-0', `If-Range: ${modified}`], 206],
      [['Range: bytes=0-0', `If-Range: ${earlier}`], 200],
      [['Range: bytes=99999999-', `If-None-Match: ${etag}`], 304],
      [['Range: bytes=99999999-', 'If-Match: "x"'], 412],
    ] as const) {
      for (const method of ['GET', 'HEAD']) {
        const status = method === 'HEAD' && expected === 206 ? 200 : expected;
        const response = await request(port, `/${name}.bin`, fields, method);
        t.equal(response.status, status, `${method} ${name} ${fields.join(', ')}`);
        if (status === 304) {
          for (const field of ['etag', 'last-modified', 'cache-control', 'content-location']) {
            t.equal(response.get(field), plain.get(field), field);
          }
          t.equal(response.get('content-type'), undefined);
          t.equal(response.get('content-length'), undefined);
        }
      }
    }
  }
});

t.test('HEAD has the fields of GET to the letter', async (t) => {
  const root = t.testdir({
    'index.html': 'index',
    'a.txt': 'a',
    folder: { 'b.txt': 'b' },
  });
  const { port } = await serve(t, root);
  for (const [target, status, fields] of [
    ['/', 200, []],
    ['/a.txt', 200, []],
    ['/a.txt', 412, ['If-Match: "x"']],
    ['/a.txt', 304, ['If-None-Match: *']],
    ['/none', 404, []],
    ['/none', 404, ['Accept: text/html']],
    ['/folder', 301, []],
    ['/folder', 301, ['Accept: text/html']],
    ['/folder/', 404, []],
    ['/%00', 400, []],
    ['/a.txt', 417, ['Expect: x']],
  ] as const) {
    const get = await request(port, target, fields);
    const head = await request(port, target, fields, 'HEAD');
    t.equal(get.status, status, target);
    t.equal(head.head.replace(/^Date: .*\r\n/m, ''), fieldsOf(get), `${target} ${status}`);
  }
});

t.test('folders', async (t) => {
  const root = t.testdir({
    'index.html': 'top',
    folder: { 'index.html': 'inner', 'deep er': { 'index.html': 'deep' } },
    empty: {},
    d: { 'index.html': 'd' },
    'evil.example': { '%2e': { 'index.html': 'x' } },
    odd: { 'index.html': { file: 'x' } },
  });
  const { port } = await serve(t, root);
  for (const [target, status, expected] of [
    ['/', 200, 'top'],
    ['/?q', 200, 'top'],
    ['/folder/', 200, 'inner'],
    ['/folder/?a=b', 200, 'inner'],
    ['/folder/deep%20er/', 200, 'deep'],
    ['/folder/.', 200, 'inner'],
    ['/folder/deep%20er/..', 200, 'inner'],
    ['/folder//', 200, 'inner'],
    ['/empty/', 404, undefined],
    ['/index.html/', 404, undefined],
    ['/odd/', 404, undefined],
    ['/folder', 301, '/folder/'],
    ['/folder?a=b?c&d=%2F//e', 301, '/folder/?a=b?c&d=%2F//e'],
    ['/folder?', 301, '/folder/?'],
    ['/folder/deep%20er', 301, '/folder/deep%20er/'],
    ['/empty', 301, '/empty/'],
    ['/odd/index.html', 301, '/odd/index.html/'],
    ['//d', 301, '/d/'],
    ['///d', 301, '/d/'],
    ['/.//d', 301, '/d/'],
    ['//evil.example', 301, '/evil.example/'],
    ['//evil.example/%252e', 301, '/evil.example/%252e/'],
    ['//evil.example/..', 200, 'top'],
    ['http://evil.example/d', 301, '/d/'],
    ['http://evil.example//d', 301, '/d/'],
    ['/%5cevil.example', 400, undefined],
    ['/%2f%2fevil.example', 400, undefined],
    ['/d?\\evil', 301, '/d/?\\evil'],
    ['/\\evil.example', 400, undefined],
    ['/..', 400, undefined],
    ['/%2e%2e/', 400, undefined],
    ['/d/../../', 400, undefined],
  ] as const) {
    const response = await request(port, target);
    t.equal(response.status, status, target);
    if (status === 200) t.equal(response.body.toString(), expected, target);
    t.equal(response.get('location'), status === 301 ? expected : undefined, target);
  }
});

t.test('names', async (t) => {
  const root = t.testdir({});
  const names = [
    'a b',
    'a"b',
    "a'b",
    'a%b',
    'a%20b',
    'a#b',
    'a?b',
    'a&b',
    'a+b',
    'a<b>',
    'ä',
    '日本語.txt',
    '😀',
    'a\nb',
    'a\tb',
    'a\x7fb',
    'constructor',
    '__proto__',
    'toString',
    'x.constructor',
    'x.__proto__',
    'a..b',
    'name.',
    '~',
    '-',
    '*',
    'x'.repeat(255),
  ];
  for (const name of names) fs.writeFileSync(path.join(root, name), `content of ${name}`);
  const { port } = await serve(t, root);
  for (const name of names) {
    const response = await request(port, `/${encodeURIComponent(name)}`);
    t.equal(response.status, 200, JSON.stringify(name));
    t.equal(response.body.toString(), `content of ${name}`);
    t.match(response.get('content-type'), /^[a-z]+\/[a-z-]+(; charset=utf-8)?$/);
  }
  for (const name of ['hasOwnProperty', 'a%2525b', `${'x'.repeat(256)}`, `${'x/'.repeat(3000)}`]) {
    t.equal((await request(port, `/${name}`)).status, 404, name.slice(0, 20));
  }
});

t.test('types', async (t) => {
  const types = {
    'a.html': 'text/html; charset=utf-8',
    'a.HTML': 'text/html; charset=utf-8',
    'a.css': 'text/css; charset=utf-8',
    'a.js': 'text/javascript; charset=utf-8',
    'a.json': 'application/json; charset=utf-8',
    'a.svg': 'image/svg+xml',
    'a.png': 'image/png',
    'a.mp4': 'video/mp4',
    'a.txt': 'text/plain; charset=utf-8',
    a: 'application/octet-stream',
    'a.': 'application/octet-stream',
    'a.unknown-extension': 'application/octet-stream',
    'x.constructor': 'application/octet-stream',
  };
  const root = t.testdir(Object.fromEntries(Object.keys(types).map((name) => [name, 'x'])));
  const { port } = await serve(t, root);
  for (const [name, type] of Object.entries(types)) {
    const response = await request(port, `/${name}`);
    t.equal(response.get('content-type'), type, name);
    t.equal(response.get('x-content-type-options'), 'nosniff');
    t.equal(response.get('cache-control'), 'no-cache');
    t.equal(response.get('accept-ranges'), 'bytes');
    t.equal(response.get('server'), 'sluice');
  }
});

t.test('Cache-Control', async (t) => {
  const root = t.testdir({ a: 'x' });
  for (const [options, expected] of [
    [{ maxAge: 60 }, 'public, max-age=60'],
    [{ maxAge: 0 }, 'public, max-age=0'],
    [{ maxAge: 60, immutable: true }, 'public, max-age=60, immutable'],
  ] as const) {
    const { port } = await serve(t, root, options);
    t.equal((await request(port, '/a')).get('cache-control'), expected);
    t.equal((await request(port, '/none')).get('cache-control'), 'no-store');
  }
  await t.rejects(serve(t, root, { immutable: true }), /needs maxAge/);
});

t.test('Last-Modified is never later than Date', async (t) => {
  const root = t.testdir({ a: 'x', b: 'x' });
  const ahead = Date.now() / 1000 + 86_400;
  fs.utimesSync(path.join(root, 'a'), ahead, ahead);
  fs.utimesSync(path.join(root, 'b'), 784_111_777, 784_111_777);
  const { port } = await serve(t, root);
  const response = await request(port, '/a');
  t.ok(Date.parse(response.get('last-modified') ?? '') <= Date.parse(response.get('date') ?? ''));
  t.equal((await request(port, '/b')).get('last-modified'), 'Sun, 06 Nov 1994 08:49:37 GMT');
});

t.test('error pages', async (t) => {
  const root = t.testdir({ 'a.txt': 'a', folder: {}, 'secret.txt': 'x' });
  if (permissionsHold) fs.chmodSync(path.join(root, 'secret.txt'), 0);
  const { port } = await serve(t, root);
  const marker = 'script-marker-1234';
  for (const [target, fields, status] of [
    [`/<${marker}>`.replace(/[<>]/g, ''), [], 404],
    [`/${marker}%3Cscript%3E`, [], 404],
    [`/${marker}%00`, [], 400],
    [`/folder?${marker}`, [], 301],
    ['/a.txt', ['Range: bytes=999-', `X: ${marker}`], 416],
    ['/a.txt', [`If-Match: "${marker}"`], 412],
    ['/a.txt', [`Expect: ${marker}`], 417],
    ['/secret.txt', [], permissionsHold ? 403 : 200],
  ] as const) {
    for (const accept of [
      undefined,
      '*/*',
      'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
      'text/html;q=0',
      'application/json',
    ]) {
      const all = accept === undefined ? fields : [...fields, `Accept: ${accept}`];
      const response = await request(port, target, all);
      t.equal(response.status, status, target);
      if (status === 200) continue;
      const html = accept?.startsWith('text/html,') === true;
      t.equal(
        response.get('content-type'),
        html ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
      );
      t.equal(response.get('vary'), 'Accept');
      t.equal(response.get('x-content-type-options'), 'nosniff');
      t.equal(response.body.toString().startsWith('<!doctype html>'), html);
      const text = response.body.toString();
      t.notMatch(text, marker, 'nothing is reflected');
      t.notMatch(text, root.slice(0, 8), 'no path of the disk');
      t.ok(response.body.length < 1000, 'small');
    }
  }
});

const PERMITTING = { skip: !permissionsHold && 'root reads everything' };
t.test('files that may not be read', PERMITTING, async (t) => {
  const root = t.testdir({ 'a.txt': 'a', closed: { 'b.txt': 'b' } });
  fs.chmodSync(path.join(root, 'a.txt'), 0);
  fs.chmodSync(path.join(root, 'closed'), 0);
  const { port } = await serve(t, root);
  t.equal((await request(port, '/a.txt')).status, 403);
  // What may not be looked into could lead outside: whether it is there does not show.
  t.equal((await request(port, '/closed/b.txt')).status, 404);
  fs.chmodSync(path.join(root, 'closed'), 0o700);
  fs.chmodSync(path.join(root, 'a.txt'), 0o600);
  t.equal((await request(port, '/a.txt')).status, 200);
});

t.test('a 304 from memory is the 304 from the disk', async (t) => {
  const root = t.testdir({ 'a.txt': 'a'.repeat(1000) });
  await pause(2600);
  const { port, cache } = await serve(t, root, { maxAge: 60 });
  const plain = await serve(t, root, { maxAge: 60, cacheSize: 0 });
  const whole = await request(plain.port, '/a.txt');
  const known = `If-None-Match: ${whole.get('etag')}`;
  const fresh = await request(plain.port, '/a.txt', [known]);
  const methods = ['GET', 'GET', 'HEAD', 'GET', 'HEAD', 'HEAD', 'GET', 'HEAD'];
  const asked = methods.map((method, index) =>
    requestBytes('/a.txt', index < 6 ? [known] : [], method),
  );
  const close = requestBytes('/a.txt', [known, 'Connection: close']);
  for (const attempt of ['one at a time', 'pipelined']) {
    const client = new RawClient(port);
    for (const [index, bytes] of asked.entries()) {
      client.send(bytes);
      const answers = (): number =>
        client.received.toString('latin1').split('HTTP/1.1 ').length - 1;
      if (attempt === 'one at a time') await until(() => answers() > index);
    }
    const responses = await client.send(close).responses([...methods, 'GET']);
    const kept = (response: WireResponse): string =>
      fieldsOf(response).replace('Connection: close\r\n', '');
    t.same(
      responses.map(({ status }) => status),
      [304, 304, 304, 304, 304, 304, 200, 200, 304],
    );
    for (const [index, response] of responses.entries()) {
      t.equal(
        kept(response),
        kept(response.status === 304 ? fresh : whole),
        `${attempt}, ${index}`,
      );
    }
    t.equal(responses[6]?.body.length, 1000, 'no octet of a body is with any of the others');
  }
  t.equal(cache?.stats().misses, 1, 'all but the first come from memory');
  for (const name of ['cache-control', 'etag', 'last-modified']) {
    t.equal(fresh.get(name), whole.get(name), `${name}, as the 200 has it`);
  }
});
