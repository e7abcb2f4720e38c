/** Answers to requests that get no file: for their method, or for what failed. Knows no paths. */
import { HttpError } from '../http/error.js';
import { errorResponse, failureResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import { isKnownMethod } from '../http/method.js';
import type { Response } from '../http/response.js';
import { SourceError } from '../source/source.js';

const ALLOW = 'GET, HEAD, OPTIONS';

/** OPTIONS asks what is allowed (RFC 9110 §9.3.7); of the rest 405 or 501 (§15.5.6, §15.6.2). */
export function otherMethod(request: RequestHead): Response {
  if (request.method === 'OPTIONS')
    return { status: 204, fields: ['Allow', ALLOW], body: undefined };
  const status = isKnownMethod(request.method) ? 405 : 501;
  return errorResponse(status, request.fields, status === 405 ? ['Allow', ALLOW] : []);
}

/**
 * The one place where the failure of a source becomes a status, and an error of ours its response, so that
 * layers before this one see it; the rest is thrown on: 500, and told.
 */
export function failure(request: RequestHead, error: unknown): Response {
  if (error instanceof HttpError) return failureResponse(error, request.fields);
  if (!(error instanceof SourceError)) throw error;
  switch (error.kind) {
    case 'forbidden':
      return errorResponse(403, request.fields);
    case 'busy':
      return errorResponse(503, request.fields, ['Retry-After', '1']);
    case 'oversize':
      return errorResponse(503, request.fields, [], error.message);
    case 'unavailable':
      throw error;
  }
}
