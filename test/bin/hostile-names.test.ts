/** Files of options, serve.json and folders may come from anybody: what is told of them steers no terminal. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { printable, printableJson } from '../../bin/printable.js';
import { until } from '../helpers/client.js';
import { Command, run, start } from '../helpers/process.js';

/** Clears the screen, in two ways; turns the writing round; begins a line in four ways. */
const HOSTILE = '\x1b[2J\x9b31m\u202e\u2066\u200f\u2028\u2029\x85\x7f\nserve: all is well';

/** All that steers, but for line ends. */
const STEERING = /[^\n\P{C}]|[\u2028\u2029]/u;

function checkQuiet(t: Test, { stdout, stderr }: { stdout: string; stderr: string }): void {
  for (const text of [stdout, stderr]) {
    t.notMatch(text, STEERING, printableJson(text));
    t.notMatch(text, /^serve: all is well/m, 'no line of its own');
  }
}

t.test('texts of others', async (t) => {
  t.match(printable(HOSTILE), /^\?\[2J\?31m\?+serve: all is well$/);
  t.equal(printable('é→🎉 ‍ok'), 'é→🎉 ‍ok', 'what is only unusual stays');
  const json = printableJson({ [HOSTILE]: [HOSTILE, 'é'] });
  t.notMatch(json, STEERING);
  t.same(JSON.parse(json), { [HOSTILE]: [HOSTILE, 'é'] });
  t.match(json, 'é');
});

t.test('a serve.json that came with the folder', async (t) => {
  // JSON.stringify leaves C1 characters and changes of direction as they are, as whoever wrote the file may.
  for (const config of [
    { public: HOSTILE },
    { public: `../${HOSTILE}` },
    { [HOSTILE]: 1 },
    { trailingSlash: HOSTILE },
    { redirects: [{ [HOSTILE]: 1, source: '/a', destination: '/b' }] },
    { unlisted: ['/(\\\x9b\u202e)'] },
    { unlisted: ['/([\u2028-\x9b])', '/:a\x9b:a'] },
    { redirects: [{ source: '/\x9b', destination: '/:\u202e:b' }] },
    { headers: [{ source: '/a', headers: [{ key: HOSTILE, value: HOSTILE }] }] },
  ]) {
    const root = t.testdir({ 'serve.json': JSON.stringify(config) });
    const outcome = await run([root, '--port', '0', '--json']);
    t.equal(outcome.code, 1, printableJson(config));
    checkQuiet(t, outcome);
  }
  const root = t.testdir({ 'serve.json': `{"x": 1, "\x9b": 1,\n"\u202e": 1}` });
  const { stderr } = await run([root, '--port', '0']);
  t.match(stderr.trimEnd().split('\n').length, 3, 'lines of ours stay');
  t.notMatch(stderr, STEERING);
});

t.test('a serve.json that is read anew', async (t) => {
  if (process.platform === 'win32') return;
  const root = t.testdir({ 'serve.json': '{}' });
  const { command } = await start(t, root);
  fs.writeFileSync(path.join(root, 'serve.json'), JSON.stringify({ public: HOSTILE }));
  command.signal('SIGHUP');
  await until(() => command.stderr.includes('before it goes on'), 20_000);
  checkQuiet(t, command);
  t.equal(command.stderr.match(/^serve: /gm)?.length, 2);
});

t.test('files of options, names of files, and what is given', async (t) => {
  // On Windows no name has control characters.
  const name = process.platform === 'win32' ? 'name' : `${HOSTILE.replace('/', '')}`;
  const root = t.testdir({
    'keys.json': JSON.stringify({ [HOSTILE]: 1 }),
    'port.json': JSON.stringify({ port: HOSTILE }),
    'host.json': JSON.stringify({ host: HOSTILE }),
    'listen.json': JSON.stringify({ listen: [HOSTILE] }),
    'flag.json': JSON.stringify({ cors: { [HOSTILE]: HOSTILE } }),
    [name]: { 'serve.json': '{"x": 1}', 'options.json': '{"x": 1}', file: '' },
  });
  const inside = path.join(root, name);
  for (const args of [
    ...['keys', 'port', 'host', 'listen', 'flag'].map((each) => [
      root,
      '--options',
      path.join(root, `${each}.json`),
    ]),
    [inside],
    [path.join(inside, 'file')],
    [path.join(inside, 'none')],
    [root, '--options', path.join(inside, 'options.json')],
    [root, '--options', path.join(inside, 'none')],
    [root, '--config', path.join(inside, 'serve.json')],
    [root, '--config', path.join(inside, 'none')],
    [root, '--auth-file', path.join(inside, 'none')],
    [root, '--tls-cert', inside, '--tls-key', inside],
    [root, '--log-file', path.join(inside, 'log')],
    [root, '--port', HOSTILE],
    [root, '--index', HOSTILE],
    [root, `--${HOSTILE}`],
    [root, HOSTILE],
  ]) {
    // What is told to people stands on stderr with it, too.
    const outcome = await run([...args, '--json']);
    t.equal(outcome.code, 1, printableJson(args));
    checkQuiet(t, outcome);
  }
  for (const more of [[], ['--json']]) {
    const outcome = await run([inside, '--host', HOSTILE, '--print-config', ...more]);
    t.equal(outcome.code, 0);
    checkQuiet(t, outcome);
  }
});

t.test('a folder that is served', async (t) => {
  if (process.platform === 'win32') return;
  const root = path.join(t.testdir({ [HOSTILE]: {} }), HOSTILE);
  const { command } = await start(t, root);
  checkQuiet(t, command);
  t.equal(command.listening?.root, fs.realpathSync(root), 'programs are told the name');
  const plain = new Command([root, '--port', '0']);
  t.teardown(async () => {
    plain.signal('SIGKILL');
    await plain.ended();
  });
  await until(() => plain.stdout.includes('Ctrl-C'), 20_000);
  checkQuiet(t, plain);
});
