/** The command's options in this process: each value at its own place, defaults, what is refused. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import yargs from 'yargs';
import { BLTE_COMMANDS, LIMIT_OPTIONS } from '../../bin/blte/options.js';
import { giveBack } from '../../bin/options/alone.js';
import { convert } from '../../bin/options/convert.js';
import { UsageError } from '../../bin/options/option.js';
import { OPTIONS } from '../../bin/options/table.js';
import { type Settings, toSettings } from '../../bin/settings.js';
import { passwordWarning } from '../../bin/sharing.js';
import { type BlteLimits, DEFAULT_LIMITS } from '../../lib/blte/limits.js';
import { DEFAULT_CACHE_SIZE } from '../../lib/cache/memory.js';
import { DEFAULT_HTTP_LIMITS } from '../../lib/http/limits.js';
import { DEFAULT_MAX_RANGES } from '../../lib/http/range.js';
import { type Address, tcpAddress, unixAddress } from '../../lib/listen/endpoint.js';
import {
  DEFAULT_CONNECTION_LIMITS,
  DEFAULT_HOST,
  DEFAULT_PORT,
  DEFAULT_TIMEOUTS,
} from '../../lib/server/options.js';
import { DEFAULT_MAX_COMPRESSIONS } from '../../lib/site/coding/limits.js';
import { DEFAULT_MAX_SORTED, DEFAULT_MAX_UNSORTED } from '../../lib/site/listing/limits.js';
import { DEFAULT_INDEX } from '../../lib/site/paths/addresses.js';
import { DEFAULT_READ_AHEAD } from '../../lib/source/block-pool.js';
import { DECODED_FORMATS, VERIFY } from '../../lib/source/decoding-choices.js';
import { DEFAULT_CHUNK_SIZE, DEFAULT_STREAM_THRESHOLD } from '../../lib/source/directory.js';
import { KEY, KEYS } from '../helpers/blte.js';

/** What the command line gives when nothing is said. */
const DEFAULTS: Readonly<Record<string, unknown>> = Object.fromEntries(
  OPTIONS.flatMap(({ name, default: preset }) =>
    // A port that nobody named is none.
    preset === undefined || name === 'port' ? [] : [[name, preset]],
  ),
);

function settings(values: Record<string, unknown>): Settings {
  return toSettings('.', { ...DEFAULTS, ...values });
}

