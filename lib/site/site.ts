/**
 * All that a site can do, joined: the layers that options ask for, before the handler of its files. What
 * nobody asked for is not there: it costs no request anything.
 */
import type { Source } from '../source/source.js';
import { errorPages } from './error-pages.js';
import { createFileHandler, type FileHandlerOptions } from './file-handler.js';
import { behind, type Handler, type Layer } from './handler.js';
import type { SiteRules } from './rules/compile.js';

/** All that can be said about answering requests. */
export interface SiteOptions extends FileHandlerOptions {
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
  const all = { ...options.rules?.options, ...options };
  return behind(layers(source, all), createFileHandler(source, all));
}

/** In the order in which requests come to them. */
function layers(source: Source, options: SiteOptions): Layer[] {
  return [
    ...(options.errorPages ? [errorPages(source, options.fileFields)] : []),
    ...(options.rules?.layers ?? []),
  ];
}
