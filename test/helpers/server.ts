/** Servers in this process, on a free port of the loopback address, closed with the test. */
import { once } from 'node:events';
import net from 'node:net';
import type { Test } from 'tap';
import {
  type DirectoryServer,
  type ServeDirectoryOptions,
  serveDirectory,
} from '../../lib/compose.js';
import type { ServerOptions } from '../../lib/server/options.js';
import { createServer, type Server } from '../../lib/server/server.js';
import type { Handler } from '../../lib/site/handler.js';

/** A server under test. */
export interface Running {
  readonly server: Server;
  readonly port: number;
}

/** Serves a folder. */
export async function serve(
  t: Test,
  root: string,
  options: ServeDirectoryOptions = {},
): Promise<Running & DirectoryServer> {
  const parts = serveDirectory(root, { port: 0, ...options });
  const { port } = await parts.server.listen();
  t.teardown(() => parts.server.close(0));
  return { ...parts, port };
}

/** Serves by a handler. */
export async function serveHandler(
  t: Test,
  handler: Handler,
  options: Omit<ServerOptions, 'handler'> = {},
): Promise<Running> {
  const server = createServer({ handler, port: 0, ...options });
  const { port } = await server.listen();
  t.teardown(() => server.close(0));
  return { server, port };
}

/** A port that is in use until the test ends. */
export async function takenPort(t: Test): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as net.AddressInfo).port;
}
