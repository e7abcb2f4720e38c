/** A client on a bare socket: sends the octets it is given, and keeps all that comes back. */
import net from 'node:net';
import tls from 'node:tls';
import { parseHead, parseResponses, type WireResponse } from './response.js';

/** How a connection ended: by the server's FIN, by a reset or another error. */
export type Ending = 'end' | 'error';

/** How the client behaves. */
export interface ClientOptions {
  /** Reads nothing before `resume`. */
  readonly paused?: boolean;
  /** Ends its side when the server does. True. */
  readonly closeOnEnd?: boolean;
  /** Speaks TLS. */
  readonly tls?: tls.ConnectionOptions;
}

/** One connection. */
export class RawClient {
  readonly socket: net.Socket;
  readonly #tcp: net.Socket;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #error: NodeJS.ErrnoException | undefined;
  #ended = false;
  #closed = false;

  /** @param port of the loopback address, or the path of a unix socket */
  constructor(port: number | string, options: ClientOptions = {}) {
    const { paused = false, closeOnEnd = true } = options;
    const where = typeof port === 'string' ? { path: port } : { port, host: '127.0.0.1' };
    const place = { ...where, allowHalfOpen: !closeOnEnd };
    this.#tcp = net.connect(place);
    this.socket =
      options.tls === undefined
        ? this.#tcp
        : tls.connect({ socket: this.#tcp, servername: 'localhost', ...options.tls });
    this.socket.setNoDelay(true);
    this.socket.on('error', (error) => {
      this.#error = error;
    });
    this.socket.on('end', () => {
      this.#ended = true;
    });
    this.socket.on('close', () => {
      this.#closed = true;
    });
    if (!paused) this.resume();
  }

  /** Resolves when connected. */
  async connected(): Promise<this> {
    if (this.socket.connecting) {
      await new Promise((resolve, reject) => {
        this.socket.once('connect', resolve);
        this.socket.once('error', reject);
      });
    }
    return this;
  }

  resume(): void {
    if (this.socket.listenerCount('data') === 0) {
      this.socket.on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk);
        this.#length += chunk.length;
      });
    }
    this.socket.resume();
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes, 'latin1');
    return this;
  }

  /** Ends this side: a half-close. */
  finish(bytes: string | Buffer = ''): this {
    this.socket.end(bytes, 'latin1');
    return this;
  }

  destroy(): void {
    this.socket.destroy();
    // Under TLS that is another one, which is left where it does not connect yet.
    this.#tcp.destroy();
  }

  /** A reset instead of a FIN. */
  reset(): void {
    this.#tcp.resetAndDestroy();
  }

  get received(): Buffer {
    if (this.#chunks.length > 1)
      this.#chunks.splice(0, this.#chunks.length, Buffer.concat(this.#chunks));
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get length(): number {
    return this.#length;
  }

  get error(): NodeJS.ErrnoException | undefined {
    return this.#error;
  }

  /** Whether the server has ended its side. */
  get ended(): boolean {
    return this.#ended;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when the server's side has ended, or the connection broke. */
  async over(milliseconds = 10_000): Promise<Ending> {
    await until(() => this.#ended || this.#closed, milliseconds, 'the connection ends');
    return this.#ended ? 'end' : 'error';
  }

  /** Resolves when the socket is gone. */
  async gone(milliseconds = 10_000): Promise<void> {
    await until(() => this.#closed, milliseconds, 'the socket is closed');
  }

  /** Resolves when that much has come. */
  async has(octets: number, milliseconds = 10_000): Promise<void> {
    await until(() => this.#length >= octets, milliseconds, `${octets} octets come`);
  }

  /** Resolves with the first head that came. */
  async head(milliseconds = 10_000): Promise<WireResponse> {
    await until(() => this.received.includes('\r\n\r\n'), milliseconds, 'a head comes');
    return parseHead(this.received).response;
  }

  /** All responses, once the server has ended its side. Throws when it broke the connection. */
  async responses(methods: readonly string[] = [], milliseconds = 10_000): Promise<WireResponse[]> {
    const ending = await this.over(milliseconds);
    if (ending === 'error') throw new Error(`connection broken: ${this.#error?.code ?? 'closed'}`);
    return parseResponses(this.received, methods);
  }
}

/** Sends `bytes` and reads all responses; the requests must end with one that closes. */
export async function converse(
  port: number | string,
  bytes: string | Buffer,
  methods: readonly string[] = [],
  options: ClientOptions = {},
): Promise<WireResponse[]> {
  const client = new RawClient(port, options);
  client.send(bytes);
  try {
    return await client.responses(methods);
  } finally {
    client.destroy();
  }
}

/** One request on a connection of its own. */
export async function request(
  port: number | string,
  target: string,
  fields: readonly string[] = [],
  method = 'GET',
  options: ClientOptions = {},
): Promise<WireResponse> {
  const bytes = requestBytes(target, ['Connection: close', ...fields], method);
  const [response] = await converse(port, bytes, [method], options);
  return response as WireResponse;
}

/** The octets of a request without content. */
export function requestBytes(
  target: string,
  fields: readonly string[] = [],
  method = 'GET',
): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: a', ...fields, '', ''].join('\r\n');
}

/** Waits until `condition` holds; throws when it doesn't in time. */
export async function until(
  condition: () => boolean,
  milliseconds = 10_000,
  what = 'the condition holds',
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await pause(5);
  }
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** A promise that is resolved from outside. */
export class Gate {
  readonly opened: Promise<void>;
  #open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}
