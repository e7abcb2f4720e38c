/**
 * BLTE files as Resources, over whatever holds them. What the headers of some say is remembered, and the content of
 * small ones; how one file is read is the business of blte-file.ts. Knows neither where files are nor what they are
 * called outside.
 */
import { DEFAULT_LIMITS } from '../blte/limits.js';
import { chunkPool, slicePool } from '../blte/pool.js';
import { readLayout } from '../blte/reader.js';
import type { MessageBuffer } from '../http/message-buffer.js';
import { BlteFile, blame, readerOf, tagOf, UnmeasuredFile } from './blte-file.js';
import { DecodedBytes } from './decoded-bytes.js';
import type { Decoder, DecodingMemory, DecodingOptions } from './decoding.js';
import type { Verify } from './decoding-choices.js';
import { isStrong, Known, Layouts, versionOf } from './layouts.js';
import { type OpenOptions, type Resource, type ResourcePath, SourceError } from './source.js';
import { Turnstile } from './turnstile.js';

/**
 * Headers that are read at a time, of 6 MiB each at most by default: the next ones wait. A source that is slow or
 * stuck with them has to end that by itself.
 */
const MOST_HEADERS = 16;

/**
 * How long a stored file must not have been written to before what was found right in it is remembered, in milliseconds.
 * Linux moves time stamps as a write begins: one call that goes on for longer than that is not seen.
 */
export const UNTOUCHED = 60_000;

/** Whether chunks that were found right are not checked again. */
const VERIFIES_ONCE = { always: false, once: true } satisfies Record<Verify, boolean>;

export class BlteFiles implements Decoder {
  readonly #options: DecodingOptions;
  readonly #keep: number;
  readonly #verifiesOnce: boolean;
  readonly #layouts = new Layouts();
  readonly #turns = new Turnstile(MOST_HEADERS);
  /** What is being found out, by version, and whose going ends that. */
  readonly #reading = new Map<string, { found: Promise<Known>; signal: AbortSignal | undefined }>();
  readonly #origins = new WeakMap<Resource, Resource>();

  constructor(options: DecodingOptions) {
    this.#options = options;
    this.#keep = options.keep ?? 0;
    this.#verifiesOnce = VERIFIES_ONCE[options.verify ?? 'always'];
  }

  open(
    encoded: Resource,
    path: ResourcePath,
    type: string,
    options?: OpenOptions,
  ): Resource | Promise<Resource> {
    const known = this.#layouts.find(path, encoded.etag);
    return known === undefined
      ? this.#meet(encoded, path, type, options?.signal)
      : this.#file(encoded, path, type, known);
  }

  origin(resource: Resource): Resource | undefined {
    return this.#origins.get(resource);
  }

  memory(): DecodingMemory {
    const pools = [chunkPool, slicePool];
    const buffers = pools.reduce((octets, { used, spare }) => octets + used + spare, 0);
    return { ...this.#layouts.memory, buffers };
  }

  /** A file that nothing is known of. */
  async #meet(
    encoded: Resource,
    path: ResourcePath,
    type: string,
    signal: AbortSignal | undefined,
  ): Promise<Resource> {
    const { coding, size } = encoded;
    try {
      if (coding !== undefined) throw new SourceError('unavailable', `${path} comes as ${coding}`);
      if (size === undefined) {
        return new UnmeasuredFile(encoded, path, type, this.#options);
      }
      return this.#file(encoded, path, type, await this.#known(encoded, size, path, signal));
    } catch (error) {
      encoded.close();
      if (signal?.aborted) throw new SourceError('busy', 'the client has gone', { cause: error });
      throw blame(path, error);
    }
  }

  /** What is known of a file, or found out: by the first who asks for that version, for all. */
  async #known(
    encoded: Resource,
    size: number,
    path: ResourcePath,
    signal: AbortSignal | undefined,
  ): Promise<Known> {
    const { etag } = encoded;
    const read = (): Promise<Known> => this.#read(encoded, size, path, signal);
    if (!isStrong(etag)) return read();
    for (;;) {
      signal?.throwIfAborted();
      const known = this.#layouts.find(path, etag);
      if (known !== undefined) return known;
      const version = versionOf(path, etag);
      const others = this.#reading.get(version);
      if (others === undefined) {
        const own = read().finally(() => this.#reading.delete(version));
        this.#reading.set(version, { found: own, signal });
        return own;
      }
      try {
        return await orAborted(others.found, signal);
      } catch (error) {
        // Who read it has gone, and somebody else has to.
        if (others.signal?.aborted !== true) throw error;
      }
    }
  }

  async #read(
    encoded: Resource,
    size: number,
    path: ResourcePath,
    signal: AbortSignal | undefined,
  ): Promise<Known> {
    await this.#turns.enter(signal);
    try {
      const limits = this.#options.limits;
      const layout = await readLayout(readerOf(encoded), size, { limits, signal });
      const known = new Known(layout, this.#verifiesOnce && isStrong(encoded.etag));
      this.#layouts.keep(path, encoded.etag, known);
      return known;
    } finally {
      this.#turns.leave();
    }
  }

  #file(encoded: Resource, path: ResourcePath, type: string, known: Known): Resource {
    const { bytes, etag } = encoded;
    // Whoever is given it keeps it, and has it decoded anew where that is no more.
    const decoded = bytes === undefined ? undefined : this.#layouts.takeContent(path, etag);
    if (decoded === undefined) return this.#streamed(encoded, path, type, known);
    const resource = new DecodedBytes(decoded, encoded, tagOf(known.layout, encoded), type);
    this.#origins.set(resource, encoded);
    return resource;
  }

  #streamed(encoded: Resource, path: ResourcePath, type: string, known: Known): Resource {
    const { bytes, etag, settled, modified } = encoded;
    const isKept = bytes !== undefined && settled !== false;
    const keep = isKept ? Math.min(this.#keep, this.#layouts.room(path, etag)) : 0;
    const most = this.#options.limits?.maxChunkSize ?? DEFAULT_LIMITS.maxChunkSize;
    const learnt = (content: MessageBuffer | undefined): void => {
      this.#layouts.keep(path, etag, known);
      if (content !== undefined) this.#layouts.keepContent(path, etag, content);
    };
    const isUntouched = modified === undefined || Date.now() - modified >= UNTOUCHED;
    const verified = isUntouched ? known.verified : undefined;
    return new BlteFile(encoded, path, type, this.#options, {
      known,
      verified,
      keep,
      most,
      learnt,
    });
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
