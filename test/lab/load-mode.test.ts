/** The mode `load`: the same octets as streaming, at the price that it is there to show. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { serveDirectory } from '../../lib/compose.js';
import { loadMode, type ServingMode } from '../../lib/lab/load-mode.js';
import { createFileHandler } from '../../lib/site/file-handler.js';
import { directory } from '../../lib/source/directory.js';
import {
  type Resource,
  type ResourcePath,
  type Source,
  SourceError,
} from '../../lib/source/source.js';
import { MemorySource } from '../helpers/bodies.js';
import { RawClient, request, requestBytes, until } from '../helpers/client.js';
import { canCountDescriptors, descriptors, residentMemory } from '../helpers/counts.js';
import { age, MIB, pattern, sha256 } from '../helpers/files.js';
import { start } from '../helpers/process.js';
import { serve, serveHandler } from '../helpers/server.js';

const LARGE = 5 * MIB + 7;

function site(t: Test): string {
  const root = t.testdir({ empty: '', folder: { 'index.html': '<p>index' } });
  fs.writeFileSync(path.join(root, 'small'), pattern(10_000));
  fs.writeFileSync(path.join(root, 'large'), pattern(LARGE));
  for (const name of ['small', 'large']) age(path.join(root, name));
  return root;
}

/** The parts of an answer that both modes must have alike. */
async function answer(port: number, target: string, fields: string[], method: string) {
  const response = await request(port, target, fields, method);
  const { status, body } = response;
  const names = ['content-length', 'content-type', 'content-range', 'accept-ranges'];
  return { status, hash: sha256(body), fields: names.map((name) => response.get(name)) };
}

t.test('answers are those of streaming', async (t) => {
  const root = site(t);
  const { port: loading } = await serve(t, root, { mode: 'load' });
  const { port: streaming } = await serve(t, root);
  for (const [target, fields, method, status] of [
    ['/large', [], 'GET', 200],
    ['/large', [], 'HEAD', 200],
    ['/large', ['Range: bytes=0-0'], 'GET', 206],
    ['/large', ['Range: bytes=1048570-1048590'], 'GET', 206],
    ['/large', ['Range: bytes=-7'], 'GET', 206],
    ['/large', ['Range: bytes=9999999-'], 'GET', 416],
    ['/large', ['If-None-Match: *'], 'GET', 304],
    ['/small', [], 'GET', 200],
    ['/small', ['Range: bytes=9999-'], 'GET', 206],
    ['/empty', [], 'GET', 200],
    ['/folder/', [], 'GET', 200],
    ['/folder', [], 'GET', 301],
    ['/absent', [], 'GET', 404],
  ] as const) {
    const expected = await answer(streaming, target, [...fields], method);
    const what = `${method} ${target} ${fields.join()}`;
    t.equal(expected.status, status, what);
    t.same(await answer(loading, target, [...fields], method), expected, what);
  }
  const several = await request(loading, '/large', ['Range: bytes=0-1,2000000-2000003']);
  t.equal(several.status, 206);
  const bytes = pattern(LARGE);
  t.ok(several.body.includes(bytes.subarray(2_000_000, 2_000_004)));
  t.match(several.body.toString('latin1'), 'Content-Range: bytes 0-1/5242887\r\n');
});

t.test('each request loads the whole file for itself, and no cache is before it', async (t) => {
  const root = site(t);
  const { source, cache } = serveDirectory(root, { mode: 'load' });
  t.equal(cache, undefined);
  t.equal(source.isCurrent, undefined);

  const loading = loadMode(directory(root));
  const { port } = await serveHandler(t, createFileHandler(loading));
  await Promise.all([request(port, '/large'), request(port, '/large')]);
  await request(port, '/large', ['Range: bytes=0-0']);
  await request(port, '/large', [], 'HEAD');
  t.same(loading.stats(), { files: 4, octets: 4 * LARGE });

  const [one, other] = (await Promise.all([
    loading.open('/small' as ResourcePath),
    loading.open('/small' as ResourcePath),
  ])) as [Resource, Resource];
  t.not(one.bytes?.buffer, other.bytes?.buffer);
  t.equal(one.bytes?.buffer.byteLength, 10_000, 'no slice of something larger');
  const parts: Buffer[] = [];
  for await (const part of one.read({ first: 3, last: 9 })) parts.push(part as Buffer);
  t.ok(Buffer.concat(parts).equals(pattern(10_000).subarray(3, 10)));
});

