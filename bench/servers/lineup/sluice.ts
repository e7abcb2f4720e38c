/** The command of this package, with its defaults but for the log of requests: the others write none either. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ServerKind } from '../server.js';

// From dist/bench/servers/lineup.
const COMMAND = fileURLToPath(new URL('../../../command/serve.js', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../../../package.json', import.meta.url));

export const sluice: ServerKind = {
  name: 'sluice',
  family: 'sluice',
  version: () => JSON.parse(fs.readFileSync(PACKAGE, 'utf8')).version,
  command: ({ root, port }) => [process.execPath, COMMAND, root, '-L', '--port', `${port}`],
};
