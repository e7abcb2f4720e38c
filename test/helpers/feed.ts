/**
 * Feeds bytes to a parser and writes down what it reports, one line an event, so that two runs can
 * be compared. Consecutive data events are joined: where they are cut is no promise of the parser.
 */
import { HttpError } from '../../lib/http/error.js';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from '../../lib/http/limits.js';
import { type RequestEvent, RequestParser } from '../../lib/http/parser.js';
import type { Random } from './random.js';

/** The part of the parser that is fed and watched; a test may put a broken one in its place. */
export interface Parser {
  readonly buffered: number;
  readonly midRequest: boolean;
  push(bytes: Buffer): void;
  next(): RequestEvent | null;
}

/** Called after every chunk, when the parser has said that it needs more. */
export type Watch = (parser: Parser, chunk: Buffer) => void;

/**
 * Pushes `chunks` and drains the parser after each.
 * @returns the events as lines; the last is `error STATUS REASON` or, in the midst of a request, `more`
 * @throws whatever the parser throws that is no HttpError, and an Error when it makes no progress
 */
export function feed(
  chunks: Iterable<Buffer>,
  parser: Parser = new RequestParser(),
  watch?: Watch,
): string[] {
  const lines: string[] = [];
  let data = '';
  function report(...more: string[]): void {
    if (data !== '') lines.push(`data ${data}`);
    data = '';
    lines.push(...more);
  }
  for (const chunk of chunks) {
    parser.push(chunk);
    try {
      // Each event but a head takes at least an octet, or ends what began with one.
      for (let calls = 0; ; calls++) {
        if (calls > 2 * chunk.length + 4) throw new Error('the parser makes no progress');
        const event = parser.next();
        if (event === null) break;
        if (event.kind === 'data') data += event.bytes.toString('latin1');
        else if (event.kind === 'end') report('end');
        else report(...headLines(event));
      }
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      report(`error ${error.status} ${error.message}`);
      return lines;
    }
    watch?.(parser, chunk);
  }
  report(...(parser.midRequest ? ['more'] : []));
  return lines;
}

function headLines(event: Exclude<RequestEvent, { kind: 'data' | 'end' }>): string[] {
  const { method, target, minorVersion, framing } = event;
  const words = ['head', method, target.form];
  if (target.authority !== undefined) words.push(target.authority);
  if (target.path !== '') words.push(target.path + target.query);
  words.push(`1.${minorVersion}`);
  words.push(framing.kind === 'length' ? `length=${framing.length}` : framing.kind);
  words.push(event.persistent ? 'persistent' : 'closing');
  if (event.expectsContinue) words.push('expects-continue');
  if (event.expectsUnknown) words.push('expects-unknown');
  const fields = [...event.fields].map(([name, value]) => `field ${name}: ${value}`.trimEnd());
  return [words.join(' '), ...fields];
}

/** `bytes` as one chunk. */
export function whole(bytes: Buffer): Buffer[] {
  return [bytes];
}

/** `bytes`, one octet a chunk. */
export function* octets(bytes: Buffer): Generator<Buffer> {
  for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1);
}

/** `bytes` in chunks of random length, short ones more often than long ones. */
export function* randomChunks(bytes: Buffer, random: Random): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(random.pick([1, 3, 17, 200, 5000]));
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** The default limits with some replaced. */
export function limits(some: Partial<HttpLimits>): HttpLimits {
  return { ...DEFAULT_HTTP_LIMITS, ...some };
}
