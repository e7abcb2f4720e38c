/**
 * Exchanges as lines of a log: pure functions from an event to a text without its line end. All that comes
 * from a client is hostile here: every line is one line of printable ASCII, whatever was asked, so that no
 * request can forge a line, end a quoted field or steer the terminal that shows the log.
 */
import type { ExchangeEvent } from './channels.js';

/** Longest request-target and field value shown, in characters before escaping: what is cut ends in `...`. */
export const LONGEST_TARGET = 1024;
export const LONGEST_FIELD = 512;

/** Makes a line of an event; `time` is the start of the exchange, in milliseconds since the epoch. */
export type LineFormat = (event: ExchangeEvent, time: number) => string;

/**
 * `remote - user [time] "request" status sent "referer" "user-agent"`: Apache's combined format. Times are
 * UTC; what is counted are the octets sent, the head among them; `-` is nothing.
 */
export const combinedLine: LineFormat = (event, time) => {
  const { remote, user, method, target, minorVersion, status, sent } = event;
  const request =
    method === ''
      ? '-'
      : `${quotable(method, LONGEST_FIELD)} ${quotable(target, LONGEST_TARGET)} HTTP/1.${minorVersion}`;
  const who = user === '' ? '-' : quotable(user, LONGEST_FIELD).replaceAll(' ', '\\x20');
  const field = (name: string): string => quotable(event.field(name) || '-', LONGEST_FIELD);
  return (
    `${address(remote)} - ${who} [${clfTime(time)}] "${request}" ${status || '-'} ${sent || '-'} ` +
    `"${field('referer')}" "${field('user-agent')}"`
  );
};

/** For people; with `color`, in colours of a terminal. */
export function prettyLine(color: boolean): LineFormat {
  const paint = (code: number, text: string): string =>
    color ? `\x1b[${code}m${text}\x1b[0m` : text;
  return ({ remote, method, target, status, sent, duration, complete }, time) => {
    const code = paint(statusColor(status), status === 0 ? '---' : String(status));
    const what =
      method === ''
        ? 'refused'
        : `${quotable(method, LONGEST_FIELD).padEnd(4)} ${quotable(target, LONGEST_TARGET)}`;
    const cut = complete ? '' : paint(RED, ' cut off');
    const details = `${size(sent)} in ${span(duration)} to ${address(remote)}`;
    return `${paint(DIM, clock(time))} ${code} ${what}${cut} ${paint(DIM, details)}`;
  };
}

/** The properties of a line of JSON; whoever writes it escapes, see {@link asciiJson}. */
export function logRecord(event: ExchangeEvent): Record<string, unknown> {
  const { remote, user, method, target, minorVersion, status, sent, duration, complete } = event;
  const field = (name: string): string | undefined => event.field(name)?.slice(0, LONGEST_FIELD);
  return {
    remote,
    ...(user === '' ? {} : { user: user.slice(0, LONGEST_FIELD) }),
    method,
    target: target.slice(0, LONGEST_TARGET),
    version: `1.${minorVersion}`,
    status,
    sent,
    duration: Math.round(duration * 1000) / 1000,
    complete,
    referer: field('referer'),
    userAgent: field('user-agent'),
  };
}

/** The same JSON in ASCII: C1 control characters and changes of direction are as safe as in a quoted text. */
export function asciiJson(text: string): string {
  return text.replace(/[\x7f-\uffff]/g, (unit) => `\\u${hexadecimal(unit, 4)}`);
}

/** To stand between quotes: quotes and backslashes have a backslash in front, all but ASCII is escaped. */
export function quotable(text: string, longest: number): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return shown.replace(/["\\]|[^\x20-\x7e]/g, (unit) => {
    if (unit === '"' || unit === '\\') return `\\${unit}`;
    return unit > '\xff' ? `\\u${hexadecimal(unit, 4)}` : `\\x${hexadecimal(unit, 2)}`;
  });
}

function hexadecimal(unit: string, digits: number): string {
  return unit.charCodeAt(0).toString(16).padStart(digits, '0');
}

/** Octets for people: three digits, and a power of 1024. */
export function size(octets: number): string {
  let value = octets;
  let unit = 0;
  // What would be shown as 1024 is one of the next unit.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Milliseconds for people. */
function span(milliseconds: number): string {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  return milliseconds < 9995
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A client on a unix socket has no address. */
function address(remote: string): string {
  return remote === '' ? '-' : quotable(remote, LONGEST_FIELD);
}

const RED = 31;
const DIM = 2;

/** Green, cyan, yellow, red by class; nothing sent is red too. */
function statusColor(status: number): number {
  return [RED, 36, 32, 36, 33][Math.floor(status / 100)] ?? RED;
}

/** The time of day here. */
function clock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `21/Nov/2026:18:25:00 +0000` */
function clfTime(time: number): string {
  const date = new Date(time);
  const month = MONTHS[date.getUTCMonth()];
  const day = `${twoDigits(date.getUTCDate())}/${month}/${date.getUTCFullYear()}`;
  return `${day}:${date.toISOString().slice(11, 19)} +0000`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
