/** The memory cache before a source that counts: budget, order, one read for many, never stale. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { type CheckableSource, type MemoryCache, memoryCache } from '../../lib/cache/memory.js';
import { createFileHandler } from '../../lib/site/file-handler.js';
import { directory } from '../../lib/source/directory.js';
import type { Opened, Resource, ResourcePath, Source } from '../../lib/source/source.js';
import { Gate, request, until } from '../helpers/client.js';
import { MIB } from '../helpers/files.js';
import { serve, serveHandler } from '../helpers/server.js';

/** Resources of which each has a version; what was opened is counted. */
class Versions implements Source {
  readonly opens: string[] = [];
  readonly versions = new Map<string, string>();
  gate: Promise<void> | undefined;
  readonly size: number;

  constructor(size = 10) {
    this.size = size;
  }

  async open(path: ResourcePath): Promise<Opened> {
    this.opens.push(path);
    const version = this.versions.get(path) ?? '1';
    await this.gate;
    if (version === 'none') return null;
    if (version === 'fails') throw new Error('fails');
    return whole(version.padEnd(this.size, '.'));
  }

  isCurrent(path: ResourcePath, resource: Resource): boolean {
    const version = this.versions.get(path) ?? '1';
    return Buffer.from(resource.bytes as Uint8Array).toString() === version.padEnd(this.size, '.');
  }

  async close(): Promise<void> {}
}

function whole(text: string, settled = true): Resource {
  return {
    kind: 'resource',
    size: text.length,
    modified: undefined,
    etag: undefined,
    type: 'text/plain',
    bytes: Buffer.from(text),
    settled,
    read() {
      throw new Error('never read');
    },
    close() {},
  };
}

async function text(cache: Source, path: string): Promise<string> {
  const opened = await cache.open(path as ResourcePath);
  if (opened?.kind !== 'resource') return String(opened);
  return Buffer.from(opened.bytes as Uint8Array)
    .toString()
    .replace(/\.+$/, '');
}

t.test('a hit is answered at once', async (t) => {
  const source = new Versions();
  const cache = memoryCache(source, MIB);
  t.ok(cache.open('/a' as ResourcePath) instanceof Promise);
  await cache.open('/a' as ResourcePath);
  const opened = cache.open('/a' as ResourcePath);
  t.notOk(opened instanceof Promise);
  t.match(cache.stats(), { entries: 1, hits: 1 });
});

t.test('what changed is read again', async (t) => {
  const source = new Versions();
  const cache = memoryCache(source, MIB);
  t.equal(await text(cache, '/a'), '1');
  source.versions.set('/a', '2');
  t.equal(await text(cache, '/a'), '2');
  source.versions.set('/a', 'none');
  t.equal(await text(cache, '/a'), 'null');
  source.versions.set('/a', '3');
  t.equal(await text(cache, '/a'), '3');
  t.equal(await text(cache, '/a'), '3');
  t.equal(source.opens.length, 4);
});

t.test('equal misses at the same time are one read', async (t) => {
  const source = new Versions();
  const cache = memoryCache(source, MIB);
  const gate = new Gate();
  source.gate = gate.opened;
  const all = Promise.all(Array.from({ length: 100 }, (_, index) => text(cache, `/${index % 2}`)));
  gate.open();
  t.same(await all, Array(100).fill('1'));
  t.same(source.opens.sort(), ['/0', '/1']);
});

t.test('what is written while others read is seen by who asked afterwards', async (t) => {
  const source = new Versions();
  const cache = memoryCache(source, MIB);
  const gate = new Gate();
  source.gate = gate.opened;
  const first = text(cache, '/a');
  source.versions.set('/a', '2');
  const second = text(cache, '/a');
  gate.open();
  t.equal(await first, '1', 'asked before the change');
  t.equal(await second, '2', 'asked after it');
  t.equal(await text(cache, '/a'), '2');
});

