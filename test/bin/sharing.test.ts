/** Sharing by the command: users from the environment, and passwords that show nowhere. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import bcrypt from 'bcryptjs';
import t from 'tap';
import { request, until } from '../helpers/client.js';
import { Command, run, start } from '../helpers/process.js';

function basic(credentials: string): string {
  return `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`;
}

t.test('a password is shown nowhere', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello' });
  const { command, port } = await start(t, root, ['--auth', 'ann:hush-hush']);
  t.equal((await request(port, '/a.txt')).status, 401);
  t.equal((await request(port, '/a.txt', [basic('ann:hush-hush')])).status, 200);
  if (process.platform === 'linux') {
    const line = fs.readFileSync(`/proc/${command.pid}/cmdline`, 'latin1');
    t.notMatch(line, 'hush-hush', 'not in the list of processes');
  }
  command.signal('SIGTERM');
  const { stdout, stderr } = await command.ended();
  t.notMatch(stdout + stderr, 'hush-hush');
  for (const args of [
    ['--auth', 'hush-hush'],
    ['--auth', 'ann:hush-hush\n'],
  ]) {
    const outcome = await run([root, '--port', '0', ...args]);
    t.equal(outcome.code, 1);
    t.match(outcome.stderr, /^serve: --auth: a user for auth/);
    t.notMatch(outcome.stdout + outcome.stderr, 'hush-hush');
  }
});

t.test('a password that crosses a network is warned of, at the place where it does', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello' });
  // Short: systems take some hundred octets.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warned-'));
  t.teardown(() => fs.rmSync(folder, { recursive: true }));
  const socket = path.join(folder, 'socket');
  const unix = process.platform === 'win32' ? [] : ['-l', `unix:${socket}`];
  const local = ['--auth', 'ann:hush', ...unix, '-l', '127.0.0.1:0'];
  for (const [args, place] of [
    [local, undefined],
    [[...local, '-l', '0.0.0.0:0'], 'http://0.0.0.0:'],
    [[...local, '-l', '0.0.0.0:0', '-w', '2'], 'http://0.0.0.0:'],
    [[...local, '-l', '0.0.0.0:0', '--tls'], undefined],
  ] as const) {
    const command = new Command([root, '--json', ...args]);
    t.teardown(() => command.signal('SIGKILL'));
    await until(() => command.stdout.includes('\n') || !command.running, 20_000, 'it listens');
    command.signal('SIGTERM');
    const { stderr } = await command.ended();
    t.match(command.stdout, '"listening"', args.join(' '));
    if (place === undefined) t.notMatch(stderr, 'unencrypted');
    else t.match(stderr, `cross the network unencrypted at ${place}`);
    t.notMatch(stderr, 'unix:');
  }
});

t.test('users from the environment and from a file, with workers too', async (t) => {
  const root = t.testdir({ site: { 'a.txt': 'hello' } });
  const file = path.join(root, 'passwords');
  fs.writeFileSync(file, `bob:${bcrypt.hashSync('pass', 4)}\n`);
  const site = path.join(root, 'site');
  for (const more of [[], ['--workers', '2']]) {
    const args = ['--auth-file', file, '--cors', '--header', 'X-A: 1', ...more];
    const env = { SLUICE_AUTH: 'ann:hush' };
    const { port } = await start(t, site, args, { env });
    for (const [credentials, status] of [
      ['ann:hush', 200],
      ['bob:pass', 200],
      ['bob:hush', 401],
    ] as const) {
      const answer = await request(port, '/a.txt', [basic(credentials)]);
      t.equal(answer.status, status, credentials);
      t.equal(answer.get('access-control-allow-origin'), '*');
      t.equal(answer.get('x-a'), '1');
    }
  }
  const inside = path.join(site, 'passwords');
  fs.copyFileSync(file, inside);
  const outcome = await run([site, '--port', '0', '--auth-file', inside]);
  t.match(outcome, { code: 1, stderr: /--auth-file .* would be served with the folder;/ });
});

t.test('workers that are restarted read the password file anew', async (t) => {
  const root = t.testdir({ site: { 'a.txt': 'hello' } });
  const file = path.join(root, 'passwords');
  const write = (password: string): void =>
    fs.writeFileSync(file, `ann:${bcrypt.hashSync(password, 4)}\n`);
  write('old');
  const site = path.join(root, 'site');
  const status = async (at: number, password: string): Promise<number> =>
    (await request(at, '/a.txt', [basic(`ann:${password}`)])).status;
  const several = await start(t, site, ['--auth-file', file, '--workers', '2']);
  const told = (what: string): boolean =>
    several.command.events.some((event) => event.what === what);
  t.equal(await status(several.port, 'old'), 200);
  write('new');
  t.equal(await status(several.port, 'old'), 200, 'not before');
  several.command.signal('SIGUSR2');
  await until(() => told('restarted'), 30_000, 'the workers are restarted');
  t.equal(await status(several.port, 'old'), 401);
  t.equal(await status(several.port, 'new'), 200);

  fs.writeFileSync(file, 'ann:plain');
  several.command.signal('SIGUSR2');
  await until(() => told('restart-failed'), 30_000, 'the restart fails');
  t.match(JSON.stringify(several.command.events), /hashed by another kind than bcrypt/);
  t.equal(await status(several.port, 'new'), 200, 'the old ones go on');
});

t.test('--cors and the folder behind it', async (t) => {
  const root = t.testdir({ 'a.txt': 'hello' });
  const { port } = await start(t, '--max-age=1', ['--cors', root]);
  t.equal((await request(port, '/a.txt')).get('access-control-allow-origin'), '*');
  const outcome = await run([root, '--port', '0', '--cors=a.example']);
  t.match(outcome, { code: 1, stderr: /^serve: --cors: "a\.example" is no origin/ });
});
