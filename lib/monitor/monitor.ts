/**
 * The listener for those who look on: `/_health` for load balancers, `/metrics` for Prometheus. A server
 * of its own on a port of its own: what it tells is not for those who are served.
 */
import { errorResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import type { Response } from '../http/response.js';
import { type Family, sumFamilies } from '../observe/families.js';
import { type Address, createServer, type Server } from '../server/server.js';
import type { Answer } from '../site/handler.js';
import { exposition } from './metrics.js';

/** What {@link createMonitor} takes. */
export interface MonitorOptions {
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** The address to listen on. 127.0.0.1. */
  readonly host?: string;
  /** What was measured, of one process each. */
  readonly read: () => Promise<readonly (readonly Family[])[]>;
}

/** A listener that tells how the serving goes. */
export interface Monitor {
  /** Resolves once it can be asked. Rejects as `Server.listen` does, with a message that names the port. */
  listen(): Promise<Address>;
  /** From now on `/_health` says that the serving ends. */
  stopping(): void;
  /** To be closed last. */
  close(): Promise<void>;
}

/** Who looks on is few: beyond this many connections there is a 503. */
const MOST_CONNECTIONS = 100;

/** What an answer under way has to end by itself, in milliseconds. */
const GRACE = 200;

const ALLOW = 'GET, HEAD';

/** Makes the listener; it does nothing before `listen`. */
export function createMonitor(options: MonitorOptions): Monitor {
  return new MonitorServer(options);
}

class MonitorServer implements Monitor {
  readonly #read: MonitorOptions['read'];
  readonly #port: number;
  readonly #server: Server;
  #stopping = false;
  /** The answer that is being made: all who ask meanwhile get it. */
  #underWay: Promise<Response> | undefined;

  constructor({ port, host, read }: MonitorOptions) {
    this.#read = read;
    this.#port = port;
    this.#server = createServer({
      port,
      ...(host === undefined ? {} : { host }),
      handler: (request) => this.#answer(request),
      limits: { connections: MOST_CONNECTIONS },
      quiet: true,
    });
  }

  async listen(): Promise<Address> {
    try {
      return await this.#server.listen();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code === 'EADDRINUSE' ? `port ${this.#port} is in use` : message;
      throw new Error(
        `metrics can't be offered: ${reason}; take another --metrics-port, or 0 for a free one`,
        { cause: error },
      );
    }
  }

  stopping(): void {
    this.#stopping = true;
  }

  async close(): Promise<void> {
    await this.#server.close(GRACE);
  }

  #answer(request: RequestHead): Answer {
    const { path } = request.target;
    if (path !== '/_health' && path !== '/metrics') return errorResponse(404, request.fields);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return errorResponse(405, request.fields, ['Allow', ALLOW]);
    }
    if (path === '/_health') {
      return this.#stopping ? plain(503, 'stopping\n') : plain(200, 'ok\n');
    }
    this.#underWay ??= this.#metrics().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #metrics(): Promise<Response> {
    const { type, text } = await exposition(sumFamilies(await this.#read()));
    return plain(200, text, type);
  }
}

function plain(status: number, text: string, type = 'text/plain; charset=utf-8'): Response {
  return {
    status,
    fields: [
      'Content-Type',
      type,
      'Cache-Control',
      'no-store',
      'X-Content-Type-Options',
      'nosniff',
    ],
    body: Buffer.from(text, 'utf8'),
  };
}
