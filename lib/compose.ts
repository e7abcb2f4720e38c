/** The one place where source, cache, handler and server are joined into a product. */
import { DEFAULT_CACHE_SIZE, type MemoryCache, memoryCache } from './cache/memory.js';
import { LOAD_CHUNK_SIZE, loadMode, SERVING_MODES, type ServingMode } from './lab/load-mode.js';
import { reloadLater } from './reload/late.js';
import type { ServerOptions } from './server/options.js';
import { createServer, type Server } from './server/server.js';
import { createSite, type SiteOptions } from './site/site.js';
import {
  DEFAULT_CHUNK_SIZE,
  type DirectoryMemory,
  type DirectoryOptions,
  directory,
} from './source/directory.js';
import type { Source } from './source/source.js';

/** All that can be said about serving a directory. */
export interface ServeDirectoryOptions
  extends DirectoryOptions,
    Omit<SiteOptions, 'reload'>,
    Omit<ServerOptions, 'handler' | 'now' | 'onClosing'> {
  /** The memory cache's budget in octets; 0 turns it off. 64 MiB. */
  readonly cacheSize?: number;
  /** `load` reads each file whole for each client, without a cache: to see what that costs. `stream`. */
  readonly mode?: ServingMode;
  /** Pages reload when files change; nothing may then be reused unasked: `maxAge` is without effect. False. */
  readonly watch?: boolean;
}

/** A server of a directory, and the parts that can be asked how they are. */
export interface DirectoryServer {
  readonly server: Server;
  readonly source: Source;
  readonly cache: MemoryCache | undefined;
  /** What reading files takes, without the cache. */
  memory(): DirectoryMemory & {
    /** Octets of files loaded whole for one client each. */
    readonly loaded: number;
  };
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
  const { source, cache, memory } =
    mode === 'load' ? loading(root, options) : streaming(root, options, cacheSize);
  const server =
    options.watch === true
      ? watching(root, source, options)
      : createServer({ ...options, handler: createSite(source, options) });
  return { server, source, cache, memory };
}

/** What follows changes is closed first: event streams would not end by themselves. */
function watching(root: string, source: Source, options: ServeDirectoryOptions): Server {
  const { maxAge: _, immutable: __, ...others } = options;
  const { layer: reload, close: onClosing } = reloadLater(root, others);
  const handler = createSite(source, { ...others, reload });
  return createServer({ ...others, handler, onClosing });
}

type Sources = Pick<DirectoryServer, 'source' | 'cache' | 'memory'>;

function streaming(root: string, options: DirectoryOptions, cacheSize: number): Sources {
  const files = directory(root, options);
  const cache = cacheSize > 0 ? memoryCache(files, cacheSize) : undefined;
  const memory = () => ({ ...files.memory(), loaded: 0 });
  return { source: cache ?? files, cache, memory };
}

function loading(root: string, options: DirectoryOptions): Sources {
  const chunkSize = Math.max(options.chunkSize ?? DEFAULT_CHUNK_SIZE, LOAD_CHUNK_SIZE);
  const files = directory(root, { ...options, chunkSize });
  const source = loadMode(files);
  const memory = () => ({ ...files.memory(), loaded: source.stats().octets });
  return { source, cache: undefined, memory };
}
