/**
 * Pages of the site's own for errors: `404.html` in the root stands for 404, and so on. What such a page
 * answers is no representation of it: it has no validators and no ranges. Knows no causes.
 */
import type { RequestHead } from '../http/head.js';
import { prefersHtml } from '../http/media-ranges.js';
import type { Response } from '../http/response.js';
import type { Opened, Resource, ResourcePath, Source } from '../source/source.js';
import type { FileFields } from './file-parts.js';
import { type Answer, type ExchangeContext, type Layer, mapAnswer } from './handler.js';

/**
 * Which errors have pages: those that are about an address, and 401, whose page is the only file that is
 * shown to who has not said the password. Where something failed, reading a page may fail as well; what is
 * wrong with a range or a precondition is told to programs.
 */
const STATUSES: readonly number[] = [400, 401, 403, 404];

const PAGES: ReadonlyMap<number, ResourcePath> = new Map(
  STATUSES.map((status) => [status, `/${status}.html` as ResourcePath]),
);

/** What of an error's fields is about its own content, and goes with it. */
const OF_CONTENT: ReadonlySet<string> = new Set(['content-type', 'etag', 'last-modified']);

/** The answer to a request in place of an error: the page for it, where there is one. */
export type PageFor = (
  request: RequestHead,
  context: ExchangeContext,
  response: Response,
) => Answer;

/**
 * Gives those who would read HTML the page for an error, where there is one; to all others, such as
 * whoever asked for a script, a short text is more use.
 */
export function pageFor(source: Source, fields?: FileFields): PageFor {
  const pages = new ErrorPages(fields);
  return (request, context, response) => {
    const path = PAGES.get(response.status);
    if (path === undefined || !prefersHtml(request.fields)) return response;
    const answer = (opened: Opened): Response => pages.answer(path, opened, response);
    // An error on the way to the page is none of the client's: it gets the answer without it.
    try {
      const opened = source.open(path, context);
      return opened instanceof Promise ? opened.then(answer, () => response) : answer(opened);
    } catch {
      return response;
    }
  };
}

/** Has the errors of the handlers behind it answered by their pages. */
export function errorPages(page: PageFor): Layer {
  return (next) => (request, context) =>
    mapAnswer(next(request, context), (response) =>
      response.status < 400 ? response : page(request, context, response),
    );
}

class ErrorPages {
  readonly #fields: FileFields | undefined;
  /** The answer to each page in memory: made once for each error that is itself made once. */
  readonly #made = new WeakMap<Resource, { from: Response; answer: Response }>();

  constructor(fields: FileFields | undefined) {
    this.#fields = fields;
  }

  answer(path: ResourcePath, opened: Opened, response: Response): Response {
    if (opened?.kind !== 'resource') return response;
    const known = this.#made.get(opened);
    if (known?.from === response) return known.answer;
    const { body } = response;
    if (body !== undefined && !(body instanceof Uint8Array)) body.close();
    const page = withPage(response, opened);
    const answer = this.#fields?.to(path, page) ?? page;
    if (opened.bytes !== undefined) this.#made.set(opened, { from: response, answer });
    return answer;
  }
}

function withPage({ status, fields }: Response, page: Resource): Response {
  const kept: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (!OF_CONTENT.has(name.toLowerCase())) kept.push(name, fields[index + 1] as string);
  }
  const all = ['Content-Type', page.type, ...kept];
  const { bytes, message } = page;
  if (bytes !== undefined) return { status, fields: all, body: bytes, message };
  return {
    status,
    fields: all,
    body: {
      length: page.size,
      pieces: undefined,
      read: (range, options) => page.read(range, options),
      close: () => page.close(),
    },
  };
}
