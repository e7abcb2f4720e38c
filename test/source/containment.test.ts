/** Containment where the tree moves under the server: cached files, turned roots, swaps mid-open. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { memoryCache } from '../../lib/cache/memory.js';
import { createFileHandler } from '../../lib/site/file-handler.js';
import { directory } from '../../lib/source/directory.js';
import type { ResourcePath } from '../../lib/source/source.js';
import { pause, request } from '../helpers/client.js';
import { MIB, permissionsHold } from '../helpers/files.js';
import { serve } from '../helpers/server.js';

/** Longer than it takes until time stamps are trusted and a file is kept. */
const SETTLED = 2600;

/** Turns a link to another target in one step. */
function turn(link: string, target: string): void {
  fs.symlinkSync(target, `${link}-next`);
  fs.renameSync(`${link}-next`, link);
}

t.test('files in the cache', async (t) => {
  const base = t.testdir({
    moved: {
      d: { 'a.txt': 'a' },
      e: { 'b.txt': 'b' },
      'link.txt': t.fixture('symlink', 'e/b.txt'),
    },
    outside: {},
    v1: { 'a.txt': 'one', d: { 'a.txt': 'one' } },
    v2: { 'a.txt': 'two', d: { 'a.txt': 'two' } },
    v3: {
      'a.txt': t.fixture('symlink', '../v1/a.txt'),
      d: t.fixture('symlink', '../v1/d'),
    },
    v10: { 'a.txt': 'secret' },
    current: t.fixture('symlink', 'v1'),
    'a-name-longer-than-that-of-the-folder': t.fixture('symlink', 'moved'),
  });
  await pause(SETTLED);
  const at = (...names: string[]): string => path.join(base, ...names);

  await t.test('a folder that is moved out and linked to', async (t) => {
    const closed = await serve(t, at('moved'));
    const linked = await serve(t, at('a-name-longer-than-that-of-the-folder'));
    const open = await serve(t, at('moved'), { symlinks: true });
    const targets = [
      ['/d/a.txt', 'a'],
      ['/e/b.txt', 'b'],
      ['/link.txt', 'b'],
    ] as const;
    for (const { port, cache } of [closed, linked, open]) {
      for (const attempt of ['first', 'again']) {
        for (const [target, text] of targets) {
          t.equal((await request(port, target)).body.toString(), text, `${target}, ${attempt}`);
        }
      }
      t.equal(cache?.stats().hits, 3, 'all of them come from the cache');
    }
    for (const name of ['d', 'e']) {
      fs.renameSync(at('moved', name), at('outside', name));
      fs.symlinkSync(`../outside/${name}`, at('moved', name));
    }
    for (const [target, text] of targets) {
      t.equal((await request(closed.port, target)).status, 404, target);
      t.equal((await request(linked.port, target)).status, 404, target);
      t.equal((await request(open.port, target)).body.toString(), text, target);
    }
  });

  await t.test('a root that is a link, turned to another folder', async (t) => {
    const { port, cache } = await serve(t, at('current'));
    const get = async (target: string): Promise<string> => {
      const { status, body } = await request(port, target);
      return status === 200 ? body.toString() : `${status}`;
    };
    const targets = ['/a.txt', '/d/a.txt'];
    for (const [folder, text] of [
      ['v1', 'one'],
      ['v2', 'two'],
      ['v1', 'one'],
      ['v3', '404'],
      ['v1', 'one'],
    ] as const) {
      turn(at('current'), folder);
      for (const target of targets) t.equal(await get(target), text, `${folder}${target}`);
      const hits = cache?.stats().hits as number;
      for (const target of targets) t.equal(await get(target), text, `${folder}${target} again`);
      const gained = (cache?.stats().hits as number) - hits;
      t.equal(gained, text === '404' ? 0 : 2, 'what is inside comes from the cache');
    }
    fs.symlinkSync('../v10/a.txt', at('v1', 'sibling.txt'));
    fs.symlinkSync('../v10', at('v1', 'sibling'));
    t.equal(await get('/sibling.txt'), '404', 'a folder whose name begins like that of the root');
    t.equal(await get('/sibling/a.txt'), '404');
  });
});

