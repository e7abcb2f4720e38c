/**
 * A response of ours, sent by Node's HTTP server: fields, then the body at the rate the client takes it.
 * Knows neither requests nor what the response is of.
 */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { responseFraming } from '../http/encode.js';
import type { ByteRange } from '../http/range.js';
import { hasContent, type Response, type StreamedBody, streamedBody } from '../http/response.js';

/**
 * Sends a response. Resolves once it is with the system, or the client has gone.
 * @param base what a Location of this site begins with
 * @throws Error (rejects with it) when the body can't be had whole; the connection is then cut
 */
export async function sendResponse(
  response: Response,
  to: ServerResponse,
  method: string,
  base: string,
): Promise<void> {
  const streamed = streamedBody(response);
  try {
    to.statusCode = response.status;
    setFields(response, to, base);
    if (!hasContent(method, response.status)) to.end();
    else if (streamed === undefined) to.end(response.body);
    else await pipeline(octets(streamed), to);
  } catch (error) {
    // The client has gone: nobody misses the rest.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    streamed?.close();
  }
}

/** What a framework or a layer before this one has set stays, but for fields of the same name. */
function setFields(response: Response, to: ServerResponse, base: string): void {
  const { fields } = response;
  const values = new Map<string, string[]>();
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    const value = fields[i + 1] as string;
    // Ours are paths of the site, which knows nothing of what it is mounted at.
    const isPath = name === 'location' && /^\/(?!\/)/.test(value);
    const known = values.get(name);
    if (known !== undefined) known.push(value);
    else values.set(name, [isPath ? base + value : value]);
  }
  const vary = to.getHeader('vary');
  // RFC 9110 §12.5.5: all that any of them depends on.
  if (vary !== undefined)
    values.set('vary', [[vary].flat().join(', '), ...(values.get('vary') ?? [])]);
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const lines = values.get(name.toLowerCase());
    if (lines !== undefined) to.setHeader(name, lines.length === 1 ? (lines[0] as string) : lines);
    values.delete(name.toLowerCase());
  }
  if (responseFraming(response, 1) === 'length') {
    to.setHeader('Content-Length', response.body?.length ?? 0);
  }
}

/** All octets of a body, and no others: what is short or long would be read as part of the next response. */
async function* octets(body: StreamedBody): AsyncGenerator<Uint8Array> {
  const { length } = body;
  let left = length ?? Number.POSITIVE_INFINITY;
  for (const piece of body.pieces ?? wholeOf(length)) {
    for await (const chunk of piece instanceof Uint8Array ? [piece] : body.read(piece)) {
      left -= chunk.length;
      if (left < 0) throw new Error('the resource gave more than it said');
      yield chunk;
    }
  }
  if (length !== undefined && left > 0) throw new Error('the resource became shorter');
}

/** One piece that is all of it; none of nothing. `undefined`: where it ends, reading tells. */
function wholeOf(length: number | undefined): (ByteRange | undefined)[] {
  if (length === undefined) return [undefined];
  return length > 0 ? [{ first: 0, last: length - 1 }] : [];
}
