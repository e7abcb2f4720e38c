/**
 * All that a site can do, joined: the layers that options ask for, before the handler of its files. What
 * nobody asked for is not there: it costs no request anything.
 */
import type { Source } from '../source/source.js';
import { type CodingOptions, ContentCodings } from './coding/content-codings.js';
import { createFileHandler, type FileHandlerOptions } from './file-handler.js';
import { behind, type Handler, type Layer } from './handler.js';

/** All that can be said about answering requests. */
export interface SiteOptions extends FileHandlerOptions, CodingOptions {}

/**
 * Makes the handler of a site.
 * @throws TypeError or RangeError for an option that can't be used
 */
export function createSite(source: Source, options: SiteOptions = {}): Handler {
  return behind(layers(options), files(source, options));
}

/** The files, in the forms that clients take. */
function files(source: Source, options: SiteOptions): Handler {
  if (!options.compression) return createFileHandler(source, options);
  const variants = new ContentCodings(source, options);
  return createFileHandler(variants.source, { ...options, variants });
}

/** In the order in which requests come to them. */
function layers(_options: SiteOptions): Layer[] {
  return [];
}
