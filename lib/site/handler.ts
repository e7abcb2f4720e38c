/** What answers requests, and how parts of an answer are put in front of one another. */
import type { RequestHead } from '../http/head.js';
import type { Response } from '../http/response.js';

/** What a handler may know of the exchange beside the request. */
export interface ExchangeContext {
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** The client's address, without its port. */
  readonly remote: string;
  /** Which requests may share what was found out for one of them: {@link OpenOptions.moment}. */
  readonly moment?: object | undefined;
  /** Who asks: set by the layer that has found out, and told in the log. */
  user?: string;
}

/** An answer, at once where it can be had. */
export type Answer = Response | Promise<Response>;

/** Answers one request. What it throws becomes a 500, an HttpError its status. */
export type Handler = (request: RequestHead, context: ExchangeContext) => Answer;

/**
 * A part of the way of a request, made once: it answers itself, or changes the request for the next
 * handler or the response that comes of it. What is not wanted is not in the way at all.
 */
export type Layer = (next: Handler) => Handler;

/** `handler` behind `layers`, of which the first is asked first. */
export function behind(layers: readonly Layer[], handler: Handler): Handler {
  return layers.reduceRight((next, layer) => layer(next), handler);
}

/** What comes of a value, at once where that is there. */
export function whenThere<T, U>(
  value: T | Promise<T>,
  map: (value: T) => U | Promise<U>,
): U | Promise<U> {
  return value instanceof Promise ? value.then(map) : map(value);
}

/** What comes of an answer, at once where the answer is there. */
export const mapAnswer: (answer: Answer, map: (response: Response) => Answer) => Answer = whenThere;
