/** A decoded file that is in memory as a whole. Knows no format. */
import { Readable } from 'node:stream';
import type { MessageBuffer } from '../http/message-buffer.js';
import type { Extent, Resource } from './source.js';

export class DecodedBytes implements Resource {
  readonly kind = 'resource';
  readonly message: MessageBuffer;
  readonly etag: string | undefined;
  readonly modified: number | undefined;
  readonly type: string;
  /** The encoded file is kept with it: by that it is found out whether it still holds. */
  readonly beside: number;
  readonly settled: boolean;

  /** @param encoded in memory as well */
  constructor(message: MessageBuffer, encoded: Resource, etag: string | undefined, type: string) {
    this.message = message;
    this.etag = etag;
    this.modified = encoded.modified;
    this.type = type;
    this.beside = encoded.bytes?.length ?? 0;
    this.settled = encoded.settled !== false;
  }

  get bytes(): Buffer {
    return this.message.content;
  }

  get size(): number {
    return this.bytes.length;
  }

  read(extent: Extent = { first: 0, last: this.size - 1 }): Readable {
    const bytes = this.bytes.subarray(extent.first, extent.last + 1);
    return Readable.from(bytes.length === 0 ? [] : [bytes]);
  }

  close(): void {}
}
