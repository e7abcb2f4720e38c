/** A source as one over a network would be: it takes its time, has no `isCurrent`, and counts what is asked of it. */
import { Readable } from 'node:stream';
import type {
  Extent,
  Opened,
  Resource,
  ResourcePath,
  Source,
  SourceReadOptions,
} from '../../lib/source/source.js';
import { md5 } from './blte.js';
import { chunks } from './bodies.js';

/** What it does with a file. */
export interface RemoteFile {
  readonly bytes: Buffer;
  /** Whether its length is told. True. */
  readonly sized?: boolean;
  /** By default a strong one, of the octets; `null`: none. */
  readonly etag?: string | null;
  readonly coding?: string;
  readonly modified?: number;
}

export class RemoteSource implements Source {
  readonly files: Map<string, RemoteFile>;
  /** Paths that were opened. */
  readonly opened: string[] = [];
  /** Extents that were read. */
  reads: (Extent | undefined)[] = [];
  /** How they were. */
  ways: (SourceReadOptions | undefined)[] = [];
  /** Octets that were given. */
  given = 0;
  /** Resources that are open. */
  held = 0;
  closed = false;
  /** Until when nothing is given of what is read. */
  waits: Promise<void> | undefined;
  /** What opening fails with. */
  failure: Error | undefined;

  constructor(files: Readonly<Record<string, Buffer | RemoteFile>>) {
    this.files = new Map(
      Object.entries(files).map(([path, file]) => [
        path,
        Buffer.isBuffer(file) ? { bytes: file } : file,
      ]),
    );
  }

  async open(path: ResourcePath): Promise<Opened> {
    this.opened.push(path);
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failure !== undefined) throw this.failure;
    const file = this.files.get(path);
    return file === undefined ? null : this.#resource(file);
  }

  /** Forgets what was counted. */
  reset(): void {
    this.reads = [];
    this.given = 0;
    this.opened.length = 0;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #resource({ bytes, sized = true, etag, coding, modified }: RemoteFile): Resource {
    this.held++;
    let isOpen = true;
    const tag = etag === null ? undefined : (etag ?? `"${md5(bytes).toString('hex')}"`);
    return {
      kind: 'resource',
      size: sized ? bytes.length : undefined,
      modified: modified ?? Date.UTC(2024, 0, 2),
      etag: tag,
      type: 'application/octet-stream',
      bytes: undefined,
      ...(coding === undefined ? {} : { coding }),
      read: (extent, options) => {
        this.reads.push(extent);
        this.ways.push(options);
        if (!isOpen) return this.#counted(failed());
        const content = chunks(bytes, 10_000, extent);
        return this.#counted(this.waits === undefined ? content : after(this.waits, content));
      },
      close: () => {
        if (isOpen) this.held--;
        isOpen = false;
      },
    };
  }

  #counted(stream: Readable): Readable {
    const { push } = stream;
    stream.push = (chunk: Buffer | null) => {
      this.given += chunk?.length ?? 0;
      return push.call(stream, chunk);
    };
    return stream;
  }
}

function after(time: Promise<void>, content: Readable): Readable {
  const late = async function* (): AsyncGenerator<Buffer> {
    await time;
    yield* content;
  };
  return Readable.from(late(), { objectMode: false });
}

function failed(): Readable {
  return new Readable({
    read() {
      this.destroy(new Error('read after it was closed'));
    },
  });
}
