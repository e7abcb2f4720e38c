/**
 * A response becomes the bytes of its head (RFC 9112 §4, §5). The last check of what leaves: no
 * control octet passes, whatever a handler put into a field.
 */
import { isFieldValue, isToken } from './grammar.js';
import { allowsContentLength, type Response } from './response.js';
import { reasonPhrase } from './status.js';

/** What the connection adds to a response. */
export interface HeadContext {
  /** The value of Date. */
  readonly date: string;
  /** Whether the connection is kept afterwards. */
  readonly persist: boolean;
  /** The minor version of the request: HTTP/1.0 must be told that its connection is kept. */
  readonly minorVersion: 0 | 1;
}

/** How the end of the content is marked: nothing to mark, by its length, by chunks, by closing. */
export type ContentFraming = 'none' | 'length' | 'chunked' | 'close';

/** How the content of `response` is framed for a client of HTTP/1.`minorVersion` (RFC 9112 §6.3). */
export function responseFraming(response: Response, minorVersion: 0 | 1): ContentFraming {
  if (!allowsContentLength(response.status)) return 'none';
  // A 304 has no content; its Content-Length would have to be the 200's (RFC 9110 §8.6): left out.
  if (response.status === 304) return 'none';
  if (response.body === undefined || response.body.length !== undefined) return 'length';
  return minorVersion === 0 ? 'close' : 'chunked';
}

/** The fields that are made from the response and its connection, never taken from a handler. */
const OURS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'server',
  'transfer-encoding',
]);

/**
 * The head of a response, from the status line to the empty line, as latin1 text.
 * @throws TypeError when a field name is no token, a value holds a control octet or is missing, or the
 *   field is one that is made here: two of those could frame the message in two ways.
 */
export function encodeHead(response: Response, context: HeadContext): string {
  const { status, fields } = response;
  let head = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\nServer: sluice\r\nDate: ${context.date}\r\n`;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1];
    if (!isToken(name) || value === undefined || !isFieldValue(value)) {
      throw new TypeError(`field ${JSON.stringify(name)} has a name or value that can't be sent`);
    }
    if (OURS.has(name.toLowerCase())) throw new TypeError(`field ${name} is set by the connection`);
    head += `${name}: ${value}\r\n`;
  }
  const framing = responseFraming(response, context.minorVersion);
  if (framing === 'length') head += `Content-Length: ${response.body?.length ?? 0}\r\n`;
  else if (framing === 'chunked') head += 'Transfer-Encoding: chunked\r\n';
  if (!context.persist) head += 'Connection: close\r\n';
  else if (context.minorVersion === 0) head += 'Connection: keep-alive\r\n';
  return `${head}\r\n`;
}

/** The interim response to `Expect: 100-continue` (RFC 9110 §15.2.1). */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** The head of one chunk of `length` octets, and what ends it (RFC 9112 §7.1). */
export function chunkHead(length: number): string {
  return `${length.toString(16)}\r\n`;
}

/** Ends a chunk's data. */
export const CHUNK_END = '\r\n';

/** Ends a chunked body. */
export const LAST_CHUNK = '0\r\n\r\n';
