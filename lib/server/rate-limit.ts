/** A handler behind a limit on the requests of each address. */
import { errorResponse } from '../http/error-response.js';
import type { RateLimit } from '../limit/rate-limit.js';
import type { Handler } from '../site/handler.js';
import type { Refused } from './options.js';

/**
 * `handler` behind the limit: 429 with Retry-After (RFC 6585 §4) beyond it. What comes over a unix
 * socket has no address, and no limit.
 * @param refused completes that answer
 */
export function rateLimited(
  handler: Handler,
  limit: RateLimit,
  refused: Refused = (response) => response,
): Handler {
  return (request, context) => {
    const { remote } = context;
    const wait = remote === '' ? 0 : limit.take(remote);
    if (wait === 0) return handler(request, context);
    const seconds = Math.max(1, Math.ceil(wait / 1000));
    const response = errorResponse(429, request.fields, ['Retry-After', `${seconds}`]);
    return refused(response, request);
  };
}
