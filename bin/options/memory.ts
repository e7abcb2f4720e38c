/** What may be held in memory, and how files are read. */
import type { Option } from './option.js';

const MEMORY = 'Memory:';

export const MEMORY_OPTIONS: readonly Option[] = [
  {
    name: 'cache-size',
    kind: 'size',
    group: MEMORY,
    text: 'memory cache; 0 turns it off',
    default: '64m',
  },
  {
    name: 'stream-threshold',
    kind: 'size',
    group: MEMORY,
    text: 'files up to this size are read whole',
    default: '1m',
  },
  {
    name: 'chunk-size',
    kind: 'size',
    group: MEMORY,
    text: 'larger files are streamed in chunks of this size',
    default: '32k',
  },
  {
    name: 'read-ahead',
    kind: 'size',
    group: MEMORY,
    text: 'read-ahead of all streams together; 0 turns it off',
    default: '6m',
  },
  {
    name: 'shared-reads',
    kind: 'flag',
    group: MEMORY,
    text: 'downloads of one file that are close together read it once',
    default: 'true',
  },
];
