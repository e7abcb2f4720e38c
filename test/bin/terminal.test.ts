/** What the command does where somebody looks on, and leaves where nobody does. */
import fs from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { encode } from 'uqr';
import { firstOf, reachOf } from '../../bin/addresses.js';
import { besideServing, qrCode } from '../../bin/beside.js';
import { pause, request, until } from '../helpers/client.js';
import { Command, driveCompiled, PACKED, start } from '../helpers/process.js';
import { AtTerminal, PSEUDO } from '../helpers/pseudo-terminal.js';

driveCompiled();

function face(address: string, internal = false): NetworkInterfaceInfo {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  const common = { address, internal, netmask: '', mac: '', cidr: null };
  return family === 'IPv6' ? { ...common, family, scopeid: 0 } : { ...common, family };
}

t.test('under which addresses it is reached', async (t) => {
  const faces = {
    lo: [face('127.0.0.1', true), face('::1', true)],
    eth0: [face('2001:db8::7'), face('192.0.2.7'), face('fe80::1')],
    none: undefined,
  };
  for (const [url, local, network] of [
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/', []],
    ['http://127.0.0.2:8080/', 'http://127.0.0.2:8080/', []],
    ['http://[::1]:8080/', 'http://[::1]:8080/', []],
    ['http://192.0.2.7:8080/', 'http://192.0.2.7:8080/', ['http://192.0.2.7:8080/']],
    ['http://0.0.0.0:8080/', 'http://localhost:8080/', ['http://192.0.2.7:8080/']],
    ['https://0.0.0.0/', 'https://localhost/', ['https://192.0.2.7/']],
    [
      'http://[::]:81/',
      'http://localhost:81/',
      ['http://192.0.2.7:81/', 'http://[2001:db8::7]:81/'],
    ],
    ['unix:/run/a.sock', 'unix:/run/a.sock', []],
    ['/run/a.sock', '/run/a.sock', []],
  ] as const) {
    t.same(
      reachOf(url, () => faces),
      { local, network },
      url,
    );
  }
  const unix = { local: 'unix:/a', network: [] };
  const local = { local: 'http://127.0.0.1:1/', network: [] };
  const shared = { local: 'http://localhost:2/', network: ['http://192.0.2.7:2/', 'http://b:2/'] };
  for (const [reaches, expected] of [
    [[unix], { local: unix.local, network: undefined }],
    [[unix, local], { local: local.local, network: undefined }],
    [[local, unix, shared], { local: local.local, network: 'http://192.0.2.7:2/' }],
    [[shared, local], { local: shared.local, network: 'http://192.0.2.7:2/' }],
  ] as const) {
    t.same(firstOf(reaches), expected);
  }
  const many = { a: Array.from({ length: 30 }, (_, index) => face(`192.0.2.${index + 1}`)) };
  t.equal(reachOf('http://0.0.0.0:80/', () => many).network.length, 4);
});