t.test('a read that fails or finds nothing is not shared', async (t) => {
  for (const version of ['fails', 'none']) {
    const source = new Versions();
    source.versions.set('/a', version);
    const cache = memoryCache(source, MIB);
    const gate = new Gate();
    source.gate = gate.opened;
    const first = text(cache, '/a').catch(String);
    source.versions.set('/a', '2');
    const second = text(cache, '/a');
    gate.open();
    t.not(await first, '2');
    t.equal(await second, '2');
  }
});

/** What is never settled: nobody vouches for it, and each read waits at a gate of its own. */
class Unsettled implements Source {
  readonly gates: Gate[] = [];
  make: () => Opened;

  constructor(make: () => Opened) {
    this.make = make;
  }

  async open(): Promise<Opened> {
    const gate = new Gate();
    this.gates.push(gate);
    // What is on the disk when the read begins.
    const { make } = this;
    await gate.opened;
    return make();
  }

  isCurrent(): boolean {
    return false;
  }

  async close(): Promise<void> {}
}

const WAITING = 50;

/** So many requests at once; each comes to a text, or what it failed with. */
function ask(cache: Source): Promise<string[]> {
  return Promise.all(Array.from({ length: WAITING }, () => text(cache, '/a').catch(String)));
}

/** Lets the read at `index` go on once it has begun. */
async function release(source: Unsettled, index: number): Promise<void> {
  await until(() => source.gates.length > index);
  source.gates[index]?.open();
}

t.test('all that wait for an unsettled file share the next read', async (t) => {
  const fails = (): Opened => {
    throw new Error('fails');
  };
  for (const [name, next, expected] of [
    ['octets', () => whole('2', false), '2'],
    ['nothing', () => null, 'null'],
    ['a folder', () => ({ kind: 'collection' }) as const, '[object Object]'],
    ['an error', fails, 'Error: fails'],
  ] as const) {
    const source = new Unsettled(() => whole('1', false));
    const cache = memoryCache(source, MIB);
    const first = text(cache, '/a');
    source.make = next;
    const waiting = ask(cache);
    await release(source, 0);
    t.equal(await first, '1');
    await until(() => source.gates.length > 1);
    // Asked while the second read is under way, after a further change: theirs is the third.
    source.make = () => whole('3', false);
    const later = ask(cache);
    await release(source, 1);
    t.same(await waiting, Array(WAITING).fill(expected), name);
    await release(source, 2);
    t.same(await later, Array(WAITING).fill('3'));
    t.equal(source.gates.length, 3, 'one read for all that waited');
    t.match(cache.stats(), { entries: 0, hits: 0, misses: 1 + 2 * WAITING });
  }
});

t.test('what is streamed is opened by each that waits', async (t) => {
  const source = new Unsettled(() => ({ ...whole('1'), bytes: undefined }));
  const cache = memoryCache(source, MIB);
  const open = async (): Promise<Opened> => cache.open('/a' as ResourcePath);
  const all = Promise.all(Array.from({ length: WAITING }, open));
  for (let index = 0; index < WAITING; index++) await release(source, index);
  t.equal(new Set(await all).size, WAITING, 'none is given twice: each closes its own');
  t.equal(source.gates.length, WAITING);
});

t.test('the budget', async (t) => {
  const source = new Versions(1000);
  const budget = 40_000;
  const cache = memoryCache(source, budget);
  for (let count = 0; count < 100; count++) {
    await text(cache, `/${count}`);
    t.ok(cache.stats().size <= budget);
  }
  const { entries } = cache.stats();
  t.ok(entries >= 5 && entries < 40, `${entries} entries`);

  await t.test('least recently used out first', async (t) => {
    const small = memoryCache(source, budget);
    for (let count = 0; count < entries; count++) await text(small, `/x${count}`);
    await text(small, '/x0');
    await text(small, '/new');
    const before = source.opens.length;
    await text(small, '/x0');
    t.equal(source.opens.length, before, 'used again, hence kept');
    await text(small, '/x1');
    t.equal(source.opens.length, before + 1, 'not used, hence out');
  });

  await t.test('what is larger than the budget is served, not kept', async (t) => {
    const large = memoryCache(new Versions(100_000), budget);
    t.equal(await text(large, '/a'), '1');
    t.match(large.stats(), { entries: 0, size: 0 });
  });

  await t.test('nothing is held once it is closed', async (t) => {
    await cache.close();
    t.match(cache.stats(), { entries: 0, size: 0 });
  });
});

