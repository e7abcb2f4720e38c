/**
 * Where rules lead: texts with segments of the source in them. What comes of an address is made so that it
 * can't name another host, begin another field or leave the path it is put in. Knows no patterns.
 */
import { HttpError } from '../../http/error.js';
import type { Captures } from './pattern.js';

/**
 * Most characters of what a rule makes of an address: twice what servers should take of one (RFC 9110 §4.1).
 * One text can name a segment five hundred times, and one rewrite can follow the other.
 */
export const LONGEST_MADE = 16_384;

/** A text, or the name of a segment, in turn: texts at even places. */
type Parts = readonly string[];

/** Makes a target of what a source captured. @throws HttpError 414 for one that is too long */
export type Destination = (captures: Captures) => string;

/** ASCII that may stand in a URI as it is (RFC 3986 §2), and escapes. */
const NOT_OF_URI = /%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?#[\]%]/gu;

/**
 * A path of this site, decoded: for rewrites.
 * @throws Error whose message says what of it can't be used
 */
export function pathDestination(text: string, names: ReadonlySet<string>): Destination {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith('//')) {
    throw new Error('it names another site; only redirects lead there');
  }
  const parts = partsOf(text, names);
  if (/[?#]/.test(texts(parts))) throw new Error('it has a ? or a #; it takes the path of a file');
  if (texts(parts).includes('\\')) throw new Error('it has a backslash; it takes slashes');
  return (captures) => `/${fill(parts, captures, (value) => value)}`;
}

/**
 * A path of this site or an http or https URL, encoded: for redirects.
 * @throws Error whose message says what of it can't be used
 */
export function urlDestination(text: string, names: ReadonlySet<string>): Destination {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined) return remote(text, scheme, names);
  if (/^[\\/]{2}/.test(text)) {
    throw new Error('it begins with two slashes, which names a host; begin with https:// for that');
  }
  const parts = partsOf(text, names);
  if (texts(parts).includes('\\')) throw new Error('it has a backslash; it takes slashes');
  return (captures) => {
    const made = `/${fill(parts, captures, encodeSegments)}`;
    const [path] = /^[^?#]*/.exec(made) as RegExpExecArray;
    // Two slashes at the start would name a host, dots would be taken out to make such.
    return path.replace(/\/{2,}/g, '/') + made.slice(path.length);
  };
}

function remote(text: string, scheme: string, names: ReadonlySet<string>): Destination {
  const [, authority = '', rest = ''] = /^[^:]+:\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
  if ((scheme !== 'http' && scheme !== 'https') || authority === '') {
    throw new Error('it takes a path, or an http or https URL');
  }
  // A host that came with the address would lead wherever its sender wants.
  if (!/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/.test(authority)) {
    throw new Error('its host is no plain name; it takes none of the segments of the source');
  }
  const parts = partsOf(rest === '' ? '/' : rest, names);
  if (texts(parts).includes('\\')) throw new Error('it has a backslash; it takes slashes');
  const start = `${scheme}://${authority}`;
  return (captures) => start + fill(parts, captures, encodeSegments);
}

/** `:name`, also with the `*`, `+` or `?` that the source has behind it; `\:` is a colon. */
function partsOf(text: string, names: ReadonlySet<string>): Parts {
  const parts: string[] = [''];
  let at = 0;
  for (const match of text.matchAll(/\\:|:(\w+)(?:[*+]|\?(?=\/|$))?/g)) {
    const name = match[1];
    parts[parts.length - 1] += text.slice(at, match.index);
    at = match.index + match[0].length;
    if (name === undefined) {
      parts[parts.length - 1] += ':';
      continue;
    }
    if (!names.has(name)) {
      const known = names.size === 0 ? 'none' : [...names].map((each) => `:${each}`).join(', ');
      throw new Error(`it names :${name}, which its source has not (it has ${known})`);
    }
    parts.push(name, '');
  }
  parts[parts.length - 1] += text.slice(at);
  return parts;
}

function texts(parts: Parts): string {
  return parts.filter((_, index) => index % 2 === 0).join('');
}

function fill(parts: Parts, captures: Captures, encode: (value: string) => string): string {
  let made = '';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) made += encode(captures.get(part) ?? '');
    else made += encode === encodeSegments ? encodeText(part) : part;
    if (made.length > LONGEST_MADE) throw new HttpError(414, 'a rule makes it longer');
  }
  return made;
}

/** What was written by hand: escapes stay, what no URI may hold is escaped. */
function encodeText(text: string): string {
  return text.replace(NOT_OF_URI, (char) => encodeURIComponent(char));
}

function encodeSegments(value: string): string {
  return value.split('/').map(encodeURIComponent).join('/');
}
