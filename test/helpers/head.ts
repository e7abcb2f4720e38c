/** The head of a request without a connection, for tests of what answers it. */
import type { RequestHead } from '../../lib/http/head.js';
import { RequestParser } from '../../lib/http/parser.js';

/**
 * As the parser gives it.
 * @param lines further field lines, such as `Accept: text/html`
 */
export function requestHead(
  target = '/',
  lines: readonly string[] = [],
  method = 'GET',
): RequestHead {
  const text = [`${method} ${target} HTTP/1.1`, 'Host: a', ...lines, '', ''].join('\r\n');
  const parser = new RequestParser();
  parser.push(Buffer.from(text, 'latin1'));
  const event = parser.next();
  if (event?.kind !== 'head') throw new Error(`no head of a request: ${text}`);
  return event;
}