t.test('what the source does not vouch for is not cached', async (t) => {
  let opens = 0;
  const cache: MemoryCache = memoryCache({
    open: () => {
      opens++;
      return whole('x', false);
    },
    isCurrent: () => false,
    close: async () => {},
  });
  await text(cache, '/a');
  await text(cache, '/a');
  t.equal(opens, 2);
  t.equal(cache.stats().entries, 0);
});

/** A directory whose opens are counted. */
function counted(root: string): { source: CheckableSource; opens: () => number } {
  const files = directory(root);
  let opens = 0;
  return {
    opens: () => opens,
    source: {
      open(path, options) {
        opens++;
        return files.open(path, options);
      },
      isCurrent: (path, resource) => files.isCurrent(path, resource),
      close: () => files.close(),
    },
  };
}

t.test('over sockets, with files', async (t) => {
  const root = t.testdir({ a: 'x'.repeat(1000), b: 'y' });
  await new Promise((resolve) => setTimeout(resolve, 2600));

  await t.test('many equal requests at once are one read', async (t) => {
    const { source, opens } = counted(root);
    const { port } = await serveHandler(t, createFileHandler(memoryCache(source)));
    const all = await Promise.all(Array.from({ length: 50 }, () => request(port, '/a')));
    t.ok(all.every(({ body }) => body.length === 1000));
    t.equal(opens(), 1);
  });

  await t.test('--cache-size 0 keeps nothing', async (t) => {
    const { cache, port } = await serve(t, root, { cacheSize: 0 });
    t.equal(cache, undefined);
    t.equal((await request(port, '/a')).body.length, 1000);
  });
});

t.test('a key does not keep the head alive that it was part of', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const resource = whole('x');
  const cache = memoryCache({ open: () => resource, isCurrent: () => true, close: async () => {} });
  const filler = Buffer.alloc(16_000, 'x');
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 2000; count++) {
    const head = Buffer.concat([filler, Buffer.from(`/a-name-of-some-length/${count}`)]);
    cache.open(head.toString('latin1').slice(filler.length) as ResourcePath);
  }
  collect();
  const entry = (process.memoryUsage().heapUsed - before) / 2000;
  t.equal(cache.stats().entries, 2000);
  t.ok(entry < 2000, `${Math.round(entry)} octets an entry`);
});

t.test('a hit is checked once a moment', async (t) => {
  const source = new Versions();
  let checks = 0;
  const check = source.isCurrent.bind(source);
  source.isCurrent = (path, resource) => {
    checks++;
    return check(path, resource);
  };
  const cache = memoryCache(source);
  const read = async (moment?: object): Promise<string> => {
    const opened = await cache.open('/a' as ResourcePath, moment && { moment });
    return opened?.kind === 'resource' ? String(opened.bytes) : 'none';
  };
  const moment = {};
  await read(moment);
  checks = 0;
  t.equal(await read(moment), '1.........');
  t.equal(checks, 1, 'what was read before has to be looked at');
  source.versions.set('/a', '2');
  t.equal(await read(moment), '1.........', 'as it was when the moment began');
  t.equal(checks, 1);
  t.equal(await read({}), '2.........', 'another moment');
  t.equal(checks, 2);
  t.equal(await read(), '2.........');
  t.equal(await read(), '2.........');
  t.equal(checks, 4, 'without a moment each time');
  t.match(cache.stats(), { hits: 4, misses: 2 });
});
