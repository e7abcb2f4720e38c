/** Live reload through a server: what clients get of pages, of other files, and of the streams. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { ServeDirectoryOptions } from '../../lib/compose.js';
import { MOST_PAGES } from '../../lib/reload/event-streams.js';
import { EVENTS_PATH, SCRIPT_PATH } from '../../lib/reload/late.js';
import { SCRIPT_TAG, scriptOf } from '../../lib/reload/page-script.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { MIB, pattern } from '../helpers/files.js';
import { requestHead } from '../helpers/head.js';
import { serve } from '../helpers/server.js';

const PAGE = '<!doctype html><html><head><title>a</title></head><body>a</body></html>';
const CHANGED = PAGE.replace('<head>', `<head>${SCRIPT_TAG}`);
const LARGE = `${PAGE}<!--${'x'.repeat(2 * MIB)}-->`;
const FILES = {
  'index.html': PAGE,
  'large.html': LARGE,
  'a.css': 'a{}',
  'large.bin': pattern(2 * MIB),
};

async function watching(t: Test, options: ServeDirectoryOptions = {}) {
  const root = t.testdir(FILES);
  const serving = await serve(t, root, { watch: true, ...options });
  return {
    ...serving,
    root,
    write: (name: string) => fs.writeFileSync(path.join(root, name), PAGE),
  };
}

/** A page that hears, once it is told so. */
async function listen(port: number, fields: readonly string[] = []): Promise<RawClient> {
  const client = new RawClient(port);
  client.send(requestBytes(EVENTS_PATH, fields));
  await until(() => client.received.includes('event: hello'));
  return client;
}

function heard(client: RawClient): string[][] {
  const data = String(client.received).matchAll(/event: change\nid: \S+\ndata: (.*)\n\n/g);
  return [...data].map(([, json]) => JSON.parse(json as string) as string[]);
}

