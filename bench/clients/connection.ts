/** A kept connection on which one request follows another, each with its times. */
import net from 'node:net';
import { AnswerReader, type Head } from './reader.js';
import { SINK } from './sink.js';

/** One request, and what its answer must be. */
export interface Exchange {
  readonly method?: 'GET' | 'HEAD';
  readonly path: string;
  readonly fields?: readonly string[];
  readonly status: number;
  /** The octets of content; not looked at where absent. */
  readonly length?: number;
}

/** Times in milliseconds from the sending of the request. */
export interface Answer {
  readonly octets: number;
  /** To the first octet of content; without content, to the end of the head. */
  readonly firstByte: number;
  readonly complete: number;
}

interface Pending {
  readonly exchange: Exchange;
  readonly started: number;
  octets: number;
  /** Milliseconds since `started`. */
  firstByte: number | undefined;
  resolve(answer: Answer): void;
}

/** No answer takes longer, in milliseconds. */
const LONGEST = 60_000;

/** One connection. One exchange at a time. */
export class Connection {
  readonly #socket: net.Socket;
  readonly #longest: number;
  readonly #reader: AnswerReader;
  #pending: Pending | undefined;
  #reject: (error: Error) => void = () => {};

  /** @param longest milliseconds after which an exchange fails */
  constructor(port: number, longest: number = LONGEST) {
    this.#longest = longest;
    this.#reader = new AnswerReader({
      head: (head) => this.#onHead(head),
      content: (bytes) => this.#onContent(bytes.length),
      end: () => this.#onEnd(),
    });
    this.#socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: SINK,
        callback: (size, bytes) => {
          this.#onBytes(bytes.subarray(0, size));
          return true;
        },
      },
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('end', () => this.#fail('cut off'));
  }

  /** Asks, and reads the answer to its end. Rejects when it is not as it must be. */
  async exchange(exchange: Exchange): Promise<Answer> {
    const { method = 'GET', path, fields = [] } = exchange;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#reject = reject;
        timer = setTimeout(() => this.#fail(`no answer in ${this.#longest} ms`), this.#longest);
        const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...fields, '', ''];
        this.#reader.bodiless = method === 'HEAD';
        const started = performance.now();
        this.#pending = { exchange, started, octets: 0, firstByte: undefined, resolve };
        this.#socket.write(lines.join('\r\n'), 'latin1');
      });
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #onBytes(bytes: Uint8Array): void {
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #onHead({ status, length }: Head): void {
    if (this.#pending === undefined) throw new Error('an answer that was not asked for');
    const { exchange } = this.#pending;
    const { path } = exchange;
    if (status !== exchange.status) {
      throw new Error(`${path}: answered ${status} instead of ${exchange.status}`);
    }
    if (exchange.length !== undefined && length !== exchange.length) {
      throw new Error(`${path}: ${length} octets instead of ${exchange.length}`);
    }
  }

  #onContent(octets: number): void {
    const pending = this.#pending as Pending;
    pending.octets += octets;
    pending.firstByte ??= performance.now() - pending.started;
  }

  #onEnd(): void {
    const { octets, started, firstByte, resolve } = this.#pending as Pending;
    this.#pending = undefined;
    const complete = performance.now() - started;
    resolve({ octets, firstByte: firstByte ?? complete, complete });
  }

  #fail(reason: string): void {
    this.#socket.destroy();
    this.#reject(new Error(reason));
  }
}
