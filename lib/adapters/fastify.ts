/** Our handlers as a plugin of Fastify. Knows of Fastify what it needs by shape, and does not import it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DirectorySiteOptions, directorySite } from '../compose.js';
import { mountBelow } from './mount.js';
import { answer, isGuard } from './node.js';

/** What is used of a request to Fastify. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
}

/** What is used of its reply. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  getHeaders(): Record<string, number | string | string[] | undefined>;
  hijack(): unknown;
  callNotFound(): unknown;
  send(payload?: unknown): unknown;
}

/** What is used of Fastify. */
export interface FastifyLike {
  readonly prefix: string;
  route(options: {
    method: string[];
    url: string;
    handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => void;
  }): unknown;
  addHook(name: 'onClose', hook: () => Promise<void>): unknown;
}

/** What `register` takes. */
export type FastifyFiles = (instance: FastifyLike, options: unknown, done: () => void) => void;

/**
 * Serves a directory at the prefix that the plugin is registered with: `register(fastifyFiles('./public'),
 * { prefix: '/static' })`. What it has no file for is not found, by Fastify's own handler.
 * @throws Error with a message for people when `root` can't be served
 * @throws RangeError or TypeError for an option out of range
 */
export function fastifyFiles(root: string, options: DirectorySiteOptions = {}): FastifyFiles {
  const { handler, source } = directorySite(root, options);
  const method = ['GET', 'HEAD', ...(options.cors === undefined ? [] : ['OPTIONS'])];
  return (instance, _options, done) => {
    const { prefix } = instance;
    const serve = ({ raw }: FastifyRequestLike, reply: FastifyReplyLike): void => {
      const next = (error?: unknown): void => {
        if (error === undefined) reply.callNotFound();
        else reply.send(error);
      };
      const takeOver = (): void => {
        reply.hijack();
        // What hooks have set on the reply.
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
      };
      const mount = mountBelow(prefix, raw.url ?? '/');
      const standing = { mount, next, isGuard: isGuard(options), before: takeOver };
      answer(handler, raw, reply.raw, standing);
    };
    // The prefix itself, and all below it.
    for (const url of ['/', '/*']) instance.route({ method, url, handler: serve });
    instance.addHook('onClose', () => source.close());
    done();
  };
}
