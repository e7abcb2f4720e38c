/** What the command prints and does at a terminal, and where its options come from. */
import { LOG_FORMATS } from '../../lib/log/options.js';
import { SHELLS } from '../shells.js';
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
    value: 'FILE',
    group: OUTPUT,
    text: 'append the log of requests to a file, in the place of stdout',
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

const TERMINAL = 'At a terminal:';

export const TERMINAL_OPTIONS: readonly Option[] = [
  {
    name: 'open',
    alias: 'o',
    kind: 'flag',
    group: TERMINAL,
    text: 'open the address in a browser',
  },
  {
    name: 'clipboard',
    offAlias: 'n',
    kind: 'flag',
    group: TERMINAL,
    text: 'copy the address to the clipboard',
    default: 'true',
  },
  {
    name: 'qr',
    kind: 'flag',
    group: TERMINAL,
    text: 'show the address on the network as a QR code',
    default: 'true',
  },
  {
    name: 'progress',
    kind: 'flag',
    group: TERMINAL,
    text: 'show large downloads: who, what, how far, how fast',
  },
];

const OPTIONS_FROM = 'Options:';

export const SOURCE_OPTIONS: readonly Option[] = [
  {
    name: 'options',
    kind: 'text',
    value: 'FILE',
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
  {
    name: 'completion',
    kind: 'choice',
    choices: SHELLS,
    once: true,
    group: OPTIONS_FROM,
    text: 'print what a shell needs to complete the options',
  },
];