t.test(
  'memory grows by the file for each client that waits, and streaming does not',
  {
    skip: !canCountDescriptors && 'needs /proc',
  },
  async (t) => {
    const root = t.testdir({});
    const size = 24 * MIB;
    fs.writeFileSync(path.join(root, 'file'), Buffer.alloc(size, 1));
    const growth = async (mode: ServingMode): Promise<number> => {
      const { command, port } = await start(t, root, ['--mode', mode]);
      const before = residentMemory(command.pid);
      const clients = Array.from({ length: 4 }, () => new RawClient(port, { paused: true }));
      for (const client of clients) client.send(requestBytes('/file'));
      // What the kernel holds for a client that reads nothing shows that its answer has begun.
      await until(() => residentMemory(command.pid) - before > 4 * size, 3000).catch(() => {});
      const grown = residentMemory(command.pid) - before;
      for (const client of clients) client.destroy();
      return grown;
    };
    const loaded = await growth('load');
    const streamed = await growth('stream');
    t.ok(loaded > 4 * size, `${Math.round(loaded / MIB)} MiB`);
    t.ok(streamed < size, `${Math.round(streamed / MIB)} MiB`);
  },
);

t.test('what is too large for it gets a 503 that says so, and the process goes on', async (t) => {
  const root = site(t);
  fs.writeFileSync(path.join(root, 'huge'), '');
  fs.truncateSync(path.join(root, 'huge'), 10 * 1024 * MIB);
  const { command, port } = await start(t, root, ['--mode', 'load']);
  const response = await request(port, '/huge');
  t.equal(response.status, 503);
  t.match(response.body.toString(), 'the file has 10737418240 octets, at most 2147483648');
  t.equal((await request(port, '/large')).status, 200);
  if (canCountDescriptors) {
    const before = descriptors(command.pid);
    for (let count = 0; count < 5; count++) await request(port, '/huge');
    t.ok(descriptors(command.pid) <= before, 'the file is closed');
  }

  await t.test('at the edge of the limit', async (t) => {
    for (const [limit, status] of [
      [LARGE, 200],
      [LARGE - 1, 503],
    ] as const) {
      const handler = createFileHandler(loadMode(directory(root), limit));
      const { port } = await serveHandler(t, handler);
      t.equal((await request(port, '/large')).status, status);
    }
    t.throws(() => loadMode(directory(root), -1), RangeError);
  });
});

/** Why a source does not give what is at a path; `undefined`: it does. */
async function refusal(source: Source, name: string, signal?: AbortSignal): Promise<unknown> {
  try {
    await source.open(name as ResourcePath, signal === undefined ? {} : { signal });
    return undefined;
  } catch (error) {
    return error instanceof SourceError ? error.kind : (error as Error).message;
  }
}

t.test('what a resource says of itself is said of its copy', async (t) => {
  const bytes = pattern(1000);
  const plain = new MemorySource({ '/a': { bytes, etag: '"a"', modified: 7 } });
  const coded: Source = {
    async open(path) {
      const resource = (await plain.open(path)) as Resource;
      return Object.assign(resource, { coding: 'gzip' });
    },
    close: () => plain.close(),
  };
  const open = async (source: Source): Promise<Resource> =>
    (await loadMode(source).open('/a' as ResourcePath)) as Resource;
  const said = { size: 1000, etag: '"a"', modified: 7, type: 'text/plain; charset=utf-8' };
  t.match(await open(coded), { ...said, coding: 'gzip' });
  t.match(await open(plain), said);
  t.equal((await open(plain)).coding, undefined);
  const { port } = await serveHandler(t, createFileHandler(loadMode(coded)));
  t.equal((await request(port, '/a')).get('content-encoding'), 'gzip');
});

t.test('what can go wrong on the way', async (t) => {
  const loading = loadMode(
    new MemorySource({
      '/unsized': { bytes: pattern(1000), sized: false },
      '/fails': { bytes: pattern(300_000), failAt: 100_000 },
    }),
  );
  t.equal(await refusal(loading, '/absent'), undefined);
  t.equal(await refusal(loading, '/unsized'), 'oversize');
  t.type(await refusal(loading, '/fails'), 'string');

  const root = site(t);
  const files = directory(root);
  const gone = loadMode(files);
  const controller = new AbortController();
  const leaving = refusal(gone, '/large', controller.signal);
  setImmediate(() => controller.abort());
  t.equal(await leaving, 'busy', 'nobody waits any more');
  t.equal(await refusal(gone, '/large', AbortSignal.abort()), 'busy');
  t.same(gone.stats(), { files: 0, octets: 0 });

  const shrinking = loadMode({
    close: () => files.close(),
    async open(name) {
      const opened = await files.open(name);
      fs.truncateSync(path.join(root, 'large'), 2 * MIB);
      return opened;
    },
  });
  t.equal(await refusal(shrinking, '/large'), 'busy');
  await shrinking.close();
  t.throws(() => serveDirectory(root, { mode: 'fast' as ServingMode }), RangeError);
});