/** Where each option's value ends up, and by what it is multiplied there. */
const PLACES: Readonly<Record<string, readonly [path: string, factor?: number]>> = {
  port: ['server.port'],
  host: ['server.host'],
  'port-switching': ['server.movePort'],
  listen: ['server.listen'],
  tls: ['tls.wanted'],
  'tls-cert': ['tls.cert'],
  'tls-key': ['tls.key'],
  'tls-pass': ['tls.pass'],
  workers: ['workers'],
  config: ['config'],
  index: ['server.index'],
  single: ['server.single'],
  'clean-urls': ['server.cleanUrls'],
  'trailing-slash': ['server.trailingSlash'],
  'error-pages': ['server.errorPages'],
  'max-age': ['server.maxAge'],
  immutable: ['server.immutable'],
  cors: ['server.cors.0'],
  auth: ['server.auth.users.0'],
  'auth-file': ['server.auth.file'],
  'allow-host': ['server.allowHosts.0'],
  header: ['server.headers.0.1'],
  secure: ['server.secure'],
  decode: ['server.decode'],
  keys: ['server.keyFile'],
  key: ['server.keys.0'],
  verify: ['server.verify'],
  'max-decoded': ['server.decodeLimits.maxSize'],
  'max-decoded-chunk': ['server.decodeLimits.maxChunkSize'],
  'max-decoded-chunks': ['server.decodeLimits.maxChunks'],
  compression: ['server.compression'],
  precompressed: ['server.precompressed'],
  symlinks: ['server.symlinks'],
  dotfiles: ['server.dotfiles'],
  grace: ['grace', 1000],
  'cache-size': ['server.cacheSize'],
  'stream-threshold': ['server.streamThreshold'],
  'chunk-size': ['server.chunkSize'],
  'read-ahead': ['server.readAhead'],
  'shared-reads': ['server.sharedReads'],
  'head-timeout': ['server.timeouts.head', 1000],
  'handshake-timeout': ['server.timeouts.handshake', 1000],
  'idle-timeout': ['server.timeouts.idle', 1000],
  'content-timeout': ['server.timeouts.content', 1000],
  'stall-timeout': ['server.timeouts.stall', 1000],
  'linger-timeout': ['server.timeouts.linger', 1000],
  'max-connections': ['server.limits.connections'],
  'max-connections-per-address': ['server.limits.connectionsPerAddress'],
  'min-rate': ['server.limits.minRate'],
  throttle: ['server.limits.throttle'],
  'rate-limit': ['server.limits.requestsPerSecond'],
  'max-pipeline': ['server.limits.pipeline'],
  'max-target': ['server.limits.target'],
  'max-head': ['server.limits.head'],
  'max-fields': ['server.limits.fields'],
  'max-empty-lines': ['server.limits.emptyLines'],
  'max-content': ['server.limits.content'],
  'max-chunk-extensions': ['server.limits.chunkExtensions'],
  'max-trailers': ['server.limits.trailers'],
  'max-ranges': ['server.maxRanges'],
  listing: ['server.listing'],
  'max-sorted': ['server.maxSorted'],
  'max-unsorted': ['server.maxUnsorted'],
  'max-compressions': ['server.maxCompressions'],
  json: ['json'],
  quiet: ['quiet'],
  open: ['atTerminal.open'],
  clipboard: ['atTerminal.clipboard'],
  qr: ['atTerminal.qr'],
  progress: ['atTerminal.progress'],
  'request-logging': ['log.requests'],
  'log-format': ['log.format'],
  'log-file': ['log.file'],
  mode: ['server.mode'],
  watch: ['server.watch'],
  'metrics-port': ['monitor.port'],
  'metrics-host': ['monitor.host'],
};

/** What is asked before there are settings: which they are, and what to print instead of serving. */
const BEFORE = new Set(['options', 'print-config', 'completion']);
const PLACED = OPTIONS.filter(({ name }) => !BEFORE.has(name));

/** Every value of an object with the path to it. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(inner, path === '' ? name : `${path}.${name}`),
  );
}

/** A hash of bcrypt, of its lowest cost. */
const HASH = `$2y$04$${'.'.repeat(53)}`;

t.test('each value is at its own place', async (t) => {
  const folder = t.testdir({ passwords: `bob:${HASH}`, keys: `${KEYS}\n` });
  const passwords = path.join(folder, 'passwords');
  const keys = path.join(folder, 'keys');
  const samples: Readonly<Record<string, readonly [given: string, value: string]>> = {
    cors: ['https://a.example', 'https://a.example'],
    auth: ['ann:secret', 'ann:secret'],
    'auth-file': [passwords, passwords],
    'allow-host': ['a.example', 'a.example'],
    header: ['X-A: 1', '1'],
    keys: [keys, keys],
    key: [`${'0'.repeat(16)} ${KEY}`, `${'0'.repeat(16)} ${KEY}`],
  };
  t.same(PLACED.map(({ name }) => name).sort(), Object.keys(PLACES).sort());
  const values: Record<string, unknown> = {};
  const expected: [string, unknown][] = [
    ['root', '/served'],
    ['server.headers.0.0', 'X-A'],
  ];
  for (const [index, { name, kind, choices }] of PLACED.entries()) {
    // It excludes a port: it has a test of its own.
    if (name === 'listen') continue;
    // It is about a port that nobody named.
    if (name === 'port-switching') continue;
    const [place, factor = 1] = PLACES[name] as [string, number?];
    const value = 1000 + index;
    const word = kind === 'flag' ? true : kind === 'text' ? `host-${value}` : choices?.at(-1);
    const [given, sample] = samples[name] ?? [word, word];
    values[name] = given ?? `${value}`;
    expected.push([place, sample ?? value * factor]);
  }
  t.same(leaves(toSettings('/served', values)).sort(), expected.sort());

  await t.test('flags, one at a time', async (t) => {
    const flags = PLACED.filter(({ kind }) => kind === 'flag');
    const none = Object.fromEntries(flags.map(({ name }) => [name, false]));
    for (const { name } of flags) {
      const set = leaves(settings({ ...none, [name]: true, 'max-age': '1' })).filter(
        ([, value]) => value === true,
      );
      t.same(set, [[PLACES[name]?.[0], true]]);
    }
  });
});

