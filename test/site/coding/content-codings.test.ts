/** Content codings over the wire: what is chosen, how it is labelled, and that it is what it was. */
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import zlib from 'node:zlib';
import t, { type Test } from 'tap';
import type { ServeDirectoryOptions } from '../../../lib/compose.js';
import { errorChannel } from '../../../lib/observe/channels.js';
import { CODERS } from '../../../lib/site/coding/coders.js';
import { ContentCodings } from '../../../lib/site/coding/content-codings.js';
import { createSite } from '../../../lib/site/site.js';
import { SETTLE_MS } from '../../../lib/source/file.js';
import type { Resource } from '../../../lib/source/source.js';
import { MemorySource } from '../../helpers/bodies.js';
import { converse, pause, request, requestBytes } from '../../helpers/client.js';
import { pattern } from '../../helpers/files.js';
import { requestHead } from '../../helpers/head.js';
import type { WireResponse } from '../../helpers/response.js';
import { type Running, serve, serveHandler } from '../../helpers/server.js';

const TEXT = Buffer.from(
  '<p>It is said again and again, each time with a number: 1.</p>\n'.repeat(200),
);
const LARGE = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `line ${i}\n`).join(''));
const THRESHOLD = 65_536;
const ROOT: Record<string, Buffer> = {
  'index.html': TEXT,
  'app.js': TEXT,
  'large.txt': LARGE,
  'short.txt': TEXT.subarray(0, 1023),
  'least.txt': TEXT.subarray(0, 1024),
  'noise.txt': pattern(20_000),
  'empty.txt': Buffer.alloc(0),
  'image.png': TEXT,
  'app.js.gz': zlib.gzipSync(TEXT),
  'drawing.svgz': zlib.gzipSync(pattern(20_000)),
  unknown: TEXT,
};

function folder(t: Test, files: Record<string, Buffer> = ROOT): string {
  const root = t.testdir();
  for (const [name, bytes] of Object.entries(files)) {
    fs.writeFileSync(path.join(root, name), bytes);
  }
  return root;
}

function serving(
  t: Test,
  root: string,
  options: ServeDirectoryOptions = {},
): ReturnType<typeof serve> {
  return serve(t, root, { compression: true, streamThreshold: THRESHOLD, ...options });
}

const decoders: Record<string, (bytes: Buffer) => Buffer> = {
  br: zlib.brotliDecompressSync,
  gzip: zlib.gunzipSync,
  zstd: (zlib as unknown as { zstdDecompressSync(bytes: Buffer): Buffer }).zstdDecompressSync,
};

function decoded({ body, get }: WireResponse): Buffer {
  const coding = get('content-encoding');
  return coding === undefined ? body : (decoders[coding] as (bytes: Buffer) => Buffer)(body);
}

const accepting = (value: string): string => `Accept-Encoding: ${value}`;

