/** sluice with decoding, as its public API gives it, as a child that can be asked how it is. */
import { tuneMemory } from '../../lib/cluster/v8.js';
import { type Address, serveDirectory } from '../../lib/index.js';
import { answerCalls } from '../support/child.js';

const [root = '.', verify = 'once', kind = 'worker', more = '{}'] = process.argv.slice(2);
const { server } = serveDirectory(root, {
  port: 0,
  decode: 'blte',
  verify: verify === 'always' ? 'always' : 'once',
  ...JSON.parse(more),
});

answerCalls({
  async listen(): Promise<Address> {
    const address = await server.listen();
    if (kind === 'alone') tuneMemory();
    return address;
  },
  memory: () => process.memoryUsage(),
});
