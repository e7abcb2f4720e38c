/** Answers that send a client to another address. Knows no reasons for it. */
import { errorResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import type { Response } from '../http/response.js';
import type { ResourcePath } from '../source/source.js';
import { encodePath } from './path.js';

/** The statuses of a redirect (RFC 9110 §15.4) that can be asked for. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

/**
 * To another path of this site, with the query that came: it can't name another host, for it starts with
 * exactly one slash.
 */
export function redirectTo(request: RequestHead, path: ResourcePath, slash: '' | '/'): Response {
  const end = path === '/' ? '' : slash;
  return redirect(request, 301, `${encodePath(path)}${end}${request.target.query}`);
}

/** @param location encoded, and checked by who made it */
export function redirect(request: RequestHead, status: RedirectStatus, location: string): Response {
  return errorResponse(status, request.fields, ['Location', location]);
}
