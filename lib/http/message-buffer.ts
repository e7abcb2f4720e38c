/**
 * Content in memory with room before it for the head of a message, so that both leave in one piece
 * and no octet of content is copied for that. A head is kept for as long as it fits: most answers to a
 * busy file differ in nothing but their second.
 */
import { encodeHead, type HeadContext } from './encode.js';
import type { Response } from './response.js';

/**
 * Room for a head, in octets: what the longest is that the options of a site make together, with some
 * 40 to spare for fields of one's own. A longer one is sent in front, as a text.
 */
export const HEAD_ROOM = 1024;

/** Content and the head before it. */
export class MessageBuffer {
  /** The content; never changed once it is in a response. */
  readonly content: Buffer;
  readonly #memory: Buffer;
  readonly #release: ((memory: Buffer) => void) | undefined;
  /** What the head was made of. */
  #response: Response | undefined;
  #date = '';
  #persist = false;
  #minorVersion = 1;
  /** The whole message, where its head is in the room; else that head. */
  #encoded: Buffer | string = '';
  /** Writes that a socket has not finished: until then the head must stay as it is. */
  #writes = 0;

  /**
   * @param size octets of content
   * @param memory at least {@link HEAD_ROOM} more than that
   * @param release called once the only response with it has been written
   */
  constructor(
    size: number,
    memory: Buffer = Buffer.allocUnsafeSlow(HEAD_ROOM + size),
    release?: (memory: Buffer) => void,
  ) {
    this.#memory = memory;
    this.content = memory.subarray(HEAD_ROOM, HEAD_ROOM + size);
    this.#release = release;
  }

  /** One that holds a copy of `bytes`. */
  static of(bytes: Uint8Array): MessageBuffer {
    const message = new MessageBuffer(bytes.length);
    message.content.set(bytes);
    return message;
  }

  /**
   * The whole message of a response with this content; only its head where it can't be in one piece: the
   * head is too long, or another one in the room is still being written.
   * @throws TypeError as {@link encodeHead}
   */
  encode(response: Response, context: HeadContext): Buffer | string {
    if (
      this.#date === context.date &&
      this.#response === response &&
      this.#persist === context.persist &&
      this.#minorVersion === context.minorVersion
    ) {
      return this.#encoded;
    }
    const head = encodeHead(response, context);
    this.#response = response;
    this.#date = context.date;
    this.#persist = context.persist;
    this.#minorVersion = context.minorVersion;
    this.#encoded = this.#writes > 0 || head.length > HEAD_ROOM ? head : this.#place(head);
    return this.#encoded;
  }

  #place(head: string): Buffer {
    const start = HEAD_ROOM - head.length;
    this.#memory.write(head, start, 'latin1');
    return this.#memory.subarray(start, HEAD_ROOM + this.content.length);
  }

  /** A write has begun that will end later. */
  beginWrite(): void {
    this.#writes++;
  }

  /** That write is over, whatever came of it. */
  readonly endWrite = (): void => {
    this.#writes--;
    this.written();
  };

  /** All that was written so far is with the system, or never will be. */
  written(): void {
    if (this.#writes === 0) this.#release?.(this.#memory);
  }
}
