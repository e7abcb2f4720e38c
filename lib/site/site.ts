/**
 * All that a site can do, joined: the layers that options ask for, before the handler of its files. What
 * nobody asked for is not there: it costs no request anything.
 */
import type { RequestHead } from '../http/head.js';
import type { Response } from '../http/response.js';
import type { Source } from '../source/source.js';
import { allowedHostsLayer } from './allowed-hosts.js';
import { type AuthOptions, authLayer } from './auth.js';
import { type CodingOptions, ContentCodings } from './coding/content-codings.js';
import { type CorsOrigins, corsLayer, sharedRefusals } from './cors.js';
import { errorPages, type PageFor, pageFor } from './error-pages.js';
import {
  cacheControl,
  createFileHandler,
  type FileHandlerOptions,
  type FolderHandler,
} from './file-handler.js';
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
  /** Names that the site has, beside localhost and addresses: requests for others get 421. All. */
  readonly allowHosts?: readonly string[];
  /** Who may see the files; without it, everybody. */
  readonly auth?: AuthOptions;
  /** Lists folders that have no index file, where `folders` doesn't answer for them. False. */
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
   * An answer that the handler never saw, such as one to what is no request, with the fields of every answer;
   * without a request only those that depend on nothing that was asked.
   */
  readonly refused: (response: Response, request?: RequestHead) => Response;
}

/**
 * Makes a site whose rules can be changed.
 * @throws as {@link createSite}
 */
export function changeableSite(source: Source, options: SiteOptions = {}): ChangeableSite {
  const make = files(source, options);
  let inner = make(options.rules);
  const page: PageFor | undefined = options.errorPages
    ? (request, context, response) => inner.page(request, context, response)
    : undefined;
  return {
    // Passwords and compression keep what they know: only what rules change is made anew.
    handler: behind(layers(options, page), (request, context) => inner.handler(request, context)),
    setRules: (rules) => {
      inner = make(rules);
    },
    refused: unasked(options),
  };
}

/** Files, and the pages among them that stand for errors. */
interface Files {
  readonly handler: Handler;
  readonly page: PageFor;
}

/** The files by rules, in the forms that clients take. */
function files(source: Source, options: SiteOptions): (rules: SiteRules | undefined) => Files {
  const variants = options.compression ? new ContentCodings(source, options) : undefined;
  const plain = options.folders ?? (options.listing ? listing(options) : undefined);
  const folders = plain && variants ? coded(plain, variants) : plain;
  return (rules) => {
    const own: FileHandlerOptions = {
      ...rules?.options,
      ...options,
      ...(folders === undefined ? {} : { folders }),
      // RFC 9111 §3.5: what only some may see must not be kept by caches that answer to all, as `public` says.
      private: options.auth !== undefined,
      ...(variants === undefined ? {} : { variants }),
    };
    const inner = createFileHandler(variants?.source ?? source, own);
    const page = pageFor(source, own.fileFields);
    const pages = options.errorPages ? [errorPages(page)] : [];
    return { handler: behind([...pages, ...(rules?.layers ?? [])], inner), page };
  };
}

function coded(folders: FolderHandler, variants: ContentCodings): FolderHandler {
  return (request, ...given) =>
    mapAnswer(folders(request, ...given), (answer) => variants.code(request, answer));
}

/** Files may be known never to change; what a folder holds is not. */
function listing({ immutable: _, ...options }: SiteOptions): FolderHandler {
  const isPrivate = { private: options.auth !== undefined };
  return createListing({ ...options, cacheControl: cacheControl({ ...options, ...isPrivate }) });
}

/** The fields of every answer; `undefined`: there are none. */
function fieldRules({ headers = [], secure, cors }: SiteOptions): FieldRules | undefined {
  const defaults = secure ? secureFields(secure === true ? {} : secure, cors !== undefined) : [];
  return headers.length > 0 || defaults.length > 0 ? { set: headers, defaults } : undefined;
}

/** In the order in which requests come to them. */
function layers(options: SiteOptions, page: PageFor | undefined): Layer[] {
  const { cors, allowHosts, auth, reload } = options;
  const layers: Layer[] = [];
  const fields = fieldRules(options);
  // First, so that it has the last word on every answer.
  if (fields !== undefined) layers.push(fieldsLayer(fields));
  // Before the password is asked for: a preflight has none (Fetch Standard), and errors are shared too.
  if (cors !== undefined) layers.push(corsLayer(cors));
  if (allowHosts !== undefined) layers.push(allowedHostsLayer(allowHosts));
  if (auth !== undefined) layers.push(authLayer(auth, page));
  // Who may not see the files shall not hear of them either.
  if (reload !== undefined) layers.push(reload);
  return layers;
}

/** What those layers do to an answer that no handler gave, in the same order. */
function unasked(options: SiteOptions): ChangeableSite['refused'] {
  const shared = options.cors === undefined ? undefined : sharedRefusals(options.cors);
  const rules = fieldRules(options);
  const fields = rules && new SetFields(rules);
  return (response, request) => {
    const answer = shared?.(response, request) ?? response;
    return fields?.to(answer) ?? answer;
  };
}
