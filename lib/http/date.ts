/**
 * HTTP dates (RFC 9110 §5.6.7), by hand: `Date.parse` takes ISO dates, `1/31/2037` and zone names,
 * which are no HTTP dates. Reads no clock: the caller says what time it is.
 */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
// biome-ignore format: one line reads better
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time as IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT`; parts of a second are cut off. */
export function formatHttpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}

/** True when the time has an IMF-fixdate: its year has four digits. */
export function hasHttpDate(milliseconds: number): boolean {
  return milliseconds >= YEAR_1 && milliseconds < YEAR_10000;
}

const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');
const YEAR_10000 = Date.parse('+010000-01-01T00:00:00Z');

const TIME = '([0-9]{2}):([0-9]{2}):([0-9]{2})';
const MONTH = `(${MONTHS.join('|')})`;
/* IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT */
const IMF_FIXDATE = new RegExp(`^(${DAYS.join('|')}), ([0-9]{2}) ${MONTH} ([0-9]{4}) ${TIME} GMT$`);
/* rfc850-date: Sunday, 06-Nov-94 08:49:37 GMT */
const RFC850_DATE = new RegExp(
  `^(${LONG_DAYS.join('|')}), ([0-9]{2})-${MONTH}-([0-9]{2}) ${TIME} GMT$`,
);
/* asctime-date: Sun Nov  6 08:49:37 1994 */
const ASCTIME_DATE = new RegExp(
  `^(${DAYS.join('|')}) ${MONTH} ([0-9]{2}| [0-9]) ${TIME} ([0-9]{4})$`,
);

/**
 * Parses a date in any of the three formats.
 * @param now the current time in milliseconds: a two-digit year more than 50 years ahead is past.
 * @returns milliseconds since the epoch, or `undefined` when `text` is no valid HTTP date.
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  let match = IMF_FIXDATE.exec(text);
  if (match !== null) {
    const [, dayName, day, month, year, ...time] = match as unknown as Groups;
    return assemble(dayName, Number(year), month, day, time);
  }
  match = RFC850_DATE.exec(text);
  if (match !== null) {
    const [, dayName, day, month, shortYear, ...time] = match as unknown as Groups;
    const year = fullYear(Number(shortYear), month, day, time, now);
    return assemble(dayName.slice(0, 3), year, month, day, time);
  }
  match = ASCTIME_DATE.exec(text);
  if (match === null) return undefined;
  const [, dayName, month, day, hour, minute, second, year] = match as unknown as Groups;
  return assemble(dayName, Number(year), month, day, [hour, minute, second]);
}

type Time = [hour: string, minute: string, second: string];

/** What a pattern gives: the whole, then its seven groups, none of which is optional. */
type Groups = [string, string, string, string, string, ...Time];

/** RFC 9110 §5.6.7: a date that appears more than 50 years ahead is the latest past one. */
function fullYear(shortYear: number, month: string, day: string, time: Time, now: number): number {
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const lastYear = limit.getUTCFullYear();
  const year = lastYear - ((lastYear - shortYear) % 100);
  const [hour, minute, second] = time.map(Number);
  const date = Date.UTC(year, MONTHS.indexOf(month), Number(day), hour, minute, second);
  return date > limit.getTime() ? year - 100 : year;
}

function assemble(
  dayName: string,
  year: number,
  month: string,
  day: string,
  time: Time,
): number | undefined {
  const [hour, minute, second] = time.map(Number) as [number, number, number];
  // 60 is a leap second: legal in the grammar, the next second in a clock without them.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const monthIndex = MONTHS.indexOf(month);
  const date = new Date(0);
  date.setUTCFullYear(year, monthIndex, Number(day));
  if (date.getUTCMonth() !== monthIndex || DAYS[date.getUTCDay()] !== dayName) return undefined;
  return date.setUTCHours(hour, minute, second);
}

/** The `Date` field's value, made anew once a second. */
export class HttpClock {
  readonly #now: () => number;
  #second = Number.NaN;
  #text = '';

  /** @param now gives the time in milliseconds since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The current time as IMF-fixdate; the same string object throughout one second. */
  get date(): string {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = formatHttpDate(second * 1000);
    }
    return this.#text;
  }

  /** The current time in milliseconds. */
  get now(): number {
    return this.#now();
  }
}
