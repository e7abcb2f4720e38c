/**
 * Fields that are added to responses. A response that is sent many times stays one response with them,
 * so that its head is still made once (lib/http/message-buffer.ts).
 */
import type { Response } from '../http/response.js';

/** Adds the same field lines to every response that it is given. */
export class AddedFields {
  readonly #lines: readonly string[];
  readonly #made = new WeakMap<Response, Response>();

  /** @param lines name and value in turn */
  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  to(response: Response): Response {
    const known = this.#made.get(response);
    if (known !== undefined) return known;
    const made: Response = { ...response, fields: [...response.fields, ...this.#lines] };
    // What is streamed is sent once.
    if (response.message !== undefined) this.#made.set(response, made);
    return made;
  }
}
