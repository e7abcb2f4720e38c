/**
 * One connection of a client that measures: asks, reads into a buffer that all share, compares, and
 * gives up on an answer that doesn't come. A fault is a value, for a run counts them.
 */
import net from 'node:net';
import { Inspection, type PlannedRequest, requestText } from './plan.js';
import { AnswerReader, type Head } from './reader.js';

/** What came of a request. */
export interface Answer {
  /** Octets of content. */
  readonly octets: number;
  /** Octets that came, head included. */
  readonly received: number;
  /** Milliseconds from the request to the last octet. */
  readonly milliseconds: number;
  readonly head: Head | undefined;
  /** What was wrong, in words. */
  readonly fault: string | undefined;
}

const SINK = Buffer.allocUnsafeSlow(262_144);
/** How often deadlines are looked at, in milliseconds. */
const SWEEP = 50;

interface Pending {
  readonly inspection: Inspection;
  readonly begun: number;
  received: number;
  head: Head | undefined;
  resolve(answer: Answer): void;
}

/** A connection that is opened when it is needed, and anew after a fault. */
export class Line {
  readonly #port: number;
  #socket: net.Socket | undefined;
  #reader: AnswerReader;
  #pending: Pending | undefined;
  #lastOctet = 0;
  readonly #sweep: NodeJS.Timeout;

  /** @param timeout milliseconds without an octet after which an answer counts as failed */
  constructor(port: number, timeout: number) {
    this.#port = port;
    this.#reader = this.#newReader();
    this.#sweep = setInterval(() => {
      if (this.#pending === undefined || performance.now() - this.#lastOctet < timeout) return;
      this.#finish(`nothing came for ${timeout} ms`);
    }, SWEEP);
  }

  /** Opens the connection, for requests that are to go out together. */
  connect(): Promise<void> {
    const socket = this.#open();
    return new Promise((resolve) => {
      socket.once('connect', resolve);
      // The request that comes next will say why.
      socket.once('close', resolve);
    });
  }

  /** Asks, one request at a time. */
  ask(plan: PlannedRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const begun = performance.now();
      this.#lastOctet = begun;
      const inspection = new Inspection(plan);
      this.#pending = { inspection, begun, received: 0, head: undefined, resolve };
      const socket = this.#socket ?? this.#open();
      socket.write(requestText(plan), 'latin1');
    });
  }

  /** Closes the connection; the next request opens another. */
  hangUp(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  /** Ends it for good. */
  close(): void {
    clearInterval(this.#sweep);
    this.hangUp();
  }

  #open(): net.Socket {
    this.#reader = this.#newReader();
    const socket = net.connect({
      port: this.#port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: SINK,
        callback: (size, bytes) => {
          if (socket === this.#socket) this.#take(bytes.subarray(0, size));
          return true;
        },
      },
    });
    const ended = (why: string) => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      socket.destroy();
      this.#finish(why);
    };
    socket.on('error', (error) => ended(error.message));
    socket.on('end', () => ended('cut off'));
    socket.on('close', () => ended('closed'));
    this.#socket = socket;
    return socket;
  }

  #take(bytes: Uint8Array): void {
    this.#lastOctet = performance.now();
    if (this.#pending !== undefined) this.#pending.received += bytes.length;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#finish((error as Error).message);
    }
  }

  #newReader(): AnswerReader {
    return new AnswerReader({
      head: (head) => {
        if (this.#pending === undefined) throw new Error('an answer to no request');
        this.#pending.head = head;
        this.#pending.inspection.status(head.status);
      },
      content: (bytes) => this.#pending?.inspection.content(bytes),
      end: () => this.#finish(this.#pending?.inspection.maybeFault()),
    });
  }

  #finish(fault: string | undefined): void {
    const pending = this.#pending;
    this.#pending = undefined;
    const willClose = /close/i.test(pending?.head?.field('connection') ?? '');
    if (fault !== undefined || willClose) this.hangUp();
    pending?.resolve({
      octets: pending.inspection.octets,
      received: pending.received,
      milliseconds: performance.now() - pending.begun,
      head: pending.head,
      fault,
    });
  }
}
