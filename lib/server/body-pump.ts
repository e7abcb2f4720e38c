/**
 * Sends a streamed body: each range is a stream piped to the socket, at the rate the client takes
 * it. While a client takes nothing, its stream can be parked: given up with its buffers, and opened
 * again at the same octet once the client goes on. Knows nothing of requests.
 */
import type { Socket } from 'node:net';
import { pipeline, type Readable, Transform } from 'node:stream';
import { CHUNK_END, chunkHead, LAST_CHUNK } from '../http/encode.js';
import type { ByteRange } from '../http/range.js';
import type { Piece, StreamedBody } from '../http/response.js';
import { type BatchBudget, Gate } from './gate.js';
import { PacedGate } from './paced-gate.js';
import type { TokenBucket } from './token-bucket.js';

/** Called once: without an error when all of the body was handed to the socket. */
export type PumpDone = (error?: Error) => void;

/** Octets that one stream gave to the socket. */
interface Flow {
  given: number;
}

const UNLIMITED = Number.POSITIVE_INFINITY;

/** Sends one body. */
export class BodyPump {
  readonly #socket: Socket;
  readonly #body: StreamedBody;
  readonly #chunked: boolean;
  readonly #done: PumpDone;
  readonly #gate: Gate | PacedGate;
  #pieces: readonly Piece[];
  #index = 0;
  #stream: Readable | undefined;
  /** Octets of the piece under way that were handed to the socket. */
  #sent = 0;
  #state: 'running' | 'parked' | 'ended' = 'running';

  /**
   * @param budget for writing several chunks at a time
   * @param bucket what is sent at a rate is let through by; `undefined`: all is
   */
  constructor(
    socket: Socket,
    body: StreamedBody,
    chunked: boolean,
    budget: BatchBudget,
    done: PumpDone,
    bucket?: TokenBucket,
  ) {
    this.#socket = socket;
    this.#body = body;
    this.#chunked = chunked;
    this.#done = done;
    const gate = new Gate(socket, budget, body.ahead);
    this.#gate = bucket === undefined ? gate : new PacedGate(gate, bucket);
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
    // What is held was read, and would be read again.
    if (this.#gate.held > 0) return;
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
    this.#gate.off('drain', this.#next);
    this.#dropStream();
    this.#gate.close();
    this.#body.close();
  }

  readonly #resume = (): void => {
    this.#state = 'running';
    this.#openRange(this.#pieces[this.#index] as ByteRange);
  };

  readonly #next = (): void => {
    for (;;) {
      const piece = this.#pieces[this.#index];
      if (this.#gate.held > 0) {
        this.#gate.once('drain', this.#next);
        return;
      }
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
    const first = range.first + this.#sent;
    const length = range.last - range.first + 1;
    const ended = (): void => {
      // A resource that became shorter can't be padded: the client must see that it is cut off.
      if (this.#sent !== length) {
        this.#end(new Error('the resource became shorter'));
        return;
      }
      this.#sent = 0;
      this.#index++;
      this.#next();
    };
    const extent = { first, last: range.last };
    const flow = { given: 0 };
    // What was written and is not yet done with is the last that was given. A closed socket is done with all of
    // it, and what was made beyond that goes nowhere.
    const taken = (): number =>
      this.#socket.closed ? UNLIMITED : flow.given - this.#socket.writableLength - this.#gate.held;
    this.#pipe(() => this.#body.read(extent, { taken }), length, ended, flow);
  }

  #pipeUnmeasured(): void {
    if (!this.#chunked) {
      this.#pipe(() => this.#body.read(), UNLIMITED, this.#next);
      return;
    }
    // What goes wrong on the one side of a pipeline shows on the other.
    const framed = (): Readable => pipeline(this.#body.read(), chunkedCoding(), () => {});
    this.#pipe(framed, UNLIMITED, this.#next);
  }

  #pipe(open: () => Readable, limit: number, ended: () => void, flow: Flow = { given: 0 }): void {
    try {
      const stream = open();
      this.#watch(stream, limit, ended, flow);
      stream.pipe(this.#gate as unknown as NodeJS.WritableStream, { end: false });
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #watch(stream: Readable, limit: number, ended: () => void, flow: Flow): void {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      // `unpipe` lets a paused stream flow once more: what comes then goes nowhere.
      if (this.#stream !== stream) return;
      // A destroyed socket never asks to wait: all the rest would be read for nothing before 'close'.
      if (this.#socket.destroyed) {
        this.#dropStream();
        return;
      }
      this.#sent += chunk.length;
      flow.given += chunk.length;
      // Before the pipe writes it: what goes beyond the length would be read as another response.
      if (this.#sent > limit) this.#end(new Error('the resource gave more than it said'));
    });
    stream.on('error', (error) => {
      if (this.#stream === stream) this.#end(error);
    });
    stream.on('close', () => {
      if (this.#stream === stream) this.#end(new Error('the stream was closed before its end'));
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
    this.#gate.close();
    let failure = error;
    try {
      this.#body.close();
    } catch (closing) {
      failure ??= closing as Error;
    }
    this.#done(failure);
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