t.test('the defaults are those of the library', async (t) => {
  t.equal(OPTIONS.find(({ name }) => name === 'port')?.default, `${DEFAULT_PORT}`);
  const { maxSize, maxChunkSize, maxChunks } = DEFAULT_LIMITS;
  t.same(settings({}), {
    root: '.',
    json: false,
    quiet: false,
    log: { requests: true },
    atTerminal: { open: false, clipboard: true, qr: true, progress: false },
    grace: 10_000,
    workers: 1,
    tls: { wanted: false },
    monitor: undefined,
    config: undefined,
    server: {
      movePort: true,
      host: DEFAULT_HOST,
      listen: [],
      index: DEFAULT_INDEX,
      immutable: false,
      single: false,
      errorPages: true,
      verify: 'once',
      decodeLimits: { maxSize, maxChunkSize, maxChunks },
      compression: true,
      precompressed: false,
      symlinks: false,
      dotfiles: false,
      cacheSize: DEFAULT_CACHE_SIZE,
      streamThreshold: DEFAULT_STREAM_THRESHOLD,
      chunkSize: DEFAULT_CHUNK_SIZE,
      readAhead: DEFAULT_READ_AHEAD,
      mode: 'stream',
      sharedReads: true,
      watch: false,
      maxRanges: DEFAULT_MAX_RANGES,
      listing: true,
      maxSorted: DEFAULT_MAX_SORTED,
      maxUnsorted: DEFAULT_MAX_UNSORTED,
      maxCompressions: DEFAULT_MAX_COMPRESSIONS,
      timeouts: DEFAULT_TIMEOUTS,
      limits: { ...DEFAULT_HTTP_LIMITS, ...DEFAULT_CONNECTION_LIMITS },
    },
  });
});

/** What a table of the README says of an amount, as the option would be given; "each": for all. */
function amount(text: string): string | undefined {
  const match = /^(?:2 × )?([0-9,]+)(?: (Ki|Mi|Gi)?(?:B|s))?(?: each)?$/.exec(text);
  if (match === null) return text === 'off' ? '0' : text === 'on' ? 'true' : undefined;
  return (match[1] as string).replaceAll(',', '') + (match[2]?.charAt(0).toLowerCase() ?? '');
}

t.test('the defaults are those of the README', async (t) => {
  const readme = readFileSync('README.md', 'utf8');
  const rows = readme.matchAll(/^\|(.*)\|$/gm);
  const said = new Map<string, string>();
  for (const [, row] of rows) {
    const cells = (row as string).split('|').map((cell) => cell.trim());
    const names = [...(row as string).matchAll(/`--([a-z-]+)`/g)].map(
      (match) => match[1] as string,
    );
    const amounts = (cells[1] as string).split(', ').map(amount);
    for (const [index, name] of names.entries()) {
      const value = amounts[Math.min(index, amounts.length - 1)];
      if (value !== undefined) said.set(name, value);
    }
  }
  for (const [name, value] of said) t.equal(value, DEFAULTS[name], `--${name}`);
  const silent = OPTIONS.filter(({ name, group }) => {
    return /^(?:Limits|Timeouts|Memory)/.test(group) && !said.has(name);
  });
  t.same(
    silent.map(({ name }) => name),
    ['stream-threshold'],
  );
  t.match(
    readme,
    `Files of at most 1 MiB are read whole, larger ones are streamed in 32 KiB chunks`,
  );
});

