/** Places to listen at, as people write them. */
import t from 'tap';
import { parseEndpoint, tcpAddress, unixAddress } from '../../lib/listen/endpoint.js';

t.test('what is taken', async (t) => {
  for (const [text, expected] of [
    ['3000', { host: 'here', port: 3000 }],
    ['0', { host: 'here', port: 0 }],
    ['65535', { host: 'here', port: 65_535 }],
    ['tcp://3000', { host: 'here', port: 3000 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['tcp://0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['tcp://[fe80::1%eth0]:80', { host: 'fe80::1%eth0', port: 80 }],
    ['unix:/run/a.sock', { path: '/run/a.sock' }],
    ['unix:///run/a.sock', { path: '/run/a.sock' }],
    ['unix:a.sock', { path: 'a.sock' }],
  ] as const) {
    t.same(parseEndpoint(text, 'here'), expected, text);
  }
});

t.test('what is not', async (t) => {
  for (const text of [
    '',
    ' ',
    '-1',
    '65536',
    '999999',
    '80.5',
    'localhost',
    ':80',
    '::1:80',
    '[::1]',
    '[]:80',
    '[::1:80',
    'a b:80',
    'a@b:80',
    'tcp://a:80/',
    'tcp://a:80?b',
    'http://a:80',
    'udp://a:80',
    '80\n',
    `${'a'.repeat(256)}:80`,
    'unix:',
    'unix:@name',
    'unix:a\0b',
  ]) {
    t.throws(() => parseEndpoint(text, 'here'), RangeError, JSON.stringify(text));
  }
});

t.test('addresses', async (t) => {
  t.equal(tcpAddress('http', '127.0.0.1', 80).url, 'http://127.0.0.1:80/');
  t.equal(tcpAddress('https', '::1', 80).url, 'https://[::1]:80/');
  t.same(unixAddress('/a'), { host: '', port: 0, url: 'unix:/a' });
});
