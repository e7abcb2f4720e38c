/**
 * The one error the protocol core throws. It carries the status that answers it, so that no caller
 * has to guess; it never carries bytes of the request, so that nothing can be reflected.
 */

/** A request that must be refused. After one from the parser, the connection can't be framed any more. */
export class HttpError extends Error {
  /** The status code to answer with, 400 to 599. */
  readonly status: number;
  /** Extra field lines of the answer, name and value in turn, for example `['allow', 'GET']`. */
  readonly fields: readonly string[];

  constructor(status: number, reason: string, fields: readonly string[] = []) {
    super(reason);
    this.name = 'HttpError';
    this.status = status;
    this.fields = fields;
  }
}
