/** What is said to a client that speaks HTTP to a port of TLS: somebody typed http for https. */
import { encodeHead } from '../http/encode.js';
import { errorResponse } from '../http/error-response.js';

const DETAIL = 'this port speaks TLS, and its address begins with https';

/** The whole message. @param date the value of Date */
export function plainAnswer(date: string): string {
  const response = errorResponse(400, undefined, [], DETAIL);
  const head = encodeHead(response, { date, persist: false, minorVersion: 1 });
  return head + Buffer.from(response.body as Uint8Array).toString('latin1');
}
