/**
 * Resources in a content coding (RFC 9110 §8.4): what was compressed here, in memory or as it is sent, and
 * files that were compressed before. Each has an entity tag of its own, for they are representations of their own (§8.8.3.3).
 */
import { pipeline, Readable, type Transform } from 'node:stream';
import type { ContentCoding } from '../../http/accept-encoding.js';
import { weakened, withSuffix } from '../../http/etag.js';
import type { MessageBuffer } from '../../http/message-buffer.js';
import type { ReadOptions } from '../../http/response.js';
import { type Extent, type Resource, SourceError } from '../../source/source.js';

/** Content that was compressed whole. */
export interface Compressed {
  readonly message: MessageBuffer;
  /** Made of its octets: strong. */
  readonly etag: string;
}

/** A resource whose compressed content is in memory. */
export class CodedBytes implements Resource {
  readonly kind = 'resource';
  readonly coding: ContentCoding;
  readonly message: MessageBuffer;
  readonly etag: string;
  readonly formerEtag: string | undefined;
  readonly modified: number | undefined;
  readonly type: string;

  constructor({ etag, modified, type }: Resource, coding: ContentCoding, content: Compressed) {
    this.coding = coding;
    this.message = content.message;
    this.etag = content.etag;
    // What was not in memory at first was compressed as it was sent.
    this.formerEtag = streamedTag(etag, coding);
    this.modified = modified;
    this.type = type;
  }

  get bytes(): Buffer {
    return this.message.content;
  }

  get size(): number {
    return this.bytes.length;
  }

  read(extent: Extent = { first: 0, last: this.size - 1 }): Readable {
    return Readable.from([this.bytes.subarray(extent.first, extent.last + 1)]);
  }

  close(): void {}
}

/** A resource that is compressed while it is sent. */
export class CodedStream implements Resource {
  readonly kind = 'resource';
  readonly size = undefined;
  readonly bytes = undefined;
  readonly coding: ContentCoding;
  readonly etag: string | undefined;
  readonly modified: number | undefined;
  readonly type: string;
  readonly #original: Resource;
  readonly #coder: () => Transform;
  #release: (() => void) | undefined;

  /** @param release called once, when it is closed */
  constructor(
    original: Resource,
    coding: ContentCoding,
    coder: () => Transform,
    release: () => void,
  ) {
    this.coding = coding;
    this.etag = streamedTag(original.etag, coding);
    this.modified = original.modified;
    this.type = original.type;
    this.#original = original;
    this.#coder = coder;
    this.#release = release;
  }

  read(): Readable {
    return coded(this.#original.read(), this.#original.size, this.#coder());
  }

  close(): void {
    this.#original.close();
    this.#release?.();
    this.#release = undefined;
  }
}

/**
 * What comes out of a coder that is given a stream; fails where that fails, or ends early.
 * @param size octets of the stream; `undefined`: not known
 */
export function coded(plain: Readable, size: number | undefined, coder: Transform): Readable {
  let count = 0;
  plain.on('data', (chunk: Buffer) => {
    count += chunk.length;
  });
  // What is cut off must not look complete, and the length of what is sent says nothing.
  plain.on('end', () => {
    if (size !== undefined && count !== size) {
      coder.destroy(new SourceError('unavailable', 'the resource became shorter'));
    }
  });
  // What goes wrong on the one side shows on the other.
  return pipeline(plain, coder, () => {});
}

/** A resource that was compressed before, in the place of its original. */
export class Sibling implements Resource {
  readonly kind = 'resource';
  readonly coding: ContentCoding;
  readonly size: number | undefined;
  readonly modified: number | undefined;
  readonly etag: string | undefined;
  readonly type: string;
  readonly bytes: Uint8Array | undefined;
  readonly message?: MessageBuffer;
  readonly readBytes?: (extent: Extent) => MessageBuffer | Promise<MessageBuffer>;
  readonly #file: Resource;

  constructor(file: Resource, coding: ContentCoding, type: string) {
    this.coding = coding;
    this.size = file.size;
    this.modified = file.modified;
    this.etag = file.etag && codedTag(file.etag, coding);
    this.type = type;
    this.bytes = file.bytes;
    if (file.message !== undefined) this.message = file.message;
    if (file.readBytes !== undefined) this.readBytes = (extent) => readBytes(file, extent);
    this.#file = file;
  }

  read(extent?: Extent, options?: ReadOptions): Readable {
    return this.#file.read(extent, options);
  }

  close(): void {
    this.#file.close();
  }
}

/** Never that of the plain representation (RFC 9110 §8.8.3.3). */
/** RFC 9110 §8.8.1: weak, for another zlib makes other octets of the same content, and none were seen. */
function streamedTag(etag: string | undefined, coding: ContentCoding): string | undefined {
  return etag && weakened(codedTag(etag, coding));
}

function codedTag(etag: string, coding: ContentCoding): string {
  return withSuffix(etag, `-${coding}`);
}

function readBytes(file: Resource, extent: Extent): MessageBuffer | Promise<MessageBuffer> {
  return (file.readBytes as NonNullable<Resource['readBytes']>)(extent);
}
