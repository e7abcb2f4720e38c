/** The one place where source, cache, handler and server are joined into a product. */
import type { BlteLimits } from './blte/limits.js';
import {
  type CheckableSource,
  DEFAULT_CACHE_SIZE,
  type MemoryCache,
  memoryCache,
} from './cache/memory.js';
import { LOAD_CHUNK_SIZE, loadMode, SERVING_MODES, type ServingMode } from './lab/load-mode.js';
import { reloadLater } from './reload/late.js';
import type { ServerOptions } from './server/options.js';
import { createServer, type Server } from './server/server.js';
import { type ChangeableSite, changeableSite, type SiteOptions } from './site/site.js';
import { isServedFrom } from './source/containment.js';
import { type DecodingMemory, type DecodingSource, decoding } from './source/decoding.js';
import { DEFAULT_VERIFY, type DecodedFormat, type Verify } from './source/decoding-choices.js';
import { readKeys } from './source/decoding-keys.js';
import {
  DEFAULT_CHUNK_SIZE,
  DEFAULT_STREAM_THRESHOLD,
  type DirectoryMemory,
  type DirectoryOptions,
  type DirectorySource,
  directory,
} from './source/directory.js';
import type { Source } from './source/source.js';

/** All that can be said about the files of a directory and how requests for them are answered. */
export interface DirectorySiteOptions extends DirectoryOptions, Omit<SiteOptions, 'reload'> {
  /** The memory cache's budget in octets; 0 turns it off. 64 MiB. */
  readonly cacheSize?: number;
  /** `load` reads each file whole for each client, without a cache: to see what that costs. `stream`. */
  readonly mode?: ServingMode;
  /** A format whose files are decoded: `blte` serves `NAME.blte` as `NAME` too, where there is no other. */
  readonly decode?: DecodedFormat;
  /** A file with keys of encrypted chunks: lines of NAME KEY, 16 and 32 hexadecimal digits. */
  readonly keyFile?: string;
  /** The same as texts: one pair each, or several with commas between them. */
  readonly keys?: readonly string[];
  /** What encoded files may ask for, where that is other than by default. */
  readonly decodeLimits?: Partial<BlteLimits>;
  /** Whether chunks are checked each time that they are read, or once for each version of a file. `once`. */
  readonly verify?: Verify;
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
  /** `undefined`: nothing is decoded. */
  readonly decoding: DecodingMemory | undefined;
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
  const { cacheSize = DEFAULT_CACHE_SIZE, mode = 'stream', auth, decode, keyFile } = options;
  if (!SERVING_MODES.includes(mode)) {
    throw new RangeError(`mode is ${String(mode)}; it takes ${SERVING_MODES.join(' or ')}`);
  }
  const secrets = [auth?.file, keyFile].filter((file) => file !== undefined);
  const files = { ...options, withheld: [...(options.withheld ?? []), ...secrets] };
  const { source, cache, memory } =
    mode === 'load' ? loading(root, files) : streaming(root, files, cacheSize);
  const { handler, setRules, refused } = changeableSite(source, options);
  refuseServed(root, 'password file', auth?.file, options);
  if (decode !== undefined) refuseServed(root, 'key file', keyFile, options);
  return { handler, refused, source, cache, memory, setRules };
}

/** @throws Error where a file with secrets in it would be served from `root` */
function refuseServed(
  root: string,
  what: string,
  file: string | undefined,
  { dotfiles = false }: DirectoryOptions,
): void {
  if (file === undefined || !isServedFrom(root, file, dotfiles)) return;
  throw new Error(`the ${what} ${file} would be served with the folder it is in; put it elsewhere`);
}

type Sources = Pick<DirectorySite, 'source' | 'cache' | 'memory'>;

function streaming(root: string, options: DirectorySiteOptions, cacheSize: number): Sources {
  const files = directory(root, options);
  const { streamThreshold = DEFAULT_STREAM_THRESHOLD } = options;
  const decodes = decoded(files, options, cacheSize > 0 ? streamThreshold : 0);
  const source = decodes ?? files;
  const cache = cacheSize > 0 ? memoryCache(source, cacheSize) : undefined;
  const memory = () => ({ ...files.memory(), loaded: 0, decoding: decodes?.memory() });
  return { source: cache ?? source, cache, memory };
}

/** @param keep octets up to which decoded files are given to the cache */
function decoded(
  files: DirectorySource,
  { decode, keyFile, keys, decodeLimits: limits, verify = DEFAULT_VERIFY }: DirectorySiteOptions,
  keep: number,
): (CheckableSource & DecodingSource) | undefined {
  if (decode === undefined) return undefined;
  return decoding(files, decode, { limits, keys: readKeys(keyFile, keys), keep, verify });
}

function loading(root: string, options: DirectorySiteOptions): Sources {
  const chunkSize = Math.max(options.chunkSize ?? DEFAULT_CHUNK_SIZE, LOAD_CHUNK_SIZE);
  const files = directory(root, { ...options, chunkSize });
  const decodes = decoded(files, options, 0);
  const source = loadMode(decodes ?? files);
  const memory = () => {
    return { ...files.memory(), loaded: source.stats().octets, decoding: decodes?.memory() };
  };
  return { source, cache: undefined, memory };
}
