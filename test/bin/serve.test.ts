/** The command from outside: what it prints, how it starts, how it ends. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { MIB, pattern, permissionsHold } from '../helpers/files.js';
import { Command, driveCompiled, type Outcome, PACKED, run, start } from '../helpers/process.js';
import { takenPort } from '../helpers/server.js';

driveCompiled();

function site(t: Test): string {
  return t.testdir({ 'index.html': 'index', 'large.bin': pattern(24 * MIB) });
}

/** A client in the middle of a download. */
async function download(port: number): Promise<RawClient> {
  const client = new RawClient(port);
  client.send(requestBytes('/large.bin'));
  await client.has(1);
  client.socket.pause();
  await pause(100);
  return client;
}

t.test('--json', async (t) => {
  const root = site(t);
  const { command, port } = await start(t, root);
  const line = command.stdout.slice(0, command.stdout.indexOf('\n'));
  t.equal(
    line,
    JSON.stringify({
      event: 'listening',
      url: `http://127.0.0.1:${port}/`,
      port,
      pid: command.pid,
      root: fs.realpathSync(root),
    }),
  );
  t.ok(port > 0);
  t.equal((await request(port, '/')).body.toString(), 'index', 'it accepts when it says so');
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, signal: null, stderr: '' });
  t.same(command.events.slice(1), [
    { event: 'stopping', waitingFor: [], grace: 10 },
    { event: 'stopped', cut: 0 },
  ]);
});

t.test('for people', async (t) => {
  const root = site(t);
  for (const env of [{}, { NO_COLOR: '1' }]) {
    const command = new Command([root, '--port', '0'], { env });
    t.teardown(() => command.signal('SIGKILL'));
    await until(() => command.stdout.includes('Ctrl-C'));
    t.match(command.stdout, /http:\/\/127\.0\.0\.1:[0-9]+\//);
    t.match(command.stdout, fs.realpathSync(root));
    t.notMatch(command.stdout, '\x1b', 'no colour where there is no terminal');
    command.signal('SIGINT');
    t.match(await command.ended(), { code: 0, signal: null, stderr: '' });
    t.match(command.stdout, /stopped\n$/);
  }
});

t.test('ending', { jobs: 2 }, async (t) => {
  const root = site(t);

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    t.test(
      `${signal}: a download under way is finished, idle connections are not waited for`,
      async (t) => {
        const { command, port } = await start(t, root);
        const idle = await new RawClient(port).connected();
        const kept = new RawClient(port);
        kept.send(requestBytes('/'));
        await kept.has(1);
        const client = await download(port);
        command.signal(signal);
        await until(() => command.events.length === 2);
        const { waitingFor } = command.events[1] as { waitingFor: object[] };
        t.match(waitingFor, [{ method: 'GET', target: '/large.bin', remote: '127.0.0.1' }]);
        t.equal(waitingFor.length, 1);
        await t.rejects(new RawClient(port).connected(), { code: 'ECONNREFUSED' });
        await idle.over(3000);
        await kept.over(3000);
        t.ok(command.running);
        client.resume();
        t.equal((await client.responses())[0]?.body.length, 24 * MIB);
        t.match(await command.ended(), { code: 0, signal: null, stderr: '' });
      },
    );
  }

  t.test('for people it says what it waits for', async (t) => {
    const command = new Command([root, '--port', '0', '--grace', '1']);
    t.teardown(() => command.signal('SIGKILL'));
    await until(() => command.stdout.includes('Ctrl-C'));
    const port = Number(/127\.0\.0\.1:([0-9]+)/.exec(command.stdout)?.[1]);
    const client = await download(port);
    command.signal('SIGINT');
    await until(() => command.stdout.includes('waiting up to 1 s for 1 response;'));
    t.match(command.stdout, 'GET /large.bin for 127.0.0.1');
    t.match(await command.ended(), { code: 1, signal: null });
    t.match(command.stdout, 'stopped; 1 response was cut off\n');
    client.destroy();
  });

  t.test('the grace period', async (t) => {
    const { command, port } = await start(t, root, ['--grace', '0.5']);
    const clients = await Promise.all([download(port), download(port)]);
    const started = performance.now();
    command.signal('SIGTERM');
    t.match(await command.ended(), { code: 1, signal: null });
    const time = performance.now() - started;
    t.ok(time > 400 && time < 5000, `after ${time} ms`);
    t.same(command.events.at(-1), { event: 'stopped', cut: 2 });
    for (const client of clients) client.destroy();
  });

  for (const [first, second, code] of [
    ['SIGINT', 'SIGINT', 130],
    ['SIGTERM', 'SIGTERM', 143],
    ['SIGINT', 'SIGTERM', 143],
  ] as const) {
    t.test(`${first}, then ${second}, ends at once`, async (t) => {
      const { command, port } = await start(t, root, ['--grace', '60']);
      const client = await download(port);
      command.signal(first);
      await until(() => command.events.length === 2);
      command.signal(second);
      t.match(await command.ended(3000), { code, signal: null, stderr: '' });
      client.destroy();
    });
  }

  t.test('who reads only the first line does not end it', async (t) => {
    const command = new Command([root, '--json', '--port', '0']);
    t.teardown(() => command.signal('SIGKILL'));
    await until(() => command.stdout.includes('\n'));
    const port = command.events[0]?.port as number;
    command.child.stdout?.destroy();
    command.child.stderr?.destroy();
    const client = await download(port);
    command.signal('SIGTERM');
    await pause(300);
    t.ok(command.running, 'it waits for the download');
    client.resume();
    t.equal((await client.responses())[0]?.body.length, 24 * MIB);
    t.match(await command.ended(), { code: 0, signal: null });
  });
});

