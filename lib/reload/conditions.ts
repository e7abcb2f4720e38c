/**
 * Preconditions and ranges of pages that get the script. The handler behind knows the page as it is in the
 * file: entity tags are translated for it, and what it left out because of a copy without the script, or
 * because of a range, is asked for again. Knows nothing of the script itself.
 */
import { Fields } from '../http/fields.js';
import { RequestHead } from '../http/head.js';
import { type Response, streamedBody } from '../http/response.js';
import { type Answer, type ExchangeContext, type Handler, mapAnswer } from '../site/handler.js';
import { fieldOf, isPage, marked, unmarked } from './injection.js';

/** Fields with entity tags. */
const TAGGED: ReadonlySet<string> = new Set(['if-none-match', 'if-match', 'if-range']);

/** Fields that make an answer another one than 200 with the whole page (RFC 9110 §13.1, §14.2). */
const CONDITIONS: readonly string[] = [
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
  'range',
];

/** Whether a request may be answered with less than the whole page. */
export function isConditional({ fields }: RequestHead): boolean {
  for (const name of CONDITIONS) if (fields.get(name) !== undefined) return true;
  return false;
}

/** Answers a conditional request by `next`; `change` puts the script into a page. */
export function answerConditional(
  request: RequestHead,
  context: ExchangeContext,
  next: Handler,
  change: (response: Response) => Response,
): Answer {
  return mapAnswer(next(translated(request), context), (response) => {
    if (response.status === 304 && holdsMarked(request, response)) return markedAnswer(response);
    if (!mayBePartOfPage(response)) return change(response);
    return mapAnswer(next(unconditional(request), context), (whole) => {
      if (!isPage(whole)) {
        letGo(whole);
        return response;
      }
      letGo(response);
      // `*`: whatever the client has is good enough (RFC 9110 §13.1.2).
      const isAny = response.status === 304 && request.fields.get('if-none-match') === '*';
      if (!isAny) return change(whole);
      letGo(whole);
      return markedAnswer(response);
    });
  });
}

/** A 304 does not say of what; nor does an answer of several ranges, or of none. */
function mayBePartOfPage(response: Response): boolean {
  if (response.status === 304 || response.status === 416) return true;
  if (response.status !== 206) return false;
  return /^(?:text\/html|multipart\/)/i.test(fieldOf(response, 'content-type') ?? '');
}

/** Whether the client's copy is the page with the script. */
function holdsMarked({ fields }: RequestHead, unchanged: Response): boolean {
  const etag = fieldOf(unchanged, 'etag')?.replace(/^W\//, '');
  return etag !== undefined && (fields.get('if-none-match') ?? '').includes(marked(etag));
}

function markedAnswer(response: Response): Response {
  const fields = response.fields.map((value, index, all) =>
    index % 2 === 1 && all[index - 1]?.toLowerCase() === 'etag' ? marked(value) : value,
  );
  return { status: response.status, fields, body: undefined };
}

/** The request with the entity tags of the pages as they are in the files. */
function translated(request: RequestHead): RequestHead {
  return withLines(request, (name, value) => (TAGGED.has(name) ? unmarked(value) : value));
}

function unconditional(request: RequestHead): RequestHead {
  return withLines(request, (name, value) => (CONDITIONS.includes(name) ? undefined : value));
}

function withLines(
  request: RequestHead,
  change: (name: string, value: string) => string | undefined,
): RequestHead {
  const lines: string[] = [];
  for (const [name, value] of request.fields) {
    const changed = change(name.toLowerCase(), value);
    if (changed !== undefined) lines.push(name, changed);
  }
  const copy = Object.create(RequestHead.prototype) as RequestHead;
  return Object.assign(copy, request, { fields: new Fields(lines) });
}

function letGo(response: Response): void {
  streamedBody(response)?.close();
}
