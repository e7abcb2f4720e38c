/** Listings of 100,000 real files, and of folders at the limits of what is sorted. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { type Response, streamedBody } from '../../lib/http/response.js';
import type { FolderHandler } from '../../lib/site/file-parts.js';
import { createListing } from '../../lib/site/listing/listing.js';
import type { Collection, ResourcePath } from '../../lib/source/source.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import {
  canCountDescriptors,
  descriptorsDownTo,
  descriptorsOn,
  residentMemory,
} from '../helpers/counts.js';
import { MIB } from '../helpers/files.js';
import { requestHead } from '../helpers/head.js';
import { start } from '../helpers/process.js';
import type { WireResponse } from '../helpers/response.js';
import { serve } from '../helpers/server.js';

const MANY = 100_000;

/** A folder with `count` files in it, beside a small one; removed with the test. */
function folderOf(t: Test, count: number): string {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'listing-'));
  t.teardown(() => fs.rmSync(root, { recursive: true }));
  const many = path.join(root, 'many');
  fs.mkdirSync(many);
  fs.writeFileSync(path.join(root, 'small.txt'), 'small');
  // A link costs a disk a thirtieth of what a new file does; no file may have too many.
  let first = '';
  for (let index = 0; index < count; index++) {
    const file = path.join(many, `file ${index}.txt`);
    if (index % 1000 === 0) {
      fs.writeFileSync(file, '');
      first = file;
    } else fs.linkSync(first, file);
  }
  return root;
}

/** The numbers in the names that are linked to, in order. */
function linked(response: WireResponse): number[] {
  const text = response.body.toString();
  return [...text.matchAll(/"\.\/file%20([0-9]+)\.txt"/g)].map((match) => Number(match[1]));
}

t.test('100,000 files', { timeout: 120_000 }, async (t) => {
  const root = folderOf(t, MANY);
  const many = path.join(fs.realpathSync(root), 'many');
  // The garbage of young objects differs by 60 MB between versions of Node; it is not what is measured.
  const env = { NODE_OPTIONS: '--max-semi-space-size=2' };
  const { command, port } = await start(t, root, [], { env });
  const all = Array.from({ length: MANY }, (_, index) => index);
  const measured = canCountDescriptors;
  // What code and buffers take is taken by the first answers.
  await request(port, '/small.txt');
  await request(port, '/many/', ['Accept: application/json']);
  const before = measured ? residentMemory(command.pid) : 0;
  let most = before;
  const look = (): void => {
    if (measured) most = Math.max(most, residentMemory(command.pid));
  };

  await t.test('is listed unsorted, and says so; others are answered meanwhile', async (t) => {
    let listing = true;
    const listed = request(port, '/many/').finally(() => {
      listing = false;
    });
    let answered = 0;
    while (listing) {
      t.equal((await request(port, '/small.txt')).body.toString(), 'small');
      answered++;
      look();
    }
    const response = await listed;
    t.equal(response.status, 200);
    t.equal(response.get('transfer-encoding'), 'chunked');
    t.equal(response.get('etag'), undefined);
    const text = response.body.toString();
    const [note] = /<p class="note">.*/.exec(text) ?? [];
    t.match(note, 'This folder holds more than 10,000 entries. They are listed as the disk gives');
    t.notOk(text.includes('aria-sort="') || text.includes('?sort='), 'with nothing to sort by');
    t.ok(text.includes('<footer><p>100,000 files, 0 B</p>'), 'counted');
    t.ok(text.endsWith('</html>\n'));
    t.strictSame(
      linked(response).sort((a, b) => a - b),
      all,
    );
    t.ok(answered >= 20, `${answered} other requests`);
  });

  await t.test('as JSON', async (t) => {
    const response = await request(port, '/many/', ['Accept: application/json']);
    const array = JSON.parse(response.body.toString()) as { name: string }[];
    t.equal(new Set(array.map(({ name }) => name)).size, MANY);
    t.equal(response.get('listing-order'), 'none', 'says so as well');
  });

  await t.test('HEAD', async (t) => {
    const response = await request(port, '/many/', [], 'HEAD');
    t.equal(response.status, 200);
    t.equal(response.get('transfer-encoding'), 'chunked');
    t.equal(response.get('etag'), undefined);
  });

  await t.test('clients that take nothing: reading waits for them', async (t) => {
    const clients = Array.from({ length: 20 }, () => new RawClient(port, { paused: true }));
    for (const client of clients) client.send(requestBytes('/many/'));
    if (measured) {
      await until(
        () => descriptorsOn(many, command.pid) === 2 * clients.length,
        20_000,
        'all read',
      );
      // Time for who would read on.
      for (let round = 0; round < 10; round++) {
        await pause(50);
        look();
      }
      t.equal(descriptorsOn(many, command.pid), 2 * clients.length, 'none is at its end');
    }
    t.equal((await request(port, '/small.txt')).status, 200);
    const [first, ...others] = clients as [RawClient, ...RawClient[]];
    for (const [index, client] of others.entries()) {
      if (index % 2 === 0) client.destroy();
      else client.reset();
    }
    first.resume();
    first.send(requestBytes('/small.txt', ['Connection: close']));
    const [listing, small] = await first.responses([], 60_000);
    t.equal(linked(listing as WireResponse).length, MANY, 'one that goes on gets it all');
    t.equal(small?.body.toString(), 'small');
    if (measured) {
      await until(() => descriptorsOn(many, command.pid) === 0, 10_000, 'the folder is closed');
    }
  });

  await t.test('clients that go at any time leave nothing behind', async (t) => {
    const before = measured ? await descriptorsDownTo(0, command.pid, 1) : 0;
    for (let round = 0; round < 30; round++) {
      const client = await new RawClient(port).connected();
      const fields = [
        ...(round % 2 === 0 ? [] : ['Accept: application/json']),
        ...(round % 3 === 0 ? [] : ['Accept-Encoding: gzip']),
      ];
      client.send(requestBytes('/many/', fields));
      // From before the folder is opened to the midst of what is sent.
      await pause(round * 4);
      client.destroy();
    }
    if (!measured) return;
    look();
    const after = await descriptorsDownTo(before, command.pid);
    t.ok(after <= before, 'all closed');
  });

  if (measured) t.ok(most - before < 128 * MIB, `${((most - before) / MIB).toFixed(0)} MiB more`);
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, stderr: '' });
});

