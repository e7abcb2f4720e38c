/**
 * All that a site can do, joined: the layers that options ask for, before the handler of its files. What
 * nobody asked for is not there: it costs no request anything.
 */
import type { Source } from '../source/source.js';
import { createFileHandler, type FileHandlerOptions } from './file-handler.js';
import { behind, type Handler, type Layer } from './handler.js';

/** All that can be said about answering requests. */
export interface SiteOptions extends FileHandlerOptions {
  /** Puts a script into pages that reloads them (lib/reload): before pages are encoded. */
  readonly reload?: Layer;
}

/**
 * Makes the handler of a site.
 * @throws TypeError or RangeError for an option that can't be used
 */
export function createSite(source: Source, options: SiteOptions = {}): Handler {
  return behind(layers(options), createFileHandler(source, options));
}

/** In the order in which requests come to them. */
function layers({ reload }: SiteOptions): Layer[] {
  return [...(reload === undefined ? [] : [reload])];
}
