/** Which file counts, and what it may open. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { type ConfigRequest, findConfig, MOST_OCTETS } from '../../../bin/config/find.js';

const ask = (root: string, more: Partial<ConfigRequest> = {}): ReturnType<typeof findConfig> =>
  findConfig({ root, config: undefined, symlinks: false, ...more });

t.test('the file in the folder, or the one that is named', async (t) => {
  const root = t.testdir({
    none: {},
    folder: { 'serve.json': { x: '' } },
    site: { 'serve.json': '{"trailingSlash": true}', 'other.json': '{"trailingSlash": false}' },
  });
  t.equal(await ask(path.join(root, 'none')), undefined);
  t.equal(await ask(path.join(root, 'folder')), undefined, 'a folder of that name is none');
  const site = path.join(root, 'site');
  t.match(await ask(site), {
    file: path.join(site, 'serve.json'),
    root: site,
    symlinks: false,
    rules: { cleanUrls: true, trailingSlash: true },
  });
  t.match(await ask(site, { config: 'other.json' }), { rules: { trailingSlash: false } });
  const there = path.join(site, 'other.json');
  t.match(await ask(path.join(root, 'none'), { config: there }), { file: there });
  const up = await ask(path.join(root, 'none'), { config: '../site/other.json' });
  t.match(up, { file: there }, 'seen from the folder, as serve has it');
  await t.rejects(ask(site, { config: 'absent.json' }), {
    message: '--config absent.json does not exist, neither here nor in the folder served',
  });
  await t.rejects(ask(site, { config: root }), /is no file|EISDIR/);
});

t.test('a long file', async (t) => {
  const text = (octets: number): string => `{}${' '.repeat(octets - 2)}`;
  const root = t.testdir({ 'serve.json': text(MOST_OCTETS) });
  t.ok(await ask(root));
  fs.writeFileSync(path.join(root, 'serve.json'), text(MOST_OCTETS + 1));
  await t.rejects(ask(root), /serve\.json has more than 256 KiB; it takes no more$/);
});

t.test('public', async (t) => {
  const root = t.testdir({
    site: { _site: { a: '' }, 'serve.json': '{"public": "_site"}', file: '' },
    away: {},
  });
  const site = path.join(root, 'site');
  const file = path.join(site, 'serve.json');
  const say = (text: string): void => fs.writeFileSync(file, JSON.stringify({ public: text }));
  t.match(await ask(site), { root: path.join(site, '_site') });
  fs.symlinkSync(path.join(root, 'away'), path.join(site, 'link'));
  for (const folder of ['..', '../away', path.join(root, 'away'), 'link', '/']) {
    say(folder);
    await t.rejects(ask(site), /is outside of its folder; name the file with --config/, folder);
    t.ok((await ask(site, { config: file }))?.root, `${folder}, where the file is named`);
  }
  say('..name');
  await t.rejects(ask(site), /says to serve \.\.name, which does not exist$/);
});

t.test('symlinks', async (t) => {
  const root = t.testdir({ 'serve.json': '{"symlinks": true}' });
  await t.rejects(ask(root), /lets links lead out of the folder; allow that with --symlinks/);
  t.match(await ask(root, { symlinks: true }), { symlinks: true });
  t.match(await ask(root, { config: 'serve.json' }), { symlinks: true });
  fs.writeFileSync(path.join(root, 'serve.json'), '{}');
  t.match(await ask(root), { symlinks: false });
  t.match(await ask(root, { symlinks: true }), { symlinks: true }, 'the command line comes first');
});
