/** Random ranges of an encoded file against the content, and what is read of the file for each. */
import type { Readable } from 'node:stream';
import {
  decoding,
  directory,
  type Opened,
  type Resource,
  type ResourcePath,
  SMALL_EXTENT,
  type Source,
} from '../../lib/index.js';
import { seeded } from '../support/pattern.js';
import { type EncodedFile, isContentAt } from './files.js';

/** What the ranges came to. */
export interface RangeFigures {
  readonly ranges: number;
  readonly seconds: number;
  /** Octets that were asked for, and that were read of the file. */
  readonly asked: number;
  readonly read: number;
  /** Ranges for which more was read than the header and the chunks that they touch. */
  readonly excessive: number;
}

/** Counts what is read of what a source gives. */
class Counted implements Source {
  octets = 0;
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  async open(path: ResourcePath): Promise<Opened> {
    const opened = await this.#source.open(path);
    return opened?.kind === 'resource' ? this.#counted(opened) : opened;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #counted(resource: Resource): Resource {
    const { size, modified, etag, type, bytes } = resource;
    const read: Resource['read'] = (extent, options) => {
      const stream = resource.read(extent, options);
      const push = stream.push as Readable['push'];
      stream.push = (chunk: Buffer | null) => {
        this.octets += chunk?.length ?? 0;
        return push.call(stream, chunk);
      };
      return stream;
    };
    const close = () => resource.close();
    return { kind: 'resource', size, modified, etag, type, bytes, read, close };
  }
}

/** @throws Error where a range is not what it should be */
export async function ranges(
  root: string,
  path: string,
  file: EncodedFile,
  count: number,
): Promise<RangeFigures> {
  const counted = new Counted(directory(root));
  const source = decoding(counted, 'blte', { verify: 'once' });
  const next = seeded(20_260_302);
  const started = performance.now();
  const figures = { asked: 0, read: 0, excessive: 0 };
  for (let round = 0; round < count; round++) {
    const first = next() % file.size;
    // Of some octets, of a chunk or so, and of several.
    const length = 1 + (next() % ([100, file.chunkSize, 8 * file.chunkSize][round % 3] as number));
    const last = Math.min(file.size, first + length) - 1;
    const before = counted.octets;
    const bytes = await rangeOf(source, path, first, last);
    if (bytes.length !== last + 1 - first || !isContentAt(first, bytes)) {
      throw new Error(`octets ${first} to ${last} are not those of the content`);
    }
    const read = counted.octets - before;
    if (read > file.headerSize + touched(file, first, last)) figures.excessive++;
    figures.asked += bytes.length;
    figures.read += read;
  }
  const seconds = (performance.now() - started) / 1000;
  await source.close();
  return { ranges: count, seconds, ...figures };
}

async function rangeOf(source: Source, path: string, first: number, last: number): Promise<Buffer> {
  const resource = await source.open(path as ResourcePath);
  if (resource?.kind !== 'resource') throw new Error(`${path} is not there`);
  try {
    if (last - first < SMALL_EXTENT && resource.readBytes !== undefined) {
      return (await resource.readBytes({ first, last })).content;
    }
    const pieces: Buffer[] = [];
    for await (const piece of resource.read({ first, last })) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  } finally {
    resource.close();
  }
}

/** Octets of the chunks that a range is in. */
function touched({ chunkSize, offsets }: EncodedFile, first: number, last: number): number {
  const end = offsets[Math.floor(last / chunkSize) + 1] as number;
  return end - (offsets[Math.floor(first / chunkSize)] as number);
}
