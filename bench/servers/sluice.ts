/** sluice as its public API gives it, with its defaults, as a child that can be asked how it is. */
import { type Address, serveDirectory } from '../../lib/index.js';
import { answerCalls } from '../support/child.js';

const [root = '.'] = process.argv.slice(2);
const { server } = serveDirectory(root, { port: 0 });

answerCalls({
  listen: (): Promise<Address> => server.listen(),
  /** What keeps the event loop alive, counted by kind: timers are among it. */
  resources: (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  },
});
