/** A kept connection on which one request follows another, each with its times. */
import net from 'node:net';
import { Reader, SINK } from './reader.js';

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
  readonly started: number;
  readonly reader: Reader;
  firstByte: number | undefined;
  isComplete: boolean;
  resolve(answer: Answer): void;
}

/** No answer takes longer, in milliseconds. */
const LONGEST = 60_000;

/** One connection. One exchange at a time. */
export class Connection {
  readonly #socket: net.Socket;
  readonly #longest: number;
  #pending: Pending | undefined;
  #reject: (error: Error) => void = () => {};

  /** @param longest milliseconds after which an exchange fails */
  constructor(port: number, longest: number = LONGEST) {
    this.#longest = longest;
    this.#socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: SINK,
        callback: (size, bytes) => {
          this.#onBytes(size, bytes);
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
        const check = (status: number, length: number) => this.#check(exchange, status, length);
        const reader = new Reader(method === 'HEAD', check, () => {
          pending.isComplete = true;
        });
        const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...fields, '', ''];
        const started = performance.now();
        const pending = { started, reader, firstByte: undefined, isComplete: false, resolve };
        this.#pending = pending;
        this.#socket.write(lines.join('\r\n'), 'latin1');
      });
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #onBytes(size: number, bytes: Uint8Array): void {
    const pending = this.#pending;
    const now = performance.now();
    try {
      if (pending === undefined) throw new Error('octets that were not asked for');
      pending.reader.push(size, bytes);
    } catch (error) {
      this.#fail((error as Error).message);
      return;
    }
    const { octets } = pending.reader;
    if (octets > 0) pending.firstByte ??= now;
    if (!pending.isComplete) return;
    this.#pending = undefined;
    const complete = now - pending.started;
    const firstByte = (pending.firstByte ?? now) - pending.started;
    pending.resolve({ octets, firstByte, complete });
  }

  #check({ path, status, length }: Exchange, got: number, octets: number): void {
    if (got !== status) this.#fail(`${path}: answered ${got} instead of ${status}`);
    else if (length !== undefined && octets !== length) {
      this.#fail(`${path}: ${octets} octets instead of ${length}`);
    }
  }

  #fail(reason: string): void {
    this.#socket.destroy();
    this.#reject(new Error(reason));
  }
}
