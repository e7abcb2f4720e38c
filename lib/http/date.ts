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
    const [, name, day, month, year, ...time] = match as unknown as string[];
    return assemble(name, Number(year), month, Number(day), time);
  }
  match = RFC850_DATE.exec(text);
  if (match !== null) {
    const [, name, day, month, shortYear, ...time] = match as unknown as string[];
    return assemble(name?.slice(0, 3), fullYear(Number(shortYear), now), month, Number(day), time);
  }
  match = ASCTIME_DATE.exec(text);
  if (match === null) return undefined;
  const [, name, month, day, hour, minute, second, year] = match as unknown as string[];
  return assemble(name, Number(year), month, Number(day), [hour, minute, second] as string[]);
}

/** RFC 9110 §5.6.7: a year that appears more than 50 years ahead is the latest past one. */
function fullYear(shortYear: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + shortYear;
  if (year > thisYear + 50) return year - 100;
  return year <= thisYear - 50 ? year + 100 : year;
}

function assemble(
  dayName: string | undefined,
  year: number,
  month: string | undefined,
  day: number,
  time: string[],
): number | undefined {
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  // 60 is a leap second: legal in the grammar, the next second in a clock without them.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const monthIndex = MONTHS.indexOf(month as string);
  const date = new Date(0);
  date.setUTCFullYear(year, monthIndex, day);
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
