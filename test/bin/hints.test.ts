/** What people are told beside errors and beside serving: whose word a place was, and what has no effect. */
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { Choice, Choices } from '../../bin/choices.js';
import { checkFolder, hostCounts, withoutEffect } from '../../bin/hints.js';
import { placeError } from '../../bin/place-errors.js';
import { until } from '../helpers/client.js';
import { Command, run, type StartOptions } from '../helpers/process.js';

function chosen(said: Record<string, readonly [value: unknown, origin: string]>): Choices {
  const choice = ([name, [value, origin]]: [string, readonly [unknown, string]]) =>
    [name, { value, origin }] as const;
  return new Map<string, Choice>(Object.entries(said).map(choice));
}

t.test('who named a place that can not be had', async (t) => {
  const taken = { code: 'EADDRINUSE', port: 80 };
  const denied = { code: 'EACCES', port: 80 };
  const strange = { code: 'EADDRNOTAVAIL', address: '192.0.2.1' };
  const unknown = { code: 'ENOTFOUND', hostname: 'here' };
  for (const [error, said, message] of [
    [taken, { port: ['80', '--port'] }, 'take another with --port, or 0 for a free one'],
    [taken, { port: ['8080', 'default'] }, 'take another with --port, or 0 for a free one'],
    [taken, { port: ['80', 'PORT'] }, 'PORT names it: take another, or 0 for a free one'],
    [taken, { port: ['80', 'o.json, line 3'] }, 'o.json, line 3 names it: take another, or 0'],
    [taken, { listen: [['1', ':80'], '--listen'] }, 'take another with --listen, or 0'],
    [denied, { port: ['80', '--port'] }, 'by this user; take one above 1023 with --port'],
    [denied, { port: ['80', 'PORT'] }, 'by this user; PORT names it: take one above 1023'],
    [strange, { host: ['192.0.2.1', 'HOST'] }, 'HOST names it: name one it has, such as 127.0.0.1'],
    [strange, { host: ['192.0.2.1', '--host'] }, 'name one it has with --host, such as 127.0.0.1'],
    [unknown, { listen: ['here:80', '--listen'], host: ['::', 'HOST'] }, 'with --listen, such as'],
    [{ code: 'EADDRNOTAVAIL' }, {}, 'this machine has no address ; name one it has with --host'],
  ] as const) {
    const shown = placeError(error, chosen(said)) as Error;
    t.ok(shown.message.includes(message), shown.message);
  }
  const other = new Error('x');
  t.equal(placeError(other, chosen({})), other);
});

t.test('when --host counts', async (t) => {
  for (const [listen, inherited, expected] of [
    [undefined, 0, true],
    ['9000', 0, true],
    [['unix:/a', '9000'], 0, true],
    ['unix:/a', 0, false],
    [['[::1]:9000', 'tcp://a:1'], 0, false],
    [undefined, 1, false],
  ] as const) {
    t.equal(hostCounts(listen, inherited), expected, `${listen} ${inherited}`);
  }
});

t.test('what has no effect', async (t) => {
  const root = t.testdir({ 'index.html': '' });
  const plain = { root, server: {} };
  for (const [origin, counts, expected] of [
    [
      '--host',
      false,
      '--host has no effect, for each place to listen at has an address of its own',
    ],
    ['SLUICE_HOST', false, 'SLUICE_HOST has no effect'],
    ['o.json, line 1', false, 'o.json, line 1 has no effect'],
    ['--host', true, undefined],
    ['HOST', false, undefined],
    ['default', false, undefined],
  ] as const) {
    const notes = withoutEffect(chosen({ host: ['0.0.0.0', origin] }), plain, counts);
    if (expected === undefined) t.same(notes, []);
    else t.match(notes, [expected]);
  }
  const decoding = chosen({
    keys: ['k', '--keys'],
    key: ['n k', 'SLUICE_KEY'],
    verify: ['always', '--verify'],
    'max-decoded': ['64g', 'default'],
    'max-decoded-chunk': ['1m', 'o.json, line 1'],
  });
  t.same(withoutEffect(decoding, plain, true), [
    '--keys, --verify have no effect without --decode',
  ]);
  t.same(withoutEffect(decoding, { root, server: { decode: 'blte' } }, true), []);
  t.same(
    withoutEffect(chosen({ 'max-decoded-chunks': ['9', '--max-decoded-chunks'] }), plain, true),
    ['--max-decoded-chunks has no effect without --decode'],
  );
  const single = (index?: string): string[] =>
    withoutEffect(
      chosen({}),
      { root, server: { single: true, ...(index === undefined ? {} : { index }) } },
      true,
    );
  t.same(single(), []);
  t.match(single('nope.html'), [/^there is no nope\.html in .*, with which --single answers/]);
});

