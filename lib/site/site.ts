/**
 * All that a site can do, joined: the layers that options ask for, before the handler of its files. What
 * nobody asked for is not there: it costs no request anything.
 */
import type { Response } from '../http/response.js';
import type { Source } from '../source/source.js';
import { type AuthOptions, authLayer } from './auth.js';
import { type CodingOptions, ContentCodings } from './coding/content-codings.js';
import { type CorsOrigins, corsLayer, sharedWithAll } from './cors.js';
import { errorPages, type PageFor, pageFor } from './error-pages.js';
import { cacheControl, type FileHandlerOptions, fileHandler } from './file-handler.js';
import type { FolderHandler } from './file-parts.js';
import { behind, type Handler, type Layer, mapAnswer } from './handler.js';
import { createListing } from './listing/listing.js';
import type { SiteRules } from './rules/compile.js';
import { type SecureOptions, secureFields } from './secure.js';
import { type FieldLine, type FieldRules, fieldsLayer, SetFields } from './set-fields.js';

/** All that can be said about answering requests. */
export interface SiteOptions extends FileHandlerOptions, CodingOptions {
  /** Field lines of every answer, in place of those that it has under the same names. */
  readonly headers?: readonly FieldLine[];
  /** Fields by which browsers do less for others: what each is for says secure.ts. */
  readonly secure?: boolean | SecureOptions;
  /** Whose scripts may read the files: `*`, or a list of origins. */
  readonly cors?: CorsOrigins;
  /** Who may see the files; without it, everybody. */
  readonly auth?: AuthOptions;
  /** Lists folders that have no index file. False. */
  readonly listing?: boolean;
  /** Most entries of a folder that are listed in order; a larger one as it is read. 10,000. */
  readonly maxSorted?: number;
  /** Most folders that are listed unsorted, as they are read, at a time; the next ones get 503. 64. */
  readonly maxUnsorted?: number;
  /** Puts a script into pages that reloads them (lib/reload); what is encoded it leaves alone. */
  readonly reload?: Layer;
  /** Whether `404.html` in the root answers where nothing is, and so on for other errors. False. */
  readonly errorPages?: boolean;
  /** Redirects, rewrites and more, by path: {@link loadRules}. What is said beside them comes before them. */
  readonly rules?: SiteRules;
}

/**
 * Makes the handler of a site.
 * @throws TypeError or RangeError for an option that can't be used
 */
export function createSite(source: Source, options: SiteOptions = {}): Handler {
  return changeableSite(source, options).handler;
}

/** A site whose rules can be changed while it answers. */
export interface ChangeableSite {
  readonly handler: Handler;
  /** From now on requests are answered by these; what is under way ends as it began. */
  setRules(rules: SiteRules | undefined): void;
  /**
   * An answer that the handler never saw, such as one to what is no request, with the fields of every answer:
   * those that depend on nothing that was asked.
   */
  readonly refused: (response: Response) => Response;
}

/**
 * Makes a site whose rules can be changed.
 * @throws as {@link createSite}
 */
export function changeableSite(source: Source, options: SiteOptions = {}): ChangeableSite {
  const { lasting, byRules } = layers(options, (request, context, response) =>
    inner.page(request, context, response),
  );
  const files = filesOf(source, options);
  const make = (rules: SiteRules | undefined): Inner => {
    const page = pageFor(source, rules?.parts.fileFields);
    return { page, handler: behind(byRules(rules, page), files(rules)) };
  };
  let inner = make(options.rules);
  return {
    handler: behind(lasting, (request, context) => inner.handler(request, context)),
    setRules: (rules) => {
      inner = make(rules);
    },
    refused: unasked(options),
  };
}

/** What is made anew with each set of rules. */
interface Inner {
  readonly handler: Handler;
  /** The pages of the site that stand for errors. */
  readonly page: PageFor;
}

interface Layers {
  /** Made once: these keep what they know, such as passwords, when rules change. */
  readonly lasting: readonly Layer[];
  /** Behind those, and made anew with each set of rules. */
  readonly byRules: (rules: SiteRules | undefined, page: PageFor) => readonly Layer[];
}

/**
 * All layers before the files, the outermost first: in the order in which requests come to them.
 * @param page by the rules that hold when it is asked
 */
function layers(options: SiteOptions, page: PageFor): Layers {
  const { cors, auth, reload, errorPages: hasPages = false } = options;
  const lasting: Layer[] = [];
  const fields = fieldRules(options);
  // First, so that it has the last word on every answer.
  if (fields !== undefined) lasting.push(fieldsLayer(fields));
  // Before the password is asked for: a preflight has none (Fetch Standard), and errors are shared too.
  if (cors !== undefined) lasting.push(corsLayer(cors));
  if (auth !== undefined) lasting.push(authLayer(auth, hasPages ? page : undefined));
  // Who may not see the files shall not hear of them either.
  if (reload !== undefined) lasting.push(reload);
  return {
    lasting,
    byRules: (rules, own) => [
      // Behind the password and live reload: they are pages of the site, and have its script.
      ...(hasPages ? [errorPages(own)] : []),
      // Redirects come before all that is there.
      ...(rules?.layers ?? []),
    ],
  };
}

/** The fields of every answer; `undefined`: there are none. */
function fieldRules({ headers = [], secure, cors }: SiteOptions): FieldRules | undefined {
  const defaults = secure ? secureFields(secure === true ? {} : secure, cors !== undefined) : [];
  return headers.length > 0 || defaults.length > 0 ? { set: headers, defaults } : undefined;
}

/** What those layers do to an answer without looking at the request, in the same order. */
function unasked(options: SiteOptions): (response: Response) => Response {
  const shared = options.cors === '*' ? sharedWithAll() : undefined;
  const rules = fieldRules(options);
  const fields = rules && new SetFields(rules);
  return (response) => {
    const answer = shared?.to(response) ?? response;
    return fields?.to(answer) ?? answer;
  };
}

/** The files by rules, in the forms that clients take; compression keeps what it knows when rules change. */
function filesOf(source: Source, options: SiteOptions): (rules: SiteRules | undefined) => Handler {
  const variants = options.compression ? new ContentCodings(source, options) : undefined;
  const listed = options.listing ? listing(options) : undefined;
  const folders = listed && variants ? coded(listed, variants) : listed;
  return (rules) => {
    const own = { ...rules?.options, ...options, private: isPrivate(options) };
    const parts = { ...rules?.parts, folders, variants };
    return fileHandler(variants?.source ?? source, own, parts);
  };
}

/** RFC 9111 §3.5: what only some may see must not be kept by caches that answer to all, as `public` says. */
function isPrivate(options: SiteOptions): boolean {
  return options.private === true || options.auth !== undefined;
}

function coded(folders: FolderHandler, variants: ContentCodings): FolderHandler {
  return (request, ...given) =>
    mapAnswer(folders(request, ...given), (answer) => variants.code(request, answer));
}

/** Files may be known never to change; what a folder holds is not. */
function listing({ immutable: _, ...options }: SiteOptions): FolderHandler {
  const own = { ...options, private: isPrivate(options) };
  return createListing({ ...options, cacheControl: cacheControl(own) });
}
