/** Files that change between requests and while they are sent, with the cache on and off. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { type ErrorEvent, errorChannel } from '../../lib/observe/channels.js';
import { directory } from '../../lib/source/directory.js';
import type { ResourcePath } from '../../lib/source/source.js';
import { pause, RawClient, request, requestBytes } from '../helpers/client.js';
import { age, MIB, pattern, sha256 } from '../helpers/files.js';
import { parseHead } from '../helpers/response.js';
import { serve } from '../helpers/server.js';

/** Waits until time stamps of a file that was just written are trusted, and it is cached. */
async function settle(port: number, target: string): Promise<void> {
  for (let count = 0; count < 32; count++) {
    await request(port, target);
    await pause(100);
  }
}

for (const cacheSize of [64 * MIB, 0]) {
  t.test(`between requests, cache of ${cacheSize}`, { jobs: 8 }, async (t) => {
    const root = t.testdir({});
    const { port, cache } = await serve(t, root, { cacheSize });
    const file = (name: string): string => path.join(root, name);
    const get = async (name: string): Promise<string> => {
      const { status, body } = await request(port, `/${name}`);
      return status === 200 ? body.toString() : `${status}`;
    };

    t.test('rewritten with the same size and time', async (t) => {
      const name = file('same');
      fs.writeFileSync(name, 'one');
      age(name);
      const { mtime, atime } = fs.statSync(name);
      await settle(port, '/same');
      if (cache !== undefined) {
        const { hits } = cache.stats();
        t.equal(await get('same'), 'one');
        t.ok(cache.stats().hits > hits, 'it comes from the cache');
      }
      fs.writeFileSync(name, 'two');
      fs.utimesSync(name, atime, mtime);
      t.equal(await get('same'), 'two');
    });

    t.test('rewritten at once', async (t) => {
      for (let round = 0; round < 200; round++) {
        const text = String(round).padStart(8, '0');
        fs.writeFileSync(file('rapid'), text);
        const got = await get('rapid');
        if (got !== text) t.equal(got, text, `round ${round}`);
      }
      t.pass('200 rounds');
    });

    t.test('rewritten after it has settled, again and again', async (t) => {
      fs.writeFileSync(file('settled'), 'xxxx');
      await settle(port, '/settled');
      for (let round = 0; round < 50; round++) {
        const text = String(round).padStart(4, '0');
        fs.writeFileSync(file('settled'), text);
        t.equal(await get('settled'), text);
      }
    });

    t.test('a large one, rewritten with the same size and time', async (t) => {
      const name = file('large');
      fs.writeFileSync(name, pattern(MIB + 9, 1));
      age(name);
      const { mtime, atime } = fs.statSync(name);
      await settle(port, '/large');
      const before = await request(port, '/large');
      fs.writeFileSync(name, pattern(MIB + 9, 2));
      fs.utimesSync(name, atime, mtime);
      const after = await request(port, '/large');
      t.ok(after.body.equals(pattern(MIB + 9, 2)));
      t.not(after.get('etag'), before.get('etag'), 'and its tag tells');
    });

    t.test('replaced, deleted, created', async (t) => {
      fs.writeFileSync(file('it'), 'one');
      age(file('it'));
      await settle(port, '/it');
      t.equal(await get('it'), 'one');
      fs.writeFileSync(file('new'), 'two');
      fs.renameSync(file('new'), file('it'));
      t.equal(await get('it'), 'two');
      fs.rmSync(file('it'));
      t.equal(await get('it'), '404');
      fs.writeFileSync(file('it'), 'three');
      t.equal(await get('it'), 'three');
      fs.rmSync(file('it'));
      fs.mkdirSync(file('it'));
      t.equal(await get('it'), '301');
      fs.rmdirSync(file('it'));
      fs.writeFileSync(file('it'), 'four');
      t.equal(await get('it'), 'four');
    });

    t.test('a link that is turned elsewhere', async (t) => {
      fs.mkdirSync(file('v1'));
      fs.mkdirSync(file('v2'));
      fs.writeFileSync(file('v1/a'), 'one');
      fs.writeFileSync(file('v2/a'), 'two');
      fs.symlinkSync('v1', file('current'));
      await settle(port, '/current/a');
      t.equal(await get('current/a'), 'one');
      fs.symlinkSync('v2', file('next'));
      fs.renameSync(file('next'), file('current'));
      t.equal(await get('current/a'), 'two');
      fs.rmSync(file('current'));
      fs.symlinkSync('/etc', file('current'));
      t.equal(await get('current/passwd'), '404');
    });

    t.test('validators follow', async (t) => {
      fs.writeFileSync(file('tag'), 'one');
      const first = (await request(port, '/tag')).get('etag');
      fs.writeFileSync(file('tag'), 'two');
      const { status, get } = await request(port, '/tag', [`If-None-Match: ${first}`]);
      t.equal(status, 200);
      t.not(get('etag'), first);
      fs.writeFileSync(file('tag'), 'one');
      t.equal(
        (await request(port, '/tag', [`If-None-Match: ${first}`])).status,
        304,
        'same octets',
      );
    });
  });
}

