/**
 * BLTE files as Resources: what they decode to, read out of whatever holds them, by extents of that alone.
 * What the header says is known without decoding; extents decode the chunks that they touch. Knows neither
 * where files are nor what they are called outside.
 */
import type { Readable } from 'node:stream';
import { decodeBlte } from '../blte/decoder.js';
import { BlteError } from '../blte/error.js';
import { DEFAULT_LIMITS } from '../blte/limits.js';
import { chunkPool, slicePool } from '../blte/pool.js';
import {
  type BlteLayout,
  BlteReader,
  type BlteReadOptions,
  type ReadAt,
  readLayout,
} from '../blte/reader.js';
import { type Content, contentStream } from '../blte/stream.js';
import { withSuffix } from '../http/etag.js';
import { MessageBuffer } from '../http/message-buffer.js';
import type { ReadOptions } from '../http/response.js';
import { DecodedBytes } from './decoded-bytes.js';
import type { Decoder, DecodingMemory, DecodingOptions } from './decoding.js';
import type { Verify } from './decoding-choices.js';
import { isStrong, Known, Layouts } from './layouts.js';
import {
  type Extent,
  type OpenOptions,
  type Resource,
  type ResourcePath,
  SourceError,
} from './source.js';
import { Turnstile } from './turnstile.js';

/** Headers that are read at a time, of 6 MiB each at most by default: the next ones wait. */
const MOST_HEADERS = 16;

/** Octets that a stream makes before they are asked for. */
const AHEAD = 32_768;

/**
 * Octets that a client is given before it has taken those before: three slices, which with the one that is made
 * are 128 KiB beside its chunk.
 */
const MOST_AHEAD = 98_304;

/** Whether chunks that were found right are not checked again. */
const VERIFIES_ONCE = { always: false, once: true } satisfies Record<Verify, boolean>;

export class BlteDecoder implements Decoder {
  readonly #options: DecodingOptions;
  readonly #keep: number;
  readonly #verifiesOnce: boolean;
  readonly #layouts = new Layouts();
  readonly #turns = new Turnstile(MOST_HEADERS);
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
      await this.#turns.enter();
      try {
        if (signal?.aborted) throw new SourceError('busy', 'the client has gone');
        const known = this.#layouts.find(path, encoded.etag);
        if (known !== undefined) return this.#file(encoded, path, type, known);
        const limits = this.#options.limits;
        const layout = await readLayout(readerOf(encoded), size, { limits, signal });
        const met = new Known(layout, this.#verifiesOnce && isStrong(encoded.etag));
        this.#layouts.keep(path, encoded.etag, met);
        return this.#file(encoded, path, type, met);
      } finally {
        this.#turns.leave();
      }
    } catch (error) {
      encoded.close();
      if (signal?.aborted) throw new SourceError('busy', 'the client has gone', { cause: error });
      throw blame(path, error);
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
    const { bytes, etag, settled } = encoded;
    const isKept = bytes !== undefined && settled !== false;
    const keep = isKept ? Math.min(this.#keep, this.#layouts.room(path, etag)) : 0;
    const most = this.#options.limits?.maxChunkSize ?? DEFAULT_LIMITS.maxChunkSize;
    const learnt = (content: MessageBuffer | undefined): void => {
      this.#layouts.keep(path, etag, known);
      if (content !== undefined) this.#layouts.keepContent(path, etag, content);
    };
    return new BlteFile(encoded, path, type, this.#options, { known, keep, most, learnt });
  }
}

/** What is learnt of a file while it is read, and where that goes. */
interface Learning {
  readonly known: Known;
  /** Octets up to which all of the content is collected. */
  readonly keep: number;
  /**
   * Octets up to which a length is made use of: ranges of such a file are decoded from its beginning, and shall
   * cost no more than those of any other.
   */
  readonly most: number;
  /** @param content all of it, where that was collected */
  readonly learnt: (content: MessageBuffer | undefined) => void;
}

/** A file whose header is known. */
class BlteFile implements Resource {
  readonly kind = 'resource';
  readonly bytes = undefined;
  readonly size: number | undefined;
  readonly modified: number | undefined;
  readonly etag: string | undefined;
  readonly type: string;
  readonly #encoded: Resource;
  readonly #path: ResourcePath;
  readonly #reader: BlteReader;
  readonly #learning: Learning;

  constructor(
    encoded: Resource,
    path: ResourcePath,
    type: string,
    options: DecodingOptions,
    learning: Learning,
  ) {
    const { layout, size, verified } = learning.known;
    this.size = size;
    this.modified = encoded.modified;
    this.etag = tagOf(layout, encoded);
    this.type = type;
    this.#encoded = encoded;
    this.#path = path;
    this.#reader = new BlteReader(readerOf(learning.known.shared(encoded)), layout, {
      ...options,
      verified,
      // As sources do.
      lasts: true,
    });
    this.#learning = learning;
  }

