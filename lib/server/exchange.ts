/**
 * One request and its response on a connection: what is known of it while it is under way, and what
 * is told of it at its end.
 */
import type { RequestHead } from '../http/head.js';
import { type Response, streamedBody } from '../http/response.js';
import { type ExchangeEvent, exchangeChannel } from '../observe/channels.js';
import type { ExchangeContext } from '../site/handler.js';
import type { Peer } from './peer.js';

/** What others may know of an exchange under way. */
export interface ExchangeProgress {
  /** Its own, also among those of other processes. */
  readonly id: string;
  readonly method: string;
  /** Path and query of the request-target as they came: not to be trusted. */
  readonly target: string;
  readonly remote: string;
  /** Octets of a streamed response handed to the socket so far, its head included. */
  readonly sent: number;
  /** Octets of its content, without the head; `undefined` before the response, and where nobody knows. */
  readonly total: number | undefined;
}

/** What is noted at the start of an exchange that somebody listens for. */
interface Start {
  /** `performance.now()` at the end of the head. */
  readonly time: number;
  /** What the socket had been given before, in octets. */
  readonly written: number;
  /** The client's address. */
  readonly remote: string;
  /** `performance.now()` when the answer began to be handed over. */
  answered: number | undefined;
}

let lastId = 0;

/** An exchange; also the context its handler gets. */
export class Exchange implements ExchangeContext {
  readonly request: RequestHead;
  /** Set when it is handled. */
  moment: object | undefined;
  /** Set by what authenticates. */
  user = '';
  /** The status that was sent; 0 before. */
  #status = 0;
  /** What the socket had been given when a streamed response began, in octets; else `undefined`. */
  #streamedFrom: number | undefined;
  #total: number | undefined;
  /** Made when first asked for. */
  #id: string | undefined;
  readonly #peer: Peer;
  readonly #start: Start | undefined;
  #abort: AbortController | undefined;
  #aborted = false;

  /** @param quiet nothing is told of it */
  constructor(request: RequestHead, peer: Peer, quiet: boolean) {
    this.request = request;
    this.#peer = peer;
    this.#start = !quiet && exchangeChannel.hasSubscribers ? start(peer) : undefined;
  }

  get remote(): string {
    return this.#peer.address;
  }

  /** Made when first asked for: most handlers never do, and it costs as much as parsing a head. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#aborted) this.#abort.abort();
    return this.#abort.signal;
  }

  get progress(): ExchangeProgress {
    const { bytesWritten } = this.#peer.socket;
    const { method } = this.request;
    const sent = bytesWritten - (this.#streamedFrom ?? bytesWritten);
    this.#id ??= `${process.pid}.${++lastId}`;
    const [id, total] = [this.#id, this.#total];
    return { id, method, target: this.#target, remote: this.remote, sent, total };
  }

  /** Notes the response that is about to be sent. */
  answer(response: Response): void {
    this.#status = response.status;
    if (this.#start !== undefined) this.#start.answered = performance.now();
    const body = streamedBody(response);
    if (body === undefined) return;
    this.#streamedFrom = this.#peer.socket.bytesWritten;
    this.#total = body.length;
  }

  /** Tells the handler that the client has gone. */
  abort(): void {
    this.#aborted = true;
    this.#abort?.abort();
  }

  /** Tells whoever listened from the start that the exchange is over. */
  publish(complete: boolean): void {
    if (this.#start === undefined) return;
    const { method, minorVersion, fields } = this.request;
    tell(this.#peer, this.#start, {
      method,
      target: this.#target,
      status: this.#status,
      complete,
      minorVersion,
      user: this.user,
      field: (name) => fields.get(name),
    });
  }

  get #target(): string {
    return this.request.target.path + this.request.target.query;
  }
}

/** Sends the answer to what never became an exchange, and tells whoever listens. */
export function publishRefusal(peer: Peer, status: number, send: () => void, quiet: boolean): void {
  const started = !quiet && exchangeChannel.hasSubscribers ? start(peer) : undefined;
  if (started) started.answered = started.time;
  send();
  if (started) tell(peer, started, { ...REFUSED, status });
}

function start({ socket, address }: Peer): Start {
  const time = performance.now();
  return { time, written: socket.bytesWritten, remote: address, answered: undefined };
}

type Outcome = Omit<ExchangeEvent, 'sent' | 'duration' | 'ttfb' | 'remote'>;

const REFUSED: Omit<Outcome, 'status'> = {
  method: '',
  target: '',
  complete: true,
  minorVersion: 1,
  user: '',
  field: () => undefined,
};

function tell({ socket }: Peer, start: Start, outcome: Outcome): void {
  const { time, written, remote } = start;
  const sent = socket.bytesWritten - written;
  const duration = performance.now() - time;
  const ttfb = start.answered === undefined ? duration : start.answered - time;
  const event: ExchangeEvent = { ...outcome, sent, duration, ttfb, remote };
  exchangeChannel.publish(event);
}
