/**
 * Names and addresses that were made to harm, through all that shows or follows them: listings, redirects,
 * rules, fields, logs and the configuration. Whatever it is, it does nothing but what its table says.
 */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { checkConfig } from '../../bin/config/check.js';
import { asciiJson, combinedLine, logRecord, prettyLine } from '../../lib/observe/access-log.js';
import { type ExchangeEvent, exchangeChannel } from '../../lib/observe/channels.js';
import { loadRules } from '../../lib/site/rules/load.js';
import { parseFieldText } from '../../lib/site/set-fields.js';
import { converse, request } from '../helpers/client.js';
import type { WireResponse } from '../helpers/response.js';
import { serve } from '../helpers/server.js';

/** Files with these names are served; the second ones can't be named by any address, and are not listed. */
const NAMES = [
  '<script>alert(1)',
  '" onmouseover="alert(1)" x="',
  "' autofocus onfocus='alert(1)",
  '<img src=x onerror=alert(1)>',
  '<!--',
  'a&amp;b&lt;c',
  '{{7*7}}',
  'a%2e%2e%2fb',
  '%00',
  '#fragment?query=1',
  '?sort=size',
  'a\nb',
  'a\r\nSet-Cookie= x=1',
  '\u001b[31mred\u0007',
  '\u202Etxt.exe',
  '\u2028line',
  ' leading and trailing ',
  '🎉 é ﷽',
  'a..;',
  'index.html.',
];
const UNNAMEABLE = ['javascript:alert(1)', 'a\\b'];

const SECRET = 'nobody may read this';

/** Addresses, and the status of the only answer. */
const TARGETS: readonly (readonly [target: string, status: number])[] = [
  ['//evil.example/..', 301],
  ['//evil.example/folder', 404],
  ['/%2f%2fevil.example', 400],
  ['/\\evil.example', 400],
  ['/%5cevil.example', 400],
  ['/folder/..//..//secret', 400],
  ['/..%2f..%2fsecret', 400],
  ['/folder/%2e%2e/%2e%2e/secret', 400],
  ['/%c0%ae%c0%ae/secret', 400],
  ['/a%00.txt', 400],
  ['/a%0d%0aSet-Cookie:%20x=1', 404],
  ['/.git/config', 404],
  ['/%2egit/config', 404],
  ['/folder/.%68idden', 404],
  ['/out/secret', 404],
  ['/C:/secret', 404],
  ['/folder?%22%3E%3Cscript%3Ealert(1)%3C/script%3E', 301],
  ['/folder/?sort=%22%3E%3Cscript%3Ealert(1)&order=%0d%0a', 200],
  ['/old//evil.example', 308],
  ['/old/%2f%2fevil.example', 400],
  ['/old/%0d%0aSet-Cookie:%20x=1', 404],
  ['/old/%0d%0aSet-Cookie=x', 308],
  ['/old/javascript%3Aalert(1)', 404],
  ['/old/%22%3E%3Cscript%3Ealert(1)', 308],
  ['/leak', 400],
  ['/hidden', 404],
  ['/any/.hidden', 404],
  ['/any/%2e%2e%2fsecret', 400],
  ['/page.html?next=//evil.example', 301],
];

/** What stands in a serve.json, and what is said of it. */
const CONFIGS: readonly (readonly [config: object, said: RegExp])[] = [
  [{ redirects: [{ source: '/a', destination: '//evil.example' }] }, /two slashes/],
  [{ redirects: [{ source: '/:a', destination: 'https://:a/' }] }, /destination/],
  [{ redirects: [{ source: '/a', destination: 'javascript:alert(1)' }] }, /destination/],
  [{ redirects: [{ source: '/a', destination: '/b\r\nSet-Cookie: x=1' }] }, /destination/],
  [
    { headers: [{ source: '**', headers: [{ key: 'X-A', value: '1\r\nX-B: 2' }] }] },
    /value|X-A|line break/,
  ],
  [
    { headers: [{ source: '**', headers: [{ key: 'Content-Length', value: '5' }] }] },
    /Content-Length/,
  ],
  [{ headers: [{ source: '**', headers: [{ key: 'X A', value: '1' }] }] }, /no name of a field/],
];