/** What an option makes of a value: a number, or why it is refused. */
function given(name: string, value: unknown): unknown {
  try {
    const place = (PLACES[name] as [string])[0];
    return new Map(leaves(settings({ [name]: value }))).get(place);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message;
  }
}

t.test('sizes', async (t) => {
  for (const [text, octets] of [
    ['0', 0],
    ['7', 7],
    ['7b', 7],
    ['007', 7],
    ['64k', 65_536],
    ['64K', 65_536],
    ['64kb', 65_536],
    ['64KB', 65_536],
    ['64KiB', 65_536],
    ['64kib', 65_536],
    ['1m', 1_048_576],
    ['1MiB', 1_048_576],
    ['2g', 2_147_483_648],
    ['999999999999', 999_999_999_999],
    ['999999g', 999_999 * 1024 ** 3],
  ] as const) {
    t.equal(given('cache-size', text), octets, text);
  }
  const wrong = ['', ' ', '-1', '+1', '1e3', '0x10', '1.5m', '5ib', '5ik', 'k', '1t', '1 m', '1mm'];
  for (const text of [
    ...wrong,
    '1_000',
    '1,000',
    'NaN',
    'Infinity',
    '∞',
    '١',
    '1k\n',
    '1000000000000',
  ]) {
    const message = given('cache-size', text);
    t.equal(
      message,
      `--cache-size ${text || "''"} can't be used; it takes octets, such as 65536, 64k or 1m`,
    );
  }
  t.equal(given('chunk-size', '0'), 0, 'left to the directory, which refuses it by name');
  t.ok(
    Number.isSafeInteger(given('cache-size', '8388607g')),
    'the largest sizes that are taken are exact',
  );
  t.type(given('cache-size', '999999999999g'), 'string', 'beyond what a number holds');
});

