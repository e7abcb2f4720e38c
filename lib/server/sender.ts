/**
 * Sends responses on one socket, one at a time: head, body, waiting for the client to take them, and
 * at last the end of our side. Knows neither requests under way nor what comes next.
 */
import type { Socket } from 'node:net';
import { type HeadContext, responseFraming } from '../http/encode.js';
import { hasContent, type Response, type StreamedBody, streamedBody } from '../http/response.js';
import { BodyPump } from './body-pump.js';
import type { ConnectionHost } from './connection-host.js';
import { SLICE, slicedBody } from './sliced-body.js';
import { TokenBucket } from './token-bucket.js';
import { writeResponse } from './write.js';
import { WriteProgress } from './write-progress.js';

/** Who sends. */
export interface SenderOwner {
  /** A response that `send` left under way is with the socket, or failed on its way. */
  sent(error?: Error): void;
  /** Is told of failures that cost nobody anything. */
  report(error: unknown): void;
}

/** The sending side of one connection. */
export class Sender {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #owner: SenderOwner;
  #state: 'free' | 'pumping' | 'draining' | 'ending' = 'free';
  #pump: BodyPump | undefined;
  #progress: WriteProgress | undefined;
  /** What lets octets through at a rate. */
  readonly #bucket: TokenBucket | undefined;
  /** Octets of content in memory that may leave in one write, whatever is let through. */
  readonly #atOnce: number;

  constructor(socket: Socket, host: ConnectionHost, owner: SenderOwner) {
    this.#socket = socket;
    this.#host = host;
    this.#owner = owner;
    const { throttle } = host.limits;
    this.#bucket = throttle > 0 ? new TokenBucket(throttle) : undefined;
    this.#atOnce = throttle > 0 ? 0 : isEncrypted(socket) ? SLICE : Number.POSITIVE_INFINITY;
  }

  /** Whether the head of a response is out and its end is not: no other answer can be given. */
  get isSending(): boolean {
    return this.#state !== 'free';
  }

  /**
   * Whether closing now takes nothing from the client. Under TLS our end has to be told: without that a
   * client can't know that nothing was cut off.
   */
  get isDone(): boolean {
    return this.#socket.writableLength === 0 && !isEncrypted(this.#socket);
  }

  /**
   * Sends a response to a request of `method`.
   * @returns true when it is with the socket already; else `sent` will be called, or was.
   * @throws TypeError as `encodeHead`, before anything is sent
   */
  send(response: Response, method: string, context: HeadContext): boolean {
    const withContent = hasContent(method, response.status);
    const streamed = streamedBody(response);
    if (streamed !== undefined && withContent) {
      writeResponse(this.#socket, response, context, undefined);
      this.#startPump(streamed, responseFraming(response, context.minorVersion) === 'chunked');
      return false;
    }
    const body = withContent && streamed === undefined ? (response.body as Uint8Array) : undefined;
    if (body !== undefined && body.length > this.#atOnce && !this.#bucket?.takeAll(body.length)) {
      writeResponse(this.#socket, response, context, undefined);
      const message = body === response.message?.content ? response.message : undefined;
      this.#startPump(slicedBody(this.#socket, body, message), false);
      return false;
    }
    writeResponse(this.#socket, response, context, body);
    // Not before: a response that can't be sent is closed by who gave it.
    if (streamed !== undefined) this.#letGo(streamed);
    if (!this.#socket.writableNeedDrain) return true;
    this.#watch('draining');
    this.#socket.once('drain', () => {
      if (this.#state === 'draining') this.#finish();
    });
    return false;
  }

  /**
   * Looks at the client's progress, and parks the stream of one that takes nothing.
   * @returns false when the client is to be given up
   */
  check(now: number): boolean {
    if (this.#progress === undefined) return true;
    const state = this.#progress.check(this.#socket, now, this.#host);
    if (state === 'waiting') this.#pump?.park();
    return state !== 'given-up';
  }

  /** Ends our side once all is sent; `ended` is called when the kernel has it. */
  end(ended: () => void): void {
    this.#watch('ending');
    this.#socket.end(() => {
      this.#progress = undefined;
      ended();
    });
  }

  /** The socket is closed: stops at once. */
  cancel(): void {
    this.#pump?.cancel();
    this.#pump = undefined;
  }

  #startPump(body: StreamedBody, isChunked: boolean): void {
    this.#watch('pumping');
    const done = (error?: Error): void => this.#finish(error);
    const { batches } = this.#host;
    this.#pump = new BodyPump(this.#socket, body, isChunked, batches, done, this.#bucket);
    this.#pump.start();
  }

  #letGo(body: StreamedBody): void {
    try {
      body.close();
    } catch (error) {
      this.#owner.report(error);
    }
  }

  #watch(state: 'pumping' | 'draining' | 'ending'): void {
    this.#state = state;
    this.#progress = new WriteProgress(this.#socket, this.#host.now);
  }

  #finish(error?: Error): void {
    this.#state = 'free';
    this.#pump = undefined;
    this.#progress = undefined;
    this.#owner.sent(error);
  }
}

/** Whether what is written to a socket is encrypted on its way. */
function isEncrypted(socket: Socket): boolean {
  return (socket as { encrypted?: boolean }).encrypted === true;
}
