/** Finds the answers in what comes on one connection, and checks and counts them. Knows no sockets. */

/** What comes is read into one buffer that all clients of a process share, and dropped. */
export const SINK: Buffer = Buffer.allocUnsafeSlow(262_144);
const END_OF_HEAD = '\r\n\r\n';

/** Reads the answers on one connection. */
export class Reader {
  #text = '';
  #left: number | undefined;
  readonly #bodiless: boolean;
  readonly #check: (status: number, length: number) => void;
  readonly #complete: () => void;
  /** Octets of content so far. */
  octets = 0;

  constructor(
    bodiless: boolean,
    check: (status: number, length: number) => void,
    complete: () => void,
  ) {
    this.#bodiless = bodiless;
    this.#check = check;
    this.#complete = complete;
  }

  /** Takes what came. @throws Error when an answer is longer than it says */
  push(size: number, bytes: Uint8Array): void {
    let content = size;
    if (this.#left === undefined) {
      this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, size).toString('latin1');
      const end = this.#text.indexOf(END_OF_HEAD);
      if (end === -1) return;
      const head = this.#text.slice(0, end);
      content = this.#text.length - end - END_OF_HEAD.length;
      this.#text = '';
      const status = Number(head.slice(9, 12));
      const length = Number(/\r\ncontent-length: *([0-9]+)/i.exec(head)?.[1] ?? 0);
      this.#check(status, length);
      this.#left = this.#bodiless || status === 304 ? 0 : length;
    }
    this.octets += content;
    this.#left -= content;
    if (this.#left < 0) throw new Error('an answer is longer than it says');
    if (this.#left > 0) return;
    this.#left = undefined;
    this.#complete();
  }
}
