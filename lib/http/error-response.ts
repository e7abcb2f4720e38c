/**
 * The answer to a request that gets none of its own: small, the same for every cause of a status,
 * with nothing of the request in it.
 */
import { HttpError } from './error.js';
import type { Fields } from './fields.js';
import { escapeHtml } from './html.js';
import { prefersHtml } from './media-ranges.js';
import { MessageBuffer } from './message-buffer.js';
import type { Response } from './response.js';
import { reasonPhrase } from './status.js';

/** What a person should know beyond the reason phrase. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [301, 'This has another address.'],
  [302, 'This has another address for now.'],
  [303, 'What you asked for is described at another address.'],
  [307, 'This has another address for now.'],
  [308, 'This has another address.'],
  [400, 'The request is not valid HTTP/1.1, or its path is not one that this server accepts.'],
  [401, 'This site is for those who know its password.'],
  [403, 'This resource may not be read.'],
  [404, 'There is nothing at this address, or a folder that is not listed.'],
  [405, 'This server answers GET, HEAD and OPTIONS.'],
  [406, 'There is this resource, but not in a form that the request accepts.'],
  [408, 'The request took too long to arrive.'],
  [412, 'A precondition of the request does not hold.'],
  [413, 'The content of the request is longer than this server reads.'],
  [414, 'The address is longer than this server reads.'],
  [416, 'The resource has none of the requested bytes.'],
  [417, 'The only expectation met here is 100-continue.'],
  [421, 'This server does not go by the name that was asked for.'],
  [429, 'There were too many requests from this address: wait a moment.'],
  [431, 'The request has more or longer header fields than this server reads.'],
  [500, "Something went wrong here; the server's log says what."],
  [501, 'This server does not know the method, or the transfer coding, of the request.'],
  [503, 'This server has no room for that at the moment.'],
  [505, 'This server speaks HTTP/1.1.'],
]);

/**
 * The response for `status`.
 * @param fields those of the request, for its Accept; `undefined` where no request could be read
 * @param extra field lines to add, name and value in turn
 * @param detail what exactly was wrong: the message of an HttpError, which has nothing of the request
 */
export function errorResponse(
  status: number,
  fields?: Fields,
  extra: readonly string[] = [],
  detail?: string,
): Response {
  const html = prefersHtml(fields);
  if (extra.length > 0 || detail !== undefined) return compose(status, html, extra, detail);
  const known = html ? knownPages : knownTexts;
  let response = known.get(status);
  if (response === undefined) {
    response = compose(status, html, extra, detail);
    known.set(status, response);
  }
  return response;
}

/** The answer to an error: an {@link HttpError} says which, anything else is a defect of ours. */
export function failureResponse(error: unknown, fields: Fields | undefined): Response {
  if (!(error instanceof HttpError)) return errorResponse(500, fields);
  return errorResponse(error.status, fields, error.fields, error.message);
}

/** Those with nothing of their own: made once, sent many times. */
const knownPages = new Map<number, Response>();
const knownTexts = new Map<number, Response>();

function compose(
  status: number,
  html: boolean,
  extra: readonly string[],
  detail: string | undefined,
): Response {
  const reason = reasonPhrase(status);
  const hint = [HINTS.get(status), detail && `In short: ${detail}.`].filter(Boolean).join(' ');
  const text = html ? page(status, reason, escapeHtml(hint)) : `${status} ${reason}\n${hint}\n`;
  const message = MessageBuffer.of(Buffer.from(text, 'utf8'));
  return {
    status,
    message,
    body: message.content,
    fields: [
      'Content-Type',
      html ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
      'X-Content-Type-Options',
      'nosniff',
      'Cache-Control',
      'no-store',
      'Vary',
      'Accept',
      ...extra,
    ],
  };
}

function page(status: number, reason: string, hint: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${status} ${reason}</title>
</head>
<body style="font-family:system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem">
<h1 style="font-size:1.5rem">${status} ${reason}</h1>
<p>${hint}</p>
</body>
</html>
`;
}
