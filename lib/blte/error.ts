/**
 * What is wrong with BLTE input, and where: one class of errors, and the places that they name. Knows
 * nothing of how chunks are decoded.
 */
import type { BlteLimits } from './limits.js';

/** Where something is wrong. */
export interface BlteErrorPlace {
  /** The chunk's index in the file, from 0. `undefined`: it is the header that is wrong. */
  readonly chunk?: number | undefined;
  /** Its modes from the outside in: `Z`, `E>Z`, `F>N`. `undefined`: not known yet. */
  readonly mode?: string | undefined;
  /** The octet of the file at which that chunk, or the wrong field of the header, begins. */
  readonly offset?: number | undefined;
  /** The limit that it is beyond. `undefined`: no limit is at fault. */
  readonly limit?: keyof BlteLimits | undefined;
  /** The name of the key that may be wrong in its place. `undefined`: none was used. */
  readonly doubtful?: string | undefined;
}

/** Input that is not BLTE, is damaged, cut off, or beyond a limit. */
export class BlteError extends Error {
  readonly chunk: number | undefined;
  readonly mode: string | undefined;
  readonly offset: number | undefined;
  /** The limit that it is beyond, which the message names too. */
  readonly limit: keyof BlteLimits | undefined;
  /** The name of the key that may be wrong in its place, which the message names too. */
  readonly doubtful: string | undefined;

  /** @param message for people: it names the chunk and the mode by itself */
  constructor(message: string, place: BlteErrorPlace, options?: ErrorOptions) {
    super(message, options);
    const { chunk, mode, offset, limit, doubtful } = place;
    this.name = 'BlteError';
    this.chunk = chunk;
    this.mode = mode;
    this.offset = offset;
    this.limit = limit;
    this.doubtful = doubtful;
  }
}

/** A mode as people see it: its letter where it has one. */
export function modeName(mode: number): string {
  const isVisible = mode > 0x20 && mode < 0x7f;
  return isVisible ? String.fromCharCode(mode) : `0x${mode.toString(16).padStart(2, '0')}`;
}

/** A chunk that is being decoded: how messages call it, and what it is nested in. */
export class Place {
  /** Its index in the BLTE that it is a chunk of. */
  readonly chunk: number;
  /** How many frames it is in. */
  readonly depth: number;
  /** Whether it, or a frame that it is in, was encrypted. */
  encrypted = false;
  /** The name of the key that it was decrypted with: where that is wrong, what comes out looks damaged. */
  key: string | undefined;
  readonly #offset: number;
  readonly #frame: Place | undefined;
  readonly #modes: string[] = [];

  /** @param offset of the chunk in its file; of no use within a frame */
  constructor(chunk: number, offset: number, frame?: Place) {
    this.chunk = chunk;
    this.depth = frame === undefined ? 0 : frame.depth + 1;
    this.encrypted = frame?.encrypted ?? false;
    this.key = frame?.key;
    this.#offset = offset;
    this.#frame = frame;
  }

  /** Notes the mode that decoding has come to. */
  enter(mode: number): void {
    this.#modes.push(modeName(mode));
  }

  /** The error that says `what` is wrong here. */
  error(what: string, cause?: unknown): BlteError {
    const options = cause === undefined ? undefined : { cause };
    const doubt = this.key === undefined ? '' : `, or the key ${this.key} is wrong`;
    return new BlteError(
      `${this}: ${what}${doubt}`,
      { ...this.#found, doubtful: this.key },
      options,
    );
  }

  /** The error that says what is beyond a limit here; `what` names it. */
  beyond(limit: keyof BlteLimits, what: string): BlteError {
    return new BlteError(`${this}: ${what}`, { ...this.#found, limit });
  }

  toString(): string {
    const mode = this.#modes.length === 0 ? '' : ` (mode ${this.#modes.join('>')})`;
    const self = `chunk ${this.chunk}${mode}`;
    return this.#frame === undefined ? self : `${this.#frame}, in it ${self}`;
  }

  get #found(): BlteErrorPlace {
    return { chunk: this.#top.chunk, mode: this.#mode, offset: this.#top.#offset };
  }

  get #top(): Place {
    return this.#frame === undefined ? this : this.#frame.#top;
  }

  get #mode(): string | undefined {
    const own = this.#modes.join('>');
    const outer = this.#frame === undefined ? undefined : this.#frame.#mode;
    if (outer === undefined) return own === '' ? undefined : own;
    return own === '' ? outer : `${outer}>${own}`;
  }
}