/** A download that stands still after its first octets. */
async function begin(
  port: number,
  target: string,
  fields: readonly string[] = [],
): Promise<RawClient> {
  const client = new RawClient(port, { paused: true });
  client.send(requestBytes(target, fields));
  client.resume();
  await client.has(1000);
  client.socket.pause();
  // The streams are given up, and opened again later.
  await pause(200);
  return client;
}

const SIZE = 32 * MIB;
const PARKING = { linger: 100 };

t.test('while it is sent', async (t) => {
  await t.test('truncated: the connection ends early, without padding', async (t) => {
    for (const readAhead of [8 * MIB, 0]) {
      const root = t.testdir({ large: pattern(SIZE) });
      const { port } = await serve(t, root, { readAhead, timeouts: PARKING });
      const client = await begin(port, '/large');
      const cut = 20 * MIB + 5;
      fs.truncateSync(path.join(root, 'large'), cut);
      client.send(requestBytes('/large'));
      client.resume();
      await client.over();
      const { response, end } = parseHead(client.received);
      t.equal(response.get('content-length'), `${SIZE}`);
      const body = client.received.subarray(end);
      t.ok(body.length <= cut, `${body.length} octets`);
      t.ok(body.equals(pattern(SIZE).subarray(0, body.length)), 'all of them the file’s');
    }
  });

  await t.test('growing: what was declared is sent', async (t) => {
    const root = t.testdir({ large: pattern(SIZE) });
    const { port } = await serve(t, root, { timeouts: PARKING });
    const client = await begin(port, '/large');
    fs.appendFileSync(path.join(root, 'large'), 'and more');
    client.send(requestBytes('/large', ['Connection: close']));
    client.resume();
    const [first, second] = await client.responses();
    t.equal(sha256(first?.body as Buffer), sha256(pattern(SIZE)));
    t.equal(second?.body.length, SIZE + 8);
  });

  await t.test('replaced by rename or deleted: the old one, whole', async (t) => {
    for (const action of ['rename', 'delete']) {
      const root = t.testdir({ large: pattern(SIZE), new: pattern(SIZE, 2) });
      const { port } = await serve(t, root, { timeouts: PARKING });
      const client = await begin(port, '/large');
      if (action === 'rename') fs.renameSync(path.join(root, 'new'), path.join(root, 'large'));
      else fs.rmSync(path.join(root, 'large'));
      client.send(requestBytes('/large', ['Connection: close']));
      client.resume();
      const [first, second] = await client.responses();
      t.equal(sha256(first?.body as Buffer), sha256(pattern(SIZE)));
      if (action === 'delete') t.equal(second?.status, 404);
      else t.equal(sha256(second?.body as Buffer), sha256(pattern(SIZE, 2)));
    }
  });

  await t.test('written over in place: the connection ends before the last chunk', async (t) => {
    const errors: unknown[] = [];
    const note = (event: unknown): void => {
      errors.push((event as ErrorEvent).error);
    };
    errorChannel.subscribe(note);
    t.teardown(() => errorChannel.unsubscribe(note));
    for (const readAhead of [8 * MIB, 0]) {
      for (const fields of [[], [`Range: bytes=5-${SIZE - 10}`]]) {
        errors.length = 0;
        const root = t.testdir({ large: pattern(SIZE) });
        const { port } = await serve(t, root, { readAhead, timeouts: PARKING });
        const client = await begin(port, '/large', fields);
        const name = path.join(root, 'large');
        const file = fs.openSync(name, 'r+');
        fs.writeSync(file, 'new', SIZE - 1000);
        fs.closeSync(file);
        t.equal(fs.statSync(name).size, SIZE);
        client.resume();
        await client.over();
        const { response, end } = parseHead(client.received);
        const missing = Number(response.get('content-length')) - (client.length - end);
        t.ok(missing > 0, `${missing} octets are missing`);
        t.ok(missing <= 4 * 32_768, 'only its end: until then nothing is known');
        t.equal(errors.length, 1);
        t.match(errors[0], { name: 'SourceError', message: /written over while it was sent/ });
      }
    }
  });

  await t.test('renamed, or its mode changed: complete', async (t) => {
    for (const action of ['rename', 'chmod', 'link']) {
      const root = t.testdir({ large: pattern(SIZE) });
      const name = path.join(root, 'large');
      const { port } = await serve(t, root, { timeouts: PARKING });
      const client = await begin(port, '/large');
      const before = fs.statSync(name).ctimeMs;
      if (action === 'rename') fs.renameSync(name, `${name}-now`);
      else if (action === 'chmod') fs.chmodSync(name, 0o600);
      else fs.linkSync(name, `${name}-too`);
      if (action !== 'rename') t.not(fs.statSync(name).ctimeMs, before, 'its change time moved');
      client.send(requestBytes('/large', ['Connection: close']));
      client.resume();
      const [first, second] = await client.responses();
      t.equal(sha256(first?.body as Buffer), sha256(pattern(SIZE)), action);
      t.equal(second?.status, action === 'rename' ? 404 : 200);
    }
  });

  await t.test('a file that never stands still is not served half', async (t) => {
    const root = t.testdir({ busy: 'x'.repeat(1000) });
    const { port } = await serve(t, root);
    const name = path.join(root, 'busy');
    let letter = 0;
    const timer = setInterval(() => {
      letter = (letter + 1) % 26;
      fs.writeFileSync(name, String.fromCharCode(97 + letter).repeat(1000));
    }, 1);
    for (let count = 0; count < 200; count++) {
      const { status, body } = await request(port, '/busy');
      t.ok(status === 200 || status === 503, `${status}`);
      if (status === 200) t.match(body.toString(), /^(?:([a-z])\1{999})?$/, 'one version of it');
    }
    clearInterval(timer);
  });
});

t.test('a file in memory can be read by extent', async (t) => {
  const bytes = pattern(1000);
  const source = directory(t.testdir({ small: bytes, empty: '' }));
  for (const [name, first, last, expected] of [
    ['/small', 0, 999, bytes],
    ['/small', 0, 0, bytes.subarray(0, 1)],
    ['/small', 999, 999, bytes.subarray(999)],
    ['/small', 100, 199, bytes.subarray(100, 200)],
    ['/small', undefined, undefined, bytes],
    ['/empty', undefined, undefined, Buffer.alloc(0)],
  ] as const) {
    const resource = await source.open(name as ResourcePath);
    if (resource?.kind !== 'resource') throw new Error('not there');
    t.ok(resource.bytes, 'it was read whole');
    const stream = resource.read(first === undefined ? undefined : { first, last });
    const chunks = (await stream.toArray()) as Buffer[];
    t.ok(Buffer.concat(chunks).equals(expected), `${name} ${first}-${last}`);
    resource.close();
  }
});
