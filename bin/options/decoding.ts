/** Files that are stored encoded and served decoded. */
import type { Option } from './option.js';

const DECODING = 'Decoding:';

export const DECODING_OPTIONS: readonly Option[] = [
  {
    name: 'decode',
    kind: 'choice',
    choices: ['blte'],
    group: DECODING,
    text: 'serve NAME.blte as NAME too, where there is no other NAME',
  },
  {
    name: 'keys',
    kind: 'text',
    value: 'FILE',
    group: DECODING,
    text: 'file with the keys of encrypted chunks, NAME KEY in each line',
  },
  {
    name: 'key',
    kind: 'text',
    value: "'NAME KEY'",
    group: DECODING,
    text: 'key of encrypted chunks; better from SLUICE_KEY: others see the command line',
    repeatable: true,
    secret: true,
  },
  {
    name: 'verify',
    kind: 'choice',
    choices: ['always', 'once'],
    group: DECODING,
    text: 'checksums of chunks: each time they are read, or once for each version of a file',
    default: 'always',
  },
  {
    name: 'max-decoded',
    kind: 'size',
    group: DECODING,
    text: 'of a decoded file',
    default: '64g',
  },
  {
    name: 'max-decoded-chunk',
    kind: 'size',
    group: DECODING,
    text: 'of a decoded chunk, of which each client has one in memory',
    default: '16m',
  },
  {
    name: 'max-decoded-chunks',
    kind: 'count',
    group: DECODING,
    text: 'chunks of a file, with 24 octets in memory for each',
    default: '262144',
  },
];
