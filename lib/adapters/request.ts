/** A request of Node's HTTP server, as our parser would have given it. */
import type { IncomingMessage } from 'node:http';
import { HttpError } from '../http/error.js';
import { Fields } from '../http/fields.js';
import { isFieldValue, isToken } from '../http/grammar.js';
import { RequestHead } from '../http/head.js';

/**
 * The head of a request, checked by the rules of lib/http: Node's parser lets more pass.
 * @param target the request-target, without what it is mounted at
 * @param method another one than the request has
 * @throws HttpError 400 or 501, as for a request of our own server
 */
export function toRequestHead(
  message: IncomingMessage,
  target: string,
  method: string = message.method ?? 'GET',
): RequestHead {
  const { rawHeaders, httpVersion } = message;
  const lines: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (name === ':authority') lines.push('Host', value);
    // The other fields of HTTP/2 that stand for its request line.
    if (name.startsWith(':')) continue;
    if (!isToken(name) || !isFieldValue(value)) {
      throw new HttpError(400, 'malformed field in the request');
    }
    lines.push(name, value);
  }
  const minorVersion = httpVersion === '1.0' ? 0 : 1;
  return new RequestHead(method, withPlainQuery(target), minorVersion, new Fields(lines));
}

/**
 * What clients send in queries against RFC 3986, Node's parser lets pass and applications have always read.
 * Files don't depend on it, so it is no reason to refuse a request; it is only encoded.
 */
function withPlainQuery(target: string): string {
  const mark = target.indexOf('?');
  if (mark === -1) return target;
  const query = target.slice(mark).replace(/["#<>]/g, encodeURIComponent);
  return target.slice(0, mark) + query;
}
