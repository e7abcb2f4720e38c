/** Where options come from, and what is printed of them. */
import type { Option } from './option.js';

const OUTPUT = 'Output:';

export const OUTPUT_OPTIONS: readonly Option[] = [
  { name: 'json', kind: 'flag', group: OUTPUT, text: 'one line of JSON per event on stdout' },
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
