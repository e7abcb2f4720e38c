/**
 * The character classes of RFC 9110 and RFC 9112, as tables and anchored patterns. All text here is
 * latin1: one character is one octet. Knows no message, no connection.
 */

/*
 * token          = 1*tchar                                              RFC 9110 §5.6.2
 * tchar          = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "."
 *                / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
 */
const TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function table(chars: string): Uint8Array {
  const set = new Uint8Array(256);
  for (const char of chars) set[char.charCodeAt(0)] = 1;
  return set;
}

const isTchar = table(TCHAR);

/** True when `text` is a token (RFC 9110 §5.6.2): at least one tchar and nothing else. */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) if (isTchar[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/*
 * field-value    = *field-content                                       RFC 9110 §5.5
 * field-vchar    = VCHAR / obs-text         obs-text = %x80-FF
 * field-content  = field-vchar [ 1*( SP / HTAB / field-vchar ) field-vchar ]
 */
const NOT_IN_FIELD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** True when every octet of `text` may stand in a field value: no CR, LF, NUL or other control. */
export function isFieldValue(text: string): boolean {
  return !NOT_IN_FIELD_VALUE.test(text);
}

const DIGITS = /^[0-9]+$/;

/** True for `1*DIGIT`: no sign, blank, exponent or other radix. */
export function isDigits(text: string): boolean {
  return DIGITS.test(text);
}

/**
 * The number that `digits` (already checked with {@link isDigits}) stands for, clamped to
 * `Number.MAX_SAFE_INTEGER`: digits of any length keep their order, none wraps around
 * (RFC 9110 §8.6: "a recipient MUST anticipate potentially large decimal numerals").
 */
export function clampedInteger(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/**
 * The members of a comma-separated list (RFC 9110 §5.6.1), blanks trimmed, empty members dropped.
 * Not for lists whose members may hold quoted commas.
 */
export function listMembers(value: string): string[] {
  const members: string[] = [];
  for (const member of value.split(',')) {
    const trimmed = trimBlanks(member);
    if (trimmed !== '') members.push(trimmed);
  }
  return members;
}

/** `text` without the SP and HTAB around it (OWS, RFC 9110 §5.6.3); other white space stays. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/*
 * weight         = OWS ";" OWS "q=" qvalue                              RFC 9110 §12.4.2
 * qvalue         = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
 */
const WEIGHT = /^q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/i;

/** The number, 0 to 1, of a weight such as `q=0.5`, without what is before its q; `undefined`: it is none. */
export function weightOf(parameter: string): number | undefined {
  const qvalue = WEIGHT.exec(parameter)?.[1];
  return qvalue === undefined ? undefined : Number(qvalue);
}

/*
 * uri-host       = IP-literal / IPv4address / reg-name                  RFC 3986 §3.2.2
 * reg-name       = *( unreserved / pct-encoded / sub-delims )
 * Host           = uri-host [ ":" port ]       port = *DIGIT            RFC 9110 §7.2
 */
const NAMED_HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*(?::[0-9]*)?$/;
const LITERAL_HOST =
  /^\[(?:([0-9A-Fa-f:.]+)|[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+)\](?::[0-9]*)?$/;

/** True when `value` fits `uri-host [":" port]`; the empty host fits too (RFC 9110 §7.2). */
export function isHost(value: string): boolean {
  if (!value.startsWith('[')) return NAMED_HOST.test(value);
  const match = LITERAL_HOST.exec(value);
  return match !== null && (match[1] === undefined || isIPv6(match[1]));
}

/*
 * IPv6address: eight groups of 1*4HEXDIG, of which `::` stands for one or more zero groups, and the
 * last two may be written as an IPv4address                            RFC 3986 §3.2.2
 */
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const IPV4 = /:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

function isIPv6(text: string): boolean {
  const halves = text.replace(IPV4, ':0:0').split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => GROUP.test(group))) return false;
  return halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8;
}
