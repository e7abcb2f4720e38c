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
    name: 'index',
    kind: 'text',
    value: 'NAME',
    group: SERVING,
    text: 'name of the file that answers for a folder',
    default: 'index.html',
  },
  {
    name: 'listing',
    kind: 'flag',
    group: SERVING,
    text: 'list folders without an index file',
    default: 'true',
  },
  {
    name: 'config',
    alias: 'c',
    kind: 'text',
    value: 'FILE',
    group: SERVING,
    text: 'file with redirects, rewrites, headers and more; serve.json in the folder, where it is',
  },
  {
    name: 'single',
    alias: ['s', 'spa'],
    kind: 'flag',
    group: SERVING,
    text: 'the index file answers navigations to pages that are not there',
  },
  {
    name: 'clean-urls',
    kind: 'flag',
    group: SERVING,
    text: 'pages go by their names without .html',
  },
  {
    name: 'trailing-slash',
    kind: 'choice',
    choices: ['add', 'remove'],
    group: SERVING,
    text: 'of all pages: add it or remove it; by default folders have one',
  },
  {
    name: 'error-pages',
    kind: 'flag',
    group: SERVING,
    text: '404.html answers where nothing is, and so on',
    default: 'true',
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
    name: 'compression',
    offAlias: 'u',
    kind: 'flag',
    group: SERVING,
    text: 'send text compressed to clients that ask for it',
    default: 'true',
  },
  {
    name: 'precompressed',
    kind: 'flag',
    group: SERVING,
    text: 'send FILE.zst, FILE.br or FILE.gz in the place of FILE',
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
