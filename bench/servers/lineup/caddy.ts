/** Caddy's file server, as its command starts it: no administration, no access log. One processor. */
import { maybeOutput } from '../../support/machine.js';
import type { ServerKind } from '../server.js';

export const caddy: ServerKind = {
  name: 'caddy',
  family: 'native',
  version: () => maybeOutput('caddy', ['version'])?.split(' ')[0]?.trim(),
  command: ({ root, port }) => [
    'caddy',
    'file-server',
    '--root',
    root,
    '--listen',
    `127.0.0.1:${port}`,
  ],
  environment: { GOMAXPROCS: '1' },
};
