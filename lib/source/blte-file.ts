/**
 * One BLTE file as a Resource: what it decodes to, out of extents of the encoded one. Knows neither other files nor
 * what becomes of what it learns.
 */
import type { Readable } from 'node:stream';
import { decodeBlte } from '../blte/decoder.js';
import { BlteError } from '../blte/error.js';
import { type BlteLayout, BlteReader, type BlteReadOptions, type ReadAt } from '../blte/reader.js';
import { type Content, contentStream } from '../blte/stream.js';
import type { VerifiedChunks } from '../blte/verified.js';
import { withSuffix } from '../http/etag.js';
import { MessageBuffer } from '../http/message-buffer.js';
import type { ReadOptions } from '../http/response.js';
import type { DecodingOptions } from './decoding.js';
import type { Known } from './layouts.js';
import { type Extent, type Resource, type ResourcePath, SourceError } from './source.js';

/** Octets that a stream makes before they are asked for. */
const AHEAD = 32_768;

/**
 * Octets that a client is given before it has taken those before: three slices, which with the one that is made
 * are 128 KiB beside its chunk.
 */
const MOST_AHEAD = 98_304;

/** What is learnt of a file while it is read, and where that goes. */
export interface Learning {
  readonly known: Known;
  /** Chunks that are not checked again, and a note of those that were; `undefined`: all are. */
  readonly verified: VerifiedChunks | undefined;
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
export class BlteFile implements Resource {
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
    const { layout, size } = learning.known;
    this.size = size;
    this.modified = encoded.modified;
    this.etag = tagOf(layout, encoded);
    this.type = type;
    this.#encoded = encoded;
    this.#path = path;
    this.#reader = new BlteReader(readerOf(learning.known.shared(encoded)), layout, {
      ...options,
      verified: learning.verified,
      // As sources do.
      lasts: true,
    });
    this.#learning = learning;
  }

  /** Plain chunks that are right are given on as a file's blocks are: there is as much as of any file. */
  get ahead(): number | undefined {
    const { known, verified } = this.#learning;
    const { layout } = known;
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
export class UnmeasuredFile implements Resource {
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

/** The octets of an encoded file, by number. */
export function readerOf(encoded: Resource): ReadAt {
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
export function tagOf(layout: BlteLayout, encoded: Resource): string | undefined {
  return layout.kind === 'table' && layout.isChecked ? `"${layout.ekey}"` : tagFrom(encoded);
}

/** Never that of the encoded file itself: these are other octets. As strong as that is. */
function tagFrom({ etag }: Resource): string | undefined {
  return etag && withSuffix(etag, '-decoded');
}

/** What is wrong with a file as an error of a source: for the log, with the path that it is served by. */
export function blame(path: ResourcePath, error: unknown): unknown {
  if (!(error instanceof BlteError || error instanceof SourceError)) return error;
  const { message, limit } = error;
  const isNamed = error instanceof SourceError && message.startsWith(path);
  if (isNamed) return error;
  const kind = error instanceof SourceError ? error.kind : 'unavailable';
  return new SourceError(kind, `${path}: ${message}`, { cause: error, limit });
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
