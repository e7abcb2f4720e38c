/** Lines of the log: what they say, and that nothing a client sends gets out of its place in them. */
import fc from 'fast-check';
import t, { type Test } from 'tap';
import {
  asciiJson,
  combinedLine,
  LONGEST_FIELD,
  LONGEST_TARGET,
  logRecord,
  prettyLine,
  quotable,
  size,
} from '../../lib/observe/access-log.js';
import type { ExchangeEvent } from '../../lib/observe/channels.js';

const TIME = Date.UTC(2026, 10, 5, 3, 4, 5, 678);

function event(
  given: Partial<ExchangeEvent> = {},
  fields: Record<string, string> = {},
): ExchangeEvent {
  return {
    method: 'GET',
    target: '/a?b=c',
    status: 200,
    sent: 1234,
    duration: 3.25,
    ttfb: 1.5,
    remote: '192.0.2.7',
    complete: true,
    minorVersion: 1,
    user: '',
    field: (name) => fields[name],
    ...given,
  };
}

t.test('combined', async (t) => {
  const fields = { referer: 'http://a.example/', 'user-agent': 'curl/8.0' };
  for (const [given, expected] of [
    [
      event({}, fields),
      '192.0.2.7 - - [05/Nov/2026:03:04:05 +0000] "GET /a?b=c HTTP/1.1" 200 1234 "http://a.example/" "curl/8.0"',
    ],
    [
      event({ minorVersion: 0, sent: 0, user: 'ann lee' }),
      '192.0.2.7 - ann\\x20lee [05/Nov/2026:03:04:05 +0000] "GET /a?b=c HTTP/1.0" 200 - "-" "-"',
    ],
    [
      event({ method: '', target: '', status: 400, remote: '' }),
      '- - - [05/Nov/2026:03:04:05 +0000] "-" 400 1234 "-" "-"',
    ],
    [
      event({ status: 0, remote: 'fe80::1%eth0' }),
      'fe80::1%eth0 - - [05/Nov/2026:03:04:05 +0000] "GET /a?b=c HTTP/1.1" - 1234 "-" "-"',
    ],
  ] as const) {
    t.equal(combinedLine(given, TIME), expected);
  }
});

t.test('for people', async (t) => {
  const plain = prettyLine(false);
  const clock = new Date(TIME).toTimeString().slice(0, 8);
  for (const [given, expected] of [
    [event(), `${clock} 200 GET  /a?b=c 1.2 KiB in 3.3 ms to 192.0.2.7`],
    [
      event({ complete: false, duration: 12_345, method: 'OPTIONS' }),
      `${clock} 200 OPTIONS /a?b=c cut off 1.2 KiB in 12.3 s to 192.0.2.7`,
    ],
    [
      event({ method: '', target: '', status: 408, duration: 1200 }),
      `${clock} 408 refused 1.2 KiB in 1200 ms to 192.0.2.7`,
    ],
    [event({ status: 0, sent: 0 }), `${clock} --- GET  /a?b=c 0 B in 3.3 ms to 192.0.2.7`],
  ] as const) {
    t.equal(plain(given, TIME), expected);
  }
  const color = prettyLine(true);
  for (const [status, code] of [
    [200, 32],
    [304, 36],
    [404, 33],
    [500, 31],
    [0, 31],
  ] as const) {
    const line = color(event({ status }), TIME);
    t.match(line, `\x1b[${code}m${status === 0 ? '---' : status}\x1b[0m`);
    t.equal(line.replace(/\x1b\[\d+m/g, ''), plain(event({ status }), TIME));
  }
});

t.test('sizes for people', async (t) => {
  for (const [octets, text] of [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [102_399, '100 KiB'],
    [1_048_575, '1.0 MiB'],
    [10 * 1024 ** 3, '10.0 GiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ] as const) {
    t.equal(size(octets), text);
  }
});

/** What somebody would send to forge a line, end a field or steer a terminal. */
const ATTACKS = [
  '" 200 0 "-" "-"',
  'a\r\n192.0.2.1 - root [05/Nov/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
  'a\nb',
  '\x1b[2J\x1b]0;title\x07',
  '\x9b31m\x85',
  '\x00\x7f',
  '\\',
  '\\"',
  '\u202egnp.exe\u2066',
  '\u2028\u2029\ufeff',
  '<script>alert(1)</script>',
  '%0d%0a',
  "'; DROP TABLE log; --",
];

const COMBINED =
  /^(\S+) - (\S+) \[[^\]]+\] "((?:[^"\\]|\\.)*)" (\S+) (\S+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$/;

/** Undoes {@link quotable}. */
function unquoted(text: string): string {
  return text.replace(/\\(?:x(..)|u(....)|(.))/g, (_, two, four, one) =>
    one === undefined ? String.fromCharCode(Number.parseInt(two ?? four, 16)) : one,
  );
}

function checkHostile(t: Test, text: string): void {
  const given = event(
    { target: `/${text}`, user: text, method: 'GET' },
    { referer: text, 'user-agent': text },
  );
  const combined = combinedLine(given, TIME);
  t.match(combined, /^[\x20-\x7e]*$/);
  const parts = COMBINED.exec(combined);
  t.equal(unquoted(parts?.[3] ?? ''), `GET /${text} HTTP/1.1`);
  t.equal(unquoted(parts?.[6] ?? ''), text);
  t.equal(unquoted(parts?.[7] ?? ''), text);
  t.equal(unquoted(parts?.[2] ?? ''), text);
  t.match(prettyLine(false)(given, TIME), /^[\x20-\x7e]*$/);
  const json = asciiJson(JSON.stringify(logRecord(given)));
  t.match(json, /^[\x20-\x7e]*$/);
  t.match(JSON.parse(json), { target: `/${text}`, user: text, referer: text, userAgent: text });
}

t.test('attacks stay where they are, and can be read', async (t) => {
  for (const text of ATTACKS) checkHostile(t, text);
  const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(texts, (text) => {
      const line = combinedLine(event({ target: text }, { referer: text }), TIME);
      return COMBINED.test(line) && /^[\x20-\x7e]*$/.test(line);
    }),
    { numRuns: 300, seed: 7 },
  );
});

t.test('long texts are cut', async (t) => {
  const long = '"'.repeat(20_000);
  const line = combinedLine(
    event({ target: long, user: long }, { referer: long, 'user-agent': long }),
    TIME,
  );
  t.ok(line.length < 2 * (LONGEST_TARGET + 3 * LONGEST_FIELD) + 200, `${line.length}`);
  t.match(line, COMBINED);
  t.equal(quotable('abcd', 3), 'abc...');
  t.equal(quotable('abc', 3), 'abc');
  const record = logRecord(event({ target: long }, { referer: long }));
  t.equal(String(record.target).length, LONGEST_TARGET);
  t.equal(String(record.referer).length, LONGEST_FIELD);
});
