/** The request log of the command: whether there is one, where it goes, and what stands in it. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { requestLog } from '../../bin/request-log.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { Command, run, start } from '../helpers/process.js';
import { startWorkers } from '../helpers/workers.js';

const QUIETLY = { root: '/', json: false, quiet: false, server: { dotfiles: false } };

t.test('what is asked for, and where it comes out', async (t) => {
  const root = t.testdir({ site: { sub: {}, '.logs': {}, '.well-known': {} } });
  const asked = { ...QUIETLY, root: path.join(root, 'site') };
  const file = path.join(root, 'log');
  const on = { requests: true };
  t.same(requestLog({ ...asked, log: on }, true, ''), {
    format: 'pretty',
    color: true,
    before: '',
  });
  t.same(requestLog({ ...asked, log: { ...on, format: 'json' } }, false, ''), {
    format: 'json',
    color: false,
    before: '',
  });
  t.same(requestLog({ ...asked, log: { ...on, file } }, true, ''), { format: 'combined', file });
  t.same(requestLog({ ...asked, log: { requests: false, file } }, true, '')?.file, file);
  t.equal(requestLog({ ...asked, log: { requests: false } }, true, ''), undefined);
  t.equal(requestLog({ ...asked, quiet: true, log: on }, true, ''), undefined);
  t.same(requestLog({ ...asked, quiet: true, log: { ...on, file } }, true, '')?.file, file);
  t.equal(requestLog({ ...asked, json: true, log: on }, true, ''), undefined);
  t.same(requestLog({ ...asked, json: true, log: { ...on, format: 'json' } }, true, ''), {
    format: 'json',
  });
  t.throws(
    () => requestLog({ ...asked, json: true, log: { ...on, format: 'combined' } }, true, ''),
    {
      message: /^--log-format combined would mix with --json/,
    },
  );
  for (const [name, served] of [
    ['site/log', true],
    ['site/sub/../sub/log', true],
    ['site/.well-known/log', true],
    ['site/.log', false],
    ['site/.logs/log', false],
    ['sitelog', false],
    ['..log', false],
  ] as const) {
    const log = { ...on, file: path.join(root, name) };
    if (served) {
      t.throws(() => requestLog({ ...asked, log }, true, ''), { message: /would be served/ }, name);
    } else {
      t.ok(requestLog({ ...asked, log }, true, ''), name);
    }
  }
  fs.writeFileSync(path.join(root, 'site/page'), '');
  fs.symlinkSync(path.join(root, 'site/page'), path.join(root, 'link'));
  const link = { ...on, file: path.join(root, 'link') };
  t.throws(() => requestLog({ ...asked, log: link }, true, ''), /would be served/);
  const log = { ...on, file: path.join(root, 'site/.log') };
  t.throws(
    () => requestLog({ ...asked, server: { dotfiles: true }, log }, true, ''),
    /would be served/,
  );
});

function site(t: Test): string {
  return t.testdir({ site: { 'a.txt': 'aaaa' } });
}

/** Requests that would break out of a line of the log. */
async function attack(port: number): Promise<void> {
  for (const head of [
    'GET /a.txt?"><script> HTTP/1.1\r\nHost: a\r\nConnection: close\r\n',
    'GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: "\\\x9b2J\t\r\nReferer: \xe2\x80\xae\r\n',
    'GET /%0d%0a%1b[2J HTTP/1.1\r\nHost: a\r\nConnection: close\r\n',
  ]) {
    const client = new RawClient(port);
    client.socket.write(`${head}\r\n`, 'latin1');
    await client.over();
  }
}

t.test('for people on stdout, without colour where there is no terminal', async (t) => {
  const command = new Command([path.join(site(t), 'site'), '--port', '0']);
  t.teardown(() => command.signal('SIGKILL'));
  await until(() => command.stdout.includes('Ctrl-C'));
  const port = Number(/:([0-9]+)\//.exec(command.stdout)?.[1]);
  await request(port, '/a.txt');
  await request(port, '/none');
  await attack(port);
  await until(() => command.stdout.includes('2J'));
  command.signal('SIGTERM');
  const { code, stdout, stderr } = await command.ended();
  t.same([code, stderr], [0, '']);
  t.match(stdout, /\n\d\d:\d\d:\d\d 200 GET {2}\/a\.txt \d+ B in [0-9.]+ ms to 127\.0\.0\.1\n/);
  t.match(stdout, / 404 GET {2}\/none /);
  t.match(stdout, /stopped\n$/, 'after the last line of the log');
  t.notMatch(stdout, /[^\n\x20-\x7e]/);
});

t.test('none: -L and -q', async (t) => {
  for (const [option, banner] of [
    ['-L', true],
    ['--no-request-logging', true],
    ['-q', false],
  ] as const) {
    const free = await freePort(t);
    const args = [path.join(site(t), 'site'), '--port', `${free}`, option];
    const command = new Command(args);
    t.teardown(() => command.signal('SIGKILL'));
    t.equal(await statusOnceThere(free), 200);
    command.signal('SIGTERM');
    const { stdout, stderr } = await command.ended();
    t.equal(stdout.includes('Ctrl-C'), banner);
    t.notMatch(stdout, 'GET');
    t.equal(stderr, '');
    if (!banner) t.equal(stdout, '');
  }
});

/** The status of the first answer; nothing says when a quiet server listens. */
async function statusOnceThere(port: number): Promise<number> {
  for (let tries = 0; ; tries++) {
    try {
      return (await request(port, '/a.txt')).status;
    } catch (error) {
      if (tries === 200) throw error;
      await pause(50);
    }
  }
}

/** A port that was free a moment ago. */
async function freePort(t: Test): Promise<number> {
  const { command, port } = await start(t, t.testdir({ s: {} }));
  command.signal('SIGKILL');
  await command.ended();
  return port;
}

t.test('combined in a file', async (t) => {
  const root = site(t);
  const file = path.join(root, 'access.log');
  const { command, port } = await start(t, path.join(root, 'site'), ['--log-file', file]);
  await request(port, '/a.txt', ['User-Agent: test']);
  await attack(port);
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, stderr: '' });
  t.equal(command.events.length, 3, 'on stdout events alone');
  const lines = fs.readFileSync(file, 'latin1').split('\n').slice(0, -1);
  t.equal(lines.length, 4);
  t.match(
    lines[0],
    /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/a\.txt HTTP\/1\.1" 200 \d+ "-" "test"$/,
  );
  for (const line of lines) t.match(line, /^[\x20-\x7e]*$/);
  t.match(lines[2], ' "\\xe2\\x80\\xae" "\\"\\\\\\x9b2J"');
});