t.test('a port or an address in the place of a folder', async (t) => {
  const cwd = t.testdir({ 3000: { 'a.txt': '' } });
  for (const [args, expected] of [
    [['8123'], /^serve: there is no folder 8123 \(a port is named by -p 8123\)\n$/],
    [
      ['-o', '/about.html'],
      /^serve: there is no folder \/about\.html \(-o takes no path, and opens/,
    ],
    [['nowhere'], /^serve: the folder nowhere does not exist; name another, such as serve/],
  ] as const) {
    t.match(await run(args, { cwd }), { code: 1, stdout: '', stderr: expected });
  }
  const at = { open: true, clipboard: false, qr: false, progress: false };
  t.doesNotThrow(() => checkFolder(path.join(cwd, '3000'), at));
});

/** The banner of a run, and what it said on stderr. */
async function banner(
  t: Test,
  args: readonly string[],
  options?: StartOptions,
): Promise<[string, string]> {
  const command = new Command([t.testdir({ 'a.txt': 'a' }), ...args], options);
  t.teardown(async () => {
    if (command.running) command.signal('SIGKILL');
    await command.ended();
  });
  await until(() => command.stdout.endsWith('\n\n') || !command.running);
  command.signal('SIGTERM');
  const { stdout, stderr } = await command.ended();
  return [stdout, stderr];
}

t.test('the banner: how to share, where that helps, and links that are followed', async (t) => {
  const shares = '--host 0.0.0.0 shares it on the network';
  for (const [args, expected] of [
    [['-p', '0'], true],
    [['-l', '0'], true],
    [['-l', '127.0.0.1:0'], false],
    [['-l', 'tcp://127.0.0.1:0'], false],
  ] as const) {
    const [stdout, stderr] = await banner(t, args);
    t.equal(stdout.includes(shares), expected, args.join(' '));
    t.equal(stderr, '');
  }
  const [stdout, stderr] = await banner(t, ['-l', '127.0.0.1:0', '--host', '0.0.0.0', '-S']);
  t.notMatch(stdout, shares);
  t.match(stdout, /^ {10}links out of the folder are followed \(-S, --symlinks\)$/m);
  t.match(stderr, /^serve: --host has no effect, [^\n]*\n$/);
  const [, undecoded] = await banner(t, ['-p', '0', '--verify', 'once']);
  t.equal(undecoded, 'serve: --verify has no effect without --decode\n');
  const [plain] = await banner(t, ['-p', '0', '--host', '[127.0.0.1]']);
  t.match(plain, 'http://127.0.0.1:', 'brackets are those of a URL');
  t.notMatch(plain, 'links out');
});

t.test('from the environment', async (t) => {
  const held = net.createServer().listen(0, '127.0.0.1');
  await once(held, 'listening');
  t.teardown(() => held.close());
  const { port } = held.address() as net.AddressInfo;
  const root = t.testdir({ 'o.json': `{"port": ${port}}` });
  const file = path.join(root, 'o.json');
  for (const [args, env, expected] of [
    [[], { PORT: `${port}` }, `port ${port} is in use; PORT names it: take another, or 0`],
    [
      [],
      { SLUICE_OPTIONS: file },
      `port ${port} is in use; ${file}, line 1 names it: take another`,
    ],
    [['-p', '0'], { HOST: '192.0.2.1' }, 'this machine has no address 192.0.2.1; HOST names it: '],
    [['-p', `${port}`, '-w', '2'], {}, `port ${port} is in use; take another with --port, or 0`],
  ] as const) {
    const { code, stderr } = await run([root, ...args], { env });
    t.equal(code, 1);
    t.ok(stderr.includes(expected), stderr);
    t.match(stderr, /^serve: [^\n]+\n$/);
  }
});

t.test('letters that mean another thing elsewhere', async (t) => {
  const root = t.testdir({});
  for (const address of ['0.0.0.0', '::', '[::1]', '[::1]:80', '127.0.0.1:8080']) {
    t.match(await run([root, '-a', address]), {
      code: 1,
      stderr: 'serve: --auth takes a user as NAME:PASSWORD; an address is --host ADDRESS\n',
    });
  }
  for (const account of ['ann:secret@/:rw', 'ann:secret@/a:ro,/b', 'ann:secret@/']) {
    const { code, stderr } = await run([root, '-a', account]);
    t.equal(code, 1);
    t.match(stderr, /^serve: --auth takes NAME:PASSWORD without paths: [^\n]*\n$/);
    t.notMatch(stderr, /secret|rw/);
  }
  for (const time of ['-c-1', '-c3600']) {
    t.match((await run([root, time])).stderr, /; how long clients may keep files is --max-age/);
  }
  t.match(await run([root, '--options=']), {
    code: 1,
    stderr: "serve: --options '' can't be used; it takes the name of a file\n",
  });
});