t.test('what a client gets', async (t) => {
  const root = folder(t);
  // Until then nothing of it is kept.
  await pause(SETTLE_MS);
  const { port, cache } = await serving(t, root);
  const size = (): number => cache?.stats().size as number;
  for (const name of Object.keys(ROOT)) await request(port, `/${name}`);
  const plain = size();
  const first = [...CODERS.keys()][0] as string;
  for (const [target, value, coding] of [
    ['/app.js', undefined, undefined],
    ['/app.js', 'gzip', 'gzip'],
    ['/app.js', 'br', 'br'],
    ['/app.js', 'x-gzip;q=0.3', 'gzip'],
    ['/app.js', 'gzip, deflate, br, zstd', first],
    ['/app.js', 'gzip;q=0.9, br;q=0.8', 'gzip'],
    ['/app.js', 'deflate', undefined],
    ['/app.js', 'identity;q=1, gzip;q=0.1', undefined],
    ['/app.js', '', undefined],
    ['/app.js', '*', undefined],
    ['/app.js', 'gzip;q=2', undefined],
    ['/app.js', 'gzip, identity;q=0', 'gzip'],
    ['/app.js', '*;q=0, br', 'br'],
    ['/', 'gzip', 'gzip'],
    ['/large.txt', 'gzip', 'gzip'],
    ['/large.txt', 'br', 'br'],
    ['/large.txt', undefined, undefined],
    ['/least.txt', 'gzip', 'gzip'],
    // Where it gains nothing.
    ['/short.txt', 'gzip', undefined],
    ['/noise.txt', 'gzip', undefined],
    ['/drawing.svgz', 'gzip', undefined],
    ['/empty.txt', 'gzip', undefined],
    // It has to be, for the plain one is refused.
    ['/short.txt', 'gzip, identity;q=0', 'gzip'],
    ['/noise.txt', 'gzip, *;q=0', 'gzip'],
    ['/empty.txt', 'br, *;q=0', 'br'],
    // Nothing to be negotiated about.
    ['/image.png', 'gzip', undefined],
    ['/image.png', 'identity;q=0', undefined],
    ['/app.js.gz', 'gzip', undefined],
    ['/unknown', 'gzip', undefined],
  ] as const) {
    // Twice: made, and kept.
    for (const turn of ['first', 'second']) {
      const name = target === '/' ? 'index.html' : target.slice(1);
      const what = `${target} for ${value ?? 'nobody'}, ${turn}`;
      const fields = value === undefined ? [] : [accepting(value)];
      const got = await request(port, target, fields);
      t.equal(got.status, 200, what);
      t.equal(got.get('content-encoding'), coding, `the coding of ${what}`);
      t.ok(decoded(got).equals(ROOT[name] as Buffer), `the octets of ${what}`);
      const isNegotiated = !/png|gz$|unknown/.test(target) || target.endsWith('svgz');
      t.equal(got.get('vary'), isNegotiated ? 'Accept-Encoding' : undefined, `Vary of ${what}`);
      const head = await request(port, target, fields, 'HEAD');
      const withoutDate = ({ head: text }: WireResponse): string =>
        text.replace(/\r\nDate: .*/, '');
      t.equal(withoutDate(head), withoutDate(got), `HEAD of ${what}`);
      t.equal(head.body.length, 0);
    }
  }
  t.ok(size() > plain, 'results are kept');
  t.equal(
    cache?.stats().entries,
    Object.keys(ROOT).length - 1,
    'with their originals; the large one is not',
  );
});

t.test('zstd, where Node has it', { skip: !CODERS.has('zstd') }, async (t) => {
  const { port } = await serving(t, folder(t));
  for (const target of ['/app.js', '/large.txt']) {
    const got = await request(port, target, [accepting('zstd')]);
    t.equal(got.get('content-encoding'), 'zstd');
    t.ok(decoded(got).equals(ROOT[target.slice(1)] as Buffer));
  }
});

t.test('a client that takes nothing that there is', async (t) => {
  const { port } = await serving(t, folder(t));
  for (const target of ['/app.js', '/large.txt', '/short.txt']) {
    for (const value of ['identity;q=0', '*;q=0', 'identity;q=0, deflate', 'br;q=0, *;q=0']) {
      const got = await request(port, target, [accepting(value), 'Accept: text/html']);
      t.equal(got.status, 406, `${target} for ${value}`);
      t.ok(got.fields.some(([name, field]) => name === 'Vary' && field === 'Accept-Encoding'));
      t.notMatch(got.body.toString(), /deflate/, 'with nothing of the request in it');
    }
  }
  const [first, second] = await converse(
    port,
    requestBytes('/app.js', [accepting('*;q=0')]) + requestBytes('/app.js', ['Connection: close']),
  );
  t.equal(first?.status, 406);
  t.equal(second?.status, 200, 'the connection goes on');
});

t.test('entity tags and preconditions', async (t) => {
  const { port } = await serving(t, folder(t));
  for (const [target, isStrong] of [
    ['/app.js', true],
    ['/large.txt', false],
  ] as const) {
    const plain = (await request(port, target)).get('etag') as string;
    const tags = new Set([plain]);
    for (const coding of ['gzip', 'br']) {
      const fields = [accepting(coding)];
      const tag = (await request(port, target, fields)).get('etag') as string;
      tags.add(tag);
      t.equal(tag.startsWith('"'), isStrong, `${tag} is ${isStrong ? 'strong' : 'weak'}`);
      const same = await request(port, target, [...fields, `If-None-Match: ${tag}`]);
      t.equal(same.status, 304);
      t.equal(same.get('vary'), 'Accept-Encoding');
      t.equal(same.get('etag'), tag);
      t.equal(same.get('content-encoding'), undefined, 'RFC 9110 §15.4.5');
      const other = await request(port, target, [...fields, `If-None-Match: ${plain}`]);
      t.equal(other.status, 200, 'that of the plain one is another');
      const match = await request(port, target, [...fields, `If-Match: ${tag}`]);
      t.equal(match.status, isStrong ? 200 : 412, 'If-Match compares strongly');
    }
    t.equal(tags.size, 3, 'no two alike');
    const again = await request(port, target, [`If-None-Match: ${plain}`]);
    t.equal(again.status, 304);
    t.equal(again.get('vary'), 'Accept-Encoding');
  }
});

