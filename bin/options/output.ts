/** What the command prints, and where its options come from. */
import { LOG_FORMATS } from '../../lib/log/options.js';
import type { Option } from './option.js';

const OUTPUT = 'Output:';

export const OUTPUT_OPTIONS: readonly Option[] = [
  {
    name: 'request-logging',
    offAlias: 'L',
    kind: 'flag',
    group: OUTPUT,
    text: 'log requests on stdout',
    default: 'true',
  },
  {
    name: 'log-format',
    kind: 'choice',
    choices: LOG_FORMATS,
    group: OUTPUT,
    text: 'pretty (on stdout), combined (as Apache; in a file) or json',
  },
  {
    name: 'log-file',
    kind: 'text',
    group: OUTPUT,
    text: 'append the log of requests to a file',
  },
  { name: 'json', kind: 'flag', group: OUTPUT, text: 'one line of JSON per event on stdout' },
  {
    name: 'quiet',
    alias: 'q',
    kind: 'flag',
    group: OUTPUT,
    text: 'print errors only',
  },
];

const OPTIONS_FROM = 'Options:';

export const SOURCE_OPTIONS: readonly Option[] = [
  {
    name: 'options',
    kind: 'text',
    group: OPTIONS_FROM,
    text: 'read options from this file: JSON, comments allowed',
  },
  {
    name: 'print-config',
    kind: 'flag',
    once: true,
    group: OPTIONS_FROM,
    text: 'print every option, and where it comes from',
  },
];
