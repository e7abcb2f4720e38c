/**
 * Sends a streamed body: each range is a stream piped to the socket, at the rate the client takes
 * it. While a client takes nothing, its stream can be parked: given up with its buffers, and opened
 * again at the same octet once the client goes on. Knows nothing of requests.
 */
import type { Socket } from 'node:net';
import { type Readable, Transform } from 'node:stream';
import { CHUNK_END, chunkHead, LAST_CHUNK } from '../http/encode.js';
import type { ByteRange } from '../http/range.js';
import type { Piece, StreamedBody } from '../http/response.js';

/** Called once: without an error when all of the body was handed to the socket. */
export type PumpDone = (error?: Error) => void;

/** Sends one body. */
export class BodyPump {
  readonly #socket: Socket;
  readonly #body: StreamedBody;
  readonly #chunked: boolean;
  readonly #done: PumpDone;
  #pieces: readonly Piece[];
  #index = 0;
  #stream: Readable | undefined;
  /** Octets of the piece under way that were handed to the socket. */
  #sent = 0;
  #state: 'running' | 'parked' | 'ended' = 'running';

  constructor(socket: Socket, body: StreamedBody, chunked: boolean, done: PumpDone) {
    this.#socket = socket;
    this.#body = body;
    this.#chunked = chunked;
    this.#done = done;
    this.#pieces = body.pieces ?? [];
  }

  /** Starts to send. */
  start(): void {
    const { pieces, length } = this.#body;
    if (pieces === undefined && length !== undefined) {
      this.#pieces = length === 0 ? [] : [{ first: 0, last: length - 1 }];
    }
    if (pieces === undefined && length === undefined) this.#pipeUnmeasured();
    else this.#next();
  }

  /** Gives up the buffers of a client that takes nothing, until it does. */
  park(): void {
    if (this.#state !== 'running' || this.#stream === undefined) return;
    if (this.#body.length === undefined || !this.#socket.writableNeedDrain) return;
    const { first, last } = this.#pieces[this.#index] as ByteRange;
    // All of the piece is with the socket: the stream holds no more than its end.
    if (this.#sent > last - first) return;
    this.#dropStream();
    this.#state = 'parked';
    this.#socket.once('drain', this.#resume);
  }

  /** Stops at once and lets go of everything; `done` is not called. */
  cancel(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#socket.off('drain', this.#resume);
    this.#socket.off('drain', this.#next);
    this.#dropStream();
    this.#body.close();
  }

  readonly #resume = (): void => {
    this.#state = 'running';
    this.#openRange(this.#pieces[this.#index] as ByteRange);
  };

  readonly #next = (): void => {
    for (;;) {
      const piece = this.#pieces[this.#index];
      if (this.#socket.writableNeedDrain) {
        this.#socket.once('drain', this.#next);
        return;
      }
      if (piece === undefined) {
        this.#end();
        return;
      }
      if (!(piece instanceof Uint8Array)) {
        this.#openRange(piece);
        return;
      }
      this.#index++;
      this.#socket.write(piece);
    }
  };

  #openRange(range: ByteRange): void {
    const expected = range.last - range.first + 1;
    const stream = this.#body.read({ first: range.first + this.#sent, last: range.last });
    this.#watch(stream, () => {
      // A resource that became shorter can't be padded: the client must see that it is cut off.
      if (this.#sent !== expected) return this.#end(new Error('the resource became shorter'));
      this.#sent = 0;
      this.#index++;
      this.#next();
    });
    stream.pipe(this.#socket, { end: false });
  }

  #pipeUnmeasured(): void {
    const stream = this.#body.read();
    if (!this.#chunked) {
      this.#watch(stream, this.#next);
      stream.pipe(this.#socket, { end: false });
      return;
    }
    const framed = stream.pipe(chunkedCoding());
    stream.on('error', (error) => framed.destroy(error));
    framed.on('close', () => stream.destroy());
    this.#watch(framed, this.#next);
    framed.pipe(this.#socket, { end: false });
  }

  #watch(stream: Readable, ended: () => void): void {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      // A stream given up flows on until its buffer is empty, past the socket.
      if (this.#stream === stream) this.#sent += chunk.length;
    });
    stream.on('error', (error) => {
      if (this.#stream === stream) this.#end(error);
    });
    stream.on('end', () => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      ended();
    });
  }

  #dropStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.unpipe();
    stream?.destroy();
  }

  #end(error?: Error): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#dropStream();
    this.#body.close();
    this.#done(error);
  }
}

/** Frames what passes as chunks (RFC 9112 §7.1). */
function chunkedCoding(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      // An empty chunk would be the last one.
      if (chunk.length > 0) {
        this.push(chunkHead(chunk.length), 'latin1');
        this.push(chunk);
        this.push(CHUNK_END, 'latin1');
      }
      callback();
    },
    flush(callback) {
      this.push(LAST_CHUNK, 'latin1');
      callback();
    },
  });
}