t.test('ranges', async (t) => {
  const { port } = await serving(t, folder(t));
  const fields = [accepting('gzip')];
  const whole = await request(port, '/app.js', fields);
  const tag = whole.get('etag');
  const { length } = whole.body;

  await t.test('of content that was compressed whole', async (t) => {
    t.equal(whole.get('accept-ranges'), 'bytes');
    const parts: Buffer[] = [];
    for (const range of ['0-9', `10-${length - 6}`, '-5']) {
      const part = await request(port, '/app.js', [
        ...fields,
        `Range: bytes=${range}`,
        `If-Range: ${tag}`,
      ]);
      t.equal(part.status, 206);
      t.equal(part.get('content-encoding'), 'gzip');
      t.equal(part.get('vary'), 'Accept-Encoding');
      t.match(part.get('content-range'), new RegExp(`/${length}$`));
      parts.push(part.body);
    }
    t.ok(zlib.gunzipSync(Buffer.concat(parts)).equals(TEXT), 'joined');
    const beyond = await request(port, '/app.js', [...fields, `Range: bytes=${length}-`]);
    t.equal(beyond.status, 416);
    t.equal(beyond.get('content-range'), `bytes */${length}`);
  });

  await t.test('never of another representation', async (t) => {
    const plain = (await request(port, '/app.js')).get('etag');
    const range = 'Range: bytes=5-9';
    const other = await request(port, '/app.js', [...fields, range, `If-Range: ${plain}`]);
    t.equal(other.status, 200);
    t.ok(decoded(other).equals(TEXT));
    const mine = await request(port, '/app.js', [range, `If-Range: ${tag}`]);
    t.equal(mine.status, 200);
    t.ok(mine.body.equals(TEXT));
    const identity = await request(port, '/app.js', [range, `If-Range: ${plain}`]);
    t.equal(identity.status, 206);
    t.ok(identity.body.equals(TEXT.subarray(5, 10)));
  });

  await t.test('several are answered with all of it', async (t) => {
    const several = await request(port, '/app.js', [...fields, 'Range: bytes=0-1,4-5']);
    t.equal(several.status, 200);
    t.ok(decoded(several).equals(TEXT));
    const plain = await request(port, '/app.js', ['Range: bytes=0-1,4-5']);
    t.equal(plain.status, 206, 'of the plain one they are sent');
    t.match(plain.get('content-type'), /^multipart/);
  });

  await t.test('there are none of what is compressed as it is sent', async (t) => {
    const got = await request(port, '/large.txt', [...fields, 'Range: bytes=5-9']);
    t.equal(got.status, 200);
    t.equal(got.get('accept-ranges'), 'none');
    t.ok(decoded(got).equals(LARGE));
    const plain = await request(port, '/large.txt', ['Range: bytes=5-9']);
    t.equal(plain.status, 206);
  });
});

t.test('HTTP/1.0: ended by closing', async (t) => {
  const { port } = await serving(t, folder(t));
  for (const target of ['/large.txt', '/app.js']) {
    const bytes = `GET ${target} HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n`;
    const [got] = (await converse(port, bytes)) as [WireResponse];
    t.equal(got.get('content-encoding'), 'gzip');
    t.equal(got.get('transfer-encoding'), undefined);
    t.ok(decoded(got).equals(ROOT[target.slice(1)] as Buffer));
  }
});

t.test('a changed file is compressed anew', async (t) => {
  const root = folder(t);
  const { port } = await serving(t, root);
  const fields = [accepting('gzip')];
  const before = await request(port, '/app.js', fields);
  const changed = Buffer.from('all is new, '.repeat(500));
  fs.writeFileSync(path.join(root, 'app.js'), changed);
  const after = await request(port, '/app.js', [...fields, `If-None-Match: ${before.get('etag')}`]);
  t.equal(after.status, 200);
  t.equal(after.get('content-encoding'), 'gzip');
  t.ok(decoded(after).equals(changed));
});

