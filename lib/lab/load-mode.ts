/**
 * The teaching mode `load`: what streaming is there to avoid, done on purpose. Every request reads
 * its whole file into a buffer of its own, even where it asks for a part of it or for the head alone,
 * and holds it until the response is out. Nothing is shared and nothing kept. A Source before a
 * Source; knows neither requests nor sockets.
 */
import { constants } from 'node:buffer';
import { Readable } from 'node:stream';
import { checkNumber } from '../http/check.js';
import {
  type Extent,
  type Opened,
  type OpenOptions,
  type Resource,
  type ResourcePath,
  type Source,
  SourceError,
} from '../source/source.js';

/** How files are served: in chunks, or each loaded whole for each client. */
export type ServingMode = 'stream' | 'load';

export const SERVING_MODES: readonly ServingMode[] = ['stream', 'load'];

/** The largest file that is loaded, in octets: 2 GiB. A larger one gets an error, not the process. */
export const DEFAULT_LOAD_LIMIT: number = Math.min(constants.MAX_LENGTH, 2 ** 31);

/**
 * The least chunks to load by, in octets, so that the mode is no slower than it has to be: 100 MiB come
 * in 95 ms by 1 MiB, in 170 ms by 32 KiB, and in 65 ms by `fs.readFile`.
 */
export const LOAD_CHUNK_SIZE = 1_048_576;

/** What has been loaded since the start. */
export interface LoadStats {
  readonly files: number;
  readonly octets: number;
}

/** A loading source that can say what it loaded. */
export interface LoadMode extends Source {
  stats(): LoadStats;
}

/**
 * Loads whatever `source` opens. Without `isCurrent`, so that no cache can stand before it.
 * @param limit octets, of which Node's largest buffer is the most
 * @throws RangeError for a limit below 0
 */
export function loadMode(source: Source, limit: number = DEFAULT_LOAD_LIMIT): LoadMode {
  return new Loader(source, Math.min(checkNumber('limit', limit), constants.MAX_LENGTH));
}

class Loader implements LoadMode {
  readonly #source: Source;
  readonly #limit: number;
  #files = 0;
  #octets = 0;

  constructor(source: Source, limit: number) {
    this.#source = source;
    this.#limit = limit;
  }

  async open(path: ResourcePath, options: OpenOptions = {}): Promise<Opened> {
    const opened = await this.#source.open(path, options);
    if (opened?.kind !== 'resource') return opened;
    try {
      const bytes = await load(opened, this.#limit, options.signal);
      this.#files++;
      this.#octets += bytes.length;
      return new LoadedResource(opened, bytes);
    } finally {
      opened.close();
    }
  }

  stats(): LoadStats {
    return { files: this.#files, octets: this.#octets };
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** One client's own copy of a resource. */
class LoadedResource implements Resource {
  readonly kind = 'resource';
  readonly size: number;
  readonly modified: number | undefined;
  readonly etag: string | undefined;
  readonly type: string;
  readonly coding?: string;
  readonly bytes: Buffer;

  constructor(origin: Resource, bytes: Buffer) {
    this.size = bytes.length;
    this.modified = origin.modified;
    this.etag = origin.etag;
    this.type = origin.type;
    if (origin.coding !== undefined) this.coding = origin.coding;
    this.bytes = bytes;
  }

  read({ first, last }: Extent = { first: 0, last: this.size - 1 }): Readable {
    return Readable.from(last < first ? [] : [this.bytes.subarray(first, last + 1)]);
  }

  close(): void {}
}

async function load(
  resource: Resource,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const { size } = resource;
  if (size === undefined) throw new SourceError('oversize', 'only what says its length is loaded');
  if (size > limit) {
    throw new SourceError('oversize', `the file has ${size} octets, at most ${limit} are loaded`);
  }
  const bytes = allocate(size);
  let at = 0;
  await readThrough(resource.read(undefined, { taken: () => at }), signal, (chunk) => {
    bytes.set(chunk, at);
    at += chunk.length;
  });
  if (at < size) throw new SourceError('busy', 'the file became shorter while it was loaded');
  return bytes;
}

function allocate(size: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(size);
  } catch (cause) {
    throw new SourceError('oversize', `there is no memory for ${size} octets`, { cause });
  }
}

/** Takes each chunk as it comes; gives up when nobody waits for the answer any more. */
function readThrough(
  stream: Readable,
  signal: AbortSignal | undefined,
  take: (chunk: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      stream.destroy();
      reject(new SourceError('busy', 'the client has gone'));
    };
    signal?.addEventListener('abort', leave, { once: true });
    stream.on('data', take);
    stream.on('end', resolve);
    stream.on('error', reject);
    stream.on('close', () => {
      signal?.removeEventListener('abort', leave);
      // Settled by now, unless the source gave up without a word.
      reject(new SourceError('busy', 'the file was not read to its end'));
    });
    if (signal?.aborted) leave();
  });
}
