/** What is served, and by whom. */
import type { Option } from './option.js';

const SERVING = 'Serving:';

export const SERVING_OPTIONS: readonly Option[] = [
  {
    name: 'workers',
    alias: 'w',
    kind: 'workers',
    group: SERVING,
    text: 'processes that serve; auto: one for each processor',
    default: '1',
  },
  {
    name: 'max-age',
    kind: 'seconds',
    group: SERVING,
    text: 'let clients reuse files for so many seconds, unasked',
  },
  {
    name: 'immutable',
    kind: 'flag',
    group: SERVING,
    text: 'with --max-age: the files never change',
  },
  {
    name: 'symlinks',
    alias: 'S',
    kind: 'flag',
    group: SERVING,
    text: 'follow symbolic links out of the folder',
  },
  { name: 'dotfiles', kind: 'flag', group: SERVING, text: 'serve names that start with a dot' },
  {
    name: 'grace',
    kind: 'seconds',
    group: SERVING,
    text: 'time to finish after Ctrl-C',
    default: '10',
  },
];
