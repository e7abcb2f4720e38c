/** What is compressed is bounded, shared, and kept as long as its original: never longer, never beyond the budget. */
import fs from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import zlib from 'node:zlib';
import t, { type Test } from 'tap';
import { memoryCache } from '../../../lib/cache/memory.js';
import { MessageBuffer } from '../../../lib/http/message-buffer.js';
import { Compressions, type Outcome } from '../../../lib/site/coding/compressions.js';
import { DEFAULT_MAX_COMPRESSIONS } from '../../../lib/site/coding/limits.js';
import { directory } from '../../../lib/source/directory.js';
import { contentTag } from '../../../lib/source/file.js';
import type { Resource, ResourcePath, Source } from '../../../lib/source/source.js';
import { MemorySource } from '../../helpers/bodies.js';
import { RawClient, request, requestBytes, until } from '../../helpers/client.js';
import { canCountDescriptors, descriptorsOn } from '../../helpers/counts.js';
import { MIB, pattern } from '../../helpers/files.js';
import { serve } from '../../helpers/server.js';

/** Compressible, and of no other number the same. */
function text(number: number, size = 4000): Buffer {
  return Buffer.from(`${number} `.repeat(size).slice(0, size));
}

/** A resource in memory. */
function inMemory(bytes: Buffer, etag: string | undefined = contentTag(bytes)): Resource {
  const message = MessageBuffer.of(bytes);
  return {
    kind: 'resource',
    size: bytes.length,
    modified: 0,
    etag,
    type: 'text/plain',
    bytes: message.content,
    message,
    read: () => {
      throw new Error('not to be read');
    },
    close: () => {},
  };
}

/** A source that keeps all, or nothing. */
function keeping(keeps: boolean): Source & { readonly counted: number[] } {
  const counted: number[] = [];
  const enlarge = (_resource: Resource, octets: number): boolean =>
    counted.push(octets) > 0 && keeps;
  return Object.assign(new MemorySource({}), { enlarge, counted });
}

t.test('a result is kept where its original is', async (t) => {
  for (const keeps of [true, false]) {
    const source = keeping(keeps);
    const compressions = new Compressions(source);
    const resource = inMemory(text(1));
    const first = await compressions.code(resource, 'gzip', false);
    const second = compressions.code(resource, 'gzip', false);
    t.equal(second instanceof Promise, !keeps, 'at once, the second time');
    t.equal((await second) === first, keeps);
    t.equal(source.counted[0], first?.bytes?.length, 'and counted');
    const other = await compressions.code(resource, 'br', false);
    t.equal(other?.coding, 'br');
    t.not(other?.etag, first?.etag);
    t.match(first, { type: 'text/plain', modified: 0, coding: 'gzip' });
  }
  const nothing = new Compressions(new MemorySource({}));
  const resource = inMemory(text(1));
  const made = await nothing.code(resource, 'gzip', false);
  t.not(await nothing.code(resource, 'gzip', false), made, 'a source that keeps nothing');
});

t.test('what gains nothing is not tried twice, unless it must be', async (t) => {
  const compressions = new Compressions(keeping(true));
  const resource = inMemory(pattern(5000));
  t.equal(await compressions.code(resource, 'gzip', false), resource);
  t.equal(compressions.code(resource, 'gzip', false), resource, 'known');
  const forced = await compressions.code(resource, 'gzip', true);
  t.ok(zlib.gunzipSync(forced?.bytes as Buffer).equals(pattern(5000)));
  t.equal(compressions.code(resource, 'gzip', false), resource, 'still');
});

t.test('equal content is compressed once at a time', async (t) => {
  const compressions = new Compressions(keeping(true));
  const resource = inMemory(text(1));
  const twin = inMemory(text(1));
  const coded = [resource, resource, twin].map((each) => compressions.code(each, 'gzip', false));
  t.equal(compressions.running.whole, 1);
  const [first, second, third] = await Promise.all(coded);
  t.equal(first, second, 'one result for one resource');
  t.not(first, third, 'its own for another one, which has other times');
  t.equal(first?.message, third?.message, 'with the same memory');
  t.equal(compressions.running.whole, 0);
  const unnamed = [inMemory(text(1), 'W/"1"'), inMemory(text(2), 'W/"1"')];
  const results = await Promise.all(unnamed.map((each) => compressions.code(each, 'gzip', false)));
  t.not(results[0]?.etag, results[1]?.etag, 'weak tags name no octets');
});

