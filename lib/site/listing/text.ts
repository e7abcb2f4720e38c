/**
 * Names, sizes and dates as people read them. Names come from whoever may write in a folder: here they
 * become text that is nothing but text, wherever it stands.
 */
import { hasHttpDate } from '../../http/date.js';
import { escapeHtml } from '../../http/html.js';

/**
 * What would not be seen, or would change how what stands beside it is seen: controls, separators of
 * lines, marks and overrides of direction. Not the joiners and tags that emoji and some scripts are made with.
 */
const UNSEEN =
  /[\p{Cc}\p{Zl}\p{Zp}]|(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])[\p{Cf}\u115f\u1160\u3164\uffa0]/gu;

/** A name in plain text with everything to be seen: a newline as \n, an override as U+202E. */
export function visibleName(name: string): string {
  return name.replace(UNSEEN, picture);
}

/** The same as HTML, in which what was made visible is marked. */
export function nameToHtml(name: string): string {
  return escapeHtml(name).replace(UNSEEN, (char) => `<i>${picture(char)}</i>`);
}

/** No name that is served has a backslash; Unicode's pictures of controls lack in many fonts. */
const FAMILIAR: ReadonlyMap<string, string> = new Map([
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
]);

function picture(char: string): string {
  const known = FAMILIAR.get(char);
  if (known !== undefined) return known;
  const code = char.codePointAt(0) as number;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * A reference to what a folder holds, from that folder's own address: it works wherever the site is
 * mounted, and no name in it is read as anything else than a name. A lone surrogate, which Windows lets
 * stand in names, has no octets: the reference leads nowhere.
 */
export function reference(name: string, isFolder: boolean): string {
  return `./${encodeURIComponent(name.replace(/\p{Surrogate}/gu, '\ufffd'))}${isFolder ? '/' : ''}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** A size in two or three digits and a unit: `812 B`, `1.4 MiB`, `20 GiB`. */
export function formatSize(octets: number): string {
  let value = octets;
  let unit = 0;
  // What would be rounded to 1024 is 1 of the next unit.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0);
  return `${text} ${UNITS[unit]}`;
}

/** A time as `2026-11-21T18:24:03.123Z`; `undefined` where it has no such form. */
export function isoTime(milliseconds: number | undefined): string | undefined {
  if (milliseconds === undefined || !hasHttpDate(milliseconds)) return undefined;
  return new Date(milliseconds).toISOString();
}