  /** Plain chunks that are right are given on as a file's blocks are: there is as much as of any file. */
  get ahead(): number | undefined {
    const { layout, verified } = this.#learning.known;
    const isPassedOn =
      verified?.isComplete === true && layout.kind === 'table' && layout.looksPlain;
    return isPassedOn ? undefined : MOST_AHEAD;
  }

  read(extent?: Extent, { taken }: ReadOptions = {}): Readable {
    // Of nothing there are no extents.
    const wanted = this.size === 0 ? undefined : extent;
    const isWhole = wanted === undefined || (wanted.first === 0 && wanted.last + 1 === this.size);
    const failure = (error: unknown): unknown => blame(this.#path, error);
    if (isWhole && this.#isLearning) return this.#learn({ taken, failure });
    return this.#reader.read(wanted, { taken, failure });
  }

  async readBytes({ first, last }: Extent): Promise<MessageBuffer> {
    const message = new MessageBuffer(last - first + 1);
    try {
      await this.#reader.readInto(message.content, first);
      return message;
    } catch (error) {
      throw blame(this.#path, error);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#encoded.close();
  }

  /** Whether anything is to be found out by reading all of it. */
  get #isLearning(): boolean {
    const { known, keep } = this.#learning;
    return known.size === undefined || (known.size <= keep && !known.isCollected);
  }

  /** Reads all of it, and notes how much that is; of a small file all of the content. */
  #learn(options: BlteReadOptions): Readable {
    const { known, keep, most, learnt } = this.#learning;
    const isCollecting = keep > 0 && !known.isCollected;
    let pieces: Buffer[] | undefined = isCollecting ? [] : undefined;
    let size = 0;
    const given = (piece: Buffer): void => {
      size += piece.length;
      if (size > keep) pieces = undefined;
      pieces?.push(Buffer.from(piece));
    };
    if (isCollecting) known.isCollected = true;
    return this.#reader
      .read(undefined, { ...options, given })
      .once('end', () => {
        if (size <= most) known.size = size;
        learnt(pieces && messageOf(pieces, size));
      })
      .once('close', () => {
        if (isCollecting) known.isCollected = false;
      });
  }
}

/** A file whose length nobody has said: it is read once, from its beginning to its end. */
class UnmeasuredFile implements Resource {
  readonly kind = 'resource';
  readonly bytes = undefined;
  readonly size = undefined;
  readonly modified: number | undefined;
  readonly etag: string | undefined;
  readonly type: string;
  readonly #encoded: Resource;
  readonly #path: ResourcePath;
  readonly #options: DecodingOptions;

  constructor(encoded: Resource, path: ResourcePath, type: string, options: DecodingOptions) {
    this.modified = encoded.modified;
    this.etag = tagFrom(encoded);
    this.type = type;
    this.#encoded = encoded;
    this.#path = path;
    this.#options = options;
  }

  read(): Readable {
    const open = (signal: AbortSignal): Content =>
      decodeBlte(this.#encoded.read(), { ...this.#options, signal });
    return contentStream(open, AHEAD, (error) => blame(this.#path, error));
  }

  close(): void {
    this.#encoded.close();
  }
}

function readerOf(encoded: Resource): ReadAt {
  const { bytes } = encoded;
  return bytes === undefined
    ? // The table says how long it is: what grew is another file.
      (first, last, _signal, taken) => encoded.read({ first, last }, { taken, strict: true })
    : (first, last) => [bytes.subarray(first, last + 1)];
}

/**
 * The name of the content, which its header commits to: strong, wherever the file is and whenever it was
 * changed. Where no table does so, that of the encoded file stands for what comes of it.
 */
function tagOf(layout: BlteLayout, encoded: Resource): string | undefined {
  return layout.kind === 'table' && layout.isChecked ? `"${layout.ekey}"` : tagFrom(encoded);
}

/** Never that of the encoded file itself: these are other octets. As strong as that is. */
function tagFrom({ etag }: Resource): string | undefined {
  return etag && withSuffix(etag, '-decoded');
}

/** What is wrong with a file as an error of a source: for the log, with the path that it is served by. */
function blame(path: ResourcePath, error: unknown): unknown {
  if (!(error instanceof BlteError)) return error;
  const { message, limit } = error;
  return new SourceError('unavailable', `${path}: ${message}`, { cause: error, limit });
}

function messageOf(pieces: readonly Buffer[], size: number): MessageBuffer {
  const message = new MessageBuffer(size);
  let at = 0;
  for (const piece of pieces) {
    message.content.set(piece, at);
    at += piece.length;
  }
  return message;
}