t.test('it can be stopped as soon as it says that it listens', async (t) => {
  const root = site(t);
  for (let round = 0; round < 10; round++) {
    const command = new Command([root, '--json', '--port', '0'], { program: PACKED });
    t.teardown(() => command.signal('SIGKILL'));
    command.child.stdout?.once('data', () => command.signal('SIGTERM'));
    t.match(await command.ended(), { code: 0, signal: null, stderr: '' });
  }
});

t.test('what can not be started: one line, exit code 1', { jobs: 2 }, async (t) => {
  const root = t.testdir({ file: 'x' });
  const port = await takenPort(t);
  const cases: [string, string[], RegExp][] = [
    ['a port in use', [root, '--port', `${port}`], new RegExp(`port ${port} is in use`)],
    ['no such folder', [path.join(root, 'none')], /does not exist/],
    ['a file', [path.join(root, 'file')], /is a file, not a folder/],
    ['two folders', [root, root], /one folder/],
    ['an unknown option', [root, '--colour'], /--colour is no option/],
    ['an unknown letter', [root, '-y'], /-y is no option; see serve --help/],
    ['a port that is none', [root, '--port', 'http'], /--port http can't be used/],
    ['a port too high', [root, '--port', '65536'], /--port 65536/],
    ['a negative port', [root, '--port=-1'], /--port -1/],
    ['a port with a fraction', [root, '--port', '80.5'], /--port 80\.5/],
    ['a port with an exponent', [root, '--port', '1e3'], /--port 1e3/],
    ['an empty port', [root, '--port='], /--port ''/],
    ['no port', [root, '--port'], /port/],
    ['two ports', [root, '--port', '1', '--port', '2'], /more than once/],
    ['an empty host', [root, '--port', '0', '--host', ''], /--host ''/],
    ['a host that is none here', [root, '--port', '0', '--host', '192.0.2.1'], /no address/],
    ['a size that is none', [root, '--cache-size', 'big'], /--cache-size big.*octets/],
    ['a negative size', [root, '--cache-size=-1'], /--cache-size -1/],
    ['a size with a fraction', [root, '--chunk-size', '1.5k'], /--chunk-size 1\.5k/],
    ['a time that is none', [root, '--grace', 'soon'], /--grace soon.*seconds/],
    ['a time that is negative', [root, '--idle-timeout=-1'], /--idle-timeout -1/],
    ['a time without end', [root, '--grace', 'Infinity'], /--grace Infinity/],
    ['a count that is none', [root, '--max-fields', 'x'], /--max-fields x/],
    ['immutable alone', [root, '--immutable'], /--immutable needs --max-age/],
  ];
  for (const [name, args, expected] of cases) {
    t.test(name, async (t) => {
      const outcome: Outcome = await run(args, { program: PACKED });
      t.match(outcome, { code: 1, signal: null, stdout: '' });
      t.match(outcome.stderr, expected);
      t.match(outcome.stderr, /^serve: [^\n]+\n$/, 'one line');
      t.notMatch(outcome.stderr, /\n\s+at |node:|\.js:/, 'no stack trace');
    });
  }
});

const PERMITTING = { skip: !permissionsHold && 'root reads everything' };
t.test('a root that may not be read', PERMITTING, async (t) => {
  const root = t.testdir({ closed: {} });
  fs.chmodSync(path.join(root, 'closed'), 0);
  const outcome = await run([path.join(root, 'closed')]);
  t.match(outcome, {
    code: 1,
    stdout: '',
    stderr: /^serve: [^\n]*can't be read \(EACCES\)[^\n]*\n$/,
  });
});

t.test('help and version', async (t) => {
  const help = await run(['--help']);
  t.match(help, { code: 0, stderr: '' });
  for (const option of ['--port', '--cache-size', '--stream-threshold', '--grace', '--symlinks']) {
    t.match(help.stdout, option);
  }
  const version = await run(['--version']);
  t.match(version, { code: 0, stderr: '', stdout: /^[0-9]+\.[0-9]+\.[0-9]+\n$/ });
});

t.test('options reach the server', { jobs: 2 }, async (t) => {
  const root = t.testdir({
    'a.txt': 'aaaa',
    'text.txt': 'text '.repeat(1000),
    'built.txt': 'text '.repeat(1000),
    'built.txt.gz': 'as good as any',
    '.hidden': 'h',
    outside: t.fixture('symlink', '/etc/hostname'),
  });
  const serving = async (t: Test, ...args: string[]): Promise<number> =>
    (await start(t, root, args)).port;
  t.test('--max-age and --immutable', async (t) => {
    const port = await serving(t, '--max-age', '60', '--immutable');
    const { get } = await request(port, '/a.txt');
    t.equal(get('cache-control'), 'public, max-age=60, immutable');
  });
  t.test('--dotfiles and --symlinks', async (t) => {
    const port = await serving(t, '--dotfiles', '-S');
    t.equal((await request(port, '/.hidden')).status, 200);
    t.equal((await request(port, '/outside')).status, fs.existsSync('/etc/hostname') ? 200 : 404);
  });
  t.test('--max-target, --max-fields and --max-connections', async (t) => {
    const port = await serving(
      t,
      '--max-target',
      '20',
      '--max-fields',
      '3',
      '--max-connections',
      '2',
    );
    t.equal((await request(port, `/${'x'.repeat(20)}`)).status, 414);
    t.equal((await request(port, '/a.txt', ['A: b', 'C: d'])).status, 431);
    await pause(100);
    const clients = [await new RawClient(port).connected(), await new RawClient(port).connected()];
    await pause(100);
    t.equal((await request(port, '/a.txt')).status, 503);
    for (const client of clients) client.destroy();
  });
  for (const [args, target, coding] of [
    [[], '/text.txt', 'gzip'],
    [[], '/built.txt', 'gzip'],
    [['--compression'], '/text.txt', 'gzip'],
    [['-u'], '/text.txt', undefined],
    [['--no-compression', '--precompressed'], '/built.txt', undefined],
    [['--max-compressions', '0'], '/text.txt', undefined],
    [['--max-compressions', '0', '--precompressed'], '/built.txt', 'gzip'],
    [['--workers', '2'], '/text.txt', 'gzip'],
  ] as const) {
    t.test(`compression: ${args.join(' ')} ${target}`, async (t) => {
      const port = await serving(t, ...args);
      const got = await request(port, target, ['Accept-Encoding: gzip']);
      t.equal(got.get('content-encoding'), coding);
      const isOff = args.some((arg) => arg === '-u' || arg === '--no-compression');
      t.equal(got.get('vary'), isOff ? undefined : 'Accept-Encoding');
    });
  }
  t.test('--idle-timeout and --max-ranges', async (t) => {
    const port = await serving(t, '--idle-timeout', '0.5', '--max-ranges', '1');
    const client = new RawClient(port);
    client.send(requestBytes('/a.txt', ['Range: bytes=0-0,2-2']));
    t.same(
      (await client.responses([], 5000)).map(({ status }) => status),
      [200],
    );
  });
  t.test('--host', async (t) => {
    const { command, port } = await start(t, root, ['--host', '127.0.0.2']);
    t.equal(command.listening?.url, `http://127.0.0.2:${port}/`);
    await t.rejects(new RawClient(port).connected(), { code: 'ECONNREFUSED' });
  });
});

t.test('SIGUSR2 without workers is told, and ends nothing', async (t) => {
  const { command, port } = await start(t, site(t));
  command.signal('SIGUSR2');
  await until(() => command.stderr !== '');
  t.match(command.stderr, /^serve: there are no workers to restart; start with --workers 2$/m);
  t.equal((await request(port, '/')).status, 200);
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, signal: null });
});
