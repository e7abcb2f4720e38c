/**
 * Writes a response whose body is in memory, or that has none: one system call.
 */
import type { Socket } from 'node:net';
import { encodeHead, type HeadContext } from '../http/encode.js';
import type { MessageBuffer } from '../http/message-buffer.js';
import type { Response } from '../http/response.js';

/** Bodies with no room before them are copied behind their head up to this many octets. */
const JOINED_BODY = 16_384;

const NOTHING = Buffer.alloc(0);

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
  const { message } = response;
  if (message !== undefined && body === response.body) {
    writeMessage(socket, response, message, context);
    return;
  }
  const head = encodeHead(response, context);
  const size = body?.length ?? 0;
  if (size === 0) socket.write(head, 'latin1');
  else if (size <= JOINED_BODY) socket.write(joined(head, body as Uint8Array));
  else writeBoth(socket, head, body as Uint8Array);
}

function writeMessage(
  socket: Socket,
  response: Response,
  message: MessageBuffer,
  context: HeadContext,
): void {
  const encoded = message.encode(response, context);
  const waits = socket.writableLength > 0 || socket.writableCorked > 0;
  if (waits) message.beginWrite();
  const ended = waits ? message.endWrite : undefined;
  if (typeof encoded === 'string') writeBoth(socket, encoded, message.content, ended);
  else socket.write(encoded, ended);
  if (waits) return;
  if (socket.writableLength === 0) {
    message.written();
  } else {
    // Asked for only now: a callback costs more than what nearly all writes take.
    message.beginWrite();
    socket.write(NOTHING, message.endWrite);
  }
}

/** Not worth a copy, or no room for one: head and body leave together by one writev. */
function writeBoth(socket: Socket, head: string, body: Uint8Array, ended?: () => void): void {
  socket.cork();
  socket.write(head, 'latin1');
  socket.write(body, ended);
  socket.uncork();
}

function joined(head: string, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafeSlow(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  bytes.set(body, head.length);
  return bytes;
}
