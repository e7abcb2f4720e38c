/**
 * What a handler answers with: a status, field lines and a body, as a value. Knows nothing of
 * sockets; `Date`, `Server`, `Connection` and the framing fields are added when it is encoded.
 */
import type { Readable } from 'node:stream';
import type { MessageBuffer } from './message-buffer.js';
import type { ByteRange } from './range.js';

/** A part of a body: bytes at hand, or a range that the body's `read` gives. */
export type Piece = Uint8Array | ByteRange;

/** How the chunks of a body are used. */
export interface ReadOptions {
  /**
   * How many octets of the stream the consumer has no more use for, from its beginning: their memory
   * may be used again. Never falls. Without it, chunks are the consumer's to keep.
   */
  readonly taken?: () => number;
}

/** A body that is read while it is sent. */
export interface StreamedBody {
  /** Its exact length in octets, or `undefined` when only reading tells: sent chunked. */
  readonly length: number | undefined;
  /** What is sent, in order; `undefined`: all that `read()` gives. */
  readonly pieces: readonly Piece[] | undefined;
  /** Octets that a socket is given at most before it has passed them on; `undefined`: as many as it likes. */
  readonly ahead?: number | undefined;
  /** Starts to read a range, or all; the stream ends after exactly that, or fails, or is cut short. */
  read(range?: ByteRange, options?: ReadOptions): Readable;
  /** Lets go of what the body holds; called once it is sent or no longer wanted, and idempotent. */
  close(): void;
}

/** A response to one request. Immutable: one whose body is in memory may be sent many times. */
export interface Response {
  readonly status: number;
  /** Field lines, name and value in turn. */
  readonly fields: readonly string[];
  /** `undefined`: no content. */
  readonly body: Uint8Array | StreamedBody | undefined;
  /** Memory with that body in it, or with none, and with room for the head. */
  readonly message?: MessageBuffer | undefined;
}

/** The body as a stream, or `undefined` where it is bytes or nothing. */
export function streamedBody(response: Response): StreamedBody | undefined {
  const { body } = response;
  return body === undefined || body instanceof Uint8Array ? undefined : body;
}

/**
 * Whether a response to `method` with `status` has content (RFC 9110 §6.4.1): the one place where
 * HEAD, 1xx, 204 and 304 are told apart from the rest.
 */
export function hasContent(method: string, status: number): boolean {
  return method !== 'HEAD' && allowsContentLength(status) && status !== 304;
}

/** Whether Content-Length may stand in a response (RFC 9110 §8.6): not with 1xx and 204. */
export function allowsContentLength(status: number): boolean {
  return status >= 200 && status !== 204;
}
