/** What can be said about a request log. Here alone, so that who only names it does not load it. */

/** How a line can look. */
export type LogFormat = 'pretty' | 'combined' | 'json';

export const LOG_FORMATS: readonly LogFormat[] = ['pretty', 'combined', 'json'];

/** What `logRequests` takes; plain data, so that it can be sent to another process. */
export interface RequestLogOptions {
  /** `pretty` for people, `combined` as Apache, `json` as pino writes it. */
  readonly format: LogFormat;
  /** The file to append to; standard output. Looked at once a second, and made anew when it was moved. */
  readonly file?: string | undefined;
  /** Colours in `pretty`. */
  readonly color?: boolean;
  /** What each line begins with, such as a sequence that clears the terminal's line. */
  readonly before?: string;
}
