/** Clients of decoded files: some that take all they get, and some that take it at a rate. */
import net from 'node:net';
import { AnswerReader } from '../clients/reader.js';
import { SINK } from '../clients/sink.js';
import { answerCalls } from '../support/child.js';
import { isContentAt } from './files.js';

export interface Downloads {
  readonly port: number;
  readonly path: string;
  readonly clients: number;
  /** Octets a second that each takes; absent: all. */
  readonly rate?: number;
  /** How long they go on, in seconds; absent: to the end of the file. */
  readonly seconds?: number;
  /** Whether every octet is compared. */
  readonly compared?: boolean;
}

export interface Downloaded {
  /** Octets of content. */
  readonly octets: number;
  readonly seconds: number;
}

/** Milliseconds between two helpings of a client with a rate. */
const INTERVAL = 20;

/** One download; resolves with its octets when it is over, or the time is. */
function download(load: Downloads, end: number): Promise<number> {
  const { port, path, rate, compared = false } = load;
  return new Promise((resolve, reject) => {
    let octets = 0;
    let allowed = rate === undefined ? Number.POSITIVE_INFINITY : 0;
    const timer = setInterval(() => {
      if (performance.now() > end) stop();
      else if (rate !== undefined) {
        allowed = Math.min(allowed + (rate * INTERVAL) / 1000, rate);
        if (allowed > 0) socket.resume();
      }
    }, INTERVAL);
    const stop = (error?: Error): void => {
      clearInterval(timer);
      socket.destroy();
      if (error === undefined) resolve(octets);
      else reject(error);
    };
    const reader = new AnswerReader({
      head({ status }) {
        if (status !== 200) stop(new Error(`${path}: answered ${status}`));
      },
      content(bytes) {
        if (compared && !isContentAt(octets, bytes)) stop(new Error(`${path}: wrong at ${octets}`));
        octets += bytes.length;
      },
      end: () => stop(),
    });
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: SINK,
        callback: (size, bytes) => {
          reader.push(bytes.subarray(0, size));
          allowed -= size;
          return allowed > 0;
        },
      },
    });
    socket.on('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
    socket.on('error', stop);
    socket.on('end', () => stop(new Error(`${path}: cut off after ${octets} octets`)));
  });
}

async function run(load: Downloads): Promise<Downloaded> {
  const started = performance.now();
  const end = started + 1000 * (load.seconds ?? Number.POSITIVE_INFINITY);
  const all = await Promise.all(
    Array.from({ length: load.clients }, async (_, index) => {
      // Not in step: each is at another place of the file.
      await new Promise((resolve) => setTimeout(resolve, load.rate === undefined ? 0 : 50 * index));
      return download(load, end);
    }),
  );
  const octets = all.reduce((sum, each) => sum + each, 0);
  return { octets, seconds: (performance.now() - started) / 1000 };
}

answerCalls({ run });