t.test('so many at a time, then none', async (t) => {
  const most = 3;
  const compressions = new Compressions(keeping(true), most);
  const whole = Array.from({ length: most + 1 }, (_, i) =>
    compressions.code(inMemory(text(i)), 'gzip', false),
  );
  t.equal(whole[most], undefined, 'one more is not begun');
  t.equal(compressions.running.whole, most);
  t.ok((await Promise.all(whole)).slice(0, most).every((each) => each?.coding === 'gzip'));
  t.equal(
    (await compressions.code(inMemory(text(9)), 'gzip', false))?.coding,
    'gzip',
    'room again',
  );

  const files = new MemorySource({ '/a': { bytes: text(1) } });
  const streams: Outcome[] = [];
  for (let i = 0; i <= most; i++) {
    const file = files.open('/a') as Resource;
    streams.push((await compressions.code(file, 'gzip', false)) as Outcome);
  }
  t.equal(streams[most], undefined);
  for (const stream of streams) stream?.close();
  for (const stream of streams) stream?.close();
  t.equal(compressions.running.streams, 0, 'closed twice, counted once');
  t.same(
    files.given.map(({ closed }) => closed > 0),
    [true, true, true, false],
    'what was not taken is left to who gave it',
  );
  t.equal(new Compressions(keeping(true), 0).choose(['br', 'gzip']), undefined, '0: none');
  t.equal(DEFAULT_MAX_COMPRESSIONS, 16);
});

t.test('a failure is told to all who wait, and nothing of it is kept', async (t) => {
  const compressions = new Compressions(keeping(true));
  const broken = { ...inMemory(text(1)), bytes: { length: 4000 } as Uint8Array };
  const waiting = [1, 2].map(async () => compressions.code(broken, 'gzip', true));
  for (const each of waiting) await t.rejects(each, TypeError);
  t.same(compressions.running, { whole: 0, streams: 0 });
});

t.test('what breaks off does not look complete', async (t) => {
  const bytes = text(1, 200_000);
  const compressions = new Compressions(keeping(true));
  const files = new MemorySource({
    '/fails': { bytes, failAt: 100_000 },
    '/whole': { bytes },
    '/unsized': { bytes, sized: false },
  });
  const open = async (name: string): Promise<Resource> =>
    (await compressions.code(files.open(name) as Resource, 'gzip', false)) as Resource;
  for (const name of ['/whole', '/unsized']) {
    t.ok(zlib.gunzipSync(await buffer((await open(name)).read())).equals(bytes), name);
  }
  await t.rejects(buffer((await open('/fails')).read()), /the disk is on fire/);
  const shorter = { ...inMemory(bytes), bytes: undefined, size: bytes.length + 1 };
  shorter.read = () => (files.open('/whole') as Resource).read();
  const cut = (await compressions.code(shorter, 'gzip', false)) as Resource;
  await t.rejects(buffer(cut.read()), /became shorter/);
});