t.test('rates', async (t) => {
  for (const [text, octets] of [
    ['0', 0],
    ['1m', 1_048_576],
    ['1MB/s', 1_048_576],
    ['64k/s', 65_536],
    ['500/s', 500],
  ] as const) {
    t.equal(given('throttle', text), octets, text);
  }
  for (const text of ['', '/s', '1m/', '1m/h', '1m/s/s', '1 m/s', '1.5m/s']) {
    t.match(given('throttle', text), /^--throttle .* can't be used; it takes octets/, text);
  }
});

t.test('TLS', async (t) => {
  for (const [values, expected] of [
    [{ 'tls-cert': 'a' }, /^--tls-cert needs --tls-key/],
    [{ 'tls-key': 'a' }, /^--tls-key needs --tls-cert/],
    [{ 'tls-pass': 'a' }, /^--tls-pass needs --tls-key/],
    [{ 'tls-cert': '', 'tls-key': 'a' }, /^--tls-cert '' can't be used/],
  ] as const) {
    t.throws(() => settings(values), { message: expected });
  }
});

t.test('seconds', async (t) => {
  for (const [text, milliseconds] of [
    ['0', 0],
    ['1', 1000],
    ['0.5', 500],
    ['1.25', 1250],
    ['31536000', 31_536_000_000],
  ] as const) {
    t.equal(given('head-timeout', text), milliseconds, text);
  }
  for (const text of ['', '-1', '1e3', '.5', '1.', '1s', 'Infinity', '31536001', '9'.repeat(400)]) {
    const message = given('head-timeout', text);
    t.equal(
      message,
      `--head-timeout ${text || "''"} can't be used; it takes seconds, from 0 to 31536000`,
    );
  }
});

t.test('ports, counts and texts', async (t) => {
  for (const [text, port] of [
    ['0', 0],
    ['80', 80],
    ['65535', 65_535],
  ] as const) {
    t.equal(given('port', text), port);
  }
  t.match(given('port', '65536'), /^--port 65536 can't be used; it takes a port, from 0 to 65535$/);
  for (const name of ['port', 'max-connections']) {
    for (const text of ['', '-1', '1k', '8b', '1.5', '1e3', 'http', '0x50']) {
      t.match(
        given(name, text),
        name === 'port'
          ? /can't be used; it takes a port, from 0 to 65535$/
          : /can't be used; it takes a whole number from 0 up$/,
      );
    }
  }
  t.equal(given('host', '::1'), '::1');
  t.match(given('host', ''), /^--host '' can't be used; it takes a value$/);
});

t.test('places', async (t) => {
  const places = (listen: unknown, more: Record<string, unknown> = {}): unknown =>
    settings({ listen, ...more }).server.listen;
  t.same(places('3000'), [{ host: DEFAULT_HOST, port: 3000 }]);
  t.same(places(['3000', 'tcp://[::1]:0', 'unix:/run/a.sock'], { host: '::' }), [
    { host: '::', port: 3000 },
    { host: '::1', port: 0 },
    { path: '/run/a.sock' },
  ]);
  for (const text of ['', 'here', 'unix:', '70000']) {
    t.throws(() => places(text), {
      name: 'Error',
      message: /^--listen .*; it takes a port, host:port, tcp:\/\/host:port or unix:\/path$/,
    });
  }
  t.throws(() => places('3000', { port: '4000' }), { message: /^--port and --listen both/ });
  t.notOk('movePort' in settings({ port: '8080' }).server, 'a port that is named does not move');
});

t.test('workers', async (t) => {
  for (const [text, workers] of [
    ['1', 1],
    ['2', 2],
    ['1024', 1024],
    ['auto', 'auto'],
  ] as const) {
    t.equal(given('workers', text), workers);
  }
  for (const text of ['', '0', '-1', '1025', '99999', '1.5', '2k', '1e1', 'Auto', 'all']) {
    t.equal(
      given('workers', text),
      `--workers ${text || "''"} can't be used; it takes a whole number from 1 to 1024, or auto`,
    );
  }
});

t.test('choices', async (t) => {
  for (const mode of ['stream', 'load']) t.equal(given('mode', mode), mode);
  for (const text of ['', 'Load', 'stream ', 'loading']) {
    const message = given('mode', text);
    t.equal(message, `--mode ${text || "''"} can't be used; it takes stream or load`);
  }
  t.match(given('log-format', 'x'), /it takes pretty, combined or json$/);
});

t.test('what does not go together', async (t) => {
  for (const { name, kind, repeatable } of PLACED) {
    if (kind === 'flag' || repeatable) continue;
    const message = given(name, ['1', '2']);
    t.equal(message, `--${name} is given more than once; give it once`);
  }
  t.match(given('immutable', true), /^--immutable needs --max-age/);
  t.equal(given('max-age', '0'), 0);
  t.notOk('maxAge' in settings({}).server, 'without it, none');
  t.notOk('cleanUrls' in settings({}).server, 'a config file may say');
  t.equal(settings({ 'clean-urls': false }).server.cleanUrls, false, 'but not against this');
});

t.test('the name of the index file', async (t) => {
  for (const name of ['home.htm', '.start', 'a b', '...']) t.equal(given('index', name), name);
  for (const name of ['.', '..', 'a/', '/a', 'a/b', 'a\\b', 'c:a', 'a\0']) {
    t.equal(given('index', name), `--index ${name} can't be used; it takes the name of a file`);
  }
});

t.test('who files are shared with', async (t) => {
  const { cors, auth, headers, secure } = settings({}).server;
  t.same([cors, auth, headers, secure], [undefined, undefined, undefined, undefined]);
  t.equal(settings({ cors: ['https://a.example', '*'] }).server.cors, '*');
  t.same(settings({ cors: ['https://a.example', 'http://[::1]:3000'] }).server.cors, [
    'https://a.example',
    'http://[::1]:3000',
  ]);
  t.same(settings({ auth: ['a:b', 'c:d:e'] }).server.auth, { users: ['a:b', 'c:d:e'] });
  t.same(settings({ header: ['X-A: 1', 'x-a:\t2 '] }).server.headers, [
    ['X-A', '1'],
    ['x-a', '2'],
  ]);
  for (const [name, value, message] of [
    ['cors', 'https://a.example/', /^--cors: "https:\/\/a\.example\/" is no origin/],
    ['cors', 'a.example', /^--cors: "a\.example" is no origin/],
    ['auth', 'secret', /^--auth: a user for auth is not written as NAME:PASSWORD$/],
    ['auth', ':secret', /NAME:PASSWORD$/],
    ['auth', 'name:', /NAME:PASSWORD$/],
    ['auth', 'na\nme:secret', /^--auth: a user for auth has a control character/],
    ['auth', '', /^--auth '' can't be used/],
    ['auth-file', '/nowhere/at/all', /^--auth-file: .* does not exist; make one: htpasswd -cB/],
    ['header', 'X-A', /^--header: the field "X-A" has no colon/],
    ['header', 'X-A: 1\r\nX-B: 2', /^--header: the value of the field X-A has a line break/],
    ['header', 'Content-Length: 5', /^--header: the field Content-Length can't be set/],
  ] as const) {
    t.match(refusal(name, value), message);
    t.notMatch(refusal(name, value), /secret/, 'no password in a message');
  }
});

t.test('what decoding offers is what there is', async (t) => {
  const choices = (name: string) => OPTIONS.find((option) => option.name === name)?.choices;
  t.equal(choices('decode'), DECODED_FORMATS);
  t.equal(choices('verify'), VERIFY);
});

t.test('the limits of serve blte are those of the library', async (t) => {
  for (const { word, options } of BLTE_COMMANDS) {
    const limits = options.filter(({ group }) => group === 'Limits:');
    const found = limits.map((option) => [option.name, convert(option, option.default)]);
    const { maxDepth, ...ofHeaders } = LIMIT_OPTIONS;
    const names = word === 'inspect' ? ofHeaders : { ...ofHeaders, maxDepth };
    const expected = Object.entries(names).map(([limit, name]) => [
      name,
      DEFAULT_LIMITS[limit as keyof BlteLimits],
    ]);
    t.same(new Map(found as [string, number][]), new Map(expected as [string, number][]), word);
  }
});

t.test('what is decoded, and by which keys', async (t) => {
  const { decode, keyFile, keys } = settings({}).server;
  t.same([decode, keyFile, keys], [undefined, undefined, undefined]);
  t.equal(settings({ keys: '/nowhere' }).server.keyFile, '/nowhere', 'not needed: not read');
  const folder = t.testdir({
    right: KEYS,
    wrong: `# keys\n${KEY}\n`,
    folder: {},
    large: 'x'.repeat(1_048_577),
  });
  for (const [values, message] of [
    [{ decode: 'zip' }, "--decode zip can't be used; it takes blte"],
    [{ key: KEY }, 'taken'],
    [
      { key: KEY, decode: 'blte' },
      /^--key \(or SLUICE_KEY\): a key is given as NAME KEY, 16 and 32 hexadecimal digits$/,
    ],
    [{ key: ['1'.repeat(16), KEYS], decode: 'blte' }, /^--key .*: a key is given as NAME/],
    [
      { key: [KEYS, KEYS.replace(KEY, '0'.repeat(32))], decode: 'blte' },
      /^--keys \(or SLUICE_KEYS\): --key \(or SLUICE_KEY\): two different keys are called \w+; leave/,
    ],
    [{ key: [KEYS, KEYS], keys: path.join(folder, 'right'), decode: 'blte' }, 'taken'],
    [
      { key: KEYS.replace(KEY, '0'.repeat(32)), keys: path.join(folder, 'right'), decode: 'blte' },
      /right and --key \(or SLUICE_KEY\): two different keys are called \w+; leave one out$/,
    ],
    [{ keys: path.join(folder, 'none'), decode: 'blte' }, /none does not exist; it has a line for/],
    [
      { keys: `${KEYS}\n`.repeat(120), decode: 'blte' },
      /: the key file \(a key\?\) can't be read \(ENAMETOOLONG\); it has a line for/,
    ],
    [
      { keys: KEYS, decode: 'blte' },
      /: the key file \(a key\?\) does not exist; it has a line for/,
    ],
    [{ keys: path.join(folder, 'folder'), decode: 'blte' }, /folder is a folder; name a file with/],
    [
      { keys: path.join(folder, 'large'), decode: 'blte' },
      /has more than 1048576 octets, which are the most/,
    ],
    [{ keys: path.join(folder, 'wrong'), decode: 'blte' }, /line 2 of .*wrong: a key is given as/],
    [{ 'max-decoded': '0' }, /^--max-decoded must be a whole number from 1 to/],
    [{ 'max-decoded-chunk': '2g' }, /^--max-decoded-chunk must be a whole number/],
    [{ 'max-decoded-chunks': '0' }, /^--max-decoded-chunks must be a whole number/],
  ] as const) {
    let said = 'taken';
    try {
      settings(values);
    } catch (error) {
      if (error instanceof UsageError) said = error.message;
    }
    t.match(said, message);
    t.notMatch(said, KEY, 'no key in a message');
  }
});

function refusal(name: string, value: string): string {
  try {
    settings({ [name]: value });
  } catch (error) {
    if (error instanceof UsageError) return error.message;
  }
  return 'taken';
}

t.test('options that may stand alone', async (t) => {
  for (const [argv, cors, folders] of [
    [['--cors'], ['*'], []],
    [['-C', './public'], ['*'], ['./public']],
    [['--cors', 'public'], ['*'], ['public']],
    [['--cors', 'https://a.example', 'public'], ['https://a.example'], ['public']],
    [['--cors=https://a.example'], ['https://a.example'], []],
    [['--cors=a.example'], ['a.example'], []],
    [['--cors', '*'], ['*'], []],
    [['--cors', 'https://a.example', '-C', 'http://b'], ['https://a.example', 'http://b'], []],
    [['--no-cors'], undefined, []],
    [[], undefined, []],
  ] as const) {
    const values: Record<string, unknown> = await yargs([...argv])
      .option('cors', { type: 'string', alias: 'C' })
      .parse();
    giveBack(argv, values, OPTIONS);
    t.same([values.cors, values._], [cors, folders], argv.join(' '));
  }
});

t.test('passwords that would cross a network in the clear', async (t) => {
  const auth = { users: ['a:b'] };
  const tls = { cert: '', key: '' };
  const at = (host: string): Address =>
    host === '' ? unixAddress('/s') : tcpAddress('http', host, 1);
  for (const host of [
    '0.0.0.0',
    '::',
    '192.0.2.1',
    '::ffff:192.0.2.1',
    'a.example',
    '127.a.example',
  ]) {
    const expected = `unencrypted at ${at(host).url}: serve by TLS`;
    t.match(passwordWarning({ auth }, [at(host)]), expected);
    t.equal(passwordWarning({ auth, tls }, [at(host)]), undefined, `${host} by TLS`);
    t.equal(passwordWarning({}, [at(host)]), undefined, `${host} without passwords`);
  }
  const local = ['127.0.0.1', '127.1.2.3', '::ffff:127.0.0.1', '::1', 'localhost', 'LOCALHOST', ''];
  for (const host of local) {
    t.equal(passwordWarning({ auth }, [at(host)]), undefined, host);
  }
  t.match(
    passwordWarning({ auth }, [...local, '192.0.2.1', '::'].map(at)),
    'unencrypted at http://192.0.2.1:1/ and http://[::]:1/: serve',
    'of several places those that are on a network',
  );
});
