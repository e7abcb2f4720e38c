/**
 * Clients that cost next to nothing: raw sockets that count what they get and throw it away. Every
 * answer is checked for its status and its length.
 */
import net from 'node:net';
import { answerCalls } from '../support/child.js';
import { AnswerReader } from './reader.js';
import { SINK } from './sink.js';

/** A number of equal requests, over a number of connections that are kept. */
export interface RequestLoad {
  readonly port: number;
  readonly method?: 'GET' | 'HEAD';
  readonly path: string;
  readonly fields?: readonly string[];
  /** The status that every answer must have. */
  readonly status: number;
  /** The octets of content that every answer must have; not looked at where absent. */
  readonly length?: number;
  readonly connections: number;
  readonly requests: number;
}

/** What a load came to. */
export interface LoadResult {
  readonly responses: number;
  /** Octets of content. */
  readonly octets: number;
  readonly seconds: number;
}

/** Downloads that are broken off, each on a connection of its own. */
export interface AbortLoad {
  readonly port: number;
  readonly path: string;
  readonly downloads: number;
  readonly connections: number;
}

/** Clients that read the head of an answer and then nothing more. */
export interface StallLoad {
  readonly port: number;
  readonly path: string;
  readonly clients: number;
}

function request({ method = 'GET', path, fields = [] }: RequestLoad): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...fields, '', ''].join('\r\n');
}

async function requests(load: RequestLoad): Promise<LoadResult> {
  const text = request(load);
  const started = performance.now();
  let begun = 0;
  let responses = 0;
  let octets = 0;
  const connection = () =>
    new Promise<void>((resolve, reject) => {
      const fail = (reason: string) => {
        socket.destroy();
        reject(new Error(`${load.path}: ${reason}`));
      };
      const next = () => {
        if (begun === load.requests) {
          socket.destroy();
          resolve();
          return;
        }
        begun++;
        socket.write(text, 'latin1');
      };
      const reader = new AnswerReader({
        head({ status, length }) {
          if (status !== load.status) fail(`answered ${status} instead of ${load.status}`);
          else if (load.length !== undefined && length !== load.length) {
            fail(`${length} octets instead of ${load.length}`);
          }
        },
        content(bytes) {
          octets += bytes.length;
        },
        end() {
          responses++;
          next();
        },
      });
      reader.bodiless = load.method === 'HEAD';
      const take = (bytes: Uint8Array) => {
        try {
          reader.push(bytes);
        } catch (error) {
          fail((error as Error).message);
        }
      };
      const socket = net.connect({
        port: load.port,
        host: '127.0.0.1',
        onread: {
          buffer: SINK,
          callback: (size, bytes) => {
            take(bytes.subarray(0, size));
            return true;
          },
        },
      });
      socket.on('connect', next);
      socket.on('error', (error) => fail(error.message));
      socket.on('end', () => fail('cut off'));
    });
  await Promise.all(Array.from({ length: Math.min(load.connections, load.requests) }, connection));
  return { responses, octets, seconds: (performance.now() - started) / 1000 };
}

/** Several loads at the same time, as one. */
async function several(loads: readonly RequestLoad[]): Promise<LoadResult> {
  const started = performance.now();
  const results = await Promise.all(loads.map(requests));
  const sum = (of: 'responses' | 'octets') => results.reduce((all, result) => all + result[of], 0);
  const seconds = (performance.now() - started) / 1000;
  return { responses: sum('responses'), octets: sum('octets'), seconds };
}

/** In turn: gone as soon as the first octets come, the same by a reset, gone before any came. */
async function aborts({ port, path, downloads, connections }: AbortLoad): Promise<number> {
  const text = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  let begun = 0;
  const one = (turn: number) =>
    new Promise<void>((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1' });
      socket.on('connect', () => {
        socket.write(text, 'latin1', () => {
          if (turn % 3 === 2) socket.destroy();
        });
      });
      socket.on('data', () => {
        if (turn % 3 === 1) socket.resetAndDestroy();
        else socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
    });
  const line = async () => {
    while (begun < downloads) await one(begun++);
  };
  await Promise.all(Array.from({ length: connections }, line));
  return begun;
}

const stalled: net.Socket[] = [];

async function stall({ port, path, clients }: StallLoad): Promise<number> {
  const text = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1' });
      stalled.push(socket);
      socket.on('connect', () => socket.write(text, 'latin1'));
      socket.once('data', () => {
        socket.pause();
        resolve();
      });
      socket.on('error', reject);
    });
  for (let at = 0; at < clients; at += 50) {
    await Promise.all(Array.from({ length: Math.min(50, clients - at) }, one));
  }
  return stalled.length;
}

async function release(): Promise<void> {
  const closed = stalled.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of stalled.splice(0)) socket.destroy();
  await Promise.all(closed);
}

answerCalls({ requests, several, aborts, stall, release });