t.test('json, also among the events of --json', async (t) => {
  const { command, port } = await start(t, path.join(site(t), 'site'), ['--log-format', 'json']);
  await request(port, '/a.txt', ['User-Agent: test']);
  await attack(port);
  await until(() => command.events.length === 5);
  const [listening, first, ...others] = command.events;
  t.equal(listening?.event, 'listening');
  t.match(first, {
    level: 'info',
    time: /^\d{4}-\d\d-\d\dT/,
    pid: command.pid,
    remote: '127.0.0.1',
    method: 'GET',
    target: '/a.txt',
    version: '1.1',
    status: 200,
    complete: true,
    userAgent: 'test',
  });
  t.equal(others[1]?.referer, '\xe2\x80\xae');
  t.notMatch(command.stdout, /[^\n\x20-\x7e]/);
});

t.test('with workers, each line whole', async (t) => {
  const root = site(t);
  const file = path.join(root, 'access.log');
  const { command, port } = await startWorkers(t, path.join(root, 'site'), ['--log-file', file]);
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => request(port, `/a.txt?${index}-${'x'.repeat(500)}`)),
  );
  command.signal('SIGTERM');
  t.match(await command.ended(), { code: 0, stderr: '' });
  const lines = fs.readFileSync(file, 'latin1').split('\n').slice(0, -1);
  const numbers = lines.map((line) =>
    Number(/"GET \/a\.txt\?(\d+)-x{500} HTTP\/1\.1" 200/.exec(line)?.[1]),
  );
  t.same(
    numbers.sort((a, b) => a - b),
    Array.from({ length: 200 }, (_, index) => index),
  );
});

t.test('a file that can not be had', async (t) => {
  const root = site(t);
  const args = [path.join(root, 'site'), '--port', '0', '--log-file', path.join(root, 'no/log')];
  for (const more of [[], ['--workers', '2']]) {
    t.match(await run([...args, ...more]), {
      code: 1,
      stdout: '',
      stderr: /^serve: the log file .* can't be opened \(ENOENT\); name one that can be written\n$/,
    });
  }
});

t.test('a reader of stdout that takes nothing holds neither requests nor the end', async (t) => {
  const command = new Command([path.join(site(t), 'site'), '--port', '0']);
  t.teardown(() => command.signal('SIGKILL'));
  await until(() => command.stdout.includes('Ctrl-C'));
  const port = Number(/:([0-9]+)\//.exec(command.stdout)?.[1]);
  command.child.stdout?.pause();
  const client = new RawClient(port);
  const target = `/a.txt?${'x'.repeat(900)}`;
  for (let round = 0; round < 30; round++) {
    client.send(requestBytes(target).repeat(100));
    await client.has((round + 1) * 100 * 50);
  }
  client.send(requestBytes('/a.txt', ['Connection: close']));
  await client.over();
  t.equal((await client.responses()).length, 3001);
  await until(() => command.stderr.includes('the request log can not keep up'), 5000).catch(
    () => {},
  );
  command.signal('SIGTERM');
  const started = performance.now();
  await until(() => command.child.exitCode !== null, 10_000, 'the process ends');
  t.equal(command.child.exitCode, 0);
  t.ok(performance.now() - started < 9000);
  t.match(command.stderr, /the request log can not keep up: \d+ line\(s\) are missing/);
  command.child.stdout?.resume();
  await command.ended();
});

t.test('who is let in is named, and nobody else', async (t) => {
  const root = site(t);
  const file = path.join(root, 'access.log');
  const args = ['--log-file', file, '--auth', 'a" b\\:secret'];
  const { command, port } = await start(t, path.join(root, 'site'), args);
  for (const name of ['a" b\\:secret', 'eve:guess', 'a" b\\:wrong']) {
    const credentials = Buffer.from(name).toString('base64');
    await request(port, '/a.txt', [`Authorization: Basic ${credentials}`]);
  }
  command.signal('SIGTERM');
  await command.ended();
  const lines = fs.readFileSync(file, 'latin1').split('\n');
  t.match(lines[0], '127.0.0.1 - a\\"\\x20b\\\\ [');
  t.match(lines[1], '127.0.0.1 - - [');
  t.match(lines[2], '127.0.0.1 - - [');
  t.notMatch(lines.join(), /secret|guess|wrong/);
});
