/** Files that are not served, by whatever name or link somebody gets to them. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { directory } from '../../lib/source/directory.js';
import type { Collection, ResourcePath } from '../../lib/source/source.js';
import { placeOf, Withheld } from '../../lib/source/withheld.js';
import { request } from '../helpers/client.js';
import { serve } from '../helpers/server.js';

/** A root with a link to a folder beside it, in which there is a secret with several names. */
function tree(t: Test): { root: string; beside: string } {
  const folder = t.testdir({
    root: { 'a.txt': 'a' },
    beside: { secret: 'hush', 'b.txt': 'b' },
  });
  const at = (name: string): string => path.join(folder, name);
  fs.symlinkSync(at('beside'), at('root/ext'));
  fs.symlinkSync('secret', at('beside/other'));
  fs.linkSync(at('beside/secret'), at('beside/hard'));
  fs.symlinkSync(at('beside/secret'), at('root/direct'));
  return { root: at('root'), beside: at('beside') };
}

t.test('with links that lead out', async (t) => {
  const { root, beside } = tree(t);
  for (const mode of ['stream', 'load'] as const) {
    for (const streamThreshold of [0, 1000]) {
      const withheld = [path.join(beside, 'secret')];
      const options = { symlinks: true, listing: true, mode, streamThreshold };
      const { port } = await serve(t, root, { ...options, withheld });
      for (const name of ['ext/secret', 'ext/other', 'ext/hard', 'direct']) {
        const answer = await request(port, `/${name}`);
        t.equal(answer.status, 404, name);
        t.notMatch(answer.body.toString(), 'hush');
      }
      t.equal((await request(port, '/ext/b.txt')).body.toString(), 'b');
      const listed = await request(port, '/ext/', ['Accept: application/json']);
      t.same(
        JSON.parse(listed.body.toString()).map(({ name }: { name: string }) => name),
        ['b.txt'],
      );
      const open = await serve(t, root, options);
      t.equal((await request(open.port, '/ext/other')).body.toString(), 'hush', 'none is withheld');
    }
  }
});

t.test('the password file of a site is one of them', async (t) => {
  const { root, beside } = tree(t);
  const file = path.join(beside, 'secret');
  fs.writeFileSync(file, `bob:$2y$04$${'.'.repeat(53)}\n`);
  const auth = { users: ['ann:secret'], file };
  const { port } = await serve(t, root, { symlinks: true, auth });
  const user = `Authorization: Basic ${btoa('ann:secret')}`;
  t.equal((await request(port, '/ext/b.txt', [user])).status, 200);
  t.equal((await request(port, '/ext/secret', [user])).status, 404);
});

t.test('a link in the folder to a hidden name in it', async (t) => {
  const folder = t.testdir({ '.secret': 'hush', shown: t.fixture('symlink', '.secret') });
  const source = directory(folder, { withheld: [path.join(folder, '.secret')] });
  t.equal(await source.open('/shown' as ResourcePath), null);
  const names: string[] = [];
  const root = (await source.open('/' as ResourcePath)) as Collection;
  for await (const batch of root.entries?.() ?? []) names.push(...batch.map(({ name }) => name));
  t.same(names, []);
});

t.test('what is renewed, made later or deleted', async (t) => {
  const folder = fs.realpathSync(t.testdir({ key: 'old', other: '' }));
  const at = (name: string): string => path.join(folder, name);
  const withheld = new Withheld([at('key'), at('log'), at('none/log')]);
  const has = (name: string): boolean => withheld.has(fs.statSync(at(name)), at(name));
  t.equal(has('key'), true);
  t.equal(has('other'), false);
  fs.writeFileSync(at('next'), 'new');
  fs.renameSync(at('next'), at('key'));
  t.equal(has('key'), true, 'another file in its place');
  fs.writeFileSync(at('log'), 'made later');
  t.equal(has('log'), true);
  const before = fs.statSync(at('key'));
  const again = new Withheld([at('key')]);
  t.equal(again.has(before), true);
  fs.unlinkSync(at('key'));
  t.equal(again.has(before), false, 'its number may be that of another file now');
});

t.test('where a file is, or would be', async (t) => {
  const folder = fs.realpathSync(
    t.testdir({
      a: '',
      d: {},
      link: t.fixture('symlink', 'd/later'),
      far: t.fixture('symlink', 'none/later'),
      round: t.fixture('symlink', 'round'),
    }),
  );
  for (const [name, expected] of [
    ['a', 'a'],
    ['later', 'later'],
    ['d/../later', 'later'],
    ['link', 'd/later'],
    ['far', undefined],
    ['round', undefined],
    ['none/later', undefined],
  ] as const) {
    const place = expected === undefined ? undefined : path.join(folder, expected);
    t.equal(placeOf(path.join(folder, name)), place, name);
  }
});
