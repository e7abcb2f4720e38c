/** What is said to a client that speaks HTTP to a port of TLS: somebody typed http for https. */
import { encodeHead } from '../http/encode.js';
import { errorResponse } from '../http/error-response.js';

/** Not what is said of other bad requests: nothing is wrong with this one but where it went. */
const TEXT = '400 Bad Request\nThis port speaks TLS, and its address begins with https.\n';

/** The whole message. @param date the value of Date */
export function plainAnswer(date: string): string {
  const { status, fields } = errorResponse(400);
  const response = { status, fields, body: Buffer.from(TEXT, 'latin1') };
  return encodeHead(response, { date, persist: false, minorVersion: 1 }) + TEXT;
}
