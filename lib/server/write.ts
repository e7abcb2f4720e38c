/**
 * Writes a response whose body is in memory, or that has none: one system call. The bytes of a response that answers
 * many requests are kept behind their head for as long as the Date in it holds.
 */
import type { Socket } from 'node:net';
import { encodeHead, type HeadContext, JOINED_BODY } from '../http/encode.js';
import type { Response } from '../http/response.js';

interface Encoded {
  readonly date: string;
  readonly bytes: Buffer;
}

const encoded = new WeakMap<Response, Encoded>();

/**
 * Writes head and body.
 * @param body the body to send: that of `response`, or `undefined` for its head alone
 * @throws TypeError as {@link encodeHead}
 */
export function writeResponse(
  socket: Socket,
  response: Response,
  context: HeadContext,
  body: Uint8Array | undefined,
): void {
  const size = body?.length ?? 0;
  if (size > JOINED_BODY) {
    // Not worth a copy: head and body leave together by one writev.
    const head = encodeHead(response, context);
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body as Uint8Array);
    socket.uncork();
  } else if (response.shared && body === response.body && isPlain(context)) {
    socket.write(keptBytes(response, context, body));
  } else if (size === 0) {
    socket.write(encodeHead(response, context), 'latin1');
  } else {
    socket.write(joined(encodeHead(response, context), body));
  }
}

/** The context in which nearly all responses are sent; only its encoding is kept. */
function isPlain(context: HeadContext): boolean {
  return context.persist && context.minorVersion === 1;
}

/** The same second, the same bytes: nothing else in the head of a shared response can change. */
function keptBytes(response: Response, context: HeadContext, body: Uint8Array | undefined): Buffer {
  const kept = encoded.get(response);
  if (kept !== undefined && kept.date === context.date) return kept.bytes;
  const bytes = joined(encodeHead(response, context), body);
  encoded.set(response, { date: context.date, bytes });
  return bytes;
}

function joined(head: string, body: Uint8Array | undefined): Buffer {
  const bytes = Buffer.allocUnsafeSlow(head.length + (body?.length ?? 0));
  bytes.write(head, 0, 'latin1');
  if (body !== undefined) bytes.set(body, head.length);
  return bytes;
}
