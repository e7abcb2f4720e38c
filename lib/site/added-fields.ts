/**
 * Fields that are changed in responses. A response that is sent many times stays one response with them,
 * so that its head is still made once (lib/http/message-buffer.ts).
 */
import type { Response } from '../http/response.js';

/**
 * A function from responses to the same with other fields.
 * @param change the field lines that a response has then, name and value in turn; what it is given beside
 *   the response is always the same for that one
 */
export function onceEach<T>(
  change: (response: Response, more?: T) => readonly string[],
): (response: Response, more?: T) => Response {
  const made = new WeakMap<Response, Response>();
  return (response, more) => {
    const known = made.get(response);
    if (known !== undefined) return known;
    const changed: Response = { ...response, fields: change(response, more) };
    // What is streamed is sent once.
    if (response.message !== undefined) made.set(response, changed);
    return changed;
  };
}

/** Adds the same field lines to every response that it is given. */
export class AddedFields {
  readonly to: (response: Response) => Response;

  /** @param lines name and value in turn */
  constructor(lines: readonly string[]) {
    this.to = onceEach(({ fields }) => [...fields, ...lines]);
  }
}
