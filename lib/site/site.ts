/**
 * All that a site can do, joined: the layers that options ask for, before the handler of its files. What
 * nobody asked for is not there: it costs no request anything.
 */
import type { Source } from '../source/source.js';
import { type AuthOptions, authLayer } from './auth.js';
import { type CodingOptions, ContentCodings } from './coding/content-codings.js';
import { type CorsOrigins, corsLayer } from './cors.js';
import {
  cacheControl,
  createFileHandler,
  type FileHandlerOptions,
  type FolderHandler,
} from './file-handler.js';
import { behind, type Handler, type Layer } from './handler.js';
import { createListing } from './listing/listing.js';
import { type SecureOptions, secureFields } from './secure.js';
import { type FieldLine, fieldsLayer } from './set-fields.js';

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
  /** Lists folders that have no index file, where `folders` doesn't answer for them. False. */
  readonly listing?: boolean;
  /** Most entries of a folder that are listed in order; a larger one as it is read. 10,000. */
  readonly maxSorted?: number;
}

/**
 * Makes the handler of a site.
 * @throws TypeError or RangeError for an option that can't be used
 */
export function createSite(source: Source, options: SiteOptions = {}): Handler {
  return behind(layers(options), files(source, options));
}

/** The files, in the forms that clients take. */
function files(source: Source, options: SiteOptions): Handler {
  const folders = options.folders ?? (options.listing ? listing(options) : undefined);
  const own: FileHandlerOptions = {
    ...options,
    ...(folders === undefined ? {} : { folders }),
    // RFC 9111 §3.5: what only some may see must not be kept by caches that answer to all, as `public` says.
    private: options.auth !== undefined,
  };
  if (!options.compression) return createFileHandler(source, own);
  const variants = new ContentCodings(source, options);
  return createFileHandler(variants.source, { ...own, variants });
}

/** Files may be known never to change; what a folder holds is not. */
function listing({ immutable: _, ...options }: SiteOptions): FolderHandler {
  const isPrivate = { private: options.auth !== undefined };
  return createListing({ ...options, cacheControl: cacheControl({ ...options, ...isPrivate }) });
}

/** In the order in which requests come to them. */
function layers({ headers = [], secure, cors, auth }: SiteOptions): Layer[] {
  const layers: Layer[] = [];
  const defaults = secure ? secureFields(secure === true ? {} : secure, cors !== undefined) : [];
  // First, so that it has the last word on every answer.
  if (headers.length > 0 || defaults.length > 0) {
    layers.push(fieldsLayer({ set: headers, defaults }));
  }
  // Before the password is asked for: a preflight has none (Fetch Standard), and errors are shared too.
  if (cors !== undefined) layers.push(corsLayer(cors));
  if (auth !== undefined) layers.push(authLayer(auth));
  return layers;
}
