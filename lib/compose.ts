/** The one place where source, cache, handler and server are joined into a product. */
import { DEFAULT_CACHE_SIZE, type MemoryCache, memoryCache } from './cache/memory.js';
import { LOAD_CHUNK_SIZE, loadMode, SERVING_MODES, type ServingMode } from './lab/load-mode.js';
import { reloadLater } from './reload/late.js';
import type { ServerOptions } from './server/options.js';
import { createServer, type Server } from './server/server.js';
import { type ChangeableSite, changeableSite, type SiteOptions } from './site/site.js';
import { isServedFrom } from './source/containment.js';
import {
  DEFAULT_CHUNK_SIZE,
  type DirectoryMemory,
  type DirectoryOptions,
  directory,
} from './source/directory.js';
import type { Source } from './source/source.js';

/** All that can be said about the files of a directory and how requests for them are answered. */
export interface DirectorySiteOptions extends DirectoryOptions, Omit<SiteOptions, 'reload'> {
  /** The memory cache's budget in octets; 0 turns it off. 64 MiB. */
  readonly cacheSize?: number;
  /** `load` reads each file whole for each client, without a cache: to see what that costs. `stream`. */
  readonly mode?: ServingMode;
}

/** All that can be said about serving a directory. */
export interface ServeDirectoryOptions
  extends DirectorySiteOptions,
    Omit<ServerOptions, 'handler' | 'now' | 'onClosing' | 'refused' | 'asksAddresses'> {
  /** Pages reload when files change; `maxAge` and compression are then without effect. False. */
  readonly watch?: boolean;
}

/** What answers requests for the files of a directory, and the parts that can be asked how they are. */
export interface DirectorySite extends ChangeableSite {
  readonly source: Source;
  readonly cache: MemoryCache | undefined;
  /** What reading files takes, without the cache. */
  memory(): FilesMemory;
}

/** What reading files takes, in octets. */
export interface FilesMemory extends DirectoryMemory {
  /** Files loaded whole for one client each. */
  readonly loaded: number;
}

/** A server of a directory, and the parts that can be asked how they are. */
export interface DirectoryServer extends Omit<DirectorySite, 'handler' | 'refused'> {
  readonly server: Server;
}

/**
 * Joins a directory, a cache, a handler and a server.
 * @throws Error with a message for people when `root` can't be served
 * @throws RangeError or TypeError for an option out of range
 */
export function serveDirectory(root: string, options: ServeDirectoryOptions = {}): DirectoryServer {
  if (options.watch === true) return watching(root, options);
  const { handler, refused, ...parts } = directorySite(root, options);
  // Guesses of passwords are counted by address.
  const asksAddresses = options.auth !== undefined;
  return { server: createServer({ ...options, handler, refused, asksAddresses }), ...parts };
}

/**
 * Joins a directory, a cache and a handler, for whoever has a server.
 * @throws as {@link serveDirectory}
 */
export function directorySite(root: string, options: DirectorySiteOptions = {}): DirectorySite {
  return siteOf(root, options);
}

/** Pages get their script as they are in the files, and nothing is kept that may have changed. */
function watching(root: string, options: ServeDirectoryOptions): DirectoryServer {
  const { maxAge: _, immutable: __, ...others } = options;
  const { layer: reload, close: onClosing } = reloadLater(root, others);
  const plain = { compression: false, precompressed: false };
  const { handler, refused, ...parts } = siteOf(root, { ...others, ...plain, reload });
  const own = { handler, refused, asksAddresses: true, onClosing };
  return { server: createServer({ ...others, ...own }), ...parts };
}

function siteOf(root: string, options: DirectorySiteOptions & SiteOptions): DirectorySite {
  const { cacheSize = DEFAULT_CACHE_SIZE, mode = 'stream', auth, dotfiles = false } = options;
  if (!SERVING_MODES.includes(mode)) {
    throw new RangeError(`mode is ${String(mode)}; it takes ${SERVING_MODES.join(' or ')}`);
  }
  const secrets = auth?.file === undefined ? [] : [auth.file];
  const files = { ...options, withheld: [...(options.withheld ?? []), ...secrets] };
  const { source, cache, memory } =
    mode === 'load' ? loading(root, files) : streaming(root, files, cacheSize);
  const { handler, setRules, refused } = changeableSite(source, options);
  if (auth?.file !== undefined && isServedFrom(root, auth.file, dotfiles)) {
    throw new Error(
      `the password file ${auth.file} would be served with the folder it is in; put it elsewhere`,
    );
  }
  return { handler, refused, source, cache, memory, setRules };
}

type Sources = Pick<DirectorySite, 'source' | 'cache' | 'memory'>;

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