t.test('a page has the script, its own entity tag and length', async (t) => {
  const { port, root } = await watching(t);
  const plain = await serve(t, root);
  for (const [target, content] of [
    ['/', CHANGED],
    ['/large.html', LARGE.replace('<head>', `<head>${SCRIPT_TAG}`)],
  ] as const) {
    const page = await request(port, target);
    t.equal(page.status, 200);
    t.ok(String(page.body) === content, target);
    const file = await request(plain.port, target, [], 'HEAD');
    t.equal(page.get('etag'), file.get('etag')?.replace(/"$/, '+reload"'));
    t.equal(page.get('accept-ranges'), 'none');
    t.equal(page.get('cache-control'), 'no-cache');
    const head = await request(port, target, [], 'HEAD');
    const own = (line: string) => !/^(?:date|connection),/i.test(line);
    t.same(
      head.fields.map((field) => `${field}`).filter(own),
      page.fields.map((field) => `${field}`).filter(own),
      'HEAD is as GET',
    );
  }
  t.equal((await request(port, '/')).get('content-length'), `${CHANGED.length}`);
});

t.test('a copy with the script is as good as the page, one without is not', async (t) => {
  const { port } = await watching(t);
  for (const target of ['/', '/large.html']) {
    const page = await request(port, target);
    const etag = page.get('etag') as string;
    const plain = etag.replace('+reload', '');
    const modified = page.get('last-modified') as string;
    for (const [fields, status] of [
      [[`If-None-Match: ${etag}`], 304],
      [[`If-None-Match: "x", ${etag}`], 304],
      [[`If-None-Match: ${etag.replace(/^(?:W\/)?/, 'W/')}`], 304],
      [['If-None-Match: *'], 304],
      [[`If-None-Match: ${plain}`], 200],
      [['If-None-Match: "x"'], 200],
      [[`If-Modified-Since: ${modified}`], 200],
      [[`If-None-Match: ${etag}`, `If-Modified-Since: ${modified}`], 304],
      [['Range: bytes=0-3'], 200],
      [['Range: bytes=0-3,5-6'], 200],
      [['Range: bytes=99999999-'], 200],
      [['Range: bytes=0-3', `If-Range: ${etag}`], 200],
      [['If-Match: "x"'], 412],
      [['If-Match: *'], 200],
    ] as const) {
      const answer = await request(port, target, fields);
      t.equal(answer.status, status, `${target} ${fields}`);
      if (status === 200) t.ok(answer.body.equals(page.body), `${target} ${fields}`);
      if (status === 304) t.equal(answer.get('etag'), etag);
    }
  }
});

t.test('other files are as ever', async (t) => {
  const { port, root } = await watching(t);
  const plain = await serve(t, root);
  for (const [target, fields, method] of [
    ['/a.css', [], 'GET'],
    ['/a.css', ['Range: bytes=1-2'], 'GET'],
    ['/large.bin', ['Range: bytes=1-2,5-6'], 'GET'],
    ['/large.bin', ['Range: bytes=9999999-'], 'GET'],
    ['/large.bin', ['If-None-Match: *'], 'GET'],
    ['/large.bin', [], 'HEAD'],
    ['/nothing', [], 'GET'],
    ['/', [], 'POST'],
    ['/', [], 'OPTIONS'],
  ] as const) {
    const [here, there] = [
      await request(port, target, fields, method),
      await request(plain.port, target, fields, method),
    ];
    t.equal(here.status, there.status, `${method} ${target} ${fields}`);
    if (here.get('content-type')?.startsWith('multipart'))
      t.equal(here.body.length, there.body.length);
    else t.ok(here.body.equals(there.body));
    t.equal(here.get('etag'), there.get('etag'));
  }
  const { status } = await request(port, '/a.css', [
    `If-None-Match: ${(await request(port, '/a.css')).get('etag')}`,
  ]);
  t.equal(status, 304);
});

t.test(
  'what was opened to look is closed again',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const { port } = await watching(t);
    const large = () =>
      fs.readdirSync('/proc/self/fd').filter((name) => {
        try {
          return /large\.(?:bin|html)$/.test(fs.readlinkSync(`/proc/self/fd/${name}`));
        } catch {
          return false;
        }
      }).length;
    for (const target of ['/large.bin', '/large.html']) {
      const { etag } = { etag: (await request(port, target, [], 'HEAD')).get('etag') };
      for (const field of ['Range: bytes=0-1,3-4', 'If-None-Match: *', `If-None-Match: ${etag}`]) {
        await request(port, target, [field]);
      }
    }
    await until(() => large() === 0, 10_000, 'no file is open');
    t.equal(large(), 0);
  },
);

t.test('lifetimes are without effect', async (t) => {
  const { port } = await watching(t, { maxAge: 3600, immutable: true });
  for (const target of ['/', '/a.css']) {
    t.equal((await request(port, target)).get('cache-control'), 'no-cache');
  }
});

t.test('with compression a page still has the script', async (t) => {
  const { port } = await watching(t, { compression: true, precompressed: true });
  for (const target of ['/', '/large.html']) {
    const page = await request(port, target, ['Accept-Encoding: zstd, br, gzip']);
    t.equal(page.get('content-encoding'), undefined);
    t.match(String(page.body.subarray(0, 200)), SCRIPT_TAG);
  }
});

t.test('listings have it too', async (t) => {
  const { port, root } = await watching(t, { listing: true });
  fs.mkdirSync(path.join(root, 'folder'));
  const page = await request(port, '/folder/', ['Accept: text/html']);
  t.equal(page.status, 200);
  t.equal(String(page.body).split(SCRIPT_TAG).length, 2, 'once');
  const etag = page.get('etag');
  t.match(etag, /\+reload"$/);
  const fields = ['Accept: text/html', `If-None-Match: ${etag}`];
  t.equal((await request(port, '/folder/', fields)).status, 304);
  const json = await request(port, '/folder/', ['Accept: application/json']);
  t.notMatch(String(json.body), SCRIPT_PATH);
});

t.test('who may not see the files does not hear of them', async (t) => {
  const { port } = await watching(t, { auth: { users: ['a:b'] } });
  for (const target of [EVENTS_PATH, SCRIPT_PATH]) {
    t.equal((await request(port, target)).status, 401);
  }
});

t.test('a page sees what it missed between its script and its stream', async (t) => {
  const { port, write } = await watching(t);
  const known = async () =>
    /let known = "\\"(.*)\\"";/.exec(String((await request(port, SCRIPT_PATH)).body))?.[1];
  const before = await known();
  const first = await listen(port);
  t.match(String(first.received), `data: "${before}"\n\n`, 'nothing');
  write('index.html');
  await until(() => heard(first).length > 0);
  const second = await listen(port);
  t.notMatch(String(second.received), `data: "${before}"\n\n`, 'a change');
  t.match(String(second.received), `data: "${await known()}"\n\n`);
});

t.test('the script', async (t) => {
  const { port } = await watching(t);
  const script = await request(port, SCRIPT_PATH);
  t.equal(script.status, 200);
  t.equal(script.get('content-type'), 'text/javascript; charset=utf-8');
  t.equal(script.get('cache-control'), 'no-store');
  const text = String(script.body);
  const [, state] = /let known = "\\"(\w+-0)\\"";/.exec(text) ?? [];
  t.equal(text, scriptOf(state as string));
  t.equal((await request(port, SCRIPT_PATH, [], 'HEAD')).get('content-length'), `${text.length}`);
  const post = await request(port, SCRIPT_PATH, [], 'POST');
  t.equal(post.status, 405);
  t.equal(post.get('allow'), 'GET, HEAD');
});

t.test('pages hear of changes', async (t) => {
  const { port, write, root } = await watching(t);
  const clients = [await listen(port), await listen(port)];
  for (const client of clients) {
    const head = await client.head();
    t.equal(head.get('content-type'), 'text/event-stream');
    t.equal(head.get('cache-control'), 'no-store, no-transform');
  }
  write('index.html');
  for (const client of clients) await until(() => heard(client).flat().includes('/index.html'));

  await t.test(
    'of names that look like events',
    { skip: process.platform === 'win32' },
    async (t) => {
      const name = 'a\n\nevent: hello\ndata: "x"\n\n.html';
      write(name);
      const [client] = clients as [RawClient];
      await until(() => heard(client).flat().includes(`/${name}`));
      t.equal(String(client.received).match(/^event: hello$/gm)?.length, 1);
    },
  );

  await t.test('and of hidden ones nothing', async (t) => {
    const [client] = clients as [RawClient];
    fs.writeFileSync(path.join(root, '.env'), 'SECRET=1');
    write('last.html');
    await until(() => heard(client).flat().includes('/last.html'));
    t.notMatch(String(client.received), /\.env/);
  });
  for (const client of clients) client.destroy();
});

t.test('who was away can tell whether something changed meanwhile', async (t) => {
  const { port, write } = await watching(t);
  const state = (client: RawClient) => /event: hello\nid: (\S+)/.exec(String(client.received))?.[1];
  const first = await listen(port);
  const second = await listen(port);
  t.equal(state(first), state(second));
  write('index.html');
  await until(() => heard(first).length > 0);
  const third = await listen(port);
  t.not(state(third), state(first));
  const ids = [...String(first.received).matchAll(/^id: (\S+)$/gm)].map(([, id]) => id);
  t.ok(ids.includes(state(third)), 'who heard of it knows where it stands');
  const other = await watching(t);
  t.not(state(await listen(other.port)), state(first), 'another start is another state');
});

t.test('a page that hears nothing for long is not given up', async (t) => {
  const { port, write } = await watching(t, { timeouts: { stall: 40, idle: 40, head: 40 } });
  const client = await listen(port);
  await pause(600);
  write('index.html');
  await until(() => heard(client).flat().includes('/index.html'));
  t.notOk(client.ended);
  client.destroy();
});

t.test('other sites do not listen', async (t) => {
  const { port } = await watching(t);
  for (const site of ['cross-site', 'same-site', 'x']) {
    t.equal((await request(port, EVENTS_PATH, [`Sec-Fetch-Site: ${site}`])).status, 403, site);
  }
  for (const site of ['same-origin', 'none']) {
    (await listen(port, [`Sec-Fetch-Site: ${site}`])).destroy();
  }
  t.equal((await request(port, EVENTS_PATH, [], 'POST')).status, 405);
  const head = await request(port, EVENTS_PATH, [], 'HEAD');
  t.equal(head.status, 200);
  t.equal(head.get('content-type'), 'text/event-stream');
});

t.test('only so many pages: the oldest of a client that has the most makes room', async (t) => {
  const { port, server, write } = await watching(t);
  const clients: RawClient[] = [];
  for (let index = 0; index < MOST_PAGES; index++) clients.push(await listen(port));
  const next = await listen(port);
  const [oldest] = clients;
  await until(() => String(oldest?.received).endsWith('\r\n0\r\n\r\n'), 5000, 'as a whole answer');
  write('a.html');
  await until(() => heard(next).length > 0, 5000, 'it hears');
  t.same(heard(oldest as RawClient), []);
  t.equal((await request(port, '/')).status, 200, 'files are served all the same');
  for (const client of [...clients, next]) client.destroy();
  await until(() => server.connections === 0);
});

t.test('nobody keeps others out', async (t) => {
  const { EventStreams } = await import('../../lib/reload/event-streams.js');
  const streams = new EventStreams();
  const ended: string[] = [];
  const open = (remote: string): number => {
    const { status, body } = streams.answer(requestHead(), remote);
    const stream = (body as { read?(): NodeJS.ReadableStream }).read?.();
    stream?.resume().on('end', () => ended.push(remote));
    return status;
  };
  const greedy = Array.from({ length: MOST_PAGES - 2 }, (_, index) => `2001:db8::${index}`);
  for (const remote of ['192.0.2.1', ...greedy, '192.0.2.2']) t.equal(open(remote), 200);
  t.equal(streams.size, MOST_PAGES);
  t.equal(open('192.0.2.3'), 200);
  t.equal(open('2001:db8::ffff'), 200, 'it may have another one, in place of one of its own');
  t.equal(open('192.0.2.3'), 200);
  await until(() => ended.length === 3);
  t.same(ended, greedy.slice(0, 3), 'the oldest of its network');
  t.equal(streams.size, MOST_PAGES);
  streams.close();
  t.equal(open('192.0.2.4'), 503);
});

t.test('where nobody has a second one there is no room', async (t) => {
  const { EventStreams } = await import('../../lib/reload/event-streams.js');
  const streams = new EventStreams();
  const bodies: { close(): void }[] = [];
  for (let index = 0; index < MOST_PAGES; index++) {
    const { status, body } = streams.answer(requestHead(), `192.0.2.${index}`);
    t.equal(status, 200);
    bodies.push(body as unknown as { close(): void });
  }
  const refused = streams.answer(requestHead(), '198.51.100.1');
  t.equal(refused.status, 503);
  t.ok(refused.fields.includes('Retry-After'));
  t.equal(
    streams.answer(requestHead(), '192.0.2.7').status,
    200,
    'a second one replaces the first',
  );
  t.equal(streams.size, MOST_PAGES);
  bodies.pop()?.close();
  t.equal(streams.answer(requestHead(), '198.51.100.1').status, 200);
  for (const body of bodies) body.close();
  streams.close();
});

t.test('streams end at once when the server closes, and downloads do not', async (t) => {
  const { port, server } = await watching(t);
  const client = await listen(port);
  const waiting = new RawClient(port);
  waiting.send(requestBytes('/large.bin'));
  await waiting.has(1);
  const began = performance.now();
  const closed = server.close(10_000);
  await client.over(5000);
  t.match(String(client.received), /\r\n0\r\n\r\n$/, 'as a whole answer');
  t.same(await closed, { cut: 0 });
  t.ok(performance.now() - began < 8000, 'not by the grace period');
  client.destroy();
  waiting.destroy();
});

t.test('a client that takes nothing is let go, and the others hear', async (t) => {
  const { EventStreams } = await import('../../lib/reload/event-streams.js');
  const streams = new EventStreams();
  const answers = [streams.answer(requestHead(), ''), streams.answer(requestHead(), '')];
  const bodies = answers.map(
    ({ body }) => body as { read(): NodeJS.ReadableStream; close(): void },
  );
  const [, lively] = bodies.map((body) => body.read()) as [unknown, NodeJS.ReadableStream];
  lively.resume();
  t.equal(streams.size, 2);
  for (let round = 0; round < 40; round++) {
    streams.changed(['x'.repeat(1000)]);
    await pause(1);
  }
  t.equal(streams.size, 1, 'nothing is kept for it');
  for (const body of bodies) body.close();
  t.equal(streams.size, 0);
});

t.test('a folder that can not be watched is said once, and served', async (t) => {
  const { createLiveReload } = await import('../../lib/reload/live-reload.js');
  const { errorChannel } = await import('../../lib/observe/channels.js');
  const told: unknown[] = [];
  const keep = (event: unknown) => told.push(event);
  errorChannel.subscribe(keep);
  t.teardown(() => errorChannel.unsubscribe(keep));
  const reload = await createLiveReload('/does/not/exist', {});
  const answer = { status: 204, fields: [], body: undefined };
  const handler = reload.layer(() => answer);
  const context = { signal: new AbortController().signal, remote: '' };
  for (let round = 0; round < 3; round++) t.equal(handler(requestHead(), context), answer);
  t.equal(told.length, 1);
  reload.close();
});

t.test('without it nothing is there', async (t) => {
  const { port } = await serve(t, t.testdir(FILES));
  t.equal(String((await request(port, '/')).body), PAGE);
  for (const target of [EVENTS_PATH, SCRIPT_PATH]) {
    t.equal((await request(port, target)).status, 404);
  }
});

t.test('with dotfiles no file stands in the way', async (t) => {
  const root = t.testdir({ '.sluice': { 'reload.js': 'mine', other: 'other' } });
  const { port } = await serve(t, root, { watch: true, dotfiles: true });
  t.match(String((await request(port, SCRIPT_PATH)).body), 'new EventSource');
  t.equal(String((await request(port, '/.sluice/other')).body), 'other');
});
