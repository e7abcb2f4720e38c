/** A request of Node's HTTP server, as our parser would have given it. */
import type { IncomingMessage } from 'node:http';
import { HttpError } from '../http/error.js';
import { Fields } from '../http/fields.js';
import { isFieldValue, isToken } from '../http/grammar.js';
import { RequestHead } from '../http/head.js';

/**
 * The head of a request, checked by the rules of lib/http: Node's parser lets more pass.
 * @param target the request-target, without what it is mounted at
 * @throws HttpError 400 or 501, as for a request of our own server
 */
export function toRequestHead(message: IncomingMessage, target: string): RequestHead {
  const { rawHeaders, method = 'GET', httpVersion } = message;
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
  return new RequestHead(method, target, httpVersion === '1.0' ? 0 : 1, new Fields(lines));
}
