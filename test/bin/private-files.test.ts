/** Keys, passwords and logs of a run: none is served, and a run that would serve one is refused. */
import fs from 'node:fs';
import path from 'node:path';
import bcrypt from 'bcryptjs';
import t, { type Test } from 'tap';
import { selfSigned } from '../../lib/tls/self-signed.js';
import { request } from '../helpers/client.js';
import { run, start } from '../helpers/process.js';

/** The same files in the folder that is served, in a hidden folder there, and beside it. */
async function prepare(t: Test): Promise<string> {
  const { cert, key } = await selfSigned([]);
  const passwords = `ann:${bcrypt.hashSync('secret', 4)}\n`;
  const options = { 'o.json': '{"auth": ["ann:secret"]}', 'plain.json': '{"max-age": 1}' };
  const files = { 'a.pem': cert, 'a.key': key, pass: 'phrase', passwords, ...options };
  return t.testdir({
    site: { ...files, '.kept': files, 'a.txt': 'a', log: '', ext: t.fixture('symlink', '../d2') },
    d2: { ...files, log: '' },
  });
}

t.test('refused at the start, but where it is not served', async (t) => {
  const folder = await prepare(t);
  const at = (name: string): string => path.join(folder, name);
  fs.symlinkSync(at('site/a.key'), at('d2/link.key'));
  for (const [option, file, ...more] of [
    ['--tls-key', 'a.key', '--tls-cert', at('d2/a.pem')],
    ['--tls-key', '../d2/link.key', '--tls-cert', at('d2/a.pem')],
    ['--tls-pass', 'pass', '--tls-cert', at('d2/a.pem'), '--tls-key', at('d2/a.key')],
    ['--auth-file', 'passwords'],
    ['--log-file', 'log'],
    ['--options', 'o.json'],
  ] as const) {
    const outcome = await run([at('site'), '-p', '0', option, at(`site/${file}`), ...more]);
    t.equal(outcome.code, 1, option);
    t.match(outcome.stderr, `serve: ${option} `);
    t.match(outcome.stderr, /would be served with the folder; put it elsewhere/);
    t.notMatch(outcome.stderr, /secret|phrase/);
  }
  const hidden = ['--auth-file', at('site/.kept/passwords')];
  const outcome = await run([at('site'), '-p', '0', '--dotfiles', ...hidden]);
  t.match(outcome.stderr, /would be served with the folder; put it elsewhere\n/);
  const keys = ['--tls-cert', at('site/a.pem'), '--tls-key', at('site/.kept/a.key')];
  const named = ['--options', at('site/plain.json')];
  const tls = { tls: { rejectUnauthorized: false } };
  const { port } = await start(t, at('site'), [...hidden, ...keys, ...named]);
  t.equal((await request(port, '/a.txt', [], 'GET', tls)).status, 401);
  const environment = { env: { SLUICE_OPTIONS: at('site/o.json') } };
  t.equal((await run([at('site'), '-p', '0'], environment)).code, 1);
});

t.test('a link to the folder it is in leads to nothing', async (t) => {
  const folder = await prepare(t);
  const at = (name: string): string => path.join(folder, name);
  const own = ['--auth-file', at('d2/passwords'), '--log-file', at('d2/log')];
  const more = ['--options', at('d2/o.json'), '--tls-cert', at('d2/a.pem')];
  const args = ['-S', ...own, ...more, '--tls-key', at('d2/a.key')];
  const user = `Authorization: Basic ${btoa('ann:secret')}`;
  const tls = { tls: { rejectUnauthorized: false } };
  for (const workers of ['1', '2']) {
    const { port } = await start(t, at('site'), [...args, '-w', workers]);
    for (const [name, status] of [
      ['a.key', 404],
      ['passwords', 404],
      ['log', 404],
      ['o.json', 404],
      ['a.pem', 200],
      ['plain.json', 200],
    ] as const) {
      t.equal((await request(port, `/ext/${name}`, [user], 'GET', tls)).status, status, name);
    }
  }
});
