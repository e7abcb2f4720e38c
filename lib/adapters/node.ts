/**
 * Our handlers where another server reads the requests: Node's own, and what is built on it, Connect and
 * Express. What these do better or worse than our server, such as limits and timeouts, stays theirs.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DirectorySiteOptions, directorySite } from '../compose.js';
import { HttpError } from '../http/error.js';
import { errorResponse, failureResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import { type Response, streamedBody } from '../http/response.js';
import { reportError } from '../observe/channels.js';
import type { Handler } from '../site/handler.js';
import { type Addressed, type Mount, mountOf } from './mount.js';
import { toRequestHead } from './request.js';
import { sendResponse } from './send.js';

/** Goes on to what comes next in an application; with an error, to what answers errors. */
export type Next = (error?: unknown) => void;

/** For `http.createServer`, and as a middleware for Connect and Express. */
export type NodeListener = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: Next,
) => void;

/** One that serves a directory. */
export interface FileListener extends NodeListener {
  /** Lets go of what is kept open. */
  close(): Promise<void>;
}

/** Answers that leave the request to what comes next in an application, where something does. */
const PASSED_ON: ReadonlySet<number> = new Set([400, 404, 405, 501]);

/**
 * A handler for Node's servers. Where it is a middleware, it leaves to the next one what it has no file for,
 * methods but GET and HEAD, and addresses that it does not accept.
 */
export function nodeListener(handler: Handler): NodeListener {
  return (request, response, next) => {
    answer(handler, request, response, mountOf(request as Addressed), next);
  };
}

/**
 * Serves a directory by Node's servers.
 * @throws Error with a message for people when `root` can't be served
 * @throws RangeError or TypeError for an option out of range
 */
export function fileListener(root: string, options: DirectorySiteOptions = {}): FileListener {
  const { handler, source } = directorySite(root, options);
  return Object.assign(nodeListener(handler), { close: () => source.close() });
}

/**
 * Answers one request.
 * @param before called right before anything is sent
 */
export function answer(
  handler: Handler,
  request: IncomingMessage,
  response: ServerResponse,
  mount: Mount,
  next?: Next,
  before: () => void = () => {},
): void {
  const { method = 'GET' } = request;
  const remote = request.socket.remoteAddress ?? '';
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const send = (given: Response): void => {
    // Nobody is there any more, or somebody else has answered.
    if (response.destroyed || response.headersSent) {
      streamedBody(given)?.close();
      return;
    }
    if (next !== undefined && isPassedOn(given, method)) {
      streamedBody(given)?.close();
      next();
      return;
    }
    before();
    const sent = mount.isBare ? atItsSlash(given, request, mount) : given;
    sendResponse(sent, response, method, mount.base).catch((error) => {
      reportError(error, remote);
      response.destroy();
    });
  };
  const fail = (error: unknown, head?: RequestHead): void => {
    const isOurs = error instanceof HttpError;
    if (!isOurs && next !== undefined) {
      next(error);
      return;
    }
    if (!isOurs) reportError(error, remote);
    send(failureResponse(error, head?.fields));
  };
  let head: RequestHead | undefined;
  try {
    head = toRequestHead(request, mount.target);
    const given = handler(head, { signal: gone.signal, remote });
    if (given instanceof Promise) given.then(send, (error) => fail(error, head));
    else send(given);
  } catch (error) {
    fail(error, head);
  }
}

/** OPTIONS is the application's to answer, but for a preflight that is answered here. */
function isPassedOn({ status, fields }: Response, method: string): boolean {
  if (PASSED_ON.has(status)) return true;
  const isPreflight = (name: string): boolean => name === 'Access-Control-Allow-Methods';
  return method === 'OPTIONS' && status === 204 && !fields.some(isPreflight);
}

/** The page of a mount point, at the address that ends in a slash: as for every folder. */
function atItsSlash(given: Response, request: IncomingMessage, { target }: Mount): Response {
  if (given.status >= 300 && given.status !== 304) return given;
  streamedBody(given)?.close();
  const { fields } = toRequestHead(request, target);
  return errorResponse(301, fields, ['Location', target]);
}
