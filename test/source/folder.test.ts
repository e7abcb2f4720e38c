/** What a folder lists: all that could be opened, and nothing else, of what was opened. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { type DirectoryOptions, directory } from '../../lib/source/directory.js';
import {
  type Collection,
  type Entry,
  type ResourcePath,
  SourceError,
} from '../../lib/source/source.js';
import { permissionsHold } from '../helpers/files.js';

type Listing = Entry & { name: string };

async function list(
  root: string,
  at = '/',
  options: DirectoryOptions = {},
  signal?: AbortSignal,
): Promise<Listing[]> {
  const source = directory(root, options);
  const folder = (await source.open(at as ResourcePath)) as Collection;
  const entries: Entry[] = [];
  for await (const batch of folder.entries?.(signal) ?? []) entries.push(...batch);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const names = async (...args: Parameters<typeof list>): Promise<string[]> =>
  (await list(...args)).map(({ name }) => name);

const descriptors = (): number => fs.readdirSync('/proc/self/fd').length;

/** A root with a folder beside it that nobody may see. */
function tree(t: Test): { root: string; outside: string } {
  const folder = t.testdir({
    root: {
      'a.txt': 'abc',
      'b & <c> "d".txt': '',
      sub: { 'e.txt': 'e', '.hidden': '' },
      '.hidden': '',
      '.well-known': { 'security.txt': '' },
      within: t.fixture('symlink', 'a.txt'),
      without: t.fixture('symlink', '../outside/secret.txt'),
      'folder-without': t.fixture('symlink', '../outside'),
      dangling: t.fixture('symlink', 'nowhere'),
    },
    outside: { 'secret.txt': 'secret' },
  });
  return { root: path.join(folder, 'root'), outside: path.join(folder, 'outside') };
}

t.test('files, folders and links inside; nothing hidden, nothing outside', async (t) => {
  const { root } = tree(t);
  fs.utimesSync(path.join(root, 'a.txt'), 1000, 2000);
  const entries = await list(root);
  t.same(
    entries.map(({ name, kind, size }) => [name, kind, size]),
    [
      ['.well-known', 'collection', undefined],
      ['a.txt', 'resource', 3],
      ['b & <c> "d".txt', 'resource', 0],
      ['sub', 'collection', undefined],
      ['within', 'resource', 3],
    ],
  );
  t.equal(entries[1]?.modified, 2_000_000);
  t.same(await names(root, '/sub'), ['e.txt']);
  t.same(await names(root, '/sub', { dotfiles: true }), ['.hidden', 'e.txt']);
  t.same(await names(root, '/', { symlinks: true }), [
    '.well-known',
    'a.txt',
    'b & <c> "d".txt',
    'folder-without',
    'sub',
    'within',
    'without',
  ]);
});

t.test('what is neither, and names that no path can hold', async (t) => {
  const root = t.testdir({ 'a\\b': '', 'c:d': '', plain: '' });
  execFileSync('mkfifo', [path.join(root, 'fifo')]);
  t.same(await names(root), ['plain']);
});

t.test('every entry can be opened', async (t) => {
  const { root } = tree(t);
  const source = directory(root);
  for (const { name, kind } of await list(root)) {
    const opened = await source.open(`/${name}` as ResourcePath);
    t.equal(opened?.kind, kind, name);
    if (opened?.kind === 'resource') opened.close();
  }
});

t.test('many, in parts; given up half-way', { skip: process.platform !== 'linux' }, async (t) => {
  const root = t.testdir({});
  for (let i = 0; i < 1000; i++) fs.writeFileSync(path.join(root, `${i}`), '');
  const before = descriptors();
  t.equal((await list(root)).length, 1000);
  t.equal(descriptors(), before);

  const folder = directory(root).open('/' as ResourcePath) as Collection;
  let parts = 0;
  for await (const part of folder.entries?.() ?? []) {
    t.ok(part.length > 0 && part.length <= 128);
    if (++parts === 2) break;
  }
  t.equal(parts, 2);
  t.equal(descriptors(), before, 'nothing stays open');

  const aborted = await list(root, '/', {}, AbortSignal.abort());
  t.same(aborted, []);
  t.equal(descriptors(), before);
});

t.test('a folder that is swapped for a link outside', async (t) => {
  const { root, outside } = tree(t);
  const folder = directory(root).open('/sub' as ResourcePath) as Collection;
  fs.renameSync(path.join(root, 'sub'), path.join(root, 'was'));
  fs.symlinkSync(outside, path.join(root, 'sub'));
  const entries: Entry[] = [];
  for await (const part of folder.entries?.() ?? []) entries.push(...part);
  t.same(entries, []);
});

t.test('a folder that has gone, or that may not be read', async (t) => {
  const root = t.testdir({ gone: { a: '' }, closed: { a: '' } });
  const source = directory(root);
  const read = async (folder: Collection): Promise<number> => {
    let count = 0;
    for await (const part of folder.entries?.() ?? []) count += part.length;
    return count;
  };
  const gone = source.open('/gone' as ResourcePath) as Collection;
  fs.rmSync(path.join(root, 'gone'), { recursive: true });
  t.equal(await read(gone), 0);

  if (!permissionsHold) return;
  const closed = source.open('/closed' as ResourcePath) as Collection;
  fs.chmodSync(path.join(root, 'closed'), 0);
  await t.rejects(read(closed), new SourceError('forbidden', 'EACCES'));
  // Else nobody can remove it.
  fs.chmodSync(path.join(root, 'closed'), 0o755);
});
