/**
 * The request-target (RFC 9112 §3.2): which of the four forms it has, and its parts. The path is
 * left as it came; decoding it is the business of whoever maps it to a resource.
 */
import { HttpError } from './error.js';
import { isHost } from './grammar.js';

/** A validated request-target. */
export interface RequestTarget {
  readonly form: 'origin' | 'absolute' | 'authority' | 'asterisk';
  /** The absolute path, still percent-encoded; `*` in asterisk form, empty in authority form. */
  readonly path: string;
  /** The query with its `?`, or the empty string. */
  readonly query: string;
  /** The authority that the target itself names (absolute and authority form), else `undefined`. */
  readonly authority: string | undefined;
}

/*
 * origin-form    = absolute-path [ "?" query ]                          RFC 9112 §3.2.1
 * absolute-path  = 1*( "/" segment )            segment = *pchar        RFC 9110 §4.1
 * pchar          = unreserved / pct-encoded / sub-delims / ":" / "@"    RFC 3986 §3.3
 * query          = *( pchar / "/" / "?" )                               RFC 3986 §3.4
 *
 * Tolerances (see TOLERANCES.md): browsers, following the WHATWG URL standard, send [ ] | ^ ` { }
 * bare in both parts, and a backslash or a lone % in the query.
 */
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]|^`{}]|%[0-9A-Fa-f]{2})*$/;
const PLAIN_PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;
const QUERY = /^\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]|^`{}\\]*$/;
const ABSOLUTE = /^(https?):\/\/([^/?]*)(.*)$/i;

/**
 * Parses the request-target that came with `method`.
 * @throws HttpError 400 when it fits none of the forms that the method allows.
 */
export function parseTarget(method: string, target: string): RequestTarget {
  if (method === 'CONNECT') return authorityForm(target);
  if (target.charCodeAt(0) === 0x2f) return pathAndQuery('origin', target, undefined);
  if (target === '*' && method === 'OPTIONS') {
    return { form: 'asterisk', path: '*', query: '', authority: undefined };
  }
  return absoluteForm(target);
}

function pathAndQuery(
  form: 'origin' | 'absolute',
  text: string,
  authority: string | undefined,
): RequestTarget {
  if (PLAIN_PATH.test(text)) return { form, path: text, query: '', authority };
  const mark = text.indexOf('?');
  const path = mark === -1 ? text : text.slice(0, mark);
  const query = mark === -1 ? '' : text.slice(mark);
  if (!PATH.test(path)) throw new HttpError(400, 'malformed path in the request-target');
  if (query !== '' && !QUERY.test(query)) {
    throw new HttpError(400, 'malformed query in the request-target');
  }
  return { form, path, query, authority };
}

/** CONNECT only: `uri-host ":" port`, the port not empty (RFC 9110 §9.3.6). */
function authorityForm(target: string): RequestTarget {
  if (!isHost(target) || !/[^:]:[0-9]+$/.test(target)) {
    throw new HttpError(400, 'CONNECT takes host:port as its request-target');
  }
  return { form: 'authority', path: '', query: '', authority: target };
}

/** `http://authority/path?query`; a server MUST accept it (RFC 9112 §3.2.2). */
function absoluteForm(target: string): RequestTarget {
  const match = ABSOLUTE.exec(target);
  if (match === null) throw new HttpError(400, 'malformed request-target');
  const authority = match[2] as string;
  const rest = match[3] as string;
  // An http URI with an empty host is invalid (RFC 9110 §4.2.1); userinfo is refused by isHost (§4.2.4).
  if (authority === '' || authority.startsWith(':') || !isHost(authority)) {
    throw new HttpError(400, 'malformed authority in the request-target');
  }
  return pathAndQuery('absolute', rest.startsWith('/') ? rest : `/${rest}`, authority);
}
