/** Who takes part, in the order of the tables. A new server: one file in lineup/, one line here. */
import { bun } from './lineup/bun.js';
import { caddy } from './lineup/caddy.js';
import { fastifyStatic } from './lineup/fastify-static.js';
import { httpServer } from './lineup/http-server.js';
import { nginx, nginxWorkers } from './lineup/nginx.js';
import { send } from './lineup/send.js';
import { serve } from './lineup/serve.js';
import { sirv } from './lineup/sirv.js';
import { sluice } from './lineup/sluice.js';
import { sluiceWorkers } from './lineup/sluice-workers.js';
import type { ServerKind } from './server.js';

export const SERVERS: readonly ServerKind[] = [
  sluice,
  sluiceWorkers,
  nginx,
  nginxWorkers,
  caddy,
  bun,
  send,
  fastifyStatic,
  sirv,
  httpServer,
  serve,
];

/** The servers of these names. @throws Error naming those there are */
export function serversNamed(names: readonly string[]): ServerKind[] {
  return names.map((name) => {
    const kind = SERVERS.find((each) => each.name === name);
    if (kind !== undefined) return kind;
    throw new Error(`no server ${name}; there are ${SERVERS.map((each) => each.name).join(', ')}`);
  });
}

/** Who of them takes part in a scenario: those it names, else all that are not there for others. */
export function contestantsOf(
  { contestants }: { readonly contestants?: readonly string[] },
  kinds: readonly ServerKind[],
): ServerKind[] {
  return kinds.filter(({ name, onlyWhereNamed }) =>
    contestants === undefined ? onlyWhereNamed !== true : contestants.includes(name),
  );
}
