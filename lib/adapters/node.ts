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
import type { ExchangeContext, Handler } from '../site/handler.js';
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

/** Answers of a handler that leave the request to what comes next in an application, where something does. */
const PASSED_ON: ReadonlySet<number> = new Set([400, 404, 405, 501]);

/** Where a handler stands in an application. */
export interface Standing {
  readonly mount: Mount;
  /** What comes next, where something does. */
  readonly next?: Next | undefined;
  /**
   * Whether it may be what keeps people away from what comes next. What is no request that it can be asked
   * about is then answered with 400; else that is left to what comes next.
   */
  readonly isGuard: boolean;
  /** Called right before anything is sent. */
  readonly before?: () => void;
}

/**
 * A handler for Node's servers. Where it is a middleware, it leaves to the next one what it has no file for,
 * methods but GET and HEAD, and addresses that it does not accept; but nothing that the handler was not asked
 * about, for it may be one that asks for a password.
 */
export function nodeListener(handler: Handler): NodeListener {
  return listener(handler, true);
}

function listener(handler: Handler, isGuard: boolean): NodeListener {
  return (request, response, next) => {
    const mount = mountOf(request as Addressed);
    answer(handler, request, response, { mount, next, isGuard });
  };
}

/**
 * Serves a directory by Node's servers.
 * @throws Error with a message for people when `root` can't be served
 * @throws RangeError or TypeError for an option out of range
 */
export function fileListener(root: string, options: DirectorySiteOptions = {}): FileListener {
  const { handler, source } = directorySite(root, options);
  return Object.assign(listener(handler, isGuard(options)), { close: () => source.close() });
}

/** Whether a site with these options lets only some in. */
export function isGuard({ auth, allowHosts }: DirectorySiteOptions): boolean {
  return auth !== undefined || allowHosts !== undefined;
}

/** Answers one request. */
export function answer(
  handler: Handler,
  request: IncomingMessage,
  response: ServerResponse,
  { mount, next, isGuard, before = () => {} }: Standing,
): void {
  const { method = 'GET' } = request;
  const { remoteAddress, localAddress } = request.socket;
  // Reset, and nobody can tell any more who it was: no limit may take it for a client without an address.
  if (remoteAddress === undefined && (localAddress !== undefined || request.socket.destroyed)) {
    response.destroy();
    return;
  }
  const remote = remoteAddress ?? '';
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const context = { signal: gone.signal, remote };
  const send = (given: Response): void => {
    // Nobody is there any more, or somebody else has answered.
    if (response.destroyed || response.headersSent) {
      streamedBody(given)?.close();
      return;
    }
    before();
    const sent = mount.isBare ? atItsSlash(given, request, mount) : given;
    sendResponse(sent, response, method, mount.base).catch((error) => {
      reportError(error, remote);
      response.destroy();
    });
  };
  const passOn = (given: Response): void => {
    streamedBody(given)?.close();
    if (!response.destroyed && !response.headersSent) next?.();
  };
  const take = (given: Response): void => {
    if (next === undefined) send(given);
    else if (isPassedOn(given, method)) passOn(given);
    else if (!isPreflight(given, request)) send(given);
    else {
      askAhead(handler, request, mount, context).then((isOurs) => {
        if (isOurs) send(given);
        else passOn(given);
      });
    }
  };
  const fail = (error: unknown, head: RequestHead): void => {
    const isOurs = error instanceof HttpError;
    if (!isOurs && next !== undefined) {
      next(error);
      return;
    }
    if (!isOurs) reportError(error, remote);
    take(failureResponse(error, head.fields));
  };
  let head: RequestHead;
  try {
    head = toRequestHead(request, mount.target);
  } catch (error) {
    if (next !== undefined && !isGuard) next();
    else send(failureResponse(error, undefined));
    return;
  }
  try {
    const given = handler(head, context);
    if (given instanceof Promise) given.then(take, (error) => fail(error, head));
    else take(given);
  } catch (error) {
    fail(error, head);
  }
}

/** OPTIONS of what is no preflight is the application's to answer: the handler only says what it allows. */
function isPassedOn({ status, fields }: Response, method: string): boolean {
  if (PASSED_ON.has(status)) return true;
  return method === 'OPTIONS' && status === 204 && fields.includes('Allow');
}

/** Whether it answers a preflight, which is done before anybody looks whether there is such a file. */
function isPreflight({ status }: Response, { method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' && status === 204 && headers['access-control-request-method'] !== undefined
  );
}

/** Whether the request that a preflight announces would be answered by `handler`, and not passed on. */
async function askAhead(
  handler: Handler,
  request: IncomingMessage,
  { target }: Mount,
  context: ExchangeContext,
): Promise<boolean> {
  const method = String(request.headers['access-control-request-method']);
  try {
    const given = await handler(toRequestHead(request, target, method), context);
    streamedBody(given)?.close();
    return !isPassedOn(given, method);
  } catch {
    // That there is something wrong is told to the request itself.
    return true;
  }
}

/** The page of a mount point, at the address that ends in a slash: as for every folder. */
function atItsSlash(given: Response, request: IncomingMessage, { target }: Mount): Response {
  if (given.status >= 300 && given.status !== 304) return given;
  streamedBody(given)?.close();
  const { fields } = toRequestHead(request, target);
  return errorResponse(301, fields, ['Location', target]);
}
