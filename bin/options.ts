/**
 * The command's options: one table that makes the help, checks the values and gives the server its
 * options. Sizes may end in k, m or g (powers of 1024), times are seconds.
 */
import { MOST_WORKERS, type WorkerCount } from '../lib/cluster/budget.js';
import type { ServeDirectoryOptions } from '../lib/compose.js';
import { SERVING_MODES, type ServingMode } from '../lib/lab/load-mode.js';

/** An argument that can't be used; its message says what would be. */
export class UsageError extends Error {}

type Kind = 'size' | 'seconds' | 'count' | 'port' | 'workers' | 'text' | 'flag' | 'choice';

interface Option {
  readonly name: string;
  readonly alias?: string;
  readonly kind: Kind;
  readonly group: string;
  readonly text: string;
  /** As it would be given; a flag that is on by default is turned off by `--no-NAME`. */
  readonly default?: string;
  /** What a choice is between. */
  readonly choices?: readonly string[];
}

const SERVING = 'Serving:';
const MEMORY = 'Memory:';
const TIME = 'Timeouts, in seconds (0: none):';
const LIMITS = 'Limits:';
const OUTPUT = 'Output:';
const TEACHING = 'Teaching:';

/** Every option of the command. */
export const OPTIONS: readonly Option[] = [
  {
    name: 'port',
    alias: 'p',
    kind: 'port',
    group: SERVING,
    text: 'port; 0 takes a free one',
    default: '8080',
  },
  {
    name: 'host',
    kind: 'text',
    group: SERVING,
    text: 'address to listen on',
    default: '127.0.0.1',
  },
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
  {
    name: 'head-timeout',
    kind: 'seconds',
    group: TIME,
    text: 'for the head of a request',
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
  { name: 'json', kind: 'flag', group: OUTPUT, text: 'one line of JSON per event on stdout' },
  {
    name: 'mode',
    kind: 'choice',
    choices: SERVING_MODES,
    group: TEACHING,
    text: 'stream, or load each file whole for each client, to see what that costs',
    default: 'stream',
  },
];

/** What the command line came to. */
export interface Settings {
  readonly root: string;
  readonly json: boolean;
  /** Milliseconds. */
  readonly grace: number;
  readonly workers: WorkerCount;
  readonly server: ServeDirectoryOptions;
}

/**
 * Turns parsed arguments into settings.
 * @param values option names with what was given for them, or their defaults
 * @throws UsageError naming the option, the value and what it takes
 */
export function toSettings(root: string, values: Record<string, unknown>): Settings {
  const number = (name: string): number => Number(convert(name, values[name]));
  const flag = (name: string): boolean => String(values[name]) === 'true';
  const milliseconds = (name: string): number => number(name) * 1000;
  if (flag('immutable') && values['max-age'] === undefined) {
    throw new UsageError('--immutable needs --max-age: how many seconds the files never change');
  }
  return {
    root,
    json: flag('json'),
    grace: milliseconds('grace'),
    workers: convert('workers', values.workers) as WorkerCount,
    server: {
      port: number('port'),
      host: String(convert('host', values.host)),
      ...(values['max-age'] === undefined ? {} : { maxAge: number('max-age') }),
      immutable: flag('immutable'),
      symlinks: flag('symlinks'),
      dotfiles: flag('dotfiles'),
      cacheSize: number('cache-size'),
      streamThreshold: number('stream-threshold'),
      chunkSize: number('chunk-size'),
      readAhead: number('read-ahead'),
      mode: convert('mode', values.mode) as ServingMode,
      sharedReads: flag('shared-reads'),
      maxRanges: number('max-ranges'),
      timeouts: {
        head: milliseconds('head-timeout'),
        idle: milliseconds('idle-timeout'),
        content: milliseconds('content-timeout'),
        stall: milliseconds('stall-timeout'),
        linger: milliseconds('linger-timeout'),
      },
      limits: {
        connections: number('max-connections'),
        connectionsPerAddress: number('max-connections-per-address'),
        minRate: number('min-rate'),
        pipeline: number('max-pipeline'),
        target: number('max-target'),
        head: number('max-head'),
        fields: number('max-fields'),
        emptyLines: number('max-empty-lines'),
        content: number('max-content'),
        chunkExtensions: number('max-chunk-extensions'),
        trailers: number('max-trailers'),
      },
    },
  };
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
]);

function convert(name: string, given: unknown): number | string {
  const { kind, choices } = OPTIONS.find((option) => option.name === name) as Option;
  if (Array.isArray(given)) throw new UsageError(`--${name} is given more than once; give it once`);
  const text = String(given);
  const complain = (takes: string): UsageError =>
    new UsageError(`--${name} ${text || "''"} can't be used; it takes ${takes}`);
  if (kind === 'text') {
    if (text === '') throw complain('a value');
    return text;
  }
  if (kind === 'workers') {
    if (text === 'auto') return text;
    if (!/^[0-9]{1,4}$/.test(text) || Number(text) < 1 || Number(text) > MOST_WORKERS) {
      throw complain(`a whole number from 1 to ${MOST_WORKERS}, or auto`);
    }
    return Number(text);
  }
  if (choices !== undefined) {
    if (!choices.includes(text)) throw complain(choices.join(' or '));
    return text;
  }
  if (kind === 'seconds') {
    if (!/^[0-9]+(\.[0-9]+)?$/.test(text) || Number(text) > MOST_SECONDS) {
      throw complain(`seconds, from 0 to ${MOST_SECONDS}`);
    }
    return Number(text);
  }
  const match = /^([0-9]{1,12})(?:([kmg])(?:i?b)?|b)?$/i.exec(text);
  const unit = UNITS.get(match?.[2]?.toLowerCase() ?? '') ?? 1;
  const value = Number(match?.[1]) * unit;
  const isExact = value <= Number.MAX_SAFE_INTEGER;
  if (!isExact || (kind !== 'size' && !/^[0-9]+$/.test(text))) {
    throw complain(
      kind === 'size' ? 'octets, such as 65536, 64k or 1m' : 'a whole number from 0 up',
    );
  }
  if (kind === 'port' && value > 65_535) throw complain('a port, from 0 to 65535');
  return value;
}

/** A year: beyond what any timeout or lifetime is good for. */
const MOST_SECONDS = 31_536_000;
