import t from 'tap';
import { formatHttpDate } from '../../lib/http/date.js';
import { Fields } from '../../lib/http/fields.js';
import {
  evaluatePreconditions,
  type PreconditionOutcome,
  rangeApplies,
  type Validators,
} from '../../lib/http/preconditions.js';

const MODIFIED = Date.UTC(2026, 0, 1, 12, 0, 0);
const NOW = MODIFIED + 3_600_000;
const SAME = formatHttpDate(MODIFIED);
const BEFORE = formatHttpDate(MODIFIED - 1000);
const AFTER = formatHttpDate(MODIFIED + 1000);
const CURRENT: Validators = { etag: '"a"', lastModified: MODIFIED + 789 };
const WEAK: Validators = { etag: 'W/"a"', lastModified: MODIFIED };
const SEEN: Validators = { etag: '"b"', formerEtag: 'W/"a"', lastModified: MODIFIED };
const NOTHING: Validators = { etag: undefined, lastModified: undefined };

/** Name and value in turn, as one line of the table. */
function fields(text: string): Fields {
  return new Fields(
    text === '' ? [] : text.split(' | ').flatMap((line) => line.split(/: (.*)/, 2)),
  );
}

t.test('the order of RFC 9110 §13.2.2', async (t) => {
  const cases: [text: string, current: Validators, expected: PreconditionOutcome][] = [
    ['', CURRENT, 'proceed'],
    // 1. If-Match, by strong comparison.
    ['If-Match: "a"', CURRENT, 'proceed'],
    ['If-Match: "b"', CURRENT, 'failed'],
    ['If-Match: "b", "a"', CURRENT, 'proceed'],
    ['If-Match: *', CURRENT, 'proceed'],
    ['If-Match: *', NOTHING, 'proceed'],
    ['If-Match: "a"', NOTHING, 'failed'],
    ['If-Match: W/"a"', CURRENT, 'failed'],
    ['If-Match: "a"', WEAK, 'failed'],
    ['If-Match: W/"a"', WEAK, 'failed'],
    ['If-Match: a', CURRENT, 'failed'],
    ['If-Match: ', CURRENT, 'failed'],
    ['If-Match: "b" | If-Match: "a"', CURRENT, 'proceed'],
    // 2. If-Unmodified-Since, only without If-Match.
    [`If-Unmodified-Since: ${SAME}`, CURRENT, 'proceed'],
    [`If-Unmodified-Since: ${AFTER}`, CURRENT, 'proceed'],
    [`If-Unmodified-Since: ${BEFORE}`, CURRENT, 'failed'],
    [`If-Unmodified-Since: ${BEFORE}`, NOTHING, 'proceed'],
    ['If-Unmodified-Since: yesterday', CURRENT, 'proceed'],
    [`If-Unmodified-Since: ${BEFORE} | If-Unmodified-Since: ${BEFORE}`, CURRENT, 'proceed'],
    [`If-Match: "a" | If-Unmodified-Since: ${BEFORE}`, CURRENT, 'proceed'],
    [`If-Match: "b" | If-Unmodified-Since: ${AFTER}`, CURRENT, 'failed'],
    // 3. If-None-Match, by weak comparison.
    ['If-None-Match: "a"', CURRENT, 'not-modified'],
    ['If-None-Match: "b"', CURRENT, 'proceed'],
    ['If-None-Match: "b", W/"a"', CURRENT, 'not-modified'],
    ['If-None-Match: *', CURRENT, 'not-modified'],
    ['If-None-Match: *', NOTHING, 'not-modified'],
    ['If-None-Match: "a"', NOTHING, 'proceed'],
    ['If-None-Match: "a"', WEAK, 'not-modified'],
    ['If-None-Match: a', CURRENT, 'proceed'],
    ['If-None-Match: "a" b', CURRENT, 'proceed'],
    ['If-None-Match: "a-gzip"', CURRENT, 'proceed'],
    ['If-None-Match: "b"', SEEN, 'not-modified'],
    ['If-None-Match: W/"a"', SEEN, 'not-modified'],
    ['If-None-Match: W/"c", W/"a"', SEEN, 'not-modified'],
    ['If-None-Match: W/"c"', SEEN, 'proceed'],
    ['If-Match: W/"a"', SEEN, 'failed'],
    // 4. If-Modified-Since, only without If-None-Match.
    [`If-Modified-Since: ${SAME}`, CURRENT, 'not-modified'],
    [`If-Modified-Since: ${AFTER}`, CURRENT, 'not-modified'],
    [`If-Modified-Since: ${BEFORE}`, CURRENT, 'proceed'],
    [`If-Modified-Since: ${SAME}`, NOTHING, 'proceed'],
    ['If-Modified-Since: 2026-01-01T12:00:00Z', CURRENT, 'proceed'],
    ['If-Modified-Since: Thursday, 01-Jan-26 12:00:00 GMT', CURRENT, 'not-modified'],
    ['If-Modified-Since: Thu Jan  1 12:00:00 2026', CURRENT, 'not-modified'],
    ['If-Modified-Since: Thu Jan  1 11:59:59 2026', CURRENT, 'proceed'],
    [`If-None-Match: "b" | If-Modified-Since: ${SAME}`, CURRENT, 'proceed'],
    [`If-None-Match: "a" | If-Modified-Since: ${BEFORE}`, CURRENT, 'not-modified'],
    // 1 and 2 come before 3 and 4.
    ['If-Match: "b" | If-None-Match: "a"', CURRENT, 'failed'],
    ['If-Match: "a" | If-None-Match: "a"', CURRENT, 'not-modified'],
    ['If-None-Match: "a" | If-Match: "b"', CURRENT, 'failed'],
    [`If-Match: "a" | If-Modified-Since: ${SAME}`, CURRENT, 'not-modified'],
    [`If-Unmodified-Since: ${BEFORE} | If-None-Match: "a"`, CURRENT, 'failed'],
    [`If-Unmodified-Since: ${SAME} | If-None-Match: "a"`, CURRENT, 'not-modified'],
    [`If-Unmodified-Since: ${SAME} | If-Modified-Since: ${SAME}`, CURRENT, 'not-modified'],
    [`If-Unmodified-Since: ${BEFORE} | If-Modified-Since: ${SAME}`, CURRENT, 'failed'],
  ];
  for (const [text, current, expected] of cases) {
    const validators = current === CURRENT ? '' : ` for ${JSON.stringify(current)}`;
    t.equal(evaluatePreconditions(fields(text), current, NOW), expected, text + validators);
  }
});

