/**
 * One connection's whole life: bytes from the socket to the parser, requests to the handler,
 * responses to the socket, one after the other and in order. Its state is one word; what may happen
 * in which state is the table in connection-host.ts. Knows no files.
 */
import type { Socket } from 'node:net';
import { CONTINUE, responseFraming } from '../http/encode.js';
import { HttpError } from '../http/error.js';
import { errorResponse, failureResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import { isSafeMethod } from '../http/method.js';
import { RequestParser } from '../http/parser.js';
import { type Response, streamedBody } from '../http/response.js';
import { reportError } from '../observe/channels.js';
import { READ_BUFFER, type Receiver } from './accept.js';
import type { ConnectionHost, Holding, State } from './connection-host.js';
import { Exchange, type ExchangeProgress, publishRefusal } from './exchange.js';
import { Peer } from './peer.js';
import { Sender, type SenderOwner } from './sender.js';
import { Turn } from './turn.js';

/** Drives one socket. */
export class Connection implements Receiver, SenderOwner {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #parser: RequestParser;
  readonly #sender: Sender;
  readonly #turn: Turn;
  #state: State = 'idle';
  /** When the state's time is up, on the host's clock; Infinity: never. */
  #deadline: number;
  #exchange: Exchange | undefined;
  /** Whether the connection is kept after the response under way. */
  #persist = true;
  /** Whether the client has said that this request is its last one (RFC 9112 §9.6). */
  #isLast = false;
  /** Whether the client has ended its side. */
  #peerEnded = false;
  /** Whether content of the request is still to be read, and whether it was invited or has begun. */
  #contentLeft = false;
  #continued = false;
  /** Whether `#advance` is under way: it is not entered twice. */
  #advancing = false;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.peer = new Peer(socket);
    this.#host = host;
    this.#parser = new RequestParser(host.limits);
    this.#sender = new Sender(socket, host, this);
    this.#turn = new Turn(host.moments);
    this.#deadline = host.deadline('idle');
    socket.on('end', () => this.#onEnd());
    // What went wrong shows in the 'close' that follows; without a listener it would end the process.
    socket.on('error', () => {});
    socket.on('close', () => this.#onClose());
  }

  /** The exchange under way, if any. */
  get progress(): ExchangeProgress | undefined {
    return this.#exchange?.progress;
  }

  /** What it waits for, and how many octets of requests and of responses it holds meanwhile. */
  get holding(): Holding {
    const { buffered } = this.#parser;
    return { state: this.#state, requests: buffered, responses: this.#socket.writableLength };
  }

  /** Gives a last answer, by default that there is no room for another connection, and closes. */
  refuse(response: Response = errorResponse(503, undefined, ['Retry-After', '1'])): void {
    const answer = this.#host.refused(response, this.#exchange?.request);
    this.#persist = false;
    this.#isLast = false;
    // An exchange tells of itself at its end; without one nobody else would.
    if (this.#exchange !== undefined) this.#send(answer);
    else publishRefusal(this.peer, answer.status, () => this.#send(answer), this.#host.quiet);
  }

  /** Closes as soon as nothing is under way: at once when idle, else after the response. */
  closeWhenIdle(): void {
    this.#persist = false;
    if (this.#state === 'idle') this.#linger();
  }

  /** Ends the connection at once, whatever is under way; earlier answers of a pipeline still leave. */
  destroy(): void {
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
    this.#socket.destroy();
  }

  /** Called by the host every so often: enforces the deadlines of this connection. */
  check(now: number): void {
    if (!this.#sender.check(now)) this.destroy();
    if (now < this.#deadline) return;
    if ((this.#state === 'head' || this.#state === 'content') && this.#canAnswer()) {
      this.#fail(new HttpError(408, 'the request took too long'));
    } else if (this.#state === 'idle') this.#linger();
    else this.destroy();
  }

  /** Takes the first `size` of `bytes` that the socket read; they are lent for the time of the call. */
  receive(bytes: Buffer, size: number, isFresh: boolean): void {
    if (this.#state === 'lingering' || this.#state === 'closed') return;
    this.#turn.begin(isFresh);
    this.#parser.push(bytes, size);
    if (this.#isReading()) this.#advance();
    else if (this.#parser.buffered >= this.#host.limits.pipeline) this.#socket.pause();
    this.#turn.end(size >= READ_BUFFER);
    this.#parser.keep();
  }

  #onEnd(): void {
    this.#peerEnded = true;
    if (this.#isReading()) this.#advance();
  }

  #onClose(): void {
    this.#state = 'closed';
    this.#host.closed(this);
    this.#guard(() => this.#exchange?.abort());
    this.#guard(() => this.#sender.cancel());
    this.#finishExchange(false);
  }

  #isReading(): boolean {
    return this.#state === 'idle' || this.#state === 'head' || this.#state === 'content';
  }

  /** Whether an error can still be told: not once the request's answer is out. */
  #canAnswer(): boolean {
    return this.#state !== 'content' || this.#exchange !== undefined;
  }

  /** Takes events from the parser for as long as the state is a reading one. */
  #advance(): void {
    // A response that is done at once gets here from within the loop, which then goes on by itself.
    if (this.#advancing) return;
    this.#advancing = true;
    try {
      while (this.#isReading() && this.#turn.take()) {
        const event = this.#parser.next();
        if (event === null) {
          this.#needMore();
          break;
        }
        // Answers to a pipeline leave together: one system call in place of one each.
        if (this.#parser.buffered > 0 && this.#socket.writableCorked === 0) this.#socket.cork();
        if (event.kind === 'head') this.#begin(event);
        else if (event.kind === 'end') this.#contentEnded();
        else this.#continued = true;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#advancing = false;
      if (this.#socket.writableCorked > 0) this.#socket.uncork();
    }
    if (!this.#isReading()) return;
    if (this.#turn.isOver) this.#giveWay();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Lets other connections have their turn before the rest of a long pipeline. */
  #giveWay(): void {
    this.#turn.renew();
    this.#socket.pause();
    setImmediate(() => this.#advance());
  }

  #needMore(): void {
    if (this.#peerEnded) {
      // RFC 9112 §8: an incomplete request may be answered with an error before closing.
      if (!this.#parser.midRequest || !this.#canAnswer()) this.#linger();
      else this.#fail(new HttpError(400, 'the request ended too early'));
    } else if (this.#state === 'content') {
      this.#inviteContent();
    } else if (this.#parser.midRequest) {
      if (this.#state === 'idle') this.#enter('head');
    } else if (this.#persist) {
      if (this.#state === 'head') this.#enter('idle');
    } else {
      this.#linger();
    }
  }

  /** RFC 9110 §10.1.1: 100 only while none of the content has come. */
  #inviteContent(): void {
    if (this.#continued || !this.#exchange?.request.expectsContinue) return;
    this.#continued = true;
    this.#socket.write(CONTINUE, 'latin1');
  }

  #begin(request: RequestHead): void {
    this.#turn.countHead();
    // It was reset: nobody waits for an answer, and no limit could be held against anybody.
    if (this.#host.asksAddresses && !this.peer.isKnown) {
      this.#enter('lingering');
      this.destroy();
      return;
    }
    this.#exchange = new Exchange(request, this.peer, this.#host.quiet);
    this.#isLast = !request.persistent;
    this.#persist = request.persistent && !this.#host.closing;
    if (request.expectsUnknown) throw new HttpError(417, 'only 100-continue can be expected');
    this.#continued = false;
    this.#contentLeft = request.framing.kind !== 'none';
    if (this.#contentLeft && isSafeMethod(request.method)) {
      // Content gives a safe method no meaning (RFC 9110 §9.3.1): read it through, then answer.
      this.#enter('content');
      return;
    }
    // Content that comes uninvited or is too long isn't waited for: answer, then close.
    const isUninvited = request.expectsContinue && this.#parser.buffered === 0;
    const isTooLong = request.announces > this.#host.limits.content;
    if (this.#contentLeft && (isUninvited || isTooLong)) this.#persist = false;
    this.#handle(request);
  }

  #contentEnded(): void {
    this.#contentLeft = false;
    const exchange = this.#exchange;
    if (exchange === undefined) this.#enter('idle');
    else this.#handle(exchange.request);
  }

  #handle(request: RequestHead): void {
    const exchange = this.#exchange as Exchange;
    exchange.moment = this.#turn.moment;
    this.#enter('handling');
    let response: Response | Promise<Response>;
    try {
      response = this.#host.handler(request, exchange);
    } catch (error) {
      this.#handlerFailed(error);
      return;
    }
    if (!(response instanceof Promise)) this.#answer(response);
    else
      response.then(
        (late) => this.#answer(late),
        (error) => this.#handlerFailed(error),
      );
  }

  /** The request was well framed, so the connection lives on. */
  #handlerFailed(error: unknown): void {
    if (this.#state === 'closed') return;
    if (!(error instanceof HttpError)) this.report(error);
    this.#answer(failureResponse(error, this.#exchange?.request.fields));
  }

  #answer(response: Response): void {
    if (this.#state === 'closed') {
      this.#guard(() => streamedBody(response)?.close());
      return;
    }
    try {
      this.#send(response);
    } catch (error) {
      this.#guard(() => streamedBody(response)?.close());
      this.#fail(error);
    }
  }

  /** What ends the connection: a framing error, a late request, a defect. One answer if possible. */
  #fail(error: unknown): void {
    const isProtocol = error instanceof HttpError;
    if (!isProtocol) this.report(error);
    if (this.#sender.isSending || !this.#canAnswer()) {
      if (isProtocol) this.#linger();
      else this.destroy();
      return;
    }
    this.refuse(failureResponse(error, this.#exchange?.request.fields));
  }

  #send(response: Response): void {
    const request = this.#exchange?.request;
    const minorVersion = request?.minorVersion ?? 1;
    if (responseFraming(response, minorVersion) === 'close') this.#persist = false;
    this.#exchange?.answer(response);
    this.#enter('sending');
    const context = { date: this.#host.clock.date, persist: this.#persist, minorVersion };
    if (this.#sender.send(response, request?.method ?? '', context)) this.sent();
  }

  /** For the sender: the response is with the socket. On to the next request, or to the end. */
  sent(error?: Error): void {
    if (error !== undefined) {
      // The head is out: only the end of the connection can tell the client; 'close' does the rest.
      this.report(error);
      this.destroy();
    }
    if (this.#socket.destroyed) return;
    this.#finishExchange(true);
    if (this.#isLast) this.#leave();
    else if (!this.#persist) this.#linger();
    else this.#enter(this.#contentLeft ? 'content' : 'idle');
    this.#advance();
  }

  /** Nothing more will come: closing is no reset, and need not wait for the client. */
  #leave(): void {
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
    const isRead = !this.#contentLeft && this.#parser.buffered === 0;
    if (isRead && this.#sender.isDone) this.destroy();
    else this.#linger();
  }

  #finishExchange(complete: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.publish(complete);
  }

  /** Ends our side and reads on: closing with input unread is a reset, and takes the response (RFC 9112 §9.6). */
  #linger(): void {
    if (this.#state === 'lingering' || this.#state === 'closed') return;
    this.#enter('lingering');
    // The time runs from when the kernel has all of it: a slow client may still be taking the rest.
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#sender.end(() => {
      this.#deadline = this.#host.deadline('lingering');
    });
    this.#socket.resume();
  }

  /** Runs what belongs to others where nobody could catch what it throws. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.report(error);
    }
  }

  /** For the sender too. */
  report(error: unknown): void {
    reportError(error, this.peer.address);
  }

  #enter(state: Exclude<State, 'closed'>): void {
    this.#state = state;
    this.#deadline = this.#host.deadline(state);
  }
}
