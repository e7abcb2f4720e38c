/**
 * Content in memory, sent like a stream where one write would cost more than the content itself: under
 * TLS all of a write is kept once more, encrypted; and what is paced leaves little by little. Knows
 * nothing of either.
 */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { MessageBuffer } from '../http/message-buffer.js';
import type { StreamedBody } from '../http/response.js';

/** Octets of a slice. */
export const SLICE = 32_768;

const NOTHING = Buffer.alloc(0);

/**
 * The body of a response as a stream of slices.
 * @param message the memory that the content is in, which is given back once the socket is done with it
 */
export function slicedBody(
  socket: Socket,
  content: Uint8Array,
  message: MessageBuffer | undefined,
): StreamedBody {
  message?.beginWrite();
  let closed = false;
  return {
    length: content.length,
    pieces: undefined,
    read: (range = { first: 0, last: content.length - 1 }) =>
      sliced(content.subarray(range.first, range.last + 1)),
    close() {
      if (closed) return;
      closed = true;
      // Called back after all that was written before, also where the socket is gone.
      if (message !== undefined) socket.write(NOTHING, message.endWrite);
    },
  };
}

function sliced(content: Uint8Array): Readable {
  let sent = 0;
  return new Readable({
    highWaterMark: SLICE,
    read() {
      const slice = content.subarray(sent, sent + SLICE);
      sent += slice.length;
      this.push(slice.length === 0 ? null : slice);
    },
  });
}
