/** Large files read by blocks: as streams, over sockets, one descriptor for all, changes noticed. */
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import t, { type Test } from 'tap';
import { directory } from '../../lib/source/directory.js';
import { SETTLE_MS } from '../../lib/source/file.js';
import type { Resource, ResourcePath, Source } from '../../lib/source/source.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { canCountDescriptors, descriptorsOn } from '../helpers/counts.js';
import { MIB, pattern, sha256 } from '../helpers/files.js';
import { serve } from '../helpers/server.js';

const COUNTED = { skip: !canCountDescriptors && 'no /proc here' };

/** A folder whose files may be shared: their stamps are settled. */
async function settled(t: Test, files: Record<string, Buffer>): Promise<string> {
  const root = t.testdir(files);
  await pause(SETTLE_MS + 50);
  return root;
}

async function open(source: Source, name = '/large'): Promise<Resource> {
  const resource = await source.open(name as ResourcePath);
  if (resource?.kind !== 'resource' || resource.bytes !== undefined) throw new Error('no stream');
  return resource;
}

/** All octets of a resource by a consumer that is done with each chunk at once. */
async function readAll(resource: Resource, first = 0, last = (resource.size ?? 0) - 1) {
  let taken = 0;
  const copies: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  const stream = resource.read({ first, last }, { taken: () => taken });
  stream.on('data', (chunk: Buffer) => {
    copies.push(Buffer.from(chunk));
    memory.add(chunk.buffer);
    taken += chunk.length;
  });
  await once(stream, 'end');
  return { bytes: Buffer.concat(copies), chunks: copies.length, buffers: memory.size };
}

t.test('streams give the file, by blocks or not', async (t) => {
  const size = 3 * MIB + 12_345;
  const bytes = pattern(size);
  const root = await settled(t, { large: bytes });
  for (const options of [
    {},
    { sharedReads: false },
    { readAhead: 0 },
    { readAhead: 32_768 },
    { chunkSize: 1000 },
    { chunkSize: 100_000 },
  ]) {
    await t.test(JSON.stringify(options), async (t) => {
      const source = directory(root, options);
      const resource = await open(source);
      const all = await readAll(resource);
      t.equal(sha256(all.bytes), sha256(bytes));
      if ((options.chunkSize ?? 32_768) >= 32_768) {
        t.ok(all.buffers <= 20, `${all.buffers} buffers for ${all.chunks} chunks`);
      }
      const extents = [
        [0, 0],
        [1, 40_000],
        [32_767, 32_768],
        [5, size - 1],
        [32_768, size - 2],
        [100, 100 + 65_535],
        [size - 300_000, size - 1],
        [size - 1, size - 1],
      ] as const;
      await Promise.all(
        extents.map(async ([first, last]) => {
          const part = await readAll(resource, first, last);
          t.ok(part.bytes.equals(bytes.subarray(first, last + 1)), `${first}-${last}`);
        }),
      );
      const kept = (await resource.read().toArray()) as Buffer[];
      t.equal(sha256(Buffer.concat(kept)), sha256(bytes), 'chunks that are kept');
      let taken = 0;
      const copies: Buffer[] = [];
      const slow = new Writable({
        highWaterMark: 32_768,
        write(chunk: Buffer, _encoding, callback) {
          setImmediate(() => {
            copies.push(Buffer.from(chunk));
            taken += chunk.length;
            callback();
          });
        },
      });
      await pipeline(resource.read(undefined, { taken: () => taken }), slow);
      t.equal(sha256(Buffer.concat(copies)), sha256(bytes), 'a pipe that waits for each chunk');
      resource.close();
    });
  }
});

t.test('one descriptor for all who read the same version', COUNTED, async (t) => {
  const root = await settled(t, { large: pattern(2 * MIB), other: pattern(2 * MIB) });
  const name = path.join(root, 'large');
  const source = directory(root);
  const first = [await open(source), await open(source), await open(source)];
  await until(() => descriptorsOn(name) === 1);
  const other = await open(source, '/other');
  t.equal(descriptorsOn(root), 2, 'another file has its own');

  fs.renameSync(path.join(root, 'other'), name);
  const next = await open(source);
  t.equal(descriptorsOn(root), 3, 'what has taken its name is another file');
  t.equal(sha256((await readAll(first[1] as Resource)).bytes), sha256(pattern(2 * MIB)));
  for (const resource of [...first, other, next]) {
    resource.close();
    resource.close();
  }
  await until(() => descriptorsOn(root) === 0);

  const alone = directory(root, { sharedReads: false });
  const own = [await open(alone), await open(alone)];
  t.equal(descriptorsOn(root), 2, 'without shared reads each has its own');
  for (const resource of own) resource.close();
  await until(() => descriptorsOn(root) === 0);
});

