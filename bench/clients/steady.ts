/**
 * Raw sockets that ask again and again on connections that are kept, for a time, from as many local
 * addresses as they are told: one address has ports for some 28,000 connections only.
 */
import net from 'node:net';
import type { SteadyFigures, SteadyLoad } from '../scaling/load.js';
import { treePath } from '../scaling/tree.js';
import { answerCalls } from '../support/child.js';

const SINK = Buffer.allocUnsafeSlow(262_144);
const END_OF_HEAD = '\r\n\r\n';

/** Connections that are opened at a time. */
const OPENED_AT_ONCE = 100;

/** What all connections add to. */
class Counts {
  readonly latencies: number[] = [];
  octets = 0;
  errors = 0;
}

/** One connection: a request, its answer, the next request. */
class Client {
  readonly #socket: net.Socket;
  readonly #counts: Counts;
  readonly #path: () => string;
  readonly closed: Promise<void>;
  #end = 0;
  #begun = 0;
  #head = '';
  #left = 0;

  constructor(load: SteadyLoad, index: number, counts: Counts) {
    const { target, port, addresses } = load;
    this.#counts = counts;
    this.#path =
      typeof target === 'string'
        ? () => target
        : () => treePath(Math.floor(Math.random() * target.files));
    this.#socket = net.connect({
      port,
      host: '127.0.0.1',
      ...(addresses > 1 ? { localAddress: `127.0.0.${2 + (index % addresses)}` } : {}),
      onread: {
        buffer: SINK,
        callback: (size, bytes) => {
          this.#read(Buffer.from(bytes.buffer, bytes.byteOffset, size));
          return true;
        },
      },
    });
    this.#socket.on('error', () => this.#fail());
    this.#socket.on('end', () => this.#fail());
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }

  /** Resolves when the connection stands, or has failed. */
  async open(): Promise<void> {
    const connected = new Promise<void>((resolve) => this.#socket.once('connect', resolve));
    await Promise.race([connected, this.closed]);
  }

  /** Asks until `end`, and then for nothing more. */
  run(end: number): void {
    this.#end = end;
    if (!this.#socket.destroyed) this.#ask();
  }

  #ask(): void {
    this.#begun = performance.now();
    if (this.#begun >= this.#end) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(`GET ${this.#path()} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 'latin1');
  }

  #read(bytes: Buffer): void {
    let content = bytes.length;
    if (this.#left === 0) {
      this.#head += bytes.toString('latin1');
      const end = this.#head.indexOf(END_OF_HEAD);
      if (end === -1) return;
      content = this.#head.length - end - END_OF_HEAD.length;
      if (!this.#head.startsWith('HTTP/1.1 200 ')) {
        this.#fail();
        return;
      }
      this.#left = Number(/\r\ncontent-length: *([0-9]+)/i.exec(this.#head)?.[1] ?? 0);
      this.#head = '';
    }
    this.#counts.octets += content;
    this.#left -= content;
    if (this.#left > 0) return;
    if (this.#left < 0) {
      this.#fail();
      return;
    }
    this.#counts.latencies.push(performance.now() - this.#begun);
    this.#ask();
  }

  #fail(): void {
    if (this.#socket.destroyed) return;
    this.#counts.errors++;
    this.#socket.destroy();
  }
}

async function run(load: SteadyLoad): Promise<SteadyFigures> {
  const counts = new Counts();
  const clients: Client[] = [];
  while (clients.length < load.connections) {
    const some = Array.from(
      { length: Math.min(OPENED_AT_ONCE, load.connections - clients.length) },
      (_, i) => new Client(load, clients.length + i, counts),
    );
    clients.push(...some);
    await Promise.all(some.map((client) => client.open()));
  }
  const started = performance.now();
  for (const client of clients) client.run(started + load.seconds * 1000);
  await Promise.all(clients.map(({ closed }) => closed));
  const sorted = counts.latencies.sort((a, b) => a - b);
  return {
    responses: sorted.length,
    octets: counts.octets,
    seconds: (performance.now() - started) / 1000,
    p99: sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? Number.NaN,
    errors: counts.errors,
  };
}

answerCalls({ run });
