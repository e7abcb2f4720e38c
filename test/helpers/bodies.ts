/** Bodies and sources in memory that keep an account of how they are used. */
import { Readable } from 'node:stream';
import type { ByteRange } from '../../lib/http/range.js';
import type { Piece, Response, StreamedBody } from '../../lib/http/response.js';
import type { Extent, Opened, OpenOptions, Resource, Source } from '../../lib/source/source.js';

/** A streamed body over bytes in memory. */
export class MemoryBody implements StreamedBody {
  readonly length: number | undefined;
  readonly pieces: readonly Piece[] | undefined;
  /** The ranges that were asked for. */
  readonly reads: (ByteRange | undefined)[] = [];
  closed = 0;
  readonly #open: (range: ByteRange | undefined) => Readable;

  constructor(
    length: number | undefined,
    open: (range: ByteRange | undefined) => Readable,
    pieces?: readonly Piece[],
  ) {
    this.length = length;
    this.pieces = pieces;
    this.#open = open;
  }

  /** A body that gives `bytes` in chunks of at most `chunk` octets. */
  static of(bytes: Buffer, chunk: number, pieces?: readonly Piece[]): MemoryBody {
    const length = pieces?.reduce((sum, piece) => sum + pieceLength(piece), 0) ?? bytes.length;
    return new MemoryBody(length, (range) => chunks(bytes, chunk, range), pieces);
  }

  read(range?: ByteRange): Readable {
    this.reads.push(range);
    return this.#open(range);
  }

  close(): void {
    this.closed++;
  }

  get response(): Response {
    return { status: 200, fields: ['Content-Type', 'text/plain'], body: this };
  }
}

function pieceLength(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.last - piece.first + 1;
}

/** The octets of a range as a stream of chunks. */
export function chunks(bytes: Buffer, chunk: number, range: ByteRange | undefined): Readable {
  let at = range?.first ?? 0;
  const end = (range?.last ?? bytes.length - 1) + 1;
  return new Readable({
    highWaterMark: chunk,
    read() {
      if (at >= end) this.push(null);
      else {
        const stop = Math.min(end, at + chunk);
        this.push(bytes.subarray(at, stop));
        at = stop;
      }
    },
  });
}

/** What a source in memory gives. */
export interface MemoryFile {
  readonly bytes: Buffer;
  /** Whether its size is told before it is read. True. */
  readonly sized?: boolean;
  readonly etag?: string;
  readonly modified?: number;
  /** Breaks off after so many octets, with an error. */
  readonly failAt?: number;
}

/** A resource of a {@link MemorySource}, with an account. */
export class MemoryResource implements Resource {
  readonly kind = 'resource';
  readonly size: number | undefined;
  readonly modified: number | undefined;
  readonly etag: string | undefined;
  readonly type = 'text/plain; charset=utf-8';
  readonly bytes = undefined;
  closed = 0;
  streams: Readable[] = [];
  readonly #file: MemoryFile;

  constructor(file: MemoryFile) {
    this.#file = file;
    this.size = file.sized === false ? undefined : file.bytes.length;
    this.etag = file.etag;
    this.modified = file.modified;
  }

  read(extent?: Extent): Readable {
    const { bytes, failAt } = this.#file;
    const stream =
      failAt === undefined ? chunks(bytes, 16_384, extent) : failing(bytes.subarray(0, failAt));
    this.streams.push(stream);
    return stream;
  }

  close(): void {
    this.closed++;
  }
}

function failing(bytes: Buffer): Readable {
  let given = false;
  return new Readable({
    read() {
      if (given) this.destroy(new Error('the disk is on fire'));
      else this.push(bytes);
      given = true;
    },
  });
}

/** A source in memory: every resource it gave is kept, so that its end can be looked at. */
export class MemorySource implements Source {
  readonly given: MemoryResource[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  /** What `open` waits for before it gives anything; `undefined`: it gives at once. */
  gate: Promise<void> | undefined;
  readonly #files: ReadonlyMap<string, MemoryFile>;

  constructor(files: Record<string, MemoryFile>) {
    this.#files = new Map(Object.entries(files));
  }

  open(path: string, options?: OpenOptions): Opened | Promise<Opened> {
    this.signals.push(options?.signal);
    if (this.gate === undefined) return this.#give(path);
    return this.gate.then(() => this.#give(path));
  }

  #give(path: string): Opened {
    const file = this.#files.get(path);
    if (file === undefined) return null;
    const resource = new MemoryResource(file);
    this.given.push(resource);
    return resource;
  }

  async close(): Promise<void> {}
}
