/**
 * Where in a page a script can stand before everything else and change nothing: behind byte order mark,
 * doctype, comments, `<html>` and `<head>`. Nowhere else is safe to find without reading all of HTML: what
 * looks like `</head>` may be the text of a script. Reads the beginning of a page as latin1, in which
 * every octet is a character.
 */

/** Octets that are looked at, 64 KiB: the place is then the end of the page. */
export const MOST_LOOKED_AT = 65_536;

/** `undefined`: more of the page is needed; `none`: it is in an encoding that the script is not in. */
export type Place = number | 'none' | undefined;

/**
 * The place for a script in a page.
 * @param start the beginning of the page
 * @param isWhole whether that is all of it
 */
export function findPlace(start: string, isWhole: boolean): Place {
  const limit = isWhole ? start.length : undefined;
  // UTF-16, by its byte order mark: the only encodings of the web in which ASCII is not itself.
  if (/^(?:\xff\xfe|\xfe\xff)/.test(start)) return 'none';
  let at = start.startsWith('\xef\xbb\xbf') ? 3 : 0;
  for (;;) {
    while (isBlank(start.charCodeAt(at))) at++;
    // The longest of what has to be told apart is `<html` and the character behind it.
    if (start.length - at < 6 && !isWhole) return undefined;
    const next = start.slice(at, at + 6).toLowerCase();
    if (next.startsWith('<!--')) at = commentEnd(start, at + 4);
    else if (next.startsWith('<!') || next.startsWith('<?')) at = after(start, '>', at);
    else if (/^<html[\s/>]/.test(next)) at = tagEnd(start, at + 5);
    else return /^<head[\s/>]/.test(next) ? (known(tagEnd(start, at + 5)) ?? limit) : at;
    if (at === -1) return limit;
  }
}

function known(at: number): number | undefined {
  return at === -1 ? undefined : at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b);
}

/** Behind the next `what`, or -1. */
function after(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at === -1 ? -1 : at + what.length;
}

/** Behind a comment of which the content begins at `from`, or -1. */
function commentEnd(text: string, from: number): number {
  const abrupt = /^-?>/.exec(text.slice(from, from + 2));
  if (abrupt !== null) return from + abrupt[0].length;
  const ends = [after(text, '-->', from), after(text, '--!>', from)].filter((end) => end !== -1);
  return ends.length === 0 ? -1 : Math.min(...ends);
}

/** Behind the `>` of a tag, which may also stand in a quoted value; or -1. */
function tagEnd(text: string, from: number): number {
  let isValue = false;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '>') return at + 1;
    if (isValue && (char === '"' || char === "'")) {
      at = text.indexOf(char, at + 1);
      if (at === -1) return -1;
    }
    if (char === '=') isValue = true;
    else if (!isBlank(text.charCodeAt(at))) isValue = false;
  }
  return -1;
}