t.test('what is sorted, at the limit', async (t) => {
  const root = folderOf(t, 1000);
  const sorted = Array.from({ length: 1000 }, (_, index) => index);
  for (const [maxSorted, inOrder] of [
    [1000, true],
    [999, false],
    [0, false],
  ] as const) {
    const { port } = await serve(t, root, { listing: true, maxSorted });
    const response = await request(port, '/many/');
    t.strictSame(
      linked(response).sort((a, b) => (inOrder ? 0 : a - b)),
      sorted,
    );
    t.equal(response.body.includes('aria-sort="'), inOrder, `${maxSorted}`);
    t.equal(response.get('etag') !== undefined, inOrder);
    t.equal(response.get('listing-order'), inOrder ? undefined : 'none');
    const head = await request(port, '/many/', [], 'HEAD');
    const undated = ({ head }: WireResponse): string => head.replace(/^Date: .*\r\n/m, '');
    t.equal(undated(head), undated(response));
  }
  const { port } = await serve(t, root, { listing: true });
  const backwards = await request(port, '/many/?sort=name&order=desc');
  t.strictSame(linked(backwards), sorted.toReversed());
});

/** A folder with `count` files in it that are nowhere. */
function imagined(
  count: number,
): Required<Pick<Collection, 'entries'>> &
  Collection & { closed: number; open: number; most: number; given: number } {
  const files = Array.from({ length: count }, (_, index) => ({
    name: `file ${index}.txt`,
    kind: 'resource' as const,
    size: 1,
    modified: 0,
  }));
  const folder = {
    kind: 'collection' as const,
    closed: 0,
    /** How many read it, now and at most, and how much they were given. */
    open: 0,
    most: 0,
    given: 0,
    async *entries() {
      folder.open++;
      folder.most = Math.max(folder.most, folder.open);
      try {
        for (let at = 0; at < count; at += 100) {
          folder.given += 100;
          yield files.slice(at, at + 100);
          yield [];
        }
      } finally {
        folder.closed++;
        folder.open--;
      }
    },
  };
  return folder;
}

/** What a listing of an imagined folder answers. */
async function listed(
  list: FolderHandler,
  folder: Collection,
  fields: readonly string[] = [],
): Promise<Response> {
  const { signal } = new AbortController();
  const head = requestHead('/', [...fields]);
  return list(head, '/' as ResourcePath, folder, { signal, remote: '' });
}

