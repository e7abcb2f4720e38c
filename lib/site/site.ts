/**
 * All that a site can do, joined: the layers that options ask for, before the handler of its files. What
 * nobody asked for is not there: it costs no request anything.
 */
import type { Source } from '../source/source.js';
import { type AuthOptions, authLayer } from './auth.js';
import { type CorsOrigins, corsLayer } from './cors.js';
import { createFileHandler, type FileHandlerOptions } from './file-handler.js';
import { behind, type Handler, type Layer } from './handler.js';
import { type SecureOptions, secureFields } from './secure.js';
import { type FieldLine, fieldsLayer } from './set-fields.js';

/** All that can be said about answering requests. */
export interface SiteOptions extends FileHandlerOptions {
  /** Field lines of every answer, in place of those that it has under the same names. */
  readonly headers?: readonly FieldLine[];
  /** Fields by which browsers do less for others: what each is for says secure.ts. */
  readonly secure?: boolean | SecureOptions;
  /** Whose scripts may read the files: `*`, or a list of origins. */
  readonly cors?: CorsOrigins;
  /** Who may see the files; without it, everybody. */
  readonly auth?: AuthOptions;
}

/**
 * Makes the handler of a site.
 * @throws TypeError or RangeError for an option that can't be used
 */
export function createSite(source: Source, options: SiteOptions = {}): Handler {
  // RFC 9111 §3.5: what only some may see must not be kept by caches that answer to all, as `public` says.
  const files = options.auth === undefined ? options : { ...options, private: true };
  return behind(layers(options), createFileHandler(source, files));
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
