/** The fixtures of test/wire: the same events however the bytes arrive, and whatever follows them. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { HttpError } from '../../lib/http/error.js';
import { RequestParser } from '../../lib/http/parser.js';
import { feed, octets, randomChunks, whole } from '../helpers/feed.js';
import { random } from '../helpers/random.js';
import {
  readWireDocument,
  readWireDocuments,
  unescapeLines,
  type WireCase,
} from '../helpers/wire.js';

const NEXT = Buffer.from('GET /next HTTP/1.1\r\nHost: next.example\r\n\r\n');
const NEXT_EVENTS = ['head GET origin /next 1.1 none persistent', 'field Host: next.example'];
const GARBAGE = Buffer.from('\0\x16\x03\x01 garbage\r\n\r\n', 'latin1');

const documents = readWireDocuments();
for (const { file, cases } of documents) {
  t.test(file, async (t) => {
    for (const one of cases) t.test(one.title, async (t) => check(t, one));
  });
}

t.test('there are more than 150 cases', async (t) => {
  t.ok(documents.flatMap(({ cases }) => cases).length > 150);
});

t.test('TOLERANCES.md has a case for each row, taken or refused as it says', async (t) => {
  const text = readFileSync(new URL('../../../TOLERANCES.md', import.meta.url), 'utf8');
  const [taken, refused] = text.split('## Refused');
  for (const [part, isRefused, atLeast] of [
    [taken, false, 10],
    [refused, true, 5],
  ] as const) {
    const rows = (part ?? '').split('\n').filter((line) => /^\|(?!-)/.test(line));
    t.ok(rows.length > atLeast);
    for (const row of rows.slice(1)) {
      const [, file, title] =
        /\| RFC [0-9]+ §.* \| \[(.+)\]\(test\/wire\/\1\): (.+) \|$/.exec(row) ?? [];
      const { cases } = documents.find((document) => document.file === file) ?? {};
      const found = cases?.find((one) => one.title === title);
      t.equal(
        found?.events.some((line) => line.startsWith('error')),
        isRefused,
        row,
      );
    }
  }
});

function check(t: Test, { bytes, events, limits }: WireCase): void {
  const run = (chunks: Iterable<Buffer>) => feed(chunks, new RequestParser(limits));
  t.same(run(whole(bytes)), events, 'whole');
  t.same(run(octets(bytes)), events, 'one octet at a time');
  for (let seed = 1; seed <= 5; seed++) {
    t.same(run(randomChunks(bytes, random(seed))), events, `cut at random, seed ${seed}`);
  }
  const last = events.at(-1) ?? '';
  if (last === 'more') return;
  const failed = last.startsWith('error');
  for (const [what, more, moreEvents] of [
    ['a request', NEXT, NEXT_EVENTS],
    ['garbage', GARBAGE, ['error 400 malformed method']],
  ] as const) {
    const longer = Buffer.concat([bytes, more]);
    const expected = failed ? events : [...events, ...moreEvents];
    t.same(run(whole(longer)), expected, `followed by ${what}`);
    t.same(run([bytes, more]), expected, `followed by ${what} in a chunk of its own`);
  }
  if (failed) {
    const parser = new RequestParser(limits);
    feed(whole(bytes), parser);
    parser.push(NEXT);
    t.throws(() => parser.next(), HttpError, 'nothing comes after an error');
    t.equal(parser.buffered, 0, 'nothing is kept after an error');
  }
}

t.test('the reader of fixtures refuses what it can not check', async (t) => {
  const http = '```http\nGET / HTTP/1.0\\r\\n\\r\\n\n```\n';
  const events = '```events\nhead GET origin / 1.0 none closing\n```\n';
  const why = '## Case\n\nBecause (RFC 9112 §3).\n\n';
  t.equal(readWireDocument('a.md', `# A\n\n${why}${http}${events}`).cases.length, 1);
  for (const [text, message] of [
    ['# A\n', /no cases/],
    [why + http, /no http or no events/],
    [why + events, /no http or no events/],
    [`## Case\n\nBecause.\n\n${http}${events}`, /no RFC section/],
    [why + http + http + events, /two http blocks/],
    [`${why}\`\`\`http\n\n\`\`\`\n${events}`, /without octets/],
    [`${why + http + events}\`\`\`js\n1\n\`\`\`\n`, /unknown block/],
    [why + http + events.slice(0, -4), /without an end/],
    [`${why + http}\`\`\`events\nhed GET\n\`\`\`\n`, /malformed event/],
    [`${why + http + events}\`\`\`limits\n{"heads": 1}\n\`\`\`\n`, /unknown limit/],
    [why + http + events + why + http + events, /same heading/],
  ] as const) {
    t.throws(() => readWireDocument('a.md', text), message, String(message));
  }
  t.equal(unescapeLines(['«a\\r×2»', '\\x41\\0\\\\']), 'a\ra\rA\0\\');
  t.throws(() => unescapeLines(['a ']), /ends in a blank/);
  t.throws(() => unescapeLines(['\\q']), /as an escape/);
  t.throws(() => unescapeLines(['é']), /as an escape/);
});