t.test('every combination of the four fields', async (t) => {
  const outcomes = [undefined, true, false];
  for (const match of outcomes) {
    for (const unmodified of outcomes) {
      for (const none of outcomes) {
        for (const modified of outcomes) {
          const lines = [
            match === undefined ? [] : ['If-Match', match ? '"a"' : '"b"'],
            unmodified === undefined ? [] : ['If-Unmodified-Since', unmodified ? SAME : BEFORE],
            none === undefined ? [] : ['If-None-Match', none ? '"b"' : '"a"'],
            modified === undefined ? [] : ['If-Modified-Since', modified ? BEFORE : SAME],
          ].flat();
          const failed = (match ?? unmodified) === false;
          const unchanged = (none ?? modified) === false;
          const expected = failed ? 'failed' : unchanged ? 'not-modified' : 'proceed';
          t.equal(evaluatePreconditions(new Fields(lines), CURRENT, NOW), expected, String(lines));
        }
      }
    }
  }
});

t.test('If-Range, by strong comparison', async (t) => {
  const recent = { etag: undefined, lastModified: NOW - 999 };
  const settled = { etag: undefined, lastModified: NOW - 1000 };
  for (const [text, current, expected] of [
    ['', CURRENT, true],
    ['If-Range: "a"', CURRENT, true],
    ['If-Range: "b"', CURRENT, false],
    ['If-Range: W/"a"', CURRENT, false],
    ['If-Range: W/"a"', WEAK, false],
    ['If-Range: "a"', WEAK, false],
    ['If-Range: "a"', NOTHING, false],
    ['If-Range: "a", "b"', CURRENT, false],
    ['If-Range: *', CURRENT, false],
    ['If-Range: a', CURRENT, false],
    ['If-Range: ', CURRENT, false],
    [`If-Range: ${SAME}`, CURRENT, true],
    [`If-Range: ${BEFORE}`, CURRENT, false],
    [`If-Range: ${AFTER}`, CURRENT, false],
    [`If-Range: ${SAME}`, NOTHING, false],
    ['If-Range: Thursday, 01-Jan-26 12:00:00 GMT', CURRENT, true],
    ['If-Range: Thu Jan  1 12:00:00 2026', CURRENT, true],
    // A date that may still change within its second is weak (RFC 9110 §8.8.2.2).
    [`If-Range: ${formatHttpDate(NOW)}`, { ...recent, lastModified: NOW }, false],
    [`If-Range: ${formatHttpDate(NOW - 999)}`, recent, true],
    [`If-Range: ${formatHttpDate(NOW - 1000)}`, settled, true],
  ] as const) {
    t.equal(rangeApplies(fields(text), current, NOW), expected, `${text} ${current.etag}`);
  }
});
