/** Files that are stored encoded and served decoded. */
import type { BlteLimits } from '../../lib/blte/limits.js';
import { DECODED_FORMATS, DEFAULT_VERIFY, VERIFY } from '../../lib/source/decoding-choices.js';
import type { Option } from './option.js';

const DECODING = 'Decoding:';

type DecodingLimit = Exclude<keyof BlteLimits, 'maxDepth'>;

/** Which option sets which limit of decoding. */
export const DECODING_LIMITS: Readonly<Record<DecodingLimit, string>> = {
  maxSize: 'max-decoded',
  maxChunkSize: 'max-decoded-chunk',
  maxChunks: 'max-decoded-chunks',
};

export const DECODING_OPTIONS: readonly Option[] = [
  {
    name: 'decode',
    kind: 'choice',
    choices: DECODED_FORMATS,
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
    choices: VERIFY,
    group: DECODING,
    text: 'checksums of chunks: each time they are read, or once for each version of a file',
    default: DEFAULT_VERIFY,
  },
  {
    name: DECODING_LIMITS.maxSize,
    kind: 'size',
    group: DECODING,
    text: 'of a decoded file',
    default: '64g',
  },
  {
    name: DECODING_LIMITS.maxChunkSize,
    kind: 'size',
    group: DECODING,
    text: 'of a decoded chunk, of which each client has one in memory',
    default: '16m',
  },
  {
    name: DECODING_LIMITS.maxChunks,
    kind: 'count',
    group: DECODING,
    text: 'chunks of a file, with 24 octets in memory for each',
    default: '262144',
  },
];
