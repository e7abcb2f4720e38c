import fc from 'fast-check';
import t from 'tap';
import { formatHttpDate, HttpClock, parseHttpDate } from '../../lib/http/date.js';

const NOW = Date.UTC(2026, 0, 15, 12);
const EXAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37);

t.test('dates', async (t) => {
  for (const [text, expected] of [
    ['Sun, 06 Nov 1994 08:49:37 GMT', EXAMPLE],
    ['Sunday, 06-Nov-94 08:49:37 GMT', EXAMPLE],
    ['Sun Nov  6 08:49:37 1994', EXAMPLE],
    ['Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Wed, 31 Dec 1969 23:59:59 GMT', -1000],
    ['Thu, 29 Feb 2024 23:59:59 GMT', Date.UTC(2024, 1, 29, 23, 59, 59)],
    ['Tue, 29 Feb 2000 00:00:00 GMT', Date.UTC(2000, 1, 29)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
    ['Sat, 01 Jan 0000 00:00:00 GMT', -62167219200000],
    // Not what the three formats allow.
    ['', undefined],
    ['0', undefined],
    ['Sun, 6 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 94 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37', undefined],
    ['Sun, 06 Nov 1994 08:49:37 UTC', undefined],
    ['Sun, 06 Nov 1994 08:49:37 EST', undefined],
    ['Sun, 06 Nov 1994 08:49:37 gmt', undefined],
    ['Sun, 06 Nov 1994 08:49:37 +0000', undefined],
    ['Sun, 06 Nov 1994 08:49:37 GMT ', undefined],
    [' Sun, 06 Nov 1994 08:49:37 GMT', undefined],
    ['Sun,06 Nov 1994 08:49:37 GMT', undefined],
    ['sun, 06 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 8:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49 GMT', undefined],
    ['Sun, 06-Nov-1994 08:49:37 GMT', undefined],
    ['Sun, 06-Nov-94 08:49:37 GMT', undefined],
    ['Sunday, 06 Nov 1994 08:49:37 GMT', undefined],
    ['Sunday, 06-Nov-1994 08:49:37 GMT', undefined],
    ['Sun Nov 6 08:49:37 1994', undefined],
    ['Sun Nov  6 08:49:37 94', undefined],
    ['Sun Nov  6 08:49:37 1994 GMT', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['11/6/1994', undefined],
    ['784111777', undefined],
    // In a format, but no day, no time, or another day of the week.
    ['Sat, 06 Nov 1994 08:49:37 GMT', undefined],
    ['Monday, 06-Nov-94 08:49:37 GMT', undefined],
    ['Mon Nov  6 08:49:37 1994', undefined],
    ['Sun, 00 Nov 1994 08:49:37 GMT', undefined],
    ['Sat, 31 Nov 1994 08:49:37 GMT', undefined],
    ['Thu, 32 Dec 1994 08:49:37 GMT', undefined],
    ['Wed, 29 Feb 2023 08:49:37 GMT', undefined],
    ['Mon, 29 Feb 2100 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['Sun, 06 Nov 1994 08:60:00 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:61 GMT', undefined],
  ] as const) {
    t.equal(parseHttpDate(text, NOW), expected, JSON.stringify(text));
  }
});

t.test('two-digit years: more than 50 years ahead is past (RFC 9110 §5.6.7)', async (t) => {
  for (const [now, text, expected] of [
    [NOW, 'Thursday, 15-Jan-26 12:00:00 GMT', NOW],
    [NOW, 'Wednesday, 15-Jan-76 12:00:00 GMT', Date.UTC(2076, 0, 15, 12)],
    [NOW, 'Thursday, 15-Jan-76 12:00:01 GMT', Date.UTC(1976, 0, 15, 12, 0, 1)],
    [NOW, 'Wednesday, 15-Jan-76 12:00:01 GMT', undefined],
    [NOW, 'Friday, 31-Dec-76 00:00:00 GMT', Date.UTC(1976, 11, 31)],
    [NOW, 'Saturday, 01-Jan-77 00:00:00 GMT', Date.UTC(1977, 0, 1)],
    [NOW, 'Friday, 31-Dec-99 00:00:00 GMT', Date.UTC(1999, 11, 31)],
    [NOW, 'Saturday, 01-Jan-00 00:00:00 GMT', Date.UTC(2000, 0, 1)],
    [Date.UTC(2099, 5), 'Monday, 01-Jan-20 00:00:00 GMT', Date.UTC(2120, 0, 1)],
    [Date.UTC(1999, 5), 'Saturday, 01-Jan-00 00:00:00 GMT', Date.UTC(2000, 0, 1)],
    [NOW, 'Thursday, 00-Jan-26 12:00:00 GMT', undefined],
  ] as const) {
    t.equal(parseHttpDate(text, now), expected, text);
  }
});

t.test('formatting', async (t) => {
  t.equal(formatHttpDate(EXAMPLE), 'Sun, 06 Nov 1994 08:49:37 GMT');
  t.equal(formatHttpDate(EXAMPLE + 999), 'Sun, 06 Nov 1994 08:49:37 GMT', 'cut off, not rounded');
  t.equal(formatHttpDate(0), 'Thu, 01 Jan 1970 00:00:00 GMT');
  t.equal(formatHttpDate(-1), 'Wed, 31 Dec 1969 23:59:59 GMT');
});

const FIRST = Date.UTC(1583, 0, 1);
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59);
const anySecond = fc
  .integer({ min: FIRST / 1000, max: LAST / 1000 })
  .map((second) => second * 1000);

t.test('every second that is formatted is parsed back', async () => {
  fc.assert(fc.property(anySecond, (time) => parseHttpDate(formatHttpDate(time), NOW) === time));
});

t.test('the two obsolete formats mean the same second as IMF-fixdate', async () => {
  const near = fc.integer({ min: NOW / 1000 - 3_155_000_000 / 2, max: NOW / 1000 + 1_577_000_000 });
  const longDays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  fc.assert(
    fc.property(near, (second) => {
      const time = second * 1000;
      const [dayName, day, month, year, clock] = formatHttpDate(time).split(/,? /) as [
        string,
        string,
        string,
        string,
        string,
      ];
      const longDay = longDays.find((name) => name.startsWith(dayName));
      const rfc850 = `${longDay}, ${day}-${month}-${year.slice(2)} ${clock} GMT`;
      const asctime = `${dayName} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`;
      return parseHttpDate(rfc850, NOW) === time && parseHttpDate(asctime, NOW) === time;
    }),
  );
});

t.test('any text is a date or none, and never a throw or NaN', async () => {
  const words = fc.constantFrom('Sun', 'Sunday', ', ', ' ', '06', 'Nov', '1994', '94', ':', ' GMT');
  const dateLike = fc
    .array(fc.oneof(words, fc.string({ maxLength: 2 })))
    .map((all) => all.join(''));
  fc.assert(fc.property(dateLike, (text) => !Number.isNaN(parseHttpDate(text, NOW))));
});

t.test('HttpClock: one text a second', async (t) => {
  let now = EXAMPLE;
  let calls = 0;
  const clock = new HttpClock(() => {
    calls++;
    return now;
  });
  t.equal(clock.date, 'Sun, 06 Nov 1994 08:49:37 GMT');
  now += 999;
  t.equal(clock.date, 'Sun, 06 Nov 1994 08:49:37 GMT');
  now += 1;
  t.equal(clock.date, 'Sun, 06 Nov 1994 08:49:38 GMT');
  now -= 10_000;
  t.equal(clock.date, 'Sun, 06 Nov 1994 08:49:28 GMT', 'a clock set back is believed');
  t.equal(clock.now, now);
  t.equal(calls, 5);
  const before = Date.now();
  const { now: real } = new HttpClock();
  t.ok(real >= before && real <= Date.now(), 'the real time by default');
});
