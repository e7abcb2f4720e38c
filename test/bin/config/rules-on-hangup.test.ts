/** The command with a serve.json: it counts, it is read anew on SIGHUP, and a broken one changes nothing. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { pause, request, until } from '../../helpers/client.js';
import { type Command, driveCompiled, run, start } from '../../helpers/process.js';

driveCompiled();

const UNIX = { skip: process.platform === 'win32' && 'Windows has no SIGHUP' };

function redirectTo(destination: string): string {
  return JSON.stringify({ redirects: [{ source: '/a', destination }] });
}

/** Where /a leads now. */
async function leads(port: number): Promise<string | undefined> {
  return (await request(port, '/a')).get('location');
}

/** Waits until all of several clients are led there. */
async function untilLeads(port: number, location: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const all = await Promise.all(Array.from({ length: 20 }, () => leads(port)));
    if (all.every((found) => found === location)) return;
    await pause(50);
  }
  throw new Error(`/a never leads to ${location}`);
}

function events(command: Command, name: string): Record<string, unknown>[] {
  return command.events.filter(({ event }) => event === name);
}

t.test('what the file says counts, and the command line before it', async (t) => {
  const root = t.testdir({
    'serve.json': '{"public": "site", "trailingSlash": true}',
    'other.json': '{"cleanUrls": false}',
    site: { 'about.html': 'about' },
    'root.html': 'root',
  });
  const plain = await start(t, root);
  const said = async (port: number, target: string): Promise<string> => {
    const answer = await request(port, target);
    return `${answer.status} ${answer.get('location') ?? answer.body}`;
  };
  t.equal(await said(plain.port, '/about.html'), '301 /about/');
  t.equal(await said(plain.port, '/about/'), '200 about');
  t.equal(plain.command.listening?.root, fs.realpathSync(path.join(root, 'site')));
  const over = await start(t, root, ['--no-clean-urls', '--trailing-slash', 'remove']);
  t.equal(await said(over.port, '/about.html'), '200 about');
  t.equal(await said(over.port, '/x/'), '301 /x');
  const named = await start(t, root, ['-c', 'other.json']);
  t.equal(await said(named.port, '/root.html'), '200 root');
});

t.test('a file that can not be used at the start', async (t) => {
  const root = t.testdir({ 'serve.json': '{\n  "redirect": []\n}' });
  const { code, stderr } = await run([root, '--port', '0']);
  t.equal(code, 1);
  t.match(stderr, /serve\.json:2:3: "redirect" is not known here; did you mean "redirects"\?\n$/);
  t.notMatch(stderr, ' at ', 'no stack');
});

for (const workers of ['1', '2']) {
  t.test(`SIGHUP, ${workers} worker(s)`, UNIX, async (t) => {
    await reloads(t, workers);
  });
}

async function reloads(t: Test, workers: string): Promise<void> {
  const root = t.testdir({ 'serve.json': redirectTo('/first'), '-': '', inner: {} });
  const file = path.join(root, 'serve.json');
  const { command, port } = await start(t, root, ['--workers', workers]);
  t.equal(await leads(port), '/first');

  fs.writeFileSync(file, redirectTo('/second'));
  command.signal('SIGHUP');
  // Every worker goes by it, whichever of them is asked.
  await untilLeads(port, '/second');
  await until(() => events(command, 'reloaded').length === 1, 20_000);
  t.equal(events(command, 'reloaded')[0]?.file, file);

  for (const [text, message] of [
    ['{', /serve\.json:1:2: it is no JSON/],
    ['{"redirects": [{"source": "/a", "destination": "//b"}]}', /begins with two slashes/],
    ['{"public": "inner"}', /public and symlinks are taken at the start/],
    [undefined, /is no longer there/],
  ] as const) {
    const before = events(command, 'error').length;
    if (text === undefined) fs.rmSync(file);
    else fs.writeFileSync(file, text);
    command.signal('SIGHUP');
    await until(() => events(command, 'error').length > before, 20_000);
    t.match(events(command, 'error').at(-1)?.message, message);
    await until(() => message.test(command.stderr), 20_000);
    t.match(command.stderr, 'the configuration before it goes on');
    t.equal(await leads(port), '/second', 'as before');
  }

  fs.writeFileSync(file, redirectTo('/third'));
  for (let count = 0; count < 5; count++) command.signal('SIGHUP');
  await untilLeads(port, '/third');
  if (workers !== '1') {
    // Workers that begin later have it from the start.
    command.signal('SIGUSR2');
    const isRestarted = (): boolean =>
      events(command, 'worker').some(({ what }) => what === 'restarted');
    await until(isRestarted, 30_000);
    t.equal(await leads(port), '/third');
  }
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0 });
}

t.test('a file that is there only later', UNIX, async (t) => {
  for (const workers of ['1', '2']) {
    const root = t.testdir({ inner: {} });
    const file = path.join(root, 'serve.json');
    const { command, port } = await start(t, root, ['--workers', workers]);
    command.signal('SIGHUP');
    await until(() => command.stderr !== '', 20_000);
    t.equal(
      command.stderr,
      `serve: there is nothing to read anew: no serve.json in ${fs.realpathSync(root)}\n`,
    );
    t.equal(await leads(port), undefined, 'and it goes on');

    fs.writeFileSync(file, '{"public": "inner"}');
    command.signal('SIGHUP');
    await until(() => events(command, 'error').length === 1, 20_000);
    t.match(events(command, 'error')[0]?.message, /public and symlinks are taken at the start/);

    fs.writeFileSync(file, redirectTo('/first'));
    command.signal('SIGHUP');
    await untilLeads(port, '/first');
    await until(() => events(command, 'reloaded').length === 1, 20_000);

    fs.rmSync(file);
    command.signal('SIGHUP');
    await until(() => events(command, 'error').length === 2, 20_000);
    t.match(events(command, 'error')[1]?.message, /is no longer there/);
    t.equal(await leads(port), '/first');
    command.signal('SIGTERM');
    t.match(await command.ended(), { code: 0 });
  }
});

t.test('people are told in words', UNIX, async (t) => {
  const root = t.testdir({ 'serve.json': '{}' });
  const { Command } = await import('../../helpers/process.js');
  const command = new Command([root, '--port', '0']);
  t.teardown(async () => {
    if (command.running) command.signal('SIGKILL');
    await command.ended();
  });
  await until(() => command.stdout.includes('Ctrl-C'), 20_000);
  command.signal('SIGHUP');
  await until(() => command.stderr.includes('serve.json is read anew\n'), 20_000);
  fs.writeFileSync(path.join(root, 'serve.json'), '{"a": 1, "b": 2}');
  command.signal('SIGHUP');
  await until(() => command.stderr.includes('goes on'), 20_000);
  t.match(command.stderr, /serve: \S*serve\.json:1:2: "a" is not known here; .*\n\S*:1:10: "b"/);
  t.match(command.stderr, /\nserve: the configuration before it goes on\n$/);
});
