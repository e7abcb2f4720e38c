/**
 * A raw LZ4 block, decoded into memory of known size, with every length and distance checked: packages for
 * it write past the end, or have no call for a block of known size.
 *
 *     sequence = token literalLength* literal* [ distance matchLength* ]   ; the last one has no match
 */

/** Shorter copies are faster octet by octet. */
const SHORT = 32;

/** A block that is being decoded. */
export class Lz4Block {
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  #at = 0;
  #filled = 0;

  /** @param output as long as the content is */
  constructor(input: Uint8Array, output: Uint8Array) {
    this.#input = input;
    this.#output = output;
  }

  /**
   * Decodes sequences until some `octets` more are written, or all.
   * @returns whether that was all
   * @throws Error that says what is wrong
   */
  decode(octets: number): boolean {
    const pause = this.#filled + octets;
    while (this.#filled < pause) {
      const token = this.#octet();
      this.#literals(this.#length(token >> 4));
      if (this.#at === this.#input.length) {
        if (this.#filled === this.#output.length) return true;
        throw new Error(`it has ${this.#filled} octets instead of ${this.#output.length}`);
      }
      const distance = this.#octet() | (this.#octet() << 8);
      this.#match(distance, this.#length(token & 15) + 4);
    }
    return false;
  }

  #octet(): number {
    const octet = this.#input[this.#at++];
    if (octet === undefined) throw new Error('it ends within a sequence');
    return octet;
  }

  #length(nibble: number): number {
    let length = nibble;
    if (nibble === 15) {
      let more: number;
      do {
        more = this.#octet();
        length += more;
        // However much longer it is: 16 MiB of these keep the thread for 90 ms.
        if (length > this.#output.length) throw this.#tooLong();
      } while (more === 255);
    }
    return length;
  }

  #literals(length: number): void {
    const end = this.#at + length;
    if (end > this.#input.length) throw new Error('it ends within literals');
    this.#checkRoom(length);
    if (length > SHORT) this.#output.set(this.#input.subarray(this.#at, end), this.#filled);
    else {
      for (let i = 0; i < length; i++) {
        this.#output[this.#filled + i] = this.#input[this.#at + i] as number;
      }
    }
    this.#at = end;
    this.#filled += length;
  }

  #match(distance: number, length: number): void {
    const from = this.#filled - distance;
    if (distance === 0 || from < 0) throw new Error(`it refers ${distance} octets back`);
    this.#checkRoom(length);
    const end = this.#filled + length;
    const output = this.#output;
    if (length <= SHORT) {
      for (let to = this.#filled; to < end; to++) output[to] = output[to - distance] as number;
    } else {
      // What repeats itself doubles with each copy.
      for (let to = this.#filled; to < end; ) {
        const count = Math.min(end - to, to - from);
        output.copyWithin(to, from, from + count);
        to += count;
      }
    }
    this.#filled = end;
  }

  #checkRoom(length: number): void {
    if (this.#filled + length > this.#output.length) throw this.#tooLong();
  }

  #tooLong(): Error {
    return new Error(`it has more than ${this.#output.length} octets`);
  }
}