t.test('the QR code', async (t) => {
  const url = 'http://192.0.2.7:8080/';
  const screen = { rows: 60, columns: 100, write() {} };
  const lines = ((await qrCode(url, screen)) as string).trimEnd().split('\n');
  const rows = lines.flatMap((line) => {
    const [, black = ''] = /\x1b\[30;107m(.*)\x1b\[0m$/.exec(line) ?? [];
    const blocks = [...black];
    return ['▀█', '▄█'].map((halves) => blocks.map((block) => halves.includes(block)));
  });
  const { data, size } = encode(url, { border: 2 });
  t.same(rows.slice(0, size), data, 'black is black');
  t.equal(await qrCode(url, { ...screen, rows: lines.length + 8 }), undefined);
  t.ok(await qrCode(url, { ...screen, rows: lines.length + 9 }));
  t.equal(await qrCode(url, { ...screen, columns: size + 9 }), undefined);
  t.equal(await qrCode(url, { write() {} }), undefined);
});

t.test('what is not to be opened, and where nobody looks', async (t) => {
  const notes: string[] = [];
  const shown: string[] = [];
  const settings = {
    atTerminal: { open: true, clipboard: true, qr: true, progress: false },
    json: false,
    quiet: false,
  };
  const where = { local: 'unix:/a\x1b', network: 'http://192.0.2.7/' };
  const screen = { rows: 60, columns: 100, write: (text: string) => shown.push(text) };
  await besideServing(settings, where, screen, (text) => notes.push(text));
  t.same(notes, ["a browser can't open unix:/a?"]);
  t.same(shown, []);
  for (const more of [{ json: true }, { quiet: true }]) {
    const atTerminal = { ...settings.atTerminal, open: false };
    const asked = { ...settings, ...more, atTerminal };
    await besideServing(asked, where, { ...screen, isTTY: true }, () => {});
  }
  t.same(shown, []);
});

/** A site, and programs that stand for a browser and a clipboard. */
function surroundings(t: Test): {
  root: string;
  env: NodeJS.ProcessEnv;
  said(name: string): string;
} {
  const root = t.testdir({ site: { 'a.txt': 'aaaa' }, bin: {} });
  const program = (name: string, script: string): void => {
    fs.writeFileSync(path.join(root, 'bin', name), `#!/bin/sh\n${script} > '${root}/${name}'\n`);
    fs.chmodSync(path.join(root, 'bin', name), 0o755);
  };
  program('xdg-open', 'printf %s "$*"');
  program('xsel', 'cat');
  return {
    root: path.join(root, 'site'),
    env: { PATH: `${path.join(root, 'bin')}:${process.env.PATH}` },
    said: (name) => {
      const file = path.join(root, name);
      return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    },
  };
}

const LINUX = {
  skip: process.platform === 'linux' ? PSEUDO.skip : 'the programs are those of Linux',
};

t.test('at a terminal: colours, the network, code, browser, clipboard', LINUX, async (t) => {
  const { root, env, said } = surroundings(t);
  const args = [root, '--port', '0', '--host', '0.0.0.0', '--open'];
  const terminal = new AtTerminal(t, args, { env, program: PACKED });
  const [, port] = await terminal.shows(/at \x1b\[1m\x1b\[4mhttp:\/\/localhost:(\d+)\//);
  await terminal.shows('Ctrl-C');
  await until(() => said('xdg-open') !== '' && said('xsel') !== '');
  t.equal(said('xdg-open'), `http://localhost:${port}/`);
  t.equal(said('xsel'), `http://localhost:${port}/`);
  const [network] = reachOf(`http://0.0.0.0:${port}/`, networkInterfaces).network;
  if (network !== undefined) {
    await terminal.shows(`on the network at \x1b[1m\x1b[4m${network}`);
    await terminal.shows('\x1b[30;107m');
  }
  await request(Number(port), '/a.txt');
  await terminal.shows(/\x1b\[32m200\x1b\[0m GET {2}\/a\.txt/);
  terminal.type('\x03');
  await terminal.shows('stopped');
});

t.test('at a terminal, but told not to', LINUX, async (t) => {
  const { root, env, said } = surroundings(t);
  const args = [root, '--port', '0', '--host', '0.0.0.0', '-n', '--no-qr'];
  const terminal = new AtTerminal(t, args, { env: { ...env, NO_COLOR: '1' }, program: PACKED });
  await terminal.shows('Ctrl-C');
  await pause(500);
  t.equal(said('xsel') + said('xdg-open'), '');
  t.notMatch(terminal.screen, '\x1b');
});

t.test('where nobody looks on', LINUX, async (t) => {
  const { root, env, said } = surroundings(t);
  const command = new Command([root, '--port', '0', '--host', '0.0.0.0'], { env });
  t.teardown(() => command.signal('SIGKILL'));
  await until(() => command.stdout.includes('Ctrl-C'));
  await pause(500);
  command.signal('SIGTERM');
  const { stdout, stderr } = await command.ended();
  t.notMatch(stdout, /\x1b|█/);
  t.equal(stderr, '');
  t.equal(said('xsel') + said('xdg-open'), '');
});

t.test('a browser that can not be opened is a note, not an end', LINUX, async (t) => {
  const { root } = surroundings(t);
  const env = { PATH: '/nowhere' };
  const { command, port } = await start(t, root, ['--open'], { env, program: PACKED });
  await until(() => command.stderr !== '');
  t.match(
    command.stderr,
    `serve: no browser was found; the address is http://127.0.0.1:${port}/\n`,
  );
  t.equal((await request(port, '/a.txt')).status, 200);
});

t.test('what should open a browser and finds none says so', LINUX, async (t) => {
  const { root, env } = surroundings(t);
  fs.writeFileSync(path.join(root, '../bin/xdg-open'), '#!/bin/sh\nexit 3\n');
  const { command, port } = await start(t, root, ['--open'], { env, program: PACKED });
  await until(() => command.stderr !== '');
  t.equal(
    command.stderr,
    `serve: no browser was found (3); the address is http://127.0.0.1:${port}/\n`,
  );
});

t.test('at loopback it says how to share', async (t) => {
  const command = new Command([t.testdir({ 'a.txt': 'a' }), '--port', '0']);
  t.teardown(() => command.signal('SIGKILL'));
  await until(() => command.stdout.includes('--host 0.0.0.0 shares it on the network'));
  t.notMatch(command.stdout, 'on the network at');
  command.signal('SIGTERM');
  await command.ended();
});

t.test('several places: under which address each is reached', async (t) => {
  const root = t.testdir({});
  const args = [root, '-l', '127.0.0.1:0', '-l', '0.0.0.0:0', '-l', '0.0.0.0:0'];
  const command = new Command(args);
  t.teardown(async () => {
    command.signal('SIGKILL');
    await command.ended();
  });
  await until(() => command.stdout.includes('Ctrl-C'));
  const places = [...command.stdout.matchAll(/^ {10}at (http\S+)$/gm)].map(([, url]) => url);
  t.equal(places.length, 3);
  t.match(places[0], /^http:\/\/127\.0\.0\.1:[0-9]+\/$/);
  const expected = places.slice(1).flatMap((url) => {
    t.match(url, /^http:\/\/localhost:[0-9]+\/$/);
    const bound = (url as string).replace('localhost', '0.0.0.0');
    return reachOf(bound, networkInterfaces).network;
  });
  const network = [...command.stdout.matchAll(/on the network at (\S+)$/gm)].map(([, url]) => url);
  t.same(network, expected);
  t.equal(command.stdout.includes('shares it on the network'), expected.length === 0);
});
