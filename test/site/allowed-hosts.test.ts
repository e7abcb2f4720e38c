/** Names that a site has: whatever else a request names gets nothing of it. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { fileListener } from '../../lib/adapters/node.js';
import { Fields } from '../../lib/http/fields.js';
import { RequestHead } from '../../lib/http/head.js';
import { allowedHostsLayer } from '../../lib/site/allowed-hosts.js';
import type { Handler } from '../../lib/site/handler.js';
import { converse, request } from '../helpers/client.js';
import { serve } from '../helpers/server.js';

const yes: Handler = () => ({ status: 200, fields: [], body: undefined });
const context = { signal: new AbortController().signal, remote: '' };

function statusOf(names: readonly string[], host: string | undefined, target = '/'): number {
  const fields = new Fields(host === undefined ? [] : ['Host', host]);
  const head = new RequestHead('GET', target, host === undefined ? 0 : 1, fields);
  const answer = allowedHostsLayer(names)(yes)(head, context);
  return answer instanceof Promise ? 0 : answer.status;
}

t.test('by name', async (t) => {
  const names = ['files.example.org', '*.Example.net', 'nas', 'xn--bcher-kva.example.'];
  for (const [host, status] of [
    ['files.example.org', 200],
    ['FILES.example.ORG:8080', 200],
    ['files.example.org.', 200],
    ['files.example.org:', 200],
    ['example.org', 421],
    ['a.files.example.org', 421],
    ['files.example.org.evil.example', 421],
    ['evilfiles.example.org', 421],
    ['files.example.org..', 421],
    ['a.example.net', 200],
    ['a.b.example.net:1', 200],
    ['example.net', 421],
    ['.example.net', 421],
    ['evilexample.net', 421],
    ['example.net.evil.example', 421],
    ['nas', 200],
    ['nas.lan', 421],
    ['xn--bcher-kva.example', 200],
    ['localhost', 200],
    ['localhost:8080', 200],
    ['app.localhost', 200],
    ['localhost.', 200],
    ['localhost.evil.example', 421],
    ['evillocalhost', 421],
    ['127.0.0.1', 200],
    ['192.0.2.1:80', 200],
    ['[::1]', 200],
    ['[2001:db8::1]:8080', 200],
    ['127.0.0.1.evil.example', 421],
    ['2130706433', 421],
    ['0x7f.1', 421],
    ['127.1', 421],
    ['', 200],
    [undefined, 200],
    [`${'a.'.repeat(8000)}example.net`, 421],
    [`${'a.'.repeat(100)}example.net`, 200],
  ] as const) {
    t.equal(statusOf(names, host), status, `${host}`.slice(0, 60));
  }
  // RFC 9112 §3.2.2: Host is not looked at then.
  t.equal(statusOf(names, 'nas', 'http://evil.example/'), 421);
  t.equal(statusOf(names, 'evil.example', 'http://nas/'), 200);
});

t.test('what is no name', async (t) => {
  for (const name of [
    '',
    '*',
    '*.',
    '.example.org',
    'a..b',
    'https://a.example',
    'a.example:80',
    'a.example/b',
    'a.*.example',
    '**.example',
    'bücher.example',
    'a b',
    'a\r\nb',
    'a'.repeat(64),
    'a.'.repeat(200),
  ]) {
    t.throws(() => allowedHostsLayer([name]), { message: /is no name of a host; write it/ }, name);
  }
  t.throws(() => allowedHostsLayer([]), /takes 1 to 1000 names/);
  t.throws(() => allowedHostsLayer(Array(1001).fill('a')), /there are 1001/);
});

t.test('a page that has its name lead here reads nothing', async (t) => {
  const root = t.testdir({ 'a.txt': 'hush' });
  const options = {
    allowHosts: ['nas.lan'],
    headers: [['X-A', '1']] as const,
    cors: '*' as const,
    auth: { users: ['ann:secret'] },
  };
  const { port } = await serve(t, root, options);
  const user = `Authorization: Basic ${btoa('ann:secret')}`;
  const ask = async (host: string, target = '/a.txt') =>
    (
      await converse(
        port,
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${user}\r\nConnection: close\r\n\r\n`,
      )
    )[0];
  for (const target of ['/a.txt', '/', '/none', '/%00']) {
    const answer = await ask(`evil.example:${port}`, target);
    t.equal(answer?.status, 421, target);
    t.equal(answer?.get('x-a'), '1');
    t.equal(answer?.get('www-authenticate'), undefined, 'before a password is asked for');
    t.match(answer?.body.toString(), /^421 Misdirected Request\n/);
    t.notMatch(answer?.body.toString(), /evil|nas/);
  }
  t.equal((await ask(`nas.lan:${port}`))?.body.toString(), 'hush');
  t.equal((await ask(`127.0.0.1:${port}`))?.body.toString(), 'hush');
  const all = await serve(t, root);
  t.equal((await request(all.port, '/a.txt', ['Origin: x'])).status, 200, 'all by default');
});

t.test('nothing of that is left to what comes next in an application', async (t) => {
  const files = fileListener(t.testdir({ 'a.txt': 'a' }), { allowHosts: ['nas.lan'] });
  const server = http.createServer((request, response) =>
    files(request, response, () => {
      response.end('passed on');
    }),
  );
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  for (const [host, status] of [
    ['evil.example', 421],
    ['evil.example/', 400],
  ] as const) {
    const bytes = `GET /none HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    t.equal((await converse(port, bytes))[0]?.status, status, host);
  }
  t.equal(String((await request(port, '/none', [])).body).slice(0, 3), '421');
});
