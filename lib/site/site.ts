/**
 * All that a site can do, joined: the layers that options ask for, before the handler of its files. What
 * nobody asked for is not there: it costs no request anything.
 */
import type { Source } from '../source/source.js';
import {
  cacheControl,
  createFileHandler,
  type FileHandlerOptions,
  type FolderHandler,
} from './file-handler.js';
import { behind, type Handler, type Layer } from './handler.js';
import { createListing } from './listing/listing.js';

/** All that can be said about answering requests. */
export interface SiteOptions extends FileHandlerOptions {
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
  const folders = options.folders ?? (options.listing ? listing(options) : undefined);
  const files = folders === undefined ? options : { ...options, folders };
  return behind(layers(options), createFileHandler(source, files));
}

/** Files may be known never to change; what a folder holds is not. */
function listing({ immutable: _, ...options }: SiteOptions): FolderHandler {
  return createListing({ ...options, cacheControl: cacheControl(options) });
}

/** In the order in which requests come to them. */
function layers(_options: SiteOptions): Layer[] {
  return [];
}
