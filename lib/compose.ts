/** The one place where source, cache, handler and server are joined into a product. */
import { DEFAULT_CACHE_SIZE, type MemoryCache, memoryCache } from './cache/memory.js';
import { LOAD_CHUNK_SIZE, loadMode, SERVING_MODES, type ServingMode } from './lab/load-mode.js';
import type { ServerOptions } from './server/options.js';
import { createServer, type Server } from './server/server.js';
import type { Handler } from './site/handler.js';
import { createSite, type SiteOptions } from './site/site.js';
import { isServedFrom } from './source/containment.js';
import { DEFAULT_CHUNK_SIZE, type DirectoryOptions, directory } from './source/directory.js';
import type { Source } from './source/source.js';

/** All that can be said about the files of a directory and how requests for them are answered. */
export interface DirectorySiteOptions extends DirectoryOptions, SiteOptions {
  /** The memory cache's budget in octets; 0 turns it off. 64 MiB. */
  readonly cacheSize?: number;
  /** `load` reads each file whole for each client, without a cache: to see what that costs. `stream`. */
  readonly mode?: ServingMode;
}

/** All that can be said about serving a directory. */
export interface ServeDirectoryOptions
  extends DirectorySiteOptions,
    Omit<ServerOptions, 'handler' | 'now'> {}

/** What answers requests for the files of a directory, and the parts that can be asked how they are. */
export interface DirectorySite {
  readonly handler: Handler;
  readonly source: Source;
  readonly cache: MemoryCache | undefined;
}

/** A server of a directory, and the parts that can be asked how they are. */
export interface DirectoryServer {
  readonly server: Server;
  readonly source: Source;
  readonly cache: MemoryCache | undefined;
}

/**
 * Joins a directory, a cache, a handler and a server.
 * @throws Error with a message for people when `root` can't be served
 * @throws RangeError or TypeError for an option out of range
 */
export function serveDirectory(root: string, options: ServeDirectoryOptions = {}): DirectoryServer {
  const { handler, source, cache } = directorySite(root, options);
  return { server: createServer({ ...options, handler }), source, cache };
}

/**
 * Joins a directory, a cache and a handler, for whoever has a server.
 * @throws as {@link serveDirectory}
 */
export function directorySite(root: string, options: DirectorySiteOptions = {}): DirectorySite {
  const { cacheSize = DEFAULT_CACHE_SIZE, mode = 'stream' } = options;
  if (!SERVING_MODES.includes(mode)) {
    throw new RangeError(`mode is ${String(mode)}; it takes ${SERVING_MODES.join(' or ')}`);
  }
  const { source, cache } =
    mode === 'load' ? loading(root, options) : streaming(root, options, cacheSize);
  const handler = createSite(source, options);
  const { auth, dotfiles = false } = options;
  if (auth?.file !== undefined && isServedFrom(root, auth.file, dotfiles)) {
    throw new Error(
      `the password file ${auth.file} would be served with the folder it is in; put it elsewhere`,
    );
  }
  return { handler, source, cache };
}

type Sources = Omit<DirectorySite, 'handler'>;

function streaming(root: string, options: DirectoryOptions, cacheSize: number): Sources {
  const files = directory(root, options);
  const cache = cacheSize > 0 ? memoryCache(files, cacheSize) : undefined;
  return { source: cache ?? files, cache };
}

function loading(root: string, options: DirectoryOptions): Sources {
  const chunkSize = Math.max(options.chunkSize ?? DEFAULT_CHUNK_SIZE, LOAD_CHUNK_SIZE);
  return { source: loadMode(directory(root, { ...options, chunkSize })), cache: undefined };
}