async function site(t: Test): Promise<number> {
  const folder = t.testdir({
    root: {
      folder: { 'a.txt': '', '.hidden': SECRET },
      names: {},
      'page.html': 'page',
      '.git': { config: SECRET },
      out: t.fixture('symlink', '..'),
    },
    secret: SECRET,
  });
  const root = path.join(folder, 'root');
  for (const name of [...NAMES, ...UNNAMEABLE]) {
    fs.writeFileSync(path.join(root, 'names', name), `content of ${name}`);
  }
  const rules = await loadRules({
    redirects: [{ source: '/old/:name', destination: '/new/:name', type: 308 }],
    rewrites: [
      { source: '/leak', destination: '/../secret' },
      { source: '/hidden', destination: '/folder/.hidden' },
      { source: '/any/:name', destination: '/folder/:name' },
    ],
  });
  const { port } = await serve(t, root, { listing: true, cleanUrls: true, rules });
  return port;
}

/** One line of printable ASCII in each format, whatever happened. */
function checkLines(t: Test, event: ExchangeEvent): void {
  for (const line of [
    combinedLine(event, 0),
    prettyLine(false)(event, 0),
    asciiJson(JSON.stringify(logRecord(event))),
  ]) {
    t.match(line, /^[\x20-\x7e]+$/, 'the log');
  }
}

/** What no answer may have in it. */
function checkAnswer(t: Test, response: WireResponse): void {
  const text = response.body.toString();
  t.equal(response.get('set-cookie'), undefined);
  t.notMatch(text, SECRET);
  t.notMatch(text, /<script>alert|<img|onmouseover="alert|onfocus='alert/);
  const location = response.get('location');
  if (location !== undefined) t.match(location, /^\/(?![/\\])[\x21-\x7e]*$/, 'within the site');
}

function events(t: Test): ExchangeEvent[] {
  const told: ExchangeEvent[] = [];
  const listener = (message: unknown) => told.push(message as ExchangeEvent);
  exchangeChannel.subscribe(listener);
  t.teardown(() => exchangeChannel.unsubscribe(listener));
  return told;
}

t.test('names of files', async (t) => {
  const told = events(t);
  const port = await site(t);
  const json = await request(port, '/names/', ['Accept: application/json']);
  const entries = JSON.parse(json.body.toString()) as { name: string; href: string }[];
  t.same(entries.map(({ name }) => name).sort(), [...NAMES].sort());
  const page = await request(port, '/names/', ['Accept: text/html']);
  checkAnswer(t, page);
  for (const { name, href } of entries) {
    t.match(href, /^[\x21-\x7e]+$/);
    const target = new URL(href, 'http://a.example/names/');
    t.equal(target.host, 'a.example');
    const shown = href.replaceAll('&', '&#38;').replaceAll("'", '&#39;');
    t.ok(page.body.toString().includes(`href="${shown}"`), 'the page leads there too');
    const response = await request(port, target.pathname + target.search);
    t.equal(response.status, 200, name);
    t.equal(response.body.toString(), `content of ${name}`);
    t.equal(response.get('set-cookie'), undefined);
  }
  t.equal(told.length, NAMES.length + 2);
  for (const event of told) checkLines(t, event);
});

t.test('addresses', async (t) => {
  const told = events(t);
  const port = await site(t);
  for (const [target, status] of TARGETS) {
    await t.test(target, async (t) => {
      const head = `GET ${target} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n`;
      const responses = await converse(port, head);
      t.equal(responses.length, 1);
      t.equal(responses[0]?.status, status);
      checkAnswer(t, responses[0] as WireResponse);
    });
  }
  t.equal(told.length, TARGETS.length);
  for (const event of told) checkLines(t, event);
});

t.test('fields of requests in the log', async (t) => {
  const told = events(t);
  const port = await site(t);
  const hostile = '"\\\t\x80\xff <script>alert(1)</script>';
  await converse(
    port,
    `GET /folder/ HTTP/1.1\r\nHost: a\r\nReferer: ${hostile}\r\nUser-Agent: ${hostile}\r\nConnection: close\r\n\r\n`,
  );
  t.equal(told.length, 1);
  for (const event of told) {
    checkLines(t, event);
    t.equal(combinedLine(event, 0).match(/(?<!\\)"/g)?.length, 6, 'quotes are those of the format');
  }
});

t.test('configurations', async (t) => {
  for (const [config, said] of CONFIGS) {
    const text = JSON.stringify(config);
    const refused = async (): Promise<void> => {
      const checked = await checkConfig(text, 'serve.json');
      await loadRules(checked);
    };
    await t.rejects(refused(), { message: said }, text);
  }
  for (const text of ['X-A: 1\nX-B: 2', 'Content-Length: 5', 'X A: 1', ': 1', 'X-A: \0']) {
    t.throws(() => parseFieldText(text), JSON.stringify(text));
  }
});
