/** The command with `--watch`. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { RawClient, request, requestBytes, until } from '../helpers/client.js';
import { Command, run, start } from '../helpers/process.js';

const EVENTS = requestBytes('/.sluice/reload');

t.test('pages hear of changes; at its end nobody is waited for', async (t) => {
  for (const more of [[], ['--workers', '1']]) {
    const root = t.testdir({ 'index.html': 'index' });
    const { command, port } = await start(t, root, ['--watch', ...more]);
    t.match(String((await request(port, '/')).body), /^<script src="[^"]+" async><\/script>index$/);
    const client = new RawClient(port).send(EVENTS);
    await until(() => client.received.includes('event: hello'));
    fs.writeFileSync(path.join(root, 'index.html'), 'other');
    await until(() => client.received.includes('"/index.html"'));
    command.signal('SIGTERM');
    t.match(await command.ended(8000), { code: 0, signal: null, stderr: '' });
    t.same(command.events.at(-2), { event: 'stopping', waitingFor: [], grace: 10 });
    t.same(command.events.at(-1), { event: 'stopped', cut: 0 });
    await client.over();
    t.match(String(client.received), /\r\n0\r\n\r\n$/, 'the stream is whole');
    client.destroy();
  }
});

t.test('one process tells the pages', async (t) => {
  const { code, stderr } = await run([t.testdir(), '--watch', '--workers', '2', '--port', '0']);
  t.equal(code, 1);
  t.match(stderr, /^serve: --watch and --workers do not go together/);
});

t.test('the log is no change, even where a link leads to its folder', async (t) => {
  const base = t.testdir({ site: { 'index.html': 'index' }, logs: {} });
  const [root, logs] = [path.join(base, 'site'), path.join(base, 'logs')];
  fs.symlinkSync(logs, path.join(root, 'ext'));
  const args = ['-S', '--watch', '--log-file', path.join(logs, 'access.log')];
  const { port } = await start(t, root, args);
  const client = new RawClient(port).send(EVENTS);
  await until(() => client.received.includes('event: hello'));
  for (let round = 0; round < 5; round++) await request(port, '/');
  await until(() => fs.readFileSync(path.join(logs, 'access.log'), 'utf8').split('\n').length > 5);
  fs.writeFileSync(path.join(root, 'seen.txt'), '');
  await until(() => client.received.includes('/seen.txt'));
  t.notMatch(String(client.received), 'access.log');
  client.destroy();
});

t.test('a server that can not listen ends', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const { port } = await start(t, root);
  const { code, stderr } = await run([root, '--watch', '--port', `${port}`]);
  t.equal(code, 1);
  t.match(stderr, /in use/);
});

t.test('nothing of it is loaded without it', async (t) => {
  const root = t.testdir({ 'index.html': 'index' });
  const loads = async (...args: string[]): Promise<string> => {
    const command = new Command([root, '--port', '0', '--json', ...args], {
      env: { NODE_DEBUG: 'esm,module' },
    });
    await until(() => command.stdout.includes('listening') && /serve\.js/.test(command.stderr));
    await until(() => !/--watch/.test(args.join()) || /chokidar/.test(command.stderr));
    command.signal('SIGTERM');
    return (await command.ended()).stderr;
  };
  // By their addresses: some Nodes print the text of modules, too, which names others.
  t.match(await loads('--watch'), /file:\S*chokidar/);
  t.notMatch(await loads(), /file:\S*(?:chokidar|live-reload|prom-client)/);
});
