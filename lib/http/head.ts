/**
 * The head of a request: what the parser found in its lines, and what follows from it for the
 * connection (RFC 9112 §3, §6, §9). Validated when made; nothing later looks at raw text again.
 */
import { HttpError } from './error.js';
import type { Fields } from './fields.js';
import { type BodyFraming, frameBody } from './framing.js';
import { isHost, listMembers } from './grammar.js';
import { parseTarget, type RequestTarget } from './target.js';

/** One request, without its content. */
export class RequestHead {
  readonly kind = 'head';
  /** A token, case-sensitive. */
  readonly method: string;
  readonly target: RequestTarget;
  /** The y of HTTP/1.y: 0 or 1; a higher one is handled as 1 (RFC 9110 §2.5). */
  readonly minorVersion: 0 | 1;
  readonly fields: Fields;
  readonly framing: BodyFraming;
  /** Whether the client wants the connection kept after the answer (RFC 9112 §9.3). */
  readonly persistent: boolean;

  /** @throws HttpError 400 or 501: malformed target, Host or framing. */
  constructor(method: string, target: string, minorVersion: 0 | 1, fields: Fields) {
    this.method = method;
    this.minorVersion = minorVersion;
    this.fields = fields;
    this.framing = frameBody(fields, minorVersion);
    this.target = parseTarget(method, target);
    checkHost(fields, minorVersion);
    this.persistent = isPersistent(fields.get('connection'), minorVersion);
  }

  /** True when the client waits for `100 Continue` before it sends content (RFC 9110 §10.1.1). */
  get expectsContinue(): boolean {
    return this.minorVersion === 1 && this.fields.get('expect')?.toLowerCase() === '100-continue';
  }

  /** The octets of content that Content-Length announces; 0 where it announces none. */
  get announces(): number {
    return this.framing.kind === 'length' ? this.framing.length : 0;
  }

  /** True for an expectation other than 100-continue, which is answered with 417 (RFC 9110 §10.1.1). */
  get expectsUnknown(): boolean {
    return (
      this.fields.get('expect') !== undefined && !this.expectsContinue && this.minorVersion === 1
    );
  }
}

/** RFC 9112 §3.2: a 1.1 request has exactly one Host line and it is well formed; the same for 1.0 if any. */
function checkHost(fields: Fields, minorVersion: 0 | 1): void {
  const value = fields.get('host');
  if (value === undefined) {
    if (minorVersion === 1) throw new HttpError(400, 'no Host field');
    return;
  }
  // Two lines are joined by a comma and a blank, and no host has a blank.
  if (!isHost(value)) {
    throw new HttpError(400, 'malformed or repeated Host field');
  }
}

function isPersistent(connection: string | undefined, minorVersion: 0 | 1): boolean {
  if (connection === undefined) return minorVersion === 1;
  const options = listMembers(connection.toLowerCase());
  if (options.includes('close')) return false;
  return minorVersion === 1 || options.includes('keep-alive');
}