t.test('a root that is turned while it is asked: always one or the other', async (t) => {
  const base = t.testdir({
    v1: { d: { 'a.txt': 'one' } },
    v2: { d: { 'a.txt': 'two' } },
    current: t.fixture('symlink', 'v1'),
  });
  const source = directory(path.join(base, 'current'));
  const seen = new Map<string, number>();
  const { native } = fs.realpathSync;
  let turns = 0;
  // Each path that is resolved is followed by a turn: the least lucky moments, all of them.
  fs.realpathSync.native = ((name: string) => {
    const real = native(name);
    turn(path.join(base, 'current'), `v${(turns++ % 2) + 1}`);
    return real;
  }) as typeof native;
  t.teardown(() => {
    fs.realpathSync.native = native;
  });
  for (let count = 0; count < 50; count++) {
    const opened = await source.open('/d/a.txt' as ResourcePath);
    const text = opened?.kind === 'resource' ? String(opened.bytes) : String(opened);
    seen.set(text, (seen.get(text) ?? 0) + 1);
  }
  fs.realpathSync.native = native;
  t.ok(turns >= 50);
  t.same(
    [...seen.keys()].filter((text) => text !== 'one' && text !== 'two'),
    [],
  );
});

t.test('a folder that is swapped for a link between looking and opening', async (t) => {
  for (const size of [10, MIB + 1]) {
    for (const symlinks of [false, true]) {
      const base = t.testdir({
        root: { d: { 'a.txt': 'i'.repeat(size) } },
        outside: { 'a.txt': 's'.repeat(size) },
      });
      const folder = path.join(base, 'root', 'd');
      const source = directory(path.join(base, 'root'), { symlinks });
      const mutable = fs as { statSync: typeof fs.statSync };
      const { statSync } = fs;
      let swapped = 0;
      mutable.statSync = ((name: string) => {
        const stats = statSync(name);
        if (!name.endsWith('a.txt')) return stats;
        fs.renameSync(folder, `${folder}-away`);
        fs.symlinkSync('../outside', folder);
        swapped++;
        return stats;
      }) as typeof statSync;
      const opening = Promise.resolve(source.open('/d/a.txt' as ResourcePath));
      mutable.statSync = statSync;
      const opened = await opening;
      t.equal(swapped, 1);
      if (opened?.kind !== 'resource') {
        t.notOk(symlinks, `${size} octets: not there`);
        continue;
      }
      t.ok(symlinks, 'only where links may lead out');
      const [chunk] = (await opened.read({ first: 0, last: 0 }).toArray()) as [Buffer];
      t.equal(chunk.toString(), 's', 'the swap was in time');
      opened.close();
    }
  }
});

t.test(
  'what is behind an unsearchable folder outside does not show',
  { skip: permissionsHold ? false : 'permissions do not stop this user' },
  async (t) => {
    const base = t.testdir({
      root: { locked: { 'a.txt': 'a' }, to: t.fixture('symlink', '../outside/locked') },
      outside: { locked: { 'a.txt': 'secret' } },
    });
    const lock = (mode: number): void => {
      for (const folder of ['root', 'outside'])
        fs.chmodSync(path.join(base, folder, 'locked'), mode);
    };
    const { port } = await serve(t, path.join(base, 'root'));
    lock(0);
    try {
      for (const target of ['/to/a.txt', '/to/none', '/to/', '/locked/a.txt', '/locked/none']) {
        t.equal((await request(port, target)).status, 404, target);
      }
    } finally {
      lock(0o755);
    }
  },
);

t.test('options out of range name themselves', async (t) => {
  const root = t.testdir({});
  for (const name of ['streamThreshold', 'chunkSize', 'readAhead'] as const) {
    for (const value of [Number.NaN, -1, -0.1, '1' as unknown as number]) {
      const error = { name: 'RangeError', message: new RegExp(`^${name} is ${value};`) };
      t.throws(() => directory(root, { [name]: value }), error);
    }
  }
  t.throws(() => directory(root, { chunkSize: 0 }), { name: 'RangeError', message: /^chunkSize/ });
  t.doesNotThrow(() => directory(root, { streamThreshold: 0, chunkSize: 1, readAhead: 0 }));
  const source = directory(root);
  for (const name of ['maxAge', 'maxRanges'] as const) {
    for (const value of [Number.NaN, -1]) {
      const error = { name: 'RangeError', message: new RegExp(`^${name} is ${value};`) };
      t.throws(() => createFileHandler(source, { [name]: value }), error);
    }
  }
  for (const budget of [0, Number.NaN, -1]) {
    const error = { name: 'RangeError', message: new RegExp(`^budget is ${budget};`) };
    t.throws(() => memoryCache(source, budget), error);
  }
});
