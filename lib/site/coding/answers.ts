/**
 * Answers that are made for one request, such as listings, in a content coding. Unlike files they have no
 * representations to choose from and nothing is kept: what is there is compressed as it is sent.
 */
import type { Transform } from 'node:stream';
import type { AcceptedCodings } from '../../http/accept-encoding.js';
import type { Response, StreamedBody } from '../../http/response.js';
import { coded } from './coded.js';
import { isCompressible } from './compressible.js';
import type { Compressions } from './compressions.js';
import { LEAST_CONTENT } from './limits.js';

/** The value of a field of a response. */
function fieldOf({ fields }: Response, name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() === name) return fields[i + 1];
  }
  return undefined;
}

/**
 * An answer in the first coding that is taken and can be made; without change where there is none. Other
 * answers than 200 stay as they are.
 */
export function codeAnswer(
  answer: Response,
  { codings }: AcceptedCodings,
  compressions: Compressions,
): Response | Promise<Response> {
  const { status, body } = answer;
  // RFC 9110 §15.4.5: a 304 has the Vary of its 200.
  if (status === 304) return { ...answer, fields: [...answer.fields, 'Vary', 'Accept-Encoding'] };
  const isCoded = fieldOf(answer, 'content-encoding') !== undefined;
  if (status !== 200 || isCoded || !isCompressible(fieldOf(answer, 'content-type') ?? '')) {
    return answer;
  }
  const plain = { ...answer, fields: [...answer.fields, 'Vary', 'Accept-Encoding'] };
  const coding = compressions.choose(codings);
  if (coding === undefined || body === undefined) return plain;
  const fields = [...codedFields(plain.fields), 'Content-Encoding', coding];
  if (!(body instanceof Uint8Array)) {
    const place = body.pieces === undefined ? compressions.stream(coding) : undefined;
    if (place === undefined) return plain;
    return { ...plain, fields, body: streamed(body, place.coder, place.release) };
  }
  if (body.length < LEAST_CONTENT) return plain;
  const compressed = compressions.once(body, coding);
  if (compressed === undefined) return plain;
  return compressed.then(({ message }) =>
    message.content.length < body.length
      ? { ...plain, fields, body: message.content, message }
      : plain,
  );
}

/** RFC 9110 §8.8.3.3: a strong entity tag is that of the plain octets only. Ranges would be of others, too. */
function codedFields(fields: readonly string[]): string[] {
  return fields.map((value, i) => {
    const name = i % 2 === 0 ? '' : (fields[i - 1] as string).toLowerCase();
    if (name === 'etag' && !value.startsWith('W/')) return `W/${value}`;
    return name === 'accept-ranges' ? 'none' : value;
  });
}

function streamed(body: StreamedBody, coder: () => Transform, release: () => void): StreamedBody {
  let isOpen = true;
  return {
    length: undefined,
    pieces: undefined,
    read: () => coded(body.read(), body.length, coder()),
    close: () => {
      if (isOpen) release();
      isOpen = false;
      body.close();
    },
  };
}
