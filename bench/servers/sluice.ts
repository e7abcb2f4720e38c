/**
 * sluice as its public API gives it, with its defaults but for the mode, as a child that can be asked
 * how it is.
 */
import { type Address, type ServingMode, serveDirectory } from '../../lib/index.js';
import { answerCalls } from '../support/child.js';
import type { MemoryUse } from './contestant.js';

const [root = '.', mode = 'stream'] = process.argv.slice(2);
const { server } = serveDirectory(root, { port: 0, mode: mode as ServingMode });

answerCalls({
  listen: (): Promise<Address> => server.listen(),
  /** Octets, as V8 and node count them. */
  memory: (): MemoryUse => {
    const { heapUsed, external } = process.memoryUsage();
    return { heap: heapUsed, external };
  },
  /** What keeps the event loop alive, counted by kind: timers are among it. */
  resources: (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  },
});
