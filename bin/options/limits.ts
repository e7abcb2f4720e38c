/** Timeouts and limits. */
import type { Option } from './option.js';

const TIME = 'Timeouts, in seconds (0: none):';
const LIMITS = 'Limits:';

export const LIMIT_OPTIONS: readonly Option[] = [
  {
    name: 'head-timeout',
    kind: 'seconds',
    group: TIME,
    text: 'for the head of a request',
    default: '10',
  },
  {
    name: 'handshake-timeout',
    kind: 'seconds',
    group: TIME,
    text: 'for the TLS handshake',
    default: '10',
  },
  { name: 'idle-timeout', kind: 'seconds', group: TIME, text: 'between requests', default: '15' },
  {
    name: 'content-timeout',
    kind: 'seconds',
    group: TIME,
    text: 'for the content of a request',
    default: '30',
  },
  {
    name: 'stall-timeout',
    kind: 'seconds',
    group: TIME,
    text: 'for a client that takes nothing',
    default: '60',
  },
  {
    name: 'linger-timeout',
    kind: 'seconds',
    group: TIME,
    text: 'for a client to close its side',
    default: '5',
  },
  {
    name: 'max-connections',
    kind: 'count',
    group: LIMITS,
    text: 'connections at a time (0: no bound)',
    default: '10000',
  },
  {
    name: 'max-connections-per-address',
    kind: 'count',
    group: LIMITS,
    text: 'of these from one address (0: no bound)',
    default: '0',
  },
  {
    name: 'min-rate',
    kind: 'size',
    group: LIMITS,
    text: 'least octets per second of a response (0: no bound)',
    default: '0',
  },
  {
    name: 'throttle',
    kind: 'rate',
    group: LIMITS,
    text: 'most octets per second to a connection, such as 1MB/s (0: no bound)',
    default: '0',
  },
  {
    name: 'rate-limit',
    kind: 'count',
    group: LIMITS,
    text: 'requests per second from one address (0: no bound)',
    default: '0',
  },
  {
    name: 'max-pipeline',
    kind: 'size',
    group: LIMITS,
    text: 'pipelined requests held per connection',
    default: '64k',
  },
  { name: 'max-target', kind: 'size', group: LIMITS, text: 'request-target', default: '8k' },
  { name: 'max-head', kind: 'size', group: LIMITS, text: 'head of a request', default: '16k' },
  {
    name: 'max-fields',
    kind: 'count',
    group: LIMITS,
    text: 'field lines of a request',
    default: '100',
  },
  {
    name: 'max-empty-lines',
    kind: 'count',
    group: LIMITS,
    text: 'empty lines before a request',
    default: '4',
  },
  { name: 'max-content', kind: 'size', group: LIMITS, text: 'content of a request', default: '1m' },
  {
    name: 'max-chunk-extensions',
    kind: 'size',
    group: LIMITS,
    text: 'chunk extensions of a request',
    default: '4k',
  },
  {
    name: 'max-trailers',
    kind: 'size',
    group: LIMITS,
    text: 'trailers of a request',
    default: '4k',
  },
  {
    name: 'max-ranges',
    kind: 'count',
    group: LIMITS,
    text: 'ranges answered in one response',
    default: '64',
  },
];
