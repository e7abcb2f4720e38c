/**
 * Traffic of all kinds at once for as long as it is told: pages, revalidations, ranges, downloads,
 * downloads broken off, clients that stall. Every answer is checked; one that is wrong ends it.
 */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerCalls } from '../support/child.js';
import { Connection, type Exchange } from './connection.js';

/** What is asked of whom. */
export interface SoakLoad {
  readonly port: number;
  readonly seconds: number;
  readonly small: File;
  readonly medium: File;
  readonly large: File;
  /** The small file's entity tag. */
  readonly etag: string;
  /** Clients of each kind at a time. */
  readonly clients: number;
}

/** A file by its path and length. */
export interface File {
  readonly path: string;
  readonly length: number;
}

/** How often each kind of exchange was had. */
export type SoakResult = Readonly<
  Record<'exchanges' | 'downloads' | 'aborted' | 'stalled', number>
>;

const RANGE = 65_536;
/** A client of the calm kinds rests so long between two exchanges, in milliseconds. */
const REST = 10;
/** A client stalls so long, in milliseconds: beyond the time after which a server may park it. */
const STALL = 3000;

class Soak {
  readonly #load: SoakLoad;
  readonly #end: number;
  readonly #counts = { exchanges: 0, downloads: 0, aborted: 0, stalled: 0 };

  constructor(load: SoakLoad) {
    this.#load = load;
    this.#end = performance.now() + load.seconds * 1000;
  }

  async run(): Promise<SoakResult> {
    const kinds = [
      () => this.#visitor(),
      () => this.#downloader(),
      () => this.#aborter(),
      () => this.#staller(),
    ];
    const clients = kinds.flatMap((kind) => Array.from({ length: this.#load.clients }, kind));
    await Promise.all(clients);
    return this.#counts;
  }

  get #isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Small exchanges on a kept connection, which is changed for another now and then. */
  async #visitor(): Promise<void> {
    while (!this.#isOver) {
      const connection = new Connection(this.#load.port);
      try {
        for (let count = 0; count < 100 && !this.#isOver; count++) {
          await connection.exchange(this.#small(count));
          this.#counts.exchanges++;
          await sleep(REST);
        }
      } finally {
        connection.close();
      }
    }
  }

  #small(count: number): Exchange {
    const { small, large, etag } = this.#load;
    const first = Math.floor(Math.random() * (large.length - RANGE));
    const range = `Range: bytes=${first}-${first + RANGE - 1}`;
    const kinds: Exchange[] = [
      { path: small.path, status: 200, length: small.length },
      { path: small.path, status: 304, fields: [`If-None-Match: ${etag}`] },
      { path: large.path, status: 206, length: RANGE, fields: [range] },
      { path: small.path, status: 416, fields: [`Range: bytes=${small.length}-`] },
      { path: large.path, status: 200, length: large.length, method: 'HEAD' },
      { path: '/absent', status: 404 },
    ];
    return kinds[count % kinds.length] as Exchange;
  }

  async #downloader(): Promise<void> {
    const { port, medium } = this.#load;
    while (!this.#isOver) {
      const connection = new Connection(port);
      try {
        await connection.exchange({ ...medium, status: 200 });
        this.#counts.downloads++;
      } finally {
        connection.close();
      }
      await sleep(REST);
    }
  }

  /** In turn: gone once octets came, by a reset, before any came. */
  async #aborter(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const socket = await this.#ask();
      if (turn % 3 !== 2) await firstOctets(socket);
      if (turn % 3 === 1) socket.resetAndDestroy();
      else socket.destroy();
      this.#counts.aborted++;
      await sleep(REST);
    }
  }

  /** Takes the first octets, then nothing for a while; every other one then takes some more. */
  async #staller(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const socket = await this.#ask();
      await firstOctets(socket);
      await sleep(Math.max(0, Math.min(STALL, this.#end - performance.now())));
      if (turn % 2 === 1) {
        socket.resume();
        await sleep(REST);
      }
      socket.destroy();
      this.#counts.stalled++;
    }
  }

  /** A connection on which the large file has been asked for. */
  #ask(): Promise<net.Socket> {
    const { port, large } = this.#load;
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.write(`GET ${large.path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 'latin1', () =>
          resolve(socket),
        );
      });
    });
  }
}

/** Waits until an answer begins, and takes no more of it. */
function firstOctets(socket: net.Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('data', () => {
      socket.pause();
      resolve();
    });
    socket.once('close', () => reject(new Error('closed before its answer began')));
  });
}

answerCalls({ run: (load: SoakLoad): Promise<SoakResult> => new Soak(load).run() });