t.test('results and originals are in one budget', async (t) => {
  const root = t.testdir();
  const COUNT = 60;
  const SIZE = 20_000;
  for (let i = 0; i < COUNT; i++) {
    const file = path.join(root, `${i}.txt`);
    fs.writeFileSync(file, `${pattern(SIZE / 2, i + 1).toString('hex')}`);
  }
  await until(() => Date.now() - fs.statSync(path.join(root, `${COUNT - 1}.txt`)).ctimeMs > 2600);
  const budget = 400_000;
  const cache = memoryCache(directory(root), budget);
  const compressions = new Compressions(cache);
  let most = 0;
  for (let turn = 0; turn < 2; turn++) {
    for (let i = 0; i < COUNT; i++) {
      const resource = (await cache.open(`/${i}.txt` as ResourcePath)) as Resource;
      for (const coding of ['gzip', 'br'] as const) {
        const coded = await compressions.code(resource, coding, false);
        t.ok((coded?.size as number) < SIZE);
      }
      most = Math.max(most, cache.stats().size);
    }
  }
  t.ok(most <= budget, `${most} octets at most`);
  t.ok(most > budget / 2, 'which is made use of');
  t.ok(cache.stats().entries < COUNT / 2, 'originals gave way to results');
  const last = (await cache.open(`/${COUNT - 1}.txt` as ResourcePath)) as Resource;
  const coded = compressions.code(last, 'gzip', false);
  t.notOk(coded instanceof Promise, 'the newest is there');
  t.notOk(cache.enlarge(last, budget), 'more than the budget is not taken');
  t.equal(cache.open(`/${COUNT - 1}.txt` as ResourcePath), last, 'and costs nobody his place');
  const size = cache.stats().size;
  t.ok(cache.enlarge(last, 1));
  t.ok(cache.stats().size > size);
  t.notOk(cache.enlarge(inMemory(text(1)), 1), 'what is not kept');
  await cache.close();
  t.notOk(cache.enlarge(last, 1), 'what is kept no more');
});

t.test('clients that leave', { skip: !canCountDescriptors }, async (t: Test) => {
  const root = t.testdir({
    'large.txt': Array.from({ length: 1_500_000 }, (_, i) => `${i * 7919}\n`).join(''),
    'small.txt': text(7, MIB).toString(),
  });
  const { port, server } = await serve(t, root, { compression: true, maxCompressions: 4 });
  const fields = ['Accept-Encoding: br, gzip;q=0.5'];
  for (const target of ['/large.txt', '/small.txt']) {
    for (let round = 0; round < 3; round++) {
      const clients = Array.from({ length: 8 }, () => new RawClient(port, { paused: true }));
      for (const client of clients) client.send(requestBytes(target, fields));
      await until(() => server.connections === clients.length);
      const [reader] = clients as [RawClient];
      reader.resume();
      if (target === '/large.txt') await reader.has(1000);
      for (const [i, client] of clients.entries()) i % 2 === 0 ? client.destroy() : client.reset();
      await until(() => server.connections === 0);
      await until(() => descriptorsOn(root) === 0);
    }
  }
  // All places are free again.
  const clients = Array.from({ length: 4 }, () => new RawClient(port, { paused: true }));
  for (const client of clients) client.send(requestBytes('/large.txt', fields));
  for (const client of clients) {
    client.resume();
    t.equal((await client.head()).get('content-encoding'), 'br');
  }
  for (const client of clients) client.destroy();
  await until(() => server.connections === 0);
  t.equal(descriptorsOn(root), 0);
});

t.test('beyond the bound the plain one is sent, or 503 where it is refused', async (t) => {
  const root = t.testdir({ 'large.txt': pattern(6 * MIB).toString('hex') });
  const { port, server } = await serve(t, root, { compression: true, maxCompressions: 1 });
  const slow = new RawClient(port, { paused: true });
  slow.send(requestBytes('/large.txt', ['Accept-Encoding: gzip']));
  await until(() => server.exchanges().some(({ sent }) => sent > 0));
  const plain = await request(port, '/large.txt', ['Accept-Encoding: gzip'], 'HEAD');
  t.equal(plain.status, 200);
  t.equal(plain.get('content-encoding'), undefined);
  t.equal(plain.get('vary'), 'Accept-Encoding');
  const refused = await request(port, '/large.txt', ['Accept-Encoding: gzip, identity;q=0']);
  t.equal(refused.status, 503);
  t.equal(refused.get('retry-after'), '1');
  slow.destroy();
  await until(() => server.connections === 0);
  const again = await request(port, '/large.txt', ['Accept-Encoding: gzip'], 'HEAD');
  t.equal(again.get('content-encoding'), 'gzip');
});