t.test('versions that may look alike are not shared', COUNTED, async (t) => {
  const root = t.testdir({ large: pattern(2 * MIB) });
  const source = directory(root);
  const resources = [await open(source), await open(source)];
  t.equal(descriptorsOn(root), 2, 'as long as the stamps are not settled');
  for (const resource of resources) resource.close();
  await until(() => descriptorsOn(root) === 0);
});

t.test('a stream that is read after its resource was closed fails', async (t) => {
  const root = await settled(t, { large: pattern(2 * MIB) });
  const source = directory(root);
  const [closed, going] = [await open(source), await open(source)];
  const streams = [closed.read(undefined, { taken: () => 0 }), closed.read()];
  closed.close();
  for (const stream of streams) await t.rejects(stream.toArray(), { message: /closed/ });
  const alone = await open(directory(root));
  alone.close();
  await t.rejects(alone.read(undefined, { strict: true }).toArray(), { message: /closed/ });
  t.equal((await readAll(going)).bytes.length, 2 * MIB, 'the others go on');
  going.close();
});

t.test('what grows while it is read is whole, and fails whoever is strict', async (t) => {
  const root = await settled(t, { large: pattern(2 * MIB, 1) });
  const source = directory(root);
  const [lenient, strict, late] = [await open(source), await open(source), await open(source)];
  fs.appendFileSync(path.join(root, 'large'), 'x');
  t.equal((await readAll(lenient)).bytes.length, 2 * MIB);
  for (const options of [{ strict: true }, { strict: true, taken: () => 0 }]) {
    await t.rejects(strict.read(undefined, options).toArray(), { message: /written over/ });
  }
  fs.renameSync(path.join(root, 'large'), path.join(root, 'other'));
  await t.rejects(strict.read(undefined, { strict: true }).toArray());
  for (const resource of [lenient, strict, late]) resource.close();

  const replaced = await settled(t, { large: pattern(2 * MIB, 1) });
  const again = directory(replaced);
  const resource = await open(again);
  fs.rmSync(path.join(replaced, 'large'));
  fs.writeFileSync(path.join(replaced, 'large'), 'another');
  const pieces = await resource.read(undefined, { strict: true }).toArray();
  t.equal(Buffer.concat(pieces).length, 2 * MIB, 'a file that was replaced is as it was');
  resource.close();
});

t.test('who is strict is given nothing of what was written over', async (t) => {
  const size = 4 * MIB;
  const before = pattern(size, 1);
  for (const [name, chunkSize, isLent, begins] of [
    ['in blocks', 32_768, true, true],
    ['in blocks that another has loaded', 32_768, true, false],
    ['alone', 32_768, false, true],
    ['in small chunks', 4096, true, true],
  ] as const) {
    const root = await settled(t, { large: before });
    const source = directory(root, { chunkSize });
    const [strict, other] = [await open(source), await open(source)];
    const given: Buffer[] = [];
    let taken = 0;
    const read = () =>
      strict.read(undefined, { strict: true, ...(isLent && { taken: () => taken }) });
    const overwrite = (): void => {
      const descriptor = fs.openSync(path.join(root, 'large'), 'r+');
      fs.writeSync(descriptor, pattern(size, 2));
      fs.closeSync(descriptor);
    };
    const pieces = begins ? read()[Symbol.asyncIterator]() : undefined;
    const give = (piece: Buffer): void => {
      given.push(Buffer.from(piece));
      taken += piece.length;
    };
    if (pieces !== undefined) give((await pieces.next()).value);
    overwrite();
    if (!begins) {
      // It reads what is there by now, and would notice only at the end.
      const stream = other.read(undefined, { taken: () => 0 });
      stream.on('error', () => {});
      // It stays at the first blocks, which the strict one comes to.
      stream.once('data', () => stream.pause());
      await once(stream, 'pause');
      await pause(50);
    }
    const unread = read();
    t.equal(unread.readableHighWaterMark, chunkSize === 32_768 && isLent ? 0 : chunkSize);
    await pause(5);
    t.ok(!unread.errored && !unread.destroyed, 'nothing is read for who asks for nothing');
    unread.destroy();
    const rest = pieces ?? read()[Symbol.asyncIterator]();
    await t.rejects(
      (async () => {
        for (;;) {
          const { done, value } = await rest.next();
          if (done === true) return;
          give(value);
        }
      })(),
      { message: /written over/ },
    );
    t.ok(taken < size / 2, `${name}: ${taken} octets were given`);
    t.ok(Buffer.concat(given).equals(before.subarray(0, taken)), 'and they are of the old one');
    for (const resource of [strict, other]) resource.close();
    await source.close();
  }
});