t.test(
  '300 clients of a folder of 100,000: 64 are sent it, the others told to come again',
  async (t) => {
    const list = createListing({ cacheControl: 'no-cache' });
    const folder = imagined(MANY);
    const answers = await Promise.all(
      Array.from({ length: 300 }, () => listed(list, folder, ['Accept: application/json'])),
    );
    const refused = answers.filter(({ status }) => status === 503);
    t.equal(refused.length, 236);
    t.match(refused[0]?.fields.join(), 'Retry-After,1');
    t.ok(folder.most < 200, `${folder.most} were open before that was known`);
    t.equal(folder.open, 64);
    t.ok(
      folder.given < 10 * 10_200 + 290 * 500,
      `${folder.given} entries were read for all of them`,
    );
    t.equal((await listed(list, imagined(256))).status, 200, 'small folders need no place');

    // A place is given back once, however often an answer is closed.
    const [first, ...others] = answers.filter(({ status }) => status === 200) as [Response];
    for (let times = 0; times < 3; times++) streamedBody(first)?.close();
    await until(() => folder.open === 63, 1000, 'closed');
    const next = await listed(list, folder);
    t.equal(next.status, 200);
    t.equal((await listed(list, folder)).status, 503);
    for (const response of [next, ...others]) streamedBody(response)?.close();
    await until(() => folder.open === 0, 1000, 'all are closed');
  },
);

t.test('none are listed unsorted where none may be', async (t) => {
  const list = createListing({ cacheControl: 'no-cache', maxSorted: 300, maxUnsorted: 0 });
  t.equal((await listed(list, imagined(301))).status, 503);
  t.equal((await listed(list, imagined(300))).status, 200);
  t.throws(() => createListing({ cacheControl: '', maxUnsorted: 0.5 }), RangeError);
});

t.test('all listings together hold no more than ten folders of the largest', async (t) => {
  const list = createListing({ cacheControl: 'no-cache', maxSorted: 1000 });
  const content = async ({ body }: Response): Promise<string> => {
    if (body instanceof Uint8Array) return body.toString();
    const chunks: Buffer[] = [];
    for await (const chunk of body?.read() ?? []) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };
  const [large, larger, few] = [imagined(1000), imagined(1001), imagined(256)];
  const held: Response[] = [];
  for (let count = 0; count < 10; count++)
    held.push(await listed(list, count % 2 ? larger : large));
  const crowded = await listed(list, large);
  const text = await content(crowded);
  t.match(text, 'Many large folders are being listed just now. The entries of this one are listed');
  t.notOk(text.includes('aria-sort="'));
  t.match(text, '1,000 files');
  t.equal(crowded.fields.includes('ETag'), false, 'another one would say the same in another way');
  t.match(await content(await listed(list, few)), 'aria-sort="', 'small ones need no room');

  const [first, second, ...others] = held as [Response, Response, ...Response[]];
  t.match(await content(first), 'aria-sort="', 'who has room keeps it');
  for (let times = 0; times < 3; times++) streamedBody(first)?.close();
  const sorted = await listed(list, large);
  t.match(await content(sorted), 'aria-sort="', 'there is room for one more');
  t.notOk((await content(await listed(list, large))).includes('aria-sort="'), 'and for one only');

  // A 304, a failure and a client that has gone give back what they took.
  streamedBody(sorted)?.close();
  const etag = sorted.fields[sorted.fields.indexOf('ETag') + 1];
  for (let times = 0; times < 3; times++) {
    t.equal((await listed(list, large, [`If-None-Match: ${etag}`])).status, 304);
    t.equal((await listed(list, large, ['If-Match: "x"'])).status, 412);
    const failing: Collection = {
      kind: 'collection',
      async *entries() {
        yield* large.entries();
        throw new Error('expected');
      },
    };
    await t.rejects(listed(list, failing), { message: 'expected' });
  }
  t.match(await content(await listed(list, large)), 'aria-sort="', 'the room is still there');

  const before = larger.closed;
  streamedBody(second)?.close();
  await until(() => larger.closed === before + 1, 1000, 'what was not read to its end is closed');
  for (const response of others) streamedBody(response)?.close();
  await until(() => larger.closed === 5, 1000, 'all are closed');
});