t.test('without compression Accept-Encoding is not looked at', async (t) => {
  for (const options of [{}, { compression: false }, { compression: false, precompressed: true }]) {
    const { port } = await serve(t, folder(t), options);
    for (const value of ['gzip', 'identity;q=0']) {
      const got = await request(port, '/app.js', [accepting(value)]);
      t.equal(got.status, 200);
      t.equal(got.get('content-encoding'), undefined);
      t.equal(got.get('vary'), undefined);
      t.ok(got.body.equals(TEXT));
    }
  }
});

t.test('hostile values, and no two answers mixed up', async (t) => {
  const { port } = await serving(t, folder(t));
  const values = [
    ...Array.from({ length: 200 }, (_, i) => `gzip;q=0.${String(i).padStart(3, '0')}`),
    `${'a,'.repeat(5000)}gzip`,
    ';'.repeat(8000),
    'gzip;q=1, \x80\xff',
    '__proto__',
    '../../app.js, gzip',
    'constructor, br',
  ];
  for (const value of values) {
    const got = await request(port, '/app.js', [accepting(value)]);
    t.equal(got.status, 200);
    t.ok(decoded(got).equals(TEXT), value.slice(0, 40));
  }
});

t.test('an option that can not be used is refused', async (t) => {
  for (const maxCompressions of [-1, 1.5, Number.NaN]) {
    await t.rejects(
      async () => serve(t, folder(t), { compression: true, maxCompressions }),
      /maxCompressions/,
    );
  }
});

t.test('no cache, and mode load', async (t) => {
  for (const options of [{ cacheSize: 0 }, { mode: 'load' as const }]) {
    const { port }: Running = await serving(t, folder(t), options);
    for (const target of ['/app.js', '/large.txt', '/app.js']) {
      const got = await request(port, target, [accepting('gzip')]);
      t.equal(got.get('content-encoding'), 'gzip');
      t.ok(decoded(got).equals(ROOT[target.slice(1)] as Buffer));
    }
  }
});

t.test('what can not be compressed is sent as it is, and told', async (t) => {
  const bytes = { length: 5000 } as Uint8Array;
  const resource: Resource = {
    kind: 'resource',
    size: 5000,
    modified: 0,
    etag: '"a"',
    type: 'text/plain',
    bytes,
    read: () => Readable.from([]),
    close: () => {},
  };
  const codings = new ContentCodings(new MemorySource({}), { compression: true });
  const told: unknown[] = [];
  const listener = (event: unknown): unknown => told.push(event);
  errorChannel.subscribe(listener);
  t.teardown(() => errorChannel.unsubscribe(listener));
  const context = { signal: new AbortController().signal, remote: '192.0.2.1' };
  const select = async (value: string): Promise<Resource> =>
    codings.select(requestHead('/', [accepting(value)]), resource, context);
  t.equal(await select('gzip'), resource);
  t.match(told, [{ error: TypeError, remote: '192.0.2.1' }]);
  await t.rejects(select('gzip, identity;q=0'), TypeError, 'where that is refused it is a 500');
});

t.test('sizes that are not known, and sources that give late', async (t) => {
  const files = new MemorySource({
    '/unsized.txt': { bytes: LARGE, sized: false, etag: 'W/"u"' },
    '/sized.txt': { bytes: LARGE },
    '/sized.txt.br': { bytes: Buffer.from('not looked at'), modified: Date.UTC(2020, 0, 1) },
  });
  for (const late of [false, true]) {
    if (late) files.gate = Promise.resolve();
    for (const precompressed of [false, true]) {
      const handler = createSite(files, { compression: true, precompressed });
      const { port } = await serveHandler(t, handler);
      const unsized = await request(port, '/unsized.txt', [accepting('br')]);
      t.equal(unsized.get('etag'), 'W/"u-br"');
      t.ok(decoded(unsized).equals(LARGE));
      const sized = await request(port, '/sized.txt', [accepting('br')]);
      t.equal(sized.get('etag'), undefined);
      t.equal(sized.get('content-length'), precompressed ? '13' : undefined);
      t.equal((await request(port, '/unsized.txt', [accepting('identity;q=0')])).status, 406);
    }
  }
  t.ok(
    files.given.every(
      ({ closed, streams }) => closed > 0 && streams.every((each) => each.destroyed),
    ),
    'all closed',
  );
});
