/**
 * Sends responses on one socket, one at a time: head, body, waiting for the client to take them, and
 * at last the end of our side. Knows neither requests under way nor what comes next.
 */
import type { Socket } from 'node:net';
import { type HeadContext, responseFraming } from '../http/encode.js';
import { hasContent, type Response, type StreamedBody, streamedBody } from '../http/response.js';
import { BodyPump } from './body-pump.js';
import type { ConnectionHost } from './connection-host.js';
import { writeResponse } from './write.js';
import { WriteProgress } from './write-progress.js';

/** Called when a response that `send` left under way is with the socket, or failed on its way. */
export type SentCallback = (error?: Error) => void;

/** The sending side of one connection. */
export class Sender {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #sent: SentCallback;
  readonly #report: (error: unknown) => void;
  #state: 'free' | 'pumping' | 'draining' | 'ending' = 'free';
  #pump: BodyPump | undefined;
  #progress: WriteProgress | undefined;

  /** @param report is told of failures that cost nobody anything. */
  constructor(
    socket: Socket,
    host: ConnectionHost,
    sent: SentCallback,
    report: (error: unknown) => void,
  ) {
    this.#socket = socket;
    this.#host = host;
    this.#sent = sent;
    this.#report = report;
    socket.on('drain', () => {
      if (this.#state === 'draining') this.#finish();
    });
  }

  /** Whether the head of a response is out and its end is not: no other answer can be given. */
  get isSending(): boolean {
    return this.#state !== 'free';
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
      const isChunked = responseFraming(response, context.minorVersion) === 'chunked';
      this.#watch('pumping');
      const { batches } = this.#host;
      this.#pump = new BodyPump(this.#socket, streamed, isChunked, batches, (error) =>
        this.#finish(error),
      );
      this.#pump.start();
      return false;
    }
    const body = withContent && streamed === undefined ? (response.body as Uint8Array) : undefined;
    writeResponse(this.#socket, response, context, body);
    // Not before: a response that can't be sent is closed by who gave it.
    if (streamed !== undefined) this.#letGo(streamed);
    if (!this.#socket.writableNeedDrain) return true;
    this.#watch('draining');
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

  #letGo(body: StreamedBody): void {
    try {
      body.close();
    } catch (error) {
      this.#report(error);
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
    this.#sent(error);
  }
}