t.test(
  'a file that is written over ends all who read it, and nobody joins it',
  COUNTED,
  async (t) => {
    const root = await settled(t, { large: pattern(2 * MIB, 1) });
    const name = path.join(root, 'large');
    const source = directory(root);
    const before = [await open(source), await open(source)];
    const half = MIB - 1;
    t.equal((await readAll(before[0] as Resource, 0, half)).bytes.length, MIB);
    const descriptor = fs.openSync(name, 'r+');
    fs.writeSync(descriptor, pattern(2 * MIB, 2));
    fs.closeSync(descriptor);
    const after = await open(source);
    for (const resource of before) {
      await t.rejects(readAll(resource), { message: /written over/ });
    }
    t.ok((await readAll(after)).bytes.equals(pattern(2 * MIB, 2)), 'no block of the old version');
    for (const resource of [...before, after]) resource.close();
    await until(() => descriptorsOn(root) === 0);
  },
);

t.test('over sockets', COUNTED, async (t) => {
  const size = 24 * MIB + 777;
  const bytes = pattern(size);
  const hash = sha256(bytes);
  const root = await settled(t, { large: bytes });
  const { port, server } = await serve(t, root, { timeouts: { linger: 100 } });

  await t.test(
    '20 at once, of which some stall, some break off and some want a part',
    async (t) => {
      let most = 0;
      const timer = setInterval(() => {
        most = Math.max(most, descriptorsOn(root));
      }, 5);
      const stalled = Array.from({ length: 3 }, () => new RawClient(port, { paused: true }));
      for (const client of stalled) client.send(requestBytes('/large', ['Connection: close']));
      const broken = Array.from({ length: 5 }, () => new RawClient(port));
      for (const [i, client] of broken.entries()) {
        client.send(requestBytes('/large'));
        client.has((i + 1) * MIB).then(() => (i % 2 === 0 ? client.destroy() : client.reset()));
      }
      const ranges = Array.from({ length: 4 }, async (_, i) => {
        const first = i * 5_000_000 + 13;
        const { body } = await request(port, '/large', [`Range: bytes=${first}-`]);
        t.equal(sha256(body), sha256(bytes.subarray(first)));
      });
      const parts = Array.from({ length: 4 }, async (_, i) => {
        const { body } = await request(port, '/large', [
          `Range: bytes=${i}-9,${i + 70_000}-900000`,
        ]);
        t.ok(body.includes(bytes.subarray(i + 70_000, 900_001)));
      });
      const whole = Array.from({ length: 8 }, async () => {
        t.equal(sha256((await request(port, '/large')).body), hash);
      });
      await Promise.all([...ranges, ...parts, ...whole]);
      t.ok(
        stalled.every((client) => !client.ended),
        'the slow ones are still there',
      );
      for (const client of stalled) client.resume();
      for (const client of stalled) {
        const [response] = await client.responses();
        t.equal(sha256(response?.body as Buffer), hash);
      }
      await Promise.all(broken.map((client) => client.gone()));
      clearInterval(timer);
      // At most sixteen are opened at a time, each of which then turns out to be there already.
      t.ok(most >= 1 && most <= 17, `${most} descriptors`);
      await until(() => server.connections === 0 && descriptorsOn(root) === 0);
    },
  );

  await t.test('while 20 run there is one descriptor, and afterwards none', async (t) => {
    const clients = Array.from({ length: 20 }, () => new RawClient(port, { paused: true }));
    for (const client of clients) client.send(requestBytes('/large'));
    await until(() => server.exchanges().length === 20 && descriptorsOn(root) === 1);
    await pause(700);
    t.equal(descriptorsOn(root), 1, 'parked or not');
    for (const client of clients) client.destroy();
    await until(() => server.connections === 0 && descriptorsOn(root) === 0);
  });
});
