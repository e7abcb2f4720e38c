/** The request log: listens to the channel of exchanges and writes each one as a line. */
import {
  asciiJson,
  combinedLine,
  type LineFormat,
  logRecord,
  prettyLine,
} from '../observe/access-log.js';
import { type ExchangeEvent, exchangeChannel, reportError } from '../observe/channels.js';
import type { RequestLogOptions } from './options.js';
import { type LogSink, openSink } from './sink.js';

/** A log that goes on. */
export interface RequestLog {
  /** Stops listening; resolves when what was told is written. */
  end(): Promise<void>;
}

const STANDARD_OUTPUT = 1;

/**
 * Logs every exchange of this process, of all its servers, from now on.
 * @throws Error with a message for people where the file can't be opened
 */
export async function logRequests(options: RequestLogOptions): Promise<RequestLog> {
  const { format, file, color = false, before = '' } = options;
  const sink = open(file);
  const write =
    format === 'json'
      ? await jsonWriter(sink, before)
      : lineWriter(sink, format === 'pretty' ? prettyLine(color) : combinedLine, before);
  const listener = (message: unknown): void => write(message as ExchangeEvent);
  exchangeChannel.subscribe(listener);
  return {
    end(): Promise<void> {
      exchangeChannel.unsubscribe(listener);
      return sink.end();
    },
  };
}

type Writer = (event: ExchangeEvent) => void;

function lineWriter(sink: LogSink, format: LineFormat, before: string): Writer {
  return (event) => sink.write(before + format(event, Date.now() - event.duration));
}

async function jsonWriter(sink: LogSink, before: string): Promise<Writer> {
  // Only now: whoever logs otherwise does not wait for it.
  const { default: pino } = await import('pino');
  const logger = pino(
    {
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line) => sink.write(before + asciiJson(line.trimEnd())) },
  );
  return (event) => {
    const record = logRecord(event);
    if (event.status >= 500) logger.error(record);
    else logger.info(record);
  };
}

function open(file: string | undefined): LogSink {
  try {
    return openSink(file ?? STANDARD_OUTPUT, (lines, error) => {
      const why = error === undefined ? 'can not keep up' : `can't be written (${error.message})`;
      reportError(new Error(`the request log ${why}: ${lines} line(s) are missing`), '');
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`the log file ${file} can't be opened (${code}); name one that can be written`);
  }
}
