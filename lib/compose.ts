/** The one place where source, cache, handler and server are joined into a product. */
import { DEFAULT_CACHE_SIZE, type MemoryCache, memoryCache } from './cache/memory.js';
import { LOAD_CHUNK_SIZE, loadMode, SERVING_MODES, type ServingMode } from './lab/load-mode.js';
import type { ServerOptions } from './server/options.js';
import { createServer, type Server } from './server/server.js';
import { createSite, type SiteOptions } from './site/site.js';
import { DEFAULT_CHUNK_SIZE, type DirectoryOptions, directory } from './source/directory.js';
import type { Source } from './source/source.js';

/** All that can be said about serving a directory. */
export interface ServeDirectoryOptions
  extends DirectoryOptions,
    SiteOptions,
    Omit<ServerOptions, 'handler' | 'now'> {
  /** The memory cache's budget in octets; 0 turns it off. 64 MiB. */
  readonly cacheSize?: number;
  /** `load` reads each file whole for each client, without a cache: to see what that costs. `stream`. */
  readonly mode?: ServingMode;
}

/** A server of a directory, and the parts that can be asked how they are. */
export interface DirectoryServer {
  readonly server: Server;
  readonly source: Source;
  readonly cache: MemoryCache | undefined;
  /**
   * Answers requests from now on as `changed` says, and as before in all else; what is under way ends as
   * it began.
   * @throws TypeError or RangeError for an option that can't be used: then nothing changes
   */
  reconfigure(changed: SiteOptions): void;
}

/**
 * Joins a directory, a cache, a handler and a server.
 * @throws Error with a message for people when `root` can't be served
 * @throws RangeError or TypeError for an option out of range
 */
export function serveDirectory(root: string, options: ServeDirectoryOptions = {}): DirectoryServer {
  const { cacheSize = DEFAULT_CACHE_SIZE, mode = 'stream' } = options;
  if (!SERVING_MODES.includes(mode)) {
    throw new RangeError(`mode is ${String(mode)}; it takes ${SERVING_MODES.join(' or ')}`);
  }
  const { source, cache } =
    mode === 'load' ? loading(root, options) : streaming(root, options, cacheSize);
  let site = createSite(source, options);
  const server = createServer({
    ...options,
    handler: (request, context) => site(request, context),
  });
  const reconfigure = (changed: SiteOptions): void => {
    site = createSite(source, { ...options, ...changed });
  };
  return { server, source, cache, reconfigure };
}

type Sources = Pick<DirectoryServer, 'source' | 'cache'>;

function streaming(root: string, options: DirectoryOptions, cacheSize: number): Sources {
  const files = directory(root, options);
  const cache = cacheSize > 0 ? memoryCache(files, cacheSize) : undefined;
  return { source: cache ?? files, cache };
}

function loading(root: string, options: DirectoryOptions): Sources {
  const chunkSize = Math.max(options.chunkSize ?? DEFAULT_CHUNK_SIZE, LOAD_CHUNK_SIZE);
  return { source: loadMode(directory(root, { ...options, chunkSize })), cache: undefined };
}
