/** Changes below a folder. */
import fs from 'node:fs';
import path from 'node:path';
import * as chokidar from 'chokidar';
import t, { type Test } from 'tap';
import { MOST_NAMED, type WatcherOptions, watchFolder } from '../../lib/reload/watcher.js';
import { pause, until } from '../helpers/client.js';

async function watch(t: Test, root: string, options: Partial<WatcherOptions> = {}) {
  const told: (readonly string[])[] = [];
  const errors: Error[] = [];
  const watcher = watchFolder(chokidar, {
    root,
    symlinks: false,
    onChange: (paths) => told.push(paths),
    onError: (error) => errors.push(error),
    ...options,
  });
  t.teardown(() => watcher.close());
  await watcher.ready;
  const write = (name: string, text = String(Math.random())) => {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  };
  return { watcher, told, errors, write, paths: () => told.flat() };
}

t.test('changes, additions and removals are told, and nothing before', async (t) => {
  const root = t.testdir({ 'a.html': 'a', css: { 'b ü.css': 'b' } });
  const { told, paths, write } = await watch(t, root);
  await pause(150);
  t.same(told, [], 'what was there is no change');
  write('css/b ü.css');
  await until(() => paths().includes('/css/b ü.css'));
  write('new/c.js');
  await until(() => paths().includes('/new'));
  fs.rmSync(path.join(root, 'a.html'));
  await until(() => paths().includes('/a.html'));
});

t.test('what changes while it begins to watch is told as well', async (t) => {
  const root = t.testdir({ old: 'a', changed: 'b' });
  await pause(50);
  const told: (readonly string[])[] = [];
  const watcher = watchFolder(chokidar, {
    root,
    symlinks: false,
    onChange: (paths) => told.push(paths),
    onError: t.fail,
  });
  t.teardown(() => watcher.close());
  // The system's clock for files goes in steps of some milliseconds.
  const end = performance.now() + 20;
  while (performance.now() < end);
  fs.writeFileSync(path.join(root, 'changed'), 'c');
  fs.writeFileSync(path.join(root, 'new'), 'd');
  await watcher.ready;
  await until(() => told.flat().includes('/changed'));
  await until(() => told.flat().includes('/new'));
  t.notOk(told.flat().includes('/old'));
});

t.test('what changes at once is told at once', async (t) => {
  const root = t.testdir({ a: 'a', b: 'b', c: 'c' });
  const { told, paths, write } = await watch(t, root);
  for (const name of ['a', 'b', 'c']) write(name);
  await until(() => new Set(paths()).size === 3);
  t.ok(told.length < 3, `${told.length} times`);
});

t.test('files that are not served are not told of, whatever links lead to them', async (t) => {
  const base = t.testdir({ root: {}, logs: { 'old.log': '' } });
  const [root, logs] = [path.join(base, 'root'), path.join(base, 'logs')];
  fs.symlinkSync(logs, path.join(root, 'ext'));
  const withheld = ['old.log', 'new.log'].map((name) => path.join(logs, name));
  const { paths } = await watch(t, root, { symlinks: true, withheld });
  for (const file of withheld) fs.appendFileSync(file, 'a line\n');
  await pause(150);
  for (const file of withheld) fs.appendFileSync(file, 'another\n');
  fs.rmSync(withheld[0] as string);
  fs.writeFileSync(path.join(logs, 'seen'), '');
  await until(() => paths().includes('/ext/seen'));
  await pause(150);
  t.same([...new Set(paths())], ['/ext/seen']);
});

t.test('hidden names and packages are not looked at', async (t) => {
  const root = t.testdir({ '.git': {}, node_modules: {}, sub: { node_modules: {} } });
  const { paths, write } = await watch(t, root);
  for (const name of ['.git/index', '.hidden', 'node_modules/a.js', 'sub/node_modules/b.js']) {
    write(name);
  }
  write('seen');
  await until(() => paths().includes('/seen'));
  await pause(150);
  t.same([...new Set(paths())].sort(), ['/seen']);
});

t.test('a folder below hidden names is watched', async (t) => {
  const root = path.join(t.testdir({ '.cache': { node_modules: { site: { a: 'a' } } } }));
  const { paths, write } = await watch(t, path.join(root, '.cache/node_modules/site'));
  write('a');
  await until(() => paths().includes('/a'));
});

t.test('too many changes to name', async (t) => {
  const root = t.testdir({});
  const { told, write } = await watch(t, root);
  for (let index = 0; index < MOST_NAMED + 20; index++) write(`f${index}`);
  await until(() => told.some((paths) => paths.length === 0));
  for (const paths of told) t.ok(paths.length <= MOST_NAMED);
});

t.test('too many files: said once, and nothing is watched', async (t) => {
  const root = t.testdir(Object.fromEntries([...'abcdefgh'].map((name) => [name, ''])));
  const { errors, told, write } = await watch(t, root, { most: 5 });
  t.equal(errors.length, 1);
  t.match(errors[0]?.message, /^live reload does not see all changes: .* more than 5 files; /);
  write('a');
  await pause(200);
  t.same(told, []);
  t.equal(errors.length, 1);

  const enough = await watch(t, t.testdir({ a: '', b: '' }), { most: 3 });
  t.same(enough.errors, [], 'two files and their folder');
});

t.test('once it is closed nothing is told', async (t) => {
  const root = t.testdir({ a: 'a' });
  const { watcher, told, write } = await watch(t, root);
  write('a');
  watcher.close();
  write('a');
  await pause(200);
  t.same(told, []);
});
